"""The variance of a score over items and seeds, and its degrees of freedom.

A score is a mean over ``S`` seeds of one recipe on ``G`` groups of items, both drawn at random:

    score of seed s = expectation + luck of the seed + luck of the groups + luck of both together

Three sums estimate the variance of the mean. ``items`` is the jackknife variance with the seeds held fixed: it holds the
luck of the groups and, divided by S, that of both together. ``seeds`` is the variance of the scores over S: it holds the
luck of the seeds and, divided by S, that of both together. ``both`` holds the last alone and would be counted twice:

    V = items + seeds - both, never below the larger of the first two

(two-way random effects without replication: Searle, Casella and McCulloch, Variance Components, section 4.5; Owen 2007,
Annals of Applied Statistics 1(2), for two crossed samples of real data.)
"""

from __future__ import annotations

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


def joined(items: Variance, seeds: Variance, both: float) -> Variance:
    """Items and seeds together, with the degrees of Satterthwaite 1946, Biometrics Bulletin 2(6).

    >>> joined(Variance(4.0, 99), Variance(1.0, 4), 1.0).value, joined(Variance(0.0, 99), Variance(1.0, 4), 0.0)
    (4.0, Variance(value=1.0, degrees=4.0))
    """
    value = max(items.value + seeds.value - both, items.value, seeds.value)
    spread = items.value**2 / items.degrees + seeds.value**2 / seeds.degrees
    spread += both**2 / (items.degrees * seeds.degrees)
    least, most = sorted((float(items.degrees), float(seeds.degrees)))
    return Variance(value, min(max(value**2 / spread, least), least + most) if spread else most)


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
    import math

    return math.fsum(values.ravel().tolist())
