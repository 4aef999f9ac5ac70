"""IMDB: sentiment of long film reviews. A fifth of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.labels import score_labels
from harness.spec import DataFile, Example, Score, Task
from tasks.classify._read import objects
from tasks.classify._sample import sentences

TASK = Task(
    kind="label",
    title="IMDB, 5,000 rows of train and of test: the mood of long film reviews",
    source="Maas et al. 2011, ACL, https://ai.stanford.edu/~amaas/data/sentiment",
    licence="none stated; for research",
    language="en",
    labels=("neg", "pos"),
    files=(
        DataFile(
            "train",
            "train.jsonl",
            "d2c85eacb2424eecde64a9318f466777b5310789d28c33cffb2b38d96dc2156e",
            5000,
            "rows 0 to 2499 of each folder of aclImdb, as JSON lines with id, label and text",
        ),
        DataFile(
            "test",
            "test.jsonl",
            "e159cec5d02d96d552a2456116e7287d56c651d9fdbc6279223c6e88a0a7e234",
            5000,
            "rows 0 to 2499 of each folder of aclImdb, as JSON lines with id, label and text",
        ),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.5,
    notes=(
        "A fifth of the published 25,000 rows of either split: published scores are of more data.",
        "In the copy whose digests are known a few rows praise a telephone app: somebody wrote over the files, and no row says where.",
        "Which film a review is of is not in the files: the groups of intervals are texts, and reviews of one film may make them too narrow.",
    ),
)
WORDS = {"neg": "dull awful clumsy boring mess wooden", "pos": "charming superb moving witty gem radiant"}
FILLER = "the film a plot scenes of and actor story with was its this director that for camera ending in one"


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from JSON lines."""
    return objects(TASK, split, files, surprises, text="text")


def sample(split: str) -> list[Example]:
    """The embedded sample: own sentences with the shape of the task."""
    return sentences(TASK, split, WORDS, FILLER, seed=206, length=(20, 50))


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
