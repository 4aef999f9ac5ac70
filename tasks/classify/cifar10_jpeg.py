"""CIFAR-10 from JPEG copies: which of ten things is in a small picture?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.labels import score_labels
from harness.spec import DataFile, Example, Score, Task
from tasks.classify._read import pictures
from tasks.classify._sample import drawings

TASK = Task(
    kind="picture",
    title="CIFAR-10 as JPEG: ten things, 32 x 32 pixels in colour",
    source="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
    licence="none stated",
    language="zxx",  # ISO 639-2: no linguistic content
    labels=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    files=(
        DataFile(
            "train",
            "train.parquet",
            "815d7521699d3c83b29bea2cb3dec48488ca8c7eba2473c774209e69bb51e8c6",
            50000,
            "columns img (bytes of a JPEG) and label",
        ),
        DataFile(
            "test",
            "test.parquet",
            "282b5c802a1c69c6cb3b9d5de97dfc0a1affb4518ba8c5242ee32a71c8e16aeb",
            10000,
            "columns img (bytes of a JPEG) and label",
        ),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.1,
    notes=(
        "JPEG loses detail: the pixels are not those of CIFAR-10, and scores are not comparable with published ones.",
    ),
)
SHAPE = (32, 32, 3)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Pictures from the Parquet files."""
    return pictures(TASK, split, files, column="img", shape=SHAPE)


def sample(split: str) -> list[Example]:
    """The embedded sample: stripes of our own."""
    return drawings(TASK, split, SHAPE, seed=212)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
