"""GermEval 2014: twelve types of entity in German, on two levels.

``deriv`` marks a word derived from a name ("Berliner"), ``part`` a compound that holds one ("Rheinufer"). Inner entities
stand in a second column: "Universität Bonn" is an ``ORG`` with the ``LOC`` "Bonn" inside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.conll import Columns, read_columns
from harness.readers.offsets import pick
from harness.spec import DataFile, Example, Score, Span, Task
from tasks.ner._grammar_german import GERMEVAL
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="GermEval 2014: nested entities in German",
    source=(
        "Benikova, Biemann and Reznicek 2014, NoSta-D Named Entity Annotation for German: Guidelines and Dataset, "
        "https://sites.google.com/site/germeval2014ner/"
    ),
    licence="CC BY 4.0",
    language="de",
    labels=(
        "LOC",
        "LOCderiv",
        "LOCpart",
        "ORG",
        "ORGderiv",
        "ORGpart",
        "OTH",
        "OTHderiv",
        "OTHpart",
        "PER",
        "PERderiv",
        "PERpart",
    ),
    nested=True,
    split="test",
    files=(
        DataFile(
            split="train",
            name="germ.train.iob2",
            sha256="c235472587f59e1dfb0682b110f53e6a420dd7d250d2300b7ef4b82ea2ad54fb",
            rows=24000,
            where="Column form carried by https://github.com/thecharm/boundary-aware-nested-ner, as GermEval2014.zip.",
            url="https://raw.githubusercontent.com/thecharm/boundary-aware-nested-ner/7e87e1cb282a4441f1136c8eac5de5aedad60138/GermEval2014.zip",
        ),
        DataFile(
            split="train",
            name="NER-de-train.tsv",
            rows=24000,
            where="Given out at https://sites.google.com/site/germeval2014ner/data, with numbered tokens and comment lines.",
        ),
        DataFile(
            split="dev",
            name="germ.dev.iob2",
            sha256="cc0c0637101e5247ba02df459c0a047ee6c9d6e690353218805d9ef9027b5ede",
            rows=2200,
            where="Column form carried by https://github.com/thecharm/boundary-aware-nested-ner, as GermEval2014.zip.",
            url="https://raw.githubusercontent.com/thecharm/boundary-aware-nested-ner/7e87e1cb282a4441f1136c8eac5de5aedad60138/GermEval2014.zip",
        ),
        DataFile(
            split="dev",
            name="NER-de-dev.tsv",
            rows=2200,
            where="Given out at https://sites.google.com/site/germeval2014ner/data, with numbered tokens and comment lines.",
        ),
        DataFile(
            split="test",
            name="germ.test.iob2",
            sha256="6a4ed742fb0782cc3b30a2466102574b8805c25c6dfbc7c9be6d7fe38569e16e",
            rows=5100,
            where="Column form carried by https://github.com/thecharm/boundary-aware-nested-ner, as GermEval2014.zip.",
            url="https://raw.githubusercontent.com/thecharm/boundary-aware-nested-ner/7e87e1cb282a4441f1136c8eac5de5aedad60138/GermEval2014.zip",
        ),
        DataFile(
            split="test",
            name="NER-de-test.tsv",
            rows=5100,
            where="Given out at https://sites.google.com/site/germeval2014ner/data, with numbered tokens and comment lines.",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall"),
    notes=(
        "Entities nest on two levels, one column each; 15 % of them overlap another, and two pairs in test cross.",
        "Text is the tokens joined by one space; spans are offsets into it.",
        "The official files number their tokens and hold comment lines; both forms are read, but only the digest of the column form is known here.",
        "Which page a sentence was drawn from is not in the column form: the groups of intervals are sentences.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the column form or the official numbered form."""
    name, path = pick(split, TASK.files, files)
    layout = Columns(TASK.labels, levels=2, spaced=True, numbered=name.endswith(".tsv"))
    yield from read_columns(path, split, layout, surprises)


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(GERMEVAL, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``."""
    return score_spans(gold, outputs, labels=TASK.labels)
