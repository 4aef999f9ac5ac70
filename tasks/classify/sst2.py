"""SST-2: sentiment of phrases and sentences from film reviews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.labels import score_labels
from harness.spec import DataFile, Example, Reference, Score, Task
from tasks.classify._read import columns
from tasks.classify._sample import sentences

TASK = Task(
    kind="label",
    title="SST-2 as in GLUE: the mood of phrases of film reviews",
    source="Socher et al. 2013, EMNLP; Wang et al. 2019, GLUE, ICLR, arXiv 1804.07461",
    licence="none stated",
    language="en",
    labels=(
        "negative",
        "positive",
    ),
    files=(
        DataFile(
            "train",
            "train.tsv",
            "920e317b2c52e12cd22db1da2c6708312bd7dc4f3712b9bbf1b50ee6c2c792ba",
            60614,
            "https://github.com/forest-snow/alps, data/sst-2",
        ),
        DataFile(
            "dev",
            "dev.tsv",
            "92353770071a2a889f75d000a38a9e541ea8f0a5499e50f040b17917a5cbf66f",
            6735,
            "https://github.com/forest-snow/alps, data/sst-2",
        ),
        DataFile(
            "test",
            "test.tsv",
            "54a9c12c77e402fc14d6a66a506f24d999f596b0176eb777c972cccc2f9cc4b0",
            872,
            "https://github.com/forest-snow/alps, data/sst-2",
        ),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.509,
    references=(
        Reference(
            "BERT-base",
            "accuracy",
            0.938,
            "test",
            "Liu et al. 2021, gMLP, arXiv 2105.08050",
            "pretrained on C4; as quoted by a reproduction",
            printed="93.8",
        ),
        Reference(
            "gMLP-base",
            "accuracy",
            0.942,
            "test",
            "Liu et al. 2021, gMLP, arXiv 2105.08050",
            "pretrained on C4; as quoted by a reproduction",
            printed="94.2",
        ),
        Reference(
            "aMLP-base",
            "accuracy",
            0.934,
            "test",
            "Liu et al. 2021, gMLP, arXiv 2105.08050",
            "pretrained on C4; as quoted by a reproduction",
            printed="93.4",
        ),
    ),
    notes=(
        "test is the development set of GLUE, whose own test labels are hidden; train and dev together are its 67,349 training rows.",
        "Rows of train are mostly phrases, cut from the sentences that they stand in.",
    ),
)
NAMES = ("0", "1")
"""How the files write the labels of the card, in its order."""
WORDS = {
    "negative": "dull awful clumsy boring",
    "positive": "charming superb moving witty",
}
FILLER = "the a it this of and to with for on was is that some still more than by an at very quite new old"


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the tab-separated lines."""
    return columns(TASK, split, files, surprises, text=0, label=1, skip=1, names=NAMES)


def sample(split: str) -> list[Example]:
    """The embedded sample: own sentences with the shape of the task."""
    return sentences(TASK, split, WORDS, FILLER, seed=205)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
