"""First token: the label that is most frequent in train among texts with the same first token.

    p(label | first) = (count(first, label) + p(label)) / (count(first) + 1)

where p(label) is the share of the label in train, so that an unseen first token gets these shares. On ListOps the
first token is the outermost operator, and most learned models do not exceed it by much. The rule on one attribute is
OneR, Holte 1993.
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
    deterministic=True,
    needs=("numpy",),
    departures=(
        "The attribute is always the first token; OneR tries all and keeps the one with the fewest errors in train.",
        "Probabilities are given, smoothed by one row with the shares of train; OneR gives the most frequent label.",
    ),
)


class FirstToken:
    """Offers Fits and Predicts.

    Two labels; after "a" both texts of train have x, so p(x | a) = (2 + 2/3) / (2 + 1), and "q" is not in train:

    >>> task = Task(kind="label", title="", source="", licence="", labels=("x", "y"))
    >>> model = FirstToken(task)
    >>> model.fit([Example("1", Text("ab"), 0), Example("2", Text("ac"), 0), Example("3", Text("b"), 1)])
    >>> np.exp(model.predict([Text("az"), Text("q")])).round(3).tolist()
    [[0.889, 0.111], [0.667, 0.333]]
    """

    def __init__(self, task: Task) -> None:
        self.labels = len(task.labels)
        self.shares: np.ndarray | None = None  # of the labels in train

    def fit(self, train: Sequence[Example]) -> None:
        """Count the labels of each first token; a label that train does not have counts as half a row."""
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
    """The first token as it is written; the empty string for a text without tokens.

    >>> first(Text("[MAX 2 9 ]", ((0, 4), (5, 6), (7, 8), (9, 10))))
    '[MAX'
    """
    return next(iter(text.pieces()), "")


def build(config: None, task: Task, device: str, seed: int) -> FirstToken:
    """The model, not yet fitted; it has no settings, and device and seed are not used."""
    return FirstToken(task)
