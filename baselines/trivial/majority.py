"""The commonest answer of train, whatever the question: what a model must beat before it has understood anything."""

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
)


class Majority:
    """Scores are the shares of the answers in train; for questions with options of their own, of the option's number."""

    def __init__(self, task: Task) -> None:
        self.labels = len(task.labels)
        self.counts: Counter[int] | None = None

    def fit(self, train: Sequence[Example]) -> None:
        """Count the answers."""
        self.counts = Counter(example.target for example in train)

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """The same shares for every question; of equal ones the first option is meant."""
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
        """Logarithms of the shares of the labels in train, a label that it does not have counted as half a row."""
        if self.counts is None:
            raise RunError("majority has not been fitted: it needs the answers of train")
        weights = [self.counts[number] or 0.5 for number in range(self.labels)]
        shares = [math.log(weight / sum(weights)) for weight in weights]
        return [list(shares) for _ in inputs]


def build(config: None, task: Task, device: str, seed: int) -> Majority:
    """The model, not yet fitted; it has no settings, and device and seed do not matter to it."""
    return Majority(task)
