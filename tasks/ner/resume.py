"""Resume: eight types of entity in Chinese résumés of company managers.

Tags are of the BMES scheme: begin, middle, end, single.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.conll import Columns, read_columns
from harness.readers.offsets import pick
from harness.spec import DataFile, Example, Score, Span, Task
from tasks.ner._grammar_resume import RESUME
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="Resume: entities in Chinese résumés",
    source=("Zhang and Yang 2018, Chinese NER Using Lattice LSTM, https://aclanthology.org/P18-1144/"),
    licence="none stated",
    language="zh",
    labels=("CONT", "EDU", "LOC", "NAME", "ORG", "PRO", "RACE", "TITLE"),
    nested=False,
    split="test",
    files=(
        DataFile(
            split="train",
            name="train.char.bmes",
            sha256="93b9bb0be5dd4730121587f9dc1378de3fbbe55cba1c575edec271f822c27be7",
            rows=3821,
            where="Given out at https://github.com/jiesutd/LatticeLSTM, folder ResumeNER.",
        ),
        DataFile(
            split="dev",
            name="dev.char.bmes",
            sha256="1b0d67153e6e8543e9444936ed1b107bd843078c282533898085e1a9aa293952",
            rows=463,
            where="Given out at https://github.com/jiesutd/LatticeLSTM, folder ResumeNER.",
        ),
        DataFile(
            split="test",
            name="test.char.bmes",
            sha256="c4a9f42622819a4b59f66e184d446ebfa89b2f1dbba06e11d70675e59fe7e79b",
            rows=477,
            where="Given out at https://github.com/jiesutd/LatticeLSTM, folder ResumeNER.",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall", "seqeval_f1"),
    notes=(
        "Two sentences of train were broken inside an organisation: 1835 and 1892 (from 0) end before its end tag, 1836 and 1893 begin with a middle tag; each half counts as an entity, and both repairs are counted.",
        "Five rows of test (four texts) also occur in train, and one row of dev.",
        "Locations are very rare: 6 in test.",
        "Sentences of one résumé stand side by side, but the files do not say where one ends: the groups of intervals are sentences, which may make them too narrow.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the column form; a tag that continues nothing starts an entity and is counted."""
    _, path = pick(split, TASK.files, files)
    yield from read_columns(path, split, Columns(TASK.labels, scheme="BMES"), surprises)


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(RESUME, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``; also as seqeval counts, since no entities overlap."""
    return score_spans(gold, outputs, labels=TASK.labels, flat=True)
