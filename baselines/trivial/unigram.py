"""Unigram: each byte has its share in train as its probability, whatever comes before it.

    p(b) = (count(b) + 1) / (bytes of train + 256),   cost(b) = -ln p(b) nats

Shannon 1951, Prediction and Entropy of Printed English: the entropy of single symbols, F_1. A model that uses order
is below it.
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
    deterministic=True,
    needs=("numpy",),
    departures=(
        "Symbols are the 256 bytes of UTF-8; in the source 26 letters, with or without the space.",
        "Shares are counted on train, one added to each count, and measured on other text, not on the text itself.",
    ),
)


class Unigram:
    """Offers ScoresText and Fits.

    After "aab" the byte a costs -ln(3 / 259), b -ln(2 / 259) and any other -ln(1 / 259):

    >>> model = Unigram()
    >>> model.fit([Example("1", "aab", ((0, 3),))])
    >>> nats, right = model.nats([[0, *b"ab?"]], scored=3)
    >>> nats.round(2).tolist(), right.tolist()
    ([[4.46, 4.86, 5.56]], [[True, False, False]])
    """

    first, longest = 0, None

    def fit(self, train: Sequence[Example]) -> None:
        """Count the bytes of train."""
        counts = np.ones(256)
        for example in train:
            counts += np.bincount(np.frombuffer(example.input.encode(), np.uint8), minlength=256)
        self.costs = -np.log(counts / counts.sum())

    def pieces(self, text: str) -> Pieces:
        """One token per byte."""
        ids = np.frombuffer(text.encode(), np.uint8).astype(np.int64)
        return Pieces(ids, np.arange(1, len(ids) + 1))

    def nats(self, ids: Any, scored: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Costs (B, scored) of the last tokens of ids (B, T + 1), and whether each is the most frequent byte."""
        last = np.asarray(ids)[:, -scored:]
        return self.costs[last], last == self.costs.argmin()


def build(config: None, task: Task, device: str, seed: int) -> Unigram:
    """The model, not yet fitted; it has no settings, and device and seed are not used."""
    return Unigram()
