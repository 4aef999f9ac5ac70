"""Uniform: a guess in which every option is equally likely, drawn anew for each seed.

    score(option) = the first 48 bits of SHA-256(seed, question, option) / 2^48

A digest in place of a random generator: a question has the same guess wherever it stands in a file. The expected
score of a guess is the chance score on each task's card.
"""

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
    departures=("none known",),
)


class Uniform:
    """Offers Ranks.

    >>> task = Task(kind="choice", title="", source="", licence="", labels=("x", "y"))
    >>> forth = Uniform(task, seed=1).rank([Question("a"), Question("b")])
    >>> back = Uniform(task, seed=1).rank([Question("b"), Question("a")])
    >>> forth == back[::-1], [round(score, 3) for score in forth[0].scores]
    (True, [0.08, 0.357])
    """

    def __init__(self, task: Task, seed: int) -> None:
        self.labels, self.seed = len(task.labels), seed

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """A score in [0, 1) for each option of each question."""
        answers = []
        for question in inputs:
            options = len(question.options) or self.labels
            if not options:
                raise DataError(f"a question has no options, and the task has no labels: {question.text[:40]!r}")
            answers.append(Ranked(tuple(draw(self.seed, question, number) for number in range(options))))
        return answers


def draw(seed: int, question: Question, number: int) -> float:
    """A pseudo-random number in [0, 1), the same on every machine."""
    key = repr((seed, question.text, question.pair, question.focus, question.options, number))
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big") / 2**48


def build(config: None, task: Task, device: str, seed: int) -> Uniform:
    """The model; it has no settings and learns nothing."""
    return Uniform(task, seed)
