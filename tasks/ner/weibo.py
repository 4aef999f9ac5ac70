"""Weibo: persons, places, states and organisations in Chinese social media, by name or by noun.

Labels end in ``NAM`` for a name ("王老师") and ``NOM`` for a common noun that stands for one ("老师").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.conll import Columns, read_columns, without_segmentation
from harness.readers.offsets import pick
from harness.spec import DataFile, Example, Score, Span, Task
from tasks.ner._grammar_weibo import WEIBO
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="Weibo: named and nominal entities in Chinese social media",
    source=(
        "Peng and Dredze 2015, https://aclanthology.org/D15-1064/; "
        "second edition: He and Sun 2017, https://aclanthology.org/E17-2113/"
    ),
    licence="none stated for the data; its repository is Apache-2.0 or unstated by file",
    language="zh",
    labels=("GPE.NAM", "GPE.NOM", "LOC.NAM", "LOC.NOM", "ORG.NAM", "ORG.NOM", "PER.NAM", "PER.NOM"),
    nested=False,
    split="test",
    files=(
        DataFile(
            split="train",
            name="weiboNER_2nd_conll.train",
            rows=1350,
            where="Second edition, given out at https://github.com/hltcoe/golden-horse, folder data.",
        ),
        DataFile(
            split="dev",
            name="weiboNER_2nd_conll.dev",
            rows=270,
            where="Second edition, given out at https://github.com/hltcoe/golden-horse, folder data.",
        ),
        DataFile(
            split="test",
            name="weiboNER_2nd_conll.test",
            rows=270,
            where="Second edition, given out at https://github.com/hltcoe/golden-horse, folder data.",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall", "seqeval_f1"),
    notes=(
        "Each character cell carries its position inside a word as digits behind it (the character 科 as 科0); they are taken off.",
        "This is the second edition, whose labels were cleaned; files of the first (weiboNER.conll.train) give other scores and are not taken for it.",
        "Several studies drop the NOM labels; here all eight count.",
        "Who wrote a message is not in the files: the groups of intervals are messages.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the column form, without the segmentation digits."""
    _, path = pick(split, TASK.files, files)
    yield from read_columns(path, split, Columns(TASK.labels, cell=without_segmentation), surprises)


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(WEIBO, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``; also as seqeval counts, since no entities overlap."""
    return score_spans(gold, outputs, labels=TASK.labels, flat=True)
