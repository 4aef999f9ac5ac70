"""Majority: every question gets the shares of the answers in train, so that the most frequent one is ranked first.

    score(k) = count(k) / sum_j count(j)

The row Majority of FewCLUE, Xu et al. 2021, arXiv 2107.07498, table 3.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from harness.errors import DataError, RunError
from harness.spec import Example, Model, Question, Ranked, Task

MODEL = Model(
    title="Majority: the commonest answer of train",
    source="The row Majority of FewCLUE, Xu et al. 2021, arXiv 2107.07498, table 3",
    kinds=("choice", "label", "picture"),
    capabilities=("Fits", "Ranks", "Predicts"),
    deterministic=True,
    departures=(
        "The most frequent answer is that of train; FewCLUE's row is one over the number of labels, except on OCNLI.",
        "Where questions have options of their own, the number of the option is counted.",
    ),
)


class Majority:
    """Offers Fits, Ranks and Predicts.

    >>> model = Majority(Task(kind="choice", title="", source="", licence="", labels=("x", "y")))
    >>> model.fit([Example("1", Question("a"), 1), Example("2", Question("b"), 1), Example("3", Question("c"), 0)])
    >>> [[round(score, 2) for score in answer.scores] for answer in model.rank([Question("d")])]
    [[0.33, 0.67]]
    """

    def __init__(self, task: Task) -> None:
        self.labels = len(task.labels)
        self.counts: Counter[int] | None = None

    def fit(self, train: Sequence[Example]) -> None:
        """Count the answers."""
        self.counts = Counter(example.target for example in train)

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """The shares of the labels, or of as many option numbers as the question has options. Equal scores mean the
        first."""
        if self.counts is None:
            raise RunError("majority has not been fitted: it needs the answers of train")
        total = max(1, self.counts.total())
        answers = []
        for question in inputs:
            options = len(question.options) or self.labels
            if not options:
                raise DataError(f"a question has no options, and the task has no labels: {question.text[:40]!r}")
            answers.append(Ranked(tuple(self.counts[number] / total for number in range(options))))
        return answers

    def predict(self, inputs: Sequence[Any]) -> list[list[float]]:
        """Logarithms of the shares of the labels in train; a label that train does not have counts as half a row."""
        if self.counts is None:
            raise RunError("majority has not been fitted: it needs the answers of train")
        weights = [self.counts[number] or 0.5 for number in range(self.labels)]
        shares = [math.log(weight / sum(weights)) for weight in weights]
        return [list(shares) for _ in inputs]


def build(config: None, task: Task, device: str, seed: int) -> Majority:
    """The model, not yet fitted; it has no settings, and device and seed are not used."""
    return Majority(task)
