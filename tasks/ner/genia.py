"""GENIA: five types of biomedical entity in English abstracts, up to four levels deep.

The split is that of the boundary-aware model (1,669 dev and 1,854 test sentences).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.conll import Columns, read_columns
from harness.readers.offsets import pick
from harness.spec import DataFile, Example, Score, Span, Task
from tasks.ner._grammar_genia import GENIA
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="GENIA: nested biomedical entities in English",
    source=(
        "Kim et al. 2003, GENIA corpus: a semantically annotated corpus for bio-textmining; "
        "split of Zheng et al. 2019, https://aclanthology.org/D19-1034/"
    ),
    licence="CC BY 3.0 for the annotations; the abstracts under the terms of PubMed",
    language="en",
    labels=("DNA", "RNA", "cell_line", "cell_type", "protein"),
    nested=True,
    split="test",
    files=(
        DataFile(
            split="train",
            name="genia.train.iob2",
            where="Carried by https://github.com/thecharm/boundary-aware-nested-ner, folder Our_boundary-aware_model/data/genia.",
        ),
        DataFile(
            split="dev",
            name="genia.dev.iob2",
            sha256="b8565cf774e8fceb38af62bbab0b84981640accc63fc5680223b97007da35903",
            rows=1669,
            where="Carried by https://github.com/thecharm/boundary-aware-nested-ner, folder Our_boundary-aware_model/data/genia.",
        ),
        DataFile(
            split="test",
            name="genia.test.iob2",
            sha256="607cfab2744aff2d8af5c5613320c8138605aca64a987c8ab2d98e5dfe067691",
            rows=1854,
            where="Carried by https://github.com/thecharm/boundary-aware-nested-ner, folder Our_boundary-aware_model/data/genia.",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall"),
    notes=(
        "Two unlike public splits exist: 1,669 and 1,854 sentences (this one), and 1,855 and 1,855; a score must say which one it is of.",
        "Entities nest on up to four levels, one column each; hyphens are tokens of their own.",
        "Five rows of test also occur in dev.",
        "Text is the tokens joined by one space; spans are offsets into it.",
        "Sentences of one abstract stand side by side, but the files do not say where one ends: the groups of intervals are sentences, which may make them too narrow.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the column form."""
    _, path = pick(split, TASK.files, files)
    yield from read_columns(path, split, Columns(TASK.labels, levels=4, spaced=True), surprises)


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(GENIA, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``."""
    return score_spans(gold, outputs, labels=TASK.labels)
