"""The commonest label of train among texts that begin alike: what a model must beat before it has read past the first token.

    p(label | first) = (count(first, label) + p(label)) / (count(first) + 1)

Where p(label) is the share of a label in train: a first token that train does not have says nothing. On ListOps the first token is
the outermost operator, and says as much as most models learn there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from harness.errors import RunError
from harness.spec import Example, Model, Task, Text

MODEL = Model(
    title="First token: the commonest label among texts that begin alike",
    source="counting; OneR, the rule on one attribute of Holte 1993, Machine Learning 11, doi 10.1023/A:1022631118932",
    kinds=("label",),
    capabilities=("Fits", "Predicts"),
    needs=("numpy",),
)


class FirstToken:
    """Offers Fits and Predicts."""

    def __init__(self, task: Task) -> None:
        self.labels = len(task.labels)
        self.shares: np.ndarray | None = None  # of the labels in train

    def fit(self, train: Sequence[Example]) -> None:
        """Count the labels after each first token; a label that train does not have counts as half a row."""
        self.counts: defaultdict[str, np.ndarray] = defaultdict(lambda: np.zeros(self.labels))
        for example in train:
            self.counts[first(example.input)][example.target] += 1
        overall = np.maximum(sum(self.counts.values(), start=np.zeros(self.labels)), 0.5)
        self.shares = overall / overall.sum()

    def predict(self, inputs: Sequence[Text]) -> list[list[float]]:
        """Logarithms of the probabilities of the labels."""
        if self.shares is None:
            raise RunError("first_token has not been fitted: it needs the labels of train")
        nothing = np.zeros(self.labels)
        found = [self.counts.get(first(text), nothing) for text in inputs]
        return [np.log((counts + self.shares) / (counts.sum() + 1)).tolist() for counts in found]


def first(text: Text) -> str:
    """The first token as it is written, nothing where there is none.

    >>> first(Text("[MAX 2 9 ]", ((0, 4), (5, 6), (7, 8), (9, 10))))
    '[MAX'
    """
    return next(iter(text.pieces()), "")


def build(config: None, task: Task, device: str, seed: int) -> FirstToken:
    """The model, not yet fitted; it has no settings, and device and seed do not matter to it."""
    return FirstToken(task)
