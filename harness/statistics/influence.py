"""How much each group of items moves a score: the leave-one-group-out jackknife.

With ``n_h`` groups in stratum ``h``, the score without group ``g`` is taken from the totals in which the other groups of
its stratum are weighted up by ``n_h / (n_h - 1)``, so that the strata keep their shares. The variance of the score is

    V = sum over h of (n_h - 1) / n_h  sum over g in h of (score without g - mean of these in h)^2

(Rao and Shao 1992, Biometrika 79; Wolter, Introduction to Variance Estimation, 2nd edition, section 4.5). It uses only
the statistic on totals, so it serves every metric; no number is drawn, so it is the same to the digit everywhere.
Letters for shapes: ``S`` seeds, ``N`` items, ``C`` counts of an item, ``G`` groups.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.statistics.table import Floats, Integers, Statistic, Table, within_groups

CHUNK = 2_000_000  # numbers in memory at once


@dataclass(frozen=True)
class Influence:
    """The score of every seed, and what each group adds to its error.

    ``by_group`` is scaled so that the sum of its squares over groups is the variance of that seed's score, and the sum
    of products of two rows their covariance. Where a stratum has one group its variance is unknown: the group has 0,
    and ``alone`` counts such strata. ``bias`` is by how much a score of so many groups is pushed upwards on average
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 10.6); for a mean it is 0.
    """

    seeds: tuple[int, ...]
    per_seed: Floats  # (S,)
    by_group: Floats  # (S, G)
    strata: Integers  # (G,)
    groups: Integers  # (G,) their numbers in the table, ascending
    bias: Floats  # (S,)
    alone: int = 0

    @property
    def value(self) -> float:
        """Mean score over seeds."""
        return float(self.per_seed.mean())

    @property
    def degrees(self) -> int:
        """Groups less strata: degrees of freedom of the variance over groups."""
        return len(self.groups) - len(np.unique(self.strata))

    def in_order(self) -> Influence:
        """The same with seeds in ascending order, so that equal sets of seeds stand beside each other."""
        order = np.argsort(self.seeds, kind="stable")
        if (order == np.arange(len(order))).all():
            return self
        seeds = tuple(self.seeds[place] for place in order)
        return dataclasses.replace(
            self, seeds=seeds, per_seed=self.per_seed[order], by_group=self.by_group[order], bias=self.bias[order]
        )


def influence(table: Table) -> Influence:
    """The jackknife of a table.

    Raises ``ValueError`` for a statistic of a wrong shape, or one that is not finite without some group.

    >>> from harness.metrics.choice import accuracy
    >>> right = np.array([[[1, 0]] * 50 + [[0, 1]] * 50])
    >>> found = influence(Table((0,), tuple(map(str, range(100))), np.arange(100), np.zeros(100, int), right, accuracy))
    >>> found.value, round(float((found.by_group**2).sum()), 6)  # p (1 - p) / (n - 1)
    (0.5, 0.002525)
    """
    groups, first, member = np.unique(table.groups, return_index=True, return_inverse=True)
    strata = np.asarray(table.strata)[first]
    kinds, stratum, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    per_seed, by_group = np.empty(len(table.seeds)), np.empty((len(table.seeds), len(groups)))
    bias = np.empty(len(table.seeds))
    for row, counts in enumerate(table.counts):
        grouped = within_groups(counts, member, len(groups))
        per_seed[row] = _scores(grouped.sum(0, dtype=np.float64)[None], table.statistic)[0]
        left_out = _without_each(grouped, stratum, sizes, table.statistic)
        means = np.bincount(stratum, left_out) / sizes
        bias[row] = ((sizes - 1) * (means - per_seed[row])).sum()
        by_group[row] = (means[stratum] - left_out) * np.sqrt((sizes - 1) / sizes)[stratum]
    alone = int((sizes == 1).sum()) if len(kinds) > 1 else 0
    return Influence(table.seeds, per_seed, by_group, strata, groups, bias, alone)


def _without_each(grouped: NDArray[Any], stratum: Integers, sizes: Integers, statistic: Statistic) -> Floats:
    """Scores (G,) without one group each, the others of its stratum weighted up."""
    inside = np.zeros((len(sizes), grouped.shape[1]))
    for number in range(len(sizes)):
        inside[number] = grouped[stratum == number].sum(0, dtype=np.float64)
    total, values = inside.sum(0), np.empty(len(grouped))
    step = max(1, CHUNK // grouped.shape[1])
    for begin in range(0, len(grouped), step):
        part = slice(begin, begin + step)
        mine, size = stratum[part], sizes[stratum[part], None]
        away = (inside[mine] - size * grouped[part]) / np.maximum(size - 1, 1)
        away[size[:, 0] == 1] = 0  # alone in its stratum: nothing can stand for it
        values[part] = _scores(total + away, statistic)
    return values


def _scores(totals: Floats, statistic: Statistic) -> Floats:
    """Totals (G, C) -> scores (G,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values: Floats = np.asarray(statistic(totals), np.float64)
    if values.shape != totals.shape[:-1]:
        raise ValueError(f"a statistic must map {totals.shape} to {totals.shape[:-1]}, this one gives {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("the statistic is not finite without some group: say what it is where it would divide by zero")
    return values
