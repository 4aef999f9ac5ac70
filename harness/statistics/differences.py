"""A minus B on the same items: by the checkpoints at hand, or by the recipes that they come from.

Items are paired, so what is hard for both cancels. Seeds are paired where both sides have the same ones; otherwise they
are independent samples (Welch). A side that draws nothing stands beside every seed of the other.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.statistics import variance
from harness.statistics.estimates import LEVEL, quantile, too_few_groups, too_few_seeds, two_sided
from harness.statistics.influence import Influence, influence
from harness.statistics.table import Integers, Table
from harness.statistics.variance import Parts

BASES = ("recipe", "checkpoints")


@dataclass(frozen=True, slots=True)
class Difference:
    """Score of A minus score of B in the unit of the score; ``p`` is two-sided. ``none`` says why there is no interval."""

    value: float
    lower: float | None
    upper: float | None
    standard_error: float | None
    degrees: float | None
    p: float | None
    level: float
    basis: str
    groups: int
    seeds: tuple[int, int]
    paired_seeds: bool
    none: str = ""
    parts: Parts | None = None  # what the error is made of

    def as_json(self) -> dict[str, Any]:
        """Every field by name, but for the parts of the error."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "parts"}


def difference(
    a: Table,
    b: Table,
    deterministic: tuple[bool, bool] = (False, False),
    basis: str = "recipe",
    level: float = LEVEL,
) -> Difference:
    """A minus B. ``basis`` is ``recipe`` (items and seeds are drawn) or ``checkpoints`` (the seeds are fixed).

    Raises ``ValueError`` for sides that answered other items or group them in another way.

    >>> from harness.metrics.choice import accuracy
    >>> ids, zeros = tuple(map(str, range(100))), np.zeros(100, int)
    >>> right, better = np.array([[[1, 0]] * 50 + [[0, 1]] * 50]), np.array([[[1, 0]] * 60 + [[0, 1]] * 40])
    >>> sides = (Table((0,), ids, np.arange(100), zeros, counts, accuracy) for counts in (better, right))
    >>> found = difference(*sides, basis="checkpoints")
    >>> round(found.value, 3), round(found.lower, 3), round(found.upper, 3), round(found.p, 4)
    (0.1, 0.04, 0.16, 0.0013)
    """
    return between(influence(a), influence(paired_tables(a, b)), deterministic, basis, level)


def paired_tables(a: Table, b: Table) -> Table:
    """B with its items in the order of A, and A's numbers of groups; ``ValueError`` for other items or groups."""
    b = b.ordered_as(a.ids)
    for what, mine, theirs in (("groups", a.groups, b.groups), ("strata", a.strata, b.strata)):
        if not same_parts(mine, theirs):
            raise ValueError(f"the two sides have other {what} of items: they may not be paired")
    return dataclasses.replace(b, groups=a.groups, strata=a.strata)


def between(
    a: Influence,
    b: Influence,
    deterministic: tuple[bool, bool] = (False, False),
    basis: str = "recipe",
    level: float = LEVEL,
) -> Difference:
    """The same from influences on the same groups."""
    if basis not in BASES:
        raise ValueError(f"a difference is by {' or by '.join(BASES)}, not by {basis!r}")
    a, b = a.in_order(), b.in_order()
    paired = not any(deterministic) and a.seeds == b.seeds
    gap, size, seeds = a.value - b.value, len(a.groups), (len(a.per_seed), len(b.per_seed))
    reason = too_few_groups(a)
    if not reason and basis == "recipe":
        sides = [side for side, fixed in zip((a, b), deterministic, strict=True) if not fixed]
        reason = next(filter(None, map(too_few_seeds, sides)), "")
    if reason:
        return Difference(gap, None, None, None, None, None, level, basis, size, seeds, paired, reason)
    parts = parts_between(a, b, deterministic, basis)
    spread = parts.joined()
    reach, p = quantile(level, spread.degrees) * spread.error, two_sided(gap, spread.error, spread.degrees)
    found = gap - reach, gap + reach, spread.error, spread.degrees, p
    return Difference(gap, *found, level, basis, size, seeds, paired, parts=parts)


def parts_between(a: Influence, b: Influence, deterministic: tuple[bool, bool], basis: str) -> Parts:
    """The sums that make up the variance of A minus B."""
    a, b = a.in_order(), b.in_order()
    items = variance.parts(minus(mean(a), mean(b)))
    if basis == "checkpoints" or all(deterministic):
        return items
    if any(deterministic) or a.seeds == b.seeds:
        a, b = (mean(side) if fixed else side for side, fixed in zip((a, b), deterministic, strict=True))
        return dataclasses.replace(variance.parts(minus(a, b)), items=items.items)
    seeds = variance.added(variance.over_seeds(a), variance.over_seeds(b))
    return dataclasses.replace(
        items,
        seeds=seeds.value,
        both=variance.interaction(a) + variance.interaction(b),
        seed_degrees=seeds.degrees,
        seeds_held=min(len(a.seeds), len(b.seeds)),
    )


def mean(found: Influence) -> Influence:
    """The mean over seeds as one row."""
    return dataclasses.replace(
        found, seeds=(0,), per_seed=found.per_seed.mean(keepdims=True), by_group=found.by_group.mean(0, keepdims=True)
    )


def minus(a: Influence, b: Influence) -> Influence:
    """A minus B, seed by seed; one row stands beside all rows of the other."""
    longer = a if len(a.per_seed) >= len(b.per_seed) else b
    return dataclasses.replace(longer, per_seed=a.per_seed - b.per_seed, by_group=a.by_group - b.by_group)


def same_parts(one: Integers, two: Integers) -> bool:
    """Whether two numberings part the items in the same way.

    >>> same_parts(np.array([0, 0, 1]), np.array([5, 5, 2])), same_parts(np.array([0, 0, 1]), np.array([0, 1, 1]))
    (True, False)
    """
    pairs = np.unique(np.stack([one, two]), axis=1)
    return bool(pairs.shape[1] == len(np.unique(one)) == len(np.unique(two)))
