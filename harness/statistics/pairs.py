"""Every pair of rows of a table, compared on the same items, and their p adjusted together.

What ``differences`` does for two sides, from matrix products over all rows: thirty rows on ten thousand groups of items take
less than a second. Holm 1979, Scandinavian Journal of Statistics 6.
Letters for shapes: ``R`` rows, ``G`` groups of items, ``M`` pairs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics import variance
from harness.statistics.influence import Influence
from harness.statistics.table import Floats, Integers
from harness.statistics.variance import Parts, Variance
from harness.statistics.verdicts import FEWEST_SEEDS

ROUNDING = 1e-12  # a share of a variance below which a difference of two is rounding


@dataclass(frozen=True)
class Row:
    """One row of a table: what each group adds to its error, and whether it draws anything."""

    name: str
    found: Influence
    deterministic: bool = False

    @property
    def basis(self) -> str:
        """``recipe``, ``checkpoints``, or nothing where the row has no place."""
        seeds = len(self.found.per_seed)
        if self.deterministic or seeds >= FEWEST_SEEDS:
            return "recipe"
        return "checkpoints" if seeds > 1 else ""

    @property
    def drawn(self) -> bool:
        """Whether its seeds add to the error of its differences."""
        return self.basis == "recipe" and not self.deterministic


@dataclass(frozen=True)
class Pairs:
    """All pairs of ranked rows: ``first[m]`` and ``second[m]`` are places in ``rows``, ``gap`` is first minus second."""

    rows: tuple[Row, ...]
    first: Integers  # (M,)
    second: Integers  # (M,)
    gap: Floats  # (M,)
    error: Floats  # (M,)
    degrees: Floats  # (M,)
    p: Floats  # (M,), two-sided
    adjusted: Floats  # (M,), by Holm


def pairs(rows: Sequence[Row]) -> Pairs:
    """Compare every pair of rows that have a place; all must stand on the same groups of items, in one order."""
    ranked = tuple(dataclasses.replace(row, found=row.found.in_order()) for row in rows if row.basis)
    if len({row.found.groups.tobytes() for row in ranked}) > 1:
        raise ValueError("the rows of a table must be scored on the same groups of items")
    first, second = np.triu_indices(len(ranked), 1)
    values = np.array([row.found.value for row in ranked])
    found = [parts.joined(far=True) for parts in _parts(ranked)]
    gap, error = values[first] - values[second], np.array([one.error for one in found])
    degrees = np.array([one.degrees for one in found], float)
    p = _two_sided(gap, error, degrees)
    return Pairs(ranked, first, second, gap, error, degrees, p, holm(p))


def _parts(rows: Sequence[Row]) -> list[Parts]:
    """The sums behind the variance of each pair."""
    if len(rows) < 2:
        return []
    means = np.stack([row.found.by_group.mean(0) for row in rows])
    items, degrees = means @ means.T, rows[0].found.degrees
    strata = len(rows[0].found.groups) - degrees
    own = [(variance.over_seeds(row.found), variance.interaction(row.found)) if row.drawn else None for row in rows]
    alike = {row.found.seeds: _products(rows, row.found.seeds, means) for row in rows if row.drawn}
    made = []
    for one, two in zip(*(side.tolist() for side in np.triu_indices(len(rows), 1)), strict=True):
        drawn = [row for row in (rows[one], rows[two]) if row.drawn]
        held = min((len(row.found.seeds) for row in drawn), default=0)
        if len(drawn) == 2 and drawn[0].found.seeds == drawn[1].found.seeds:
            luck, mixed = (_square(sums, one, two) / held / (held - 1) for sums in alike[drawn[0].found.seeds])
            seeds = Variance(luck, held - 1)
        else:
            known = [found for found in (own[one], own[two]) if found]
            seeds, mixed = _sum([luck for luck, _ in known]), sum(mixed for _, mixed in known)
        made.append(Parts(_square(items, one, two), seeds.value, mixed, degrees, seeds.degrees, held, strata))
    return made


def _sum(known: Sequence[Variance]) -> Variance:
    """The variance of the difference of none, one or two independent means over seeds."""
    return variance.added(*known) if len(known) == 2 else (known[0] if known else Variance(0.0, 0))


def _products(rows: Sequence[Row], seeds: tuple[int, ...], means: Floats) -> tuple[Floats, Floats]:
    """Products (R, R) of the rows with these seeds: of their scores, and of what is chance of one seed and group."""
    mine = [place for place, row in enumerate(rows) if row.drawn and row.found.seeds == seeds]
    scores = np.stack([rows[place].found.per_seed - rows[place].found.value for place in mine])
    chance = np.stack([(rows[place].found.by_group - means[place]).ravel() for place in mine])
    made = np.zeros((2, len(rows), len(rows)))
    for number, vectors in enumerate((scores, chance)):
        made[number][np.ix_(mine, mine)] = vectors @ vectors.T
    return made[0], made[1]


def _square(products: Floats, one: int, two: int) -> float:
    """The squared length of the difference of two vectors, from their products."""
    own = products[one, one] + products[two, two]
    length = float(own - 2 * products[one, two])
    return length if length > ROUNDING * own else 0.0


def _two_sided(gap: Floats, error: Floats, degrees: Floats) -> Floats:
    """Two-sided p of Student's t (M,). Without any error, 1 for no gap and 0 for one."""
    from scipy.special import stdtr

    steps = np.divide(np.abs(gap), error, out=np.where(gap == 0, 0.0, np.inf), where=error > 0)
    p: Floats = np.minimum(2 * stdtr(degrees, -steps), 1.0)
    return p


def holm(p: Floats) -> Floats:
    """Adjusted p: reject those of at most alpha, and one among all true nulls is rejected in at most alpha of cases.

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    made = np.empty(len(p))
    made[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return made
