"""CLUENER2020: ten fine-grained types of entity in Chinese news.

The same title can be a book, a film or a game; only the sentence tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.offset_submissions import cluener_submission
from harness.readers.offsets import pick, read_cluener
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Reference, Score, Span, Task
from tasks.ner._grammar_news import CLUENER
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="CLUENER2020: fine-grained entities in Chinese news",
    source=(
        "Xu et al. 2020, CLUENER2020: Fine-grained Named Entity Recognition Dataset and Benchmark for Chinese, "
        "https://arxiv.org/abs/2001.04351"
    ),
    licence="none stated",
    language="zh",
    labels=(
        "address",
        "book",
        "company",
        "game",
        "government",
        "movie",
        "name",
        "organization",
        "position",
        "scene",
    ),
    nested=False,
    split="dev",
    files=(
        DataFile(
            split="train",
            name="train.json",
            sha256="60299d202779dc84f3c3bd81f4dc08f5323d0dbf762cb50cd62dd51aa9a871f8",
            rows=10748,
            where="Given out at https://github.com/CLUEbenchmark/CLUENER2020, as cluener_public.zip.",
        ),
        DataFile(
            split="dev",
            name="dev.json",
            sha256="90036b59832e007c45d11eafe5ed80549f58a18a29aaa7fe8b1229622c69ec38",
            rows=1343,
            where="Given out at https://github.com/CLUEbenchmark/CLUENER2020, as cluener_public.zip.",
        ),
        DataFile(
            split="test",
            name="test.json",
            sha256="5ca36f6fbe29230a6e3244110fcd9487fc2f5a672f5bfeba82a30f0ece72aa69",
            rows=1345,
            where="Given out at https://github.com/CLUEbenchmark/CLUENER2020, as cluener_public.zip.",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall", "seqeval_f1"),
    references=(
        Reference(
            "CRF",
            "span_f1",
            0.7951,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="79.51",
        ),
        Reference(
            "CRF",
            "span_f1",
            0.787,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="78.70",
        ),
        Reference(
            "GlobalPointer",
            "span_f1",
            0.8003,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="80.03",
        ),
        Reference(
            "GlobalPointer",
            "span_f1",
            0.7944,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="79.44",
        ),
        Reference(
            "Efficient GlobalPointer",
            "span_f1",
            0.8066,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8877",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="80.66",
        ),
        Reference(
            "Efficient GlobalPointer",
            "span_f1",
            0.8004,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8877",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="80.04",
        ),
        Reference(
            "GlobalPointer",
            "train_time_ratio",
            0.82,
            "train",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "time of training over CRF",
        ),
    ),
    notes=(
        "Test labels are hidden, so dev ranks; the published test rows come from the organisers' server.",
        "Ends are inclusive in the file, here they are half-open.",
        "Published label counts are of distinct strings in a sentence; spans are more: 23,971 in train and 3,072 in dev.",
        "One pair of entities in train overlaps although the task is flat; both are kept.",
        "A public copy of train.json has its first line edited by hand; its digest differs from the one given here.",
        "Every sentence has at least one entity and at most 50 characters.",
        "Which news report a sentence comes from is not in the files: the groups of intervals are sentences.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    _, path = pick(split, TASK.files, files)
    yield from read_cluener(path, split, TASK.labels, surprises, hidden=split == "test")


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as CLUE takes answers to it."""
    return cluener_submission(TASK.labels, "cluener_predict.json", "CLUE")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(CLUENER, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``; also as seqeval counts, since no entities overlap."""
    return score_spans(gold, outputs, labels=TASK.labels, flat=True)
