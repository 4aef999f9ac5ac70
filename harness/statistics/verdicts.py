"""One rule for verdicts, from an interval and a margin: supported, refuted or undecided.

A claim says on which side of a margin a number lies. It is *supported* where the whole interval lies on the claimed side,
*refuted* where the whole interval lies on the other, *undecided* where the interval holds the margin. Both sides are judged
alike: an interval of level 95 % supports a wrong claim, or refutes a right one, in at most 2.5 % of cases.

Claims of two margins (equivalence: within -margin and +margin) take an interval of level 1 - 2 alpha: each margin is then
tested on one side at alpha (two one-sided tests: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15(6)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.statistics.estimates import LEVEL, quantile
from harness.statistics.variance import Parts

SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "undecided"
MOST_SEEDS, MOST_GROUPS = 1_000, 10_000_000  # more than this nobody will run or collect
FEWEST_SEEDS = 6  # of a recipe that draws, for a verdict: of fewer paired signs no p is below 2 ** -5 = 0.031


def above(lower: float, upper: float, margin: float = 0.0) -> str:
    """The verdict on "the number is larger than the margin".

    >>> above(0.1, 0.9), above(0.1, 0.9, margin=0.5), above(0.1, 0.9, margin=1.0)
    ('supported', 'undecided', 'refuted')
    """
    if lower > margin:
        return SUPPORTED
    return REFUTED if upper < margin else UNDECIDED


def within(lower: float, upper: float, margin: float) -> str:
    """The verdict on "the number lies between -margin and +margin", from an interval of level ``equivalence_level``.

    >>> within(-0.2, 0.3, 0.5), within(-0.2, 0.7, 0.5), within(0.6, 0.7, 0.5)
    ('supported', 'undecided', 'refuted')
    """
    sides = above(lower, upper, -margin), above(lower, upper, margin)
    if sides == (SUPPORTED, REFUTED):
        return SUPPORTED
    return REFUTED if sides[0] == REFUTED or sides[1] == SUPPORTED else UNDECIDED


def equivalence_level(level: float = LEVEL) -> float:
    """The level of the interval by which ``within`` errs in at most ``1 - level`` of cases.

    >>> round(equivalence_level(0.95), 6)
    0.9
    """
    return 2 * level - 1


def least(enough: Callable[[int], bool], have: int, most: int) -> int | None:
    """The smallest number above ``have`` that is enough, by bisection; ``None`` where ``most`` is not.

    >>> least(lambda number: number**2 >= 50, have=3, most=100), least(lambda number: False, have=3, most=100)
    (8, None)
    """
    if not enough(most):
        return None
    low, high = have, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class Needed:
    """What would decide if the number and its spread stay as they are; ``None`` where no number would."""

    seeds: int | None  # a side, in all, on the items at hand
    groups: int | None  # of items, in all, with the seeds at hand


def needed(value: float, parts: Parts, margin: float = 0.0, level: float = LEVEL) -> Needed:
    """How many seeds or groups of items would take the margin out of the interval around ``value``.

    For a claim of two margins give the nearer one and the level of its interval.

    >>> needed(0.01, Parts(items=1e-5, seeds=2e-5, both=0.0, item_degrees=999, seed_degrees=5, seeds_held=6))
    Needed(seeds=10, groups=None)
    """
    room = abs(value - margin)

    def clear(changed: Parts) -> bool:
        spread = changed.joined()
        return quantile(level, spread.degrees) * spread.error < room

    if not room:
        return Needed(None, None)
    seeds = None
    if parts.seeds_held:
        seeds = least(lambda number: clear(parts.with_seeds(number)), parts.seeds_held, MOST_SEEDS)
    groups = parts.groups
    return Needed(seeds, least(lambda number: clear(parts.with_groups(number)), groups, MOST_GROUPS))
