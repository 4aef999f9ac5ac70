"""Guessing: every option equally likely, drawn anew for each seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from harness.errors import DataError
from harness.spec import Model, Question, Ranked, Task

MODEL = Model(
    title="Uniform: a guess",
    source="The expectation of a guess is each task's chance score",
    kinds=("choice",),
    capabilities=("Ranks",),
)


class Uniform:
    """Scores are digests of seed, question and option, so that a question's guess does not depend on its place."""

    def __init__(self, task: Task, seed: int) -> None:
        self.labels, self.seed = len(task.labels), seed

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """Uniform scores in [0, 1) for each option."""
        answers = []
        for question in inputs:
            options = len(question.options) or self.labels
            if not options:
                raise DataError(f"a question has no options, and the task has no labels: {question.text[:40]!r}")
            answers.append(Ranked(tuple(draw(self.seed, question, number) for number in range(options))))
        return answers


def draw(seed: int, question: Question, number: int) -> float:
    """A number in [0, 1) that looks random, and is the same on every machine."""
    key = repr((seed, question.text, question.pair, question.focus, question.options, number))
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big") / 2**48


def build(config: None, task: Task, device: str, seed: int) -> Uniform:
    """The guesser; it has no settings, and learns nothing."""
    return Uniform(task, seed)
