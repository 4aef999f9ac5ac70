"""What the contract asks of answers, kind by kind: their form, and when two of them are alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from harness.contract.base import require
from harness.contract.tasks import span_faults
from harness.spec import Question, Ranked, Task, Text

NEAR = 1e-3
"""Scores that differ by less, as a share of them, are the same: another batch shape rounds differently."""


READ = 24
"""Tokens of a text that a model of kind ``tokens`` is asked about."""


def ask(card: Task, model: Any, inputs: Sequence[Any]) -> list[Any]:
    """The model's answers: ``rank`` for kind ``choice``, the costs of the first tokens for ``tokens``, else ``predict``."""
    if card.kind == "tokens":
        rows = [[model.first, *model.pieces(text).ids[:READ].tolist()] for text in inputs]
        return costs(model, rows) if rows else []
    if card.kind in ("label", "picture"):
        return [Ranked(tuple(answer)) for answer in model.predict(inputs)]
    return list(model.rank(inputs) if card.kind == "choice" else model.predict(inputs))


def costs(model: Any, rows: Sequence[Sequence[int]]) -> list[Ranked]:
    """Nats of every token of some rows of one length, one answer a row."""
    import numpy as np

    nats, _ = model.nats(np.array(rows, np.int64), len(rows[0]) - 1)
    return [Ranked(tuple(map(float, row))) for row in nats]


def check_costs(asked: Sequence[str], answers: Sequence[Ranked]) -> None:
    """Require that each token has a cost that a probability can have."""
    for text, answer in zip(asked, answers, strict=True):
        wrong = [cost for cost in answer.scores if not math.isfinite(cost) or cost < 0]
        require(not wrong, f"in {text[:30]!r} a token costs {wrong[:1]} nats: no probability does.")


def check_spans(card: Task, asked: Sequence[Text], answers: Sequence[Any]) -> None:
    """Require that each answer is a list of sound spans."""
    for text, answer in zip(asked, answers, strict=True):
        require(
            isinstance(answer, list | tuple) and all(len(span) == 3 for span in answer),
            f"an answer is {answer!r}, not a list of (start, end, label).",
        )
        require(
            all(type(edge) is int for span in answer for edge in span[:2]),
            f"an edge in {answer!r} is no Python int, and cannot be written as JSON.",
        )
        fault = next(span_faults(text, answer, card.labels), "")
        require(not fault, f"in {text.text[:30]!r}: {fault}.")


def check_scores(card: Task, asked: Sequence[Question], answers: Sequence[Any]) -> None:
    """Require that each answer has finite scores, one for each option, or that all have one alone."""
    for question, answer in zip(asked, answers, strict=True):
        options = len(question.options or card.labels)
        require(isinstance(answer, Ranked), f"an answer is {answer!r}, not a harness.spec.Ranked.")
        require(
            len(answer.scores) in (1, options),
            f"{len(answer.scores)} scores for a question with {options} options. Give one for each, or one alone.",
        )
        require(all(map(math.isfinite, answer.scores)), f"a score in {answer!r} is no finite number.")
    require(
        len({len(answer.scores) == 1 for answer in answers}) == 1,
        "some answers have one score alone and others one for each option. Keep to one form on a task.",
    )


def differing(first: Sequence[Any], second: Sequence[Any]) -> int:
    """How many answers are not the same set, or have scores that are not nearly the same."""
    return sum(not alike(one, other) for one, other in zip(first, second, strict=True))


def alike(one: Any, other: Any) -> bool:
    """Whether two answers say the same; scores may differ by what another batch shape rounds.

    >>> alike(Ranked((0.5, 0.25)), Ranked((0.500001, 0.25))), alike(Ranked((0.5, 0.25)), Ranked((0.51, 0.24)))
    (True, False)
    """
    if isinstance(one, Ranked) and isinstance(other, Ranked):
        return len(one.scores) == len(other.scores) and all(
            math.isclose(score, twin, rel_tol=NEAR, abs_tol=NEAR / 10)
            for score, twin in zip(one.scores, other.scores, strict=True)
        )
    return bool(plain(one) == plain(other))


def plain(answer: Any) -> Any:
    """An answer that can be compared."""
    return sorted(map(tuple, answer)) if isinstance(answer, list | tuple) else answer


def tolerated(answers: int) -> int:
    """Answers that may flip because another batch shape rounds differently: scores right at a border do."""
    return answers // 12
