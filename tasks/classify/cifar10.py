"""CIFAR-10: which of ten things is in a small picture? For users who bring its files."""

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
    title="CIFAR-10: ten things, 32 x 32 pixels in colour",
    source="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images; in Parquet as on the Hugging Face hub",
    licence="none stated",
    language="zxx",  # ISO 639-2: no linguistic content
    labels=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    files=(
        DataFile(
            "train",
            "train-00000-of-00001.parquet",
            "",
            50000,
            "columns img (bytes of a PNG) and label, as in uoft-cs/cifar10",
        ),
        DataFile(
            "test",
            "test-00000-of-00001.parquet",
            "",
            10000,
            "columns img (bytes of a PNG) and label, as in uoft-cs/cifar10",
        ),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.1,
    notes=("No copy was at hand to digest: files are taken by their names, and the board says so.",),
)
SHAPE = (32, 32, 3)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Pictures from the Parquet files."""
    return pictures(TASK, split, files, column="img", shape=SHAPE)


def sample(split: str) -> list[Example]:
    """The embedded sample: stripes of our own."""
    return drawings(TASK, split, SHAPE, seed=213)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
