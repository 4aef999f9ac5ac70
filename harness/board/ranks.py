"""Which record represents a row, and which rows share a rank: rules of every table of a board."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from harness.board.runs import Run, Value, age

CONFIDENT = 1.96  # standard errors; beyond it two rows are told apart


def choose(runs: Iterable[Run]) -> list[Run]:
    """One record a row: the newest model version, then most seeds, then the newest."""
    best: dict[tuple[str, str | None], Run] = {}
    for run in runs:
        row = (run.model, run.encoder)
        if row not in best or (run.version, run.seeds, *age(run)) > (
            best[row].version,
            best[row].seeds,
            *age(best[row]),
        ):
            best[row] = run
    return list(best.values())


def places(values: Sequence[Value]) -> list[int]:
    """Ranks of values sorted best first; a tie looks like a tie.

    The best value leads a group; the next ones share its rank while they are within 1.96 standard errors of the
    difference to it; in the errors are documents and, where there are several, seeds (``Value.error``). They are taken
    as independent. On the same documents they mostly are not, so this errs on the side of a tie; predictions of both
    runs allow a sharper, paired test (``harness compare``). The spread over seeds is not included where a run has one
    seed. Without standard errors only equal values tie.

    >>> places([Value(0.64, standard_error=0.01), Value(0.62, standard_error=0.01), Value(0.5, standard_error=0.01)])
    [1, 1, 3]
    """
    made: list[int] = []
    leader: Value | None = None
    for position, value in enumerate(values, 1):
        if leader is None or not tied(leader, value):
            leader, place = value, position
        made.append(place)
    return made


def tied(first: Value, second: Value) -> bool:
    """Whether two values are not told apart.

    >>> tied(Value(0.64, standard_error=0.01), Value(0.62, standard_error=0.01))
    True
    >>> tied(Value(0.64), Value(0.62))
    False
    """
    gap = abs(first.value - second.value)
    return gap <= CONFIDENT * math.hypot(first.error, second.error)


def not_above(value: Value, bar: float) -> bool:
    """Whether the interval of a score reaches down to a bar or below it, where higher is better; a bar of 0 is none.

    >>> not_above(Value(0.52, lower=0.49, upper=0.55), 0.5), not_above(Value(0.6, lower=0.57, upper=0.63), 0.5)
    (True, False)
    """
    lowest = value.value if value.lower is None else value.lower
    return bar > 0 and value.higher_is_better and lowest <= bar
