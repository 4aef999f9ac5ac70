"""From the timings of one benchmark to the blocks that an interval counts.

Blocks should be independent. In a record a block is one of the session; of several files of pytest-benchmark it is the
median of a file, because rounds of one process are correlated; with one file a side it is a round, for want of others.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from harness.gate.judging import Pair
from harness.gate.reading import PYTEST, Timing

MOST_ROUNDS = 60  # of one process; more are put together into half as many blocks, because neighbours are alike


def blocks(name: str, one: Sequence[Timing], two: Sequence[Timing], kind: str) -> Pair:
    """The blocks of one benchmark; ``one`` of the baseline, ``two`` of the candidate."""
    disturbed = next((timing.disturbed for timing in (*one, *two) if timing.disturbed), "")
    unit = "reference" if all(timing.reference for timing in (*one, *two)) else "seconds"
    if kind != PYTEST:
        turns = [[(timing.session, len(timing.seconds)) for timing in side] for side in (one, two)]
        paired = turns[0] == turns[1] and all(session for session, _ in turns[0])
        base, head = (tuple(value for timing in side for value in timing.seconds) for side in (one, two))
    elif len(one) == len(two) == 1:
        paired = False
        base, head = together(times(one[0])), together(times(two[0]))
    else:
        paired = len(one) == len(two)
        base, head = (tuple(statistics.median(times(timing)) for timing in side) for side in (one, two))
    return Pair(name, head, base, paired, unit, disturbed)


def times(timing: Timing) -> tuple[float, ...]:
    """Seconds, or runs of the reference kernel where it was timed beside."""
    if timing.reference is None:
        return timing.seconds
    return tuple(own / other for own, other in zip(timing.seconds, timing.reference, strict=True))


def together(rounds: Sequence[float]) -> tuple[float, ...]:
    """Medians of neighbours where there are many rounds: a disturbance spans several, which are then not independent.

    >>> together([3.0, 1.0, 2.0]), len(together([1.0] * 1000))
    ((3.0, 1.0, 2.0), 30)
    """
    if len(rounds) <= MOST_ROUNDS:
        return tuple(rounds)
    blocks = MOST_ROUNDS // 2
    edges = [len(rounds) * place // blocks for place in range(blocks + 1)]
    return tuple(statistics.median(rounds[low:high]) for low, high in itertools.pairwise(edges))
