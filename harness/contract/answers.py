"""When two answers of a model are alike: another batch shape rounds differently."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from harness.spec import Ranked

NEAR = 1e-3
"""Scores that differ by less, as a share of them, are the same."""


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
