"""MNIST: which digit is written?"""

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
    title="MNIST: written digits, 28 x 28 grey pixels",
    source="LeCun, Bottou, Bengio and Haffner 1998, Proceedings of the IEEE; in Parquet as on the Hugging Face hub",
    licence="MIT (copies as PNG)",
    language="zxx",  # ISO 639-2: no linguistic content
    labels=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    files=(
        DataFile(
            "train",
            "train.parquet",
            "d947875c14132420563ff05f67bee051a730477a178571f89f2e23c6e2ba85cc",
            60000,
            "columns image (bytes of a PNG) and label, as in ylecun/mnist",
        ),
        DataFile(
            "test",
            "test.parquet",
            "73e6b7aebd49aae24b869af7439c1469c6c41c87ae0d2b40243916d3b21fcbe3",
            10000,
            "columns image (bytes of a PNG) and label, as in ylecun/mnist",
        ),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.1,
    notes=("Pictures are stored without loss.",),
)
SHAPE = (28, 28, 1)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Pictures from the Parquet files."""
    return pictures(TASK, split, files, column="image", shape=SHAPE)


def sample(split: str) -> list[Example]:
    """The embedded sample: stripes of our own."""
    return drawings(TASK, split, SHAPE, seed=211)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
