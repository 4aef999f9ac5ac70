"""People's Daily: places, organisations and persons in Chinese newspaper text.

Nearly every sentence of it is also in MSRA's train split, so a model trained on MSRA has seen this test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.conll import Columns, read_columns
from harness.readers.offsets import pick
from harness.spec import DataFile, Example, Reference, Score, Span, Task
from tasks.ner._grammar_news import PEOPLES_DAILY
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="People's Daily: places, organisations and persons in a Chinese newspaper",
    source=(
        "People's Daily NER corpus, https://github.com/OYE93/Chinese-NLP-Corpus; protocol of https://kexue.fm/archives/8373"
    ),
    licence="none stated",
    language="zh",
    labels=("LOC", "ORG", "PER"),
    nested=False,
    split="test",
    files=(
        DataFile(
            split="train",
            name="example.train",
            rows=20864,
            where="Given out at https://s3.bmio.net/kashgari/china-people-daily-ner-corpus.tar.gz; https://github.com/OYE93/Chinese-NLP-Corpus carries it too.",
        ),
        DataFile(
            split="dev",
            name="example.dev",
            sha256="7d8e6fcd1745e6adcb99d90307d84c3a0f9f8ff5ee6fe62ca27646cb765fc38a",
            rows=2318,
            where="Given out at https://s3.bmio.net/kashgari/china-people-daily-ner-corpus.tar.gz; https://github.com/OYE93/Chinese-NLP-Corpus carries it too.",
        ),
        DataFile(
            split="test",
            name="example.test",
            sha256="233299005f941a4b055e38aadcf3ee853e44bc1f88166078d3b52b26b77ea362",
            rows=4636,
            where="Given out at https://s3.bmio.net/kashgari/china-people-daily-ner-corpus.tar.gz; https://github.com/OYE93/Chinese-NLP-Corpus carries it too.",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall", "seqeval_f1"),
    references=(
        Reference(
            "CRF",
            "span_f1",
            0.9639,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="96.39",
        ),
        Reference(
            "CRF",
            "span_f1",
            0.9546,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="95.46",
        ),
        Reference(
            "GlobalPointer without RoPE",
            "span_f1",
            0.5435,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="54.35",
        ),
        Reference(
            "GlobalPointer without RoPE",
            "span_f1",
            0.6259,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="62.59",
        ),
        Reference(
            "GlobalPointer",
            "span_f1",
            0.9625,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="96.25",
        ),
        Reference(
            "GlobalPointer",
            "span_f1",
            0.9551,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="95.51",
        ),
        Reference(
            "Efficient GlobalPointer",
            "span_f1",
            0.961,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8877",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="96.10",
        ),
        Reference(
            "Efficient GlobalPointer",
            "span_f1",
            0.9536,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8877",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="95.36",
        ),
        Reference(
            "GlobalPointer",
            "train_time_ratio",
            0.641,
            "train",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "time of training over CRF",
        ),
    ),
    notes=(
        "After normalisation 91 % of the rows of dev and test are rows of MSRA's train split, and 99.9 % are contained in its running text: never train on one and test on the other.",
        "Sentences are up to 577 characters long; entities lost to a length limit are counted by the protocols.",
        "Sentences of one news report stand side by side, but the files do not say where one ends: the groups of intervals are sentences, which may make them too narrow.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the column form."""
    _, path = pick(split, TASK.files, files)
    yield from read_columns(path, split, Columns(TASK.labels), surprises)


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(PEOPLES_DAILY, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``; also as seqeval counts, since no entities overlap."""
    return score_spans(gold, outputs, labels=TASK.labels, flat=True)
