"""The variance of a score over items and seeds, and its degrees of freedom.

A score is a mean over ``S`` seeds of one recipe on ``G`` groups of items, both drawn at random:

    score of seed s = expectation + luck of the seed + luck of the groups + luck of both together

Three sums estimate the variance of the mean. ``items`` is the jackknife variance with the seeds held fixed: it holds the
luck of the groups and, divided by S, that of both together. ``seeds`` is the variance of the scores over S: it holds the
luck of the seeds and, divided by S, that of both together. ``both`` holds the last alone and would be counted twice:

    V = items + seeds - both

(two-way random effects without replication: Searle, Casella and McCulloch, Variance Components, section 4.5; Owen 2007,
Annals of Applied Statistics 1(2), for two crossed samples of real data.)

Two guards keep an interval of three seeds between 93 and 97 % where it would hold the truth in 92 to 98 % of cases; with
six seeds or more they change little. Both were settled by simulation (``make simulate``). Where few seeds happen to lie so
close together that V falls below ``items``, it is the mean of the two. And degrees are never more than those of the seeds
times V / (seeds - both / 5): Satterthwaite's come out too many in just those cases. Of p far below 5 %, as a table of many
rows needs them, both guards are stricter (``far``): V is never below ``items``, and degrees never above V / seeds times
those of the seeds. By Satterthwaite's alone, 12 % of tables of thirty equal models with six seeds would hold a difference.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from harness.statistics.influence import Influence
from harness.statistics.table import Floats


@dataclass(frozen=True)
class Variance:
    """A variance of a mean and how well it is known: its degrees of freedom."""

    value: float
    degrees: float

    @property
    def error(self) -> float:
        """The standard error."""
        return float(np.sqrt(self.value))


def over_items(found: Influence) -> Variance:
    """Of the mean over seeds, with the seeds held fixed."""
    return Variance(total(found.by_group.mean(0) ** 2), found.degrees)


def over_seeds(found: Influence) -> Variance:
    """Of the mean over seeds, with the items held fixed; needs two seeds."""
    seeds = len(found.per_seed)
    return Variance(float(found.per_seed.var(ddof=1)) / seeds, seeds - 1)


def interaction(found: Influence) -> float:
    """The part of both sums that is chance of single seeds on single groups; 0 for one seed."""
    seeds = len(found.per_seed)
    return total((found.by_group - found.by_group.mean(0)) ** 2) / (seeds - 1) / seeds if seeds > 1 else 0.0


@dataclass(frozen=True)
class Parts:
    """The three sums, and what they stand on. ``seeds_held`` is 0 where no seed is drawn: then only items count."""

    items: float
    seeds: float
    both: float
    item_degrees: float
    seed_degrees: float
    seeds_held: int  # of the side with fewer
    strata: int = 1

    @property
    def groups(self) -> int:
        """Number of groups of items."""
        return round(self.item_degrees) + self.strata

    def joined(self, far: bool = False) -> Variance:
        """Items and seeds together, with the degrees of Satterthwaite 1946, Biometrics Bulletin 2(6), and the guards above.

        >>> Parts(4.0, 1.0, 1.0, item_degrees=99, seed_degrees=4, seeds_held=5).joined().value
        4.0
        >>> Parts(0.0, 1.0, 0.0, item_degrees=99, seed_degrees=4, seeds_held=5).joined()
        Variance(value=1.0, degrees=4.0)
        """
        if not self.seeds_held:
            return Variance(self.items, self.item_degrees)
        value = self.items + self.seeds - self.both
        if value < self.items:
            value = self.items if far else (self.items + max(value, 0.0)) / 2
        spread = self.items**2 / self.item_degrees + self.seeds**2 / self.seed_degrees
        spread += self.both**2 / (self.item_degrees * self.seed_degrees)
        least, most = sorted((float(self.item_degrees), float(self.seed_degrees)))
        if not spread:
            return Variance(value, most)
        own = self.seeds - (0.0 if far else self.both / 5)
        guard = self.seed_degrees * value / own if own > 0 else math.inf
        return Variance(value, min(max(min(value**2 / spread, guard), least), least + most))

    def with_seeds(self, seeds: int) -> Parts:
        """What is to be expected of so many seeds a side."""
        share = self.seeds_held / seeds
        common, both = max(self.items - self.both, 0.0), self.both * share
        degrees = self.seed_degrees * (seeds - 1) / max(self.seeds_held - 1, 1)
        return dataclasses.replace(
            self, items=common + both, seeds=self.seeds * share, both=both, seed_degrees=degrees, seeds_held=seeds
        )

    def with_groups(self, groups: int) -> Parts:
        """What is to be expected of so many groups of items."""
        share = self.groups / groups
        own, both = max(self.seeds - self.both, 0.0), self.both * share
        return dataclasses.replace(
            self, items=self.items * share, seeds=own + both, both=both, item_degrees=groups - self.strata
        )


def parts(found: Influence) -> Parts:
    """The sums of one score, or of one difference of paired seeds; of one seed, the items alone."""
    items, strata = over_items(found), len(found.groups) - found.degrees
    if len(found.per_seed) < 2:
        return Parts(items.value, 0.0, 0.0, items.degrees, 0, 0, strata)
    seeds = over_seeds(found)
    return Parts(items.value, seeds.value, interaction(found), items.degrees, seeds.degrees, len(found.seeds), strata)


def added(one: Variance, two: Variance) -> Variance:
    """Of a sum or difference of two independent numbers (Welch 1947, Biometrika 34).

    >>> added(Variance(1.0, 4), Variance(1.0, 4))
    Variance(value=2.0, degrees=8.0)
    """
    value = one.value + two.value
    spread = one.value**2 / one.degrees + two.value**2 / two.degrees
    return Variance(value, value**2 / spread if spread else float(one.degrees + two.degrees))


def total(values: Floats) -> float:
    """The sum of an array, in an order that is the same on every machine."""
    return math.fsum(values.ravel().tolist())
