"""Counting bytes: how often each stands in train, whatever came before.

    p(b) = (count(b) + 1) / (all + 256)

The entropy of single symbols (Shannon 1951) is what a model of language must beat to know anything about order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.spec import Example, Model, Pieces, Task

MODEL = Model(
    title="Unigram: how often each byte stands in train",
    source="Shannon 1951, Prediction and Entropy of Printed English",
    kinds=("tokens",),
    capabilities=("ScoresText", "Fits"),
    needs=("numpy",),
)


class Unigram:
    """Offers ScoresText and Fits."""

    first, longest = 0, None

    def fit(self, train: Sequence[Example]) -> None:
        """Count."""
        counts = np.ones(256)
        for example in train:
            counts += np.bincount(np.frombuffer(example.input.encode(), np.uint8), minlength=256)
        self.costs = -np.log(counts / counts.sum())

    def pieces(self, text: str) -> Pieces:
        """One token a byte."""
        ids = np.frombuffer(text.encode(), np.uint8).astype(np.int64)
        return Pieces(ids, np.arange(1, len(ids) + 1))

    def nats(self, ids: Any, scored: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Nats (B, scored) of the last tokens of ids (B, T + 1), and whether each is the most frequent byte."""
        last = np.asarray(ids)[:, -scored:]
        return self.costs[last], last == self.costs.argmin()


def build(config: None, task: Task, device: str, seed: int) -> Unigram:
    """The counter; it has no settings and draws nothing."""
    return Unigram()
