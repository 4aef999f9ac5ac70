"""AG News: which of four topics does a news item have? A tenth of its training set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.labels import score_labels
from harness.spec import DataFile, Example, Score, Task
from tasks.classify._read import columns
from tasks.classify._sample import sentences

TASK = Task(
    kind="label",
    title="AG News, 10,001 rows of train: topics of news items",
    source="Zhang, Zhao and LeCun 2015, NeurIPS, arXiv 1509.01626; the rows of Yuan et al. 2020, https://github.com/forest-snow/alps",
    licence="AG corpus: not for commercial use",
    language="en",
    labels=(
        "World",
        "Sports",
        "Business",
        "Sci/Tech",
    ),
    files=(
        DataFile(
            "train",
            "dev.tsv",
            "7a0811e0006080bf4de17752c5466450ff3db778be71bc5bcf3c4e99b5f0803d",
            10001,
            "https://github.com/forest-snow/alps, data/agnews",
        ),
        DataFile(
            "test",
            "test.tsv",
            "e4217edd939f618f24a42b0988c56ec3cddf656d8dc279b9afa443dd1ab6a1c1",
            7600,
            "https://github.com/forest-snow/alps, data/agnews",
        ),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.25,
    notes=(
        "Train is the part of the 120,000 published rows that its source kept for development, so published scores are of more data.",
        "8 texts of test also stand in train; the score without them is beside the full one.",
    ),
)
WORDS = {
    "World": "minister troops election embassy",
    "Sports": "coach league striker innings",
    "Business": "shares profit merger oil",
    "Sci/Tech": "software satellite browser chip",
}
FILLER = "the a it this of and to with for on was is that some still more than by an at very quite new old"


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the tab-separated lines."""
    return columns(TASK, split, files, surprises, text=0, label=1)


def sample(split: str) -> list[Example]:
    """The embedded sample: own sentences with the shape of the task."""
    return sentences(TASK, split, WORDS, FILLER, seed=204)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
