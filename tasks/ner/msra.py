"""MSRA (SIGHAN 2006): places, organisations and persons in Chinese newswire.

Two public forms break the same text into sentences differently. This task trains and ranks on the column form
(45,000 and 3,442 sentences, one source for both); the canonical one has splits of its own names, so the two never mix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.conll import Columns, read_columns
from harness.readers.offsets import pick, read_chunks
from harness.spec import DataFile, Example, Score, Span, Task
from tasks.ner._grammar_news import MSRA
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="MSRA: places, organisations and persons in Chinese newswire",
    source=(
        "Levow 2006, The Third International Chinese Language Processing Bakeoff, https://aclanthology.org/W06-0115/"
    ),
    licence="none stated for the data",
    language="zh",
    labels=("LOC", "ORG", "PER"),
    nested=False,
    split="test",
    files=(
        DataFile(
            split="train",
            name="msra_train_bio",
            sha256="4f7f24a28b6a5377a768eb740f6e4cc8df37cd5fe06777d0279c7180948d233b",
            rows=45000,
            where="One public form of MSRA with 45,000 and 3,442 sentences, carried by several repositories such as https://github.com/OYE93/Chinese-NLP-Corpus (NER/MSRA).",
        ),
        DataFile(
            split="test",
            name="msra_test_bio",
            sha256="2be8e580bcb22e9086e4403d82a7ec0f6e18019ebef35b0fd52941724bdf89a3",
            rows=3442,
            where="One public form of MSRA with 45,000 and 3,442 sentences, carried by several repositories such as https://github.com/OYE93/Chinese-NLP-Corpus (NER/MSRA).",
        ),
        DataFile(
            split="train_46364",
            name="train1.txt",
            rows=46364,
            where="The canonical form with 46,364 and 4,365 sentences, carried by https://github.com/InsaneLife/ChineseNLPCorpus (NER/MSRA).",
        ),
        DataFile(
            split="test_4365",
            name="testright1.txt",
            sha256="f7f9ef932d9110dc1265a78c27787f9e6271b2b88d3a27844126276273377f3a",
            rows=4365,
            where="The canonical form with 46,364 and 4,365 sentences, carried by https://github.com/InsaneLife/ChineseNLPCorpus (NER/MSRA).",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall", "seqeval_f1"),
    notes=(
        "No dev split is given out; protocols that need one set aside a part of train. The embedded sample has one.",
        "The splits train_46364 and test_4365 are the canonical form: the same characters, other sentence breaks, and 9 place names fewer in test (2,877 against 2,886).",
        "No test sentence occurs in the 45,000 sentences of train; test repeats 5 of its own.",
        "The sentences of People's Daily (task peoples_daily) are nearly all in this train split: never count the two as independent.",
        "Sentences are up to 2,427 characters long; entities lost to a length limit are counted by the protocols.",
        "Sentences of one news report stand side by side, but the files do not say where one ends: the groups of intervals are sentences, which may make them too narrow.",
    ),
)

CHUNK_TAGS = {"ns": "LOC", "nt": "ORG", "nr": "PER"}
"""The canonical form's tags: place, organisation and person names."""


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the column form, or from the ``text/tag`` form for the splits that are named after it."""
    name, path = pick(split, TASK.files, files)
    if name.endswith(".txt"):
        yield from read_chunks(path, split, CHUNK_TAGS, surprises)
    else:
        yield from read_columns(path, split, Columns(TASK.labels), surprises)


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(MSRA, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``; also as seqeval counts, since no entities overlap."""
    return score_spans(gold, outputs, labels=TASK.labels, flat=True)
