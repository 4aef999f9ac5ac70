"""Places of the rows of a table, as far as they are sure, and how far they could be told apart.

Every pair of rows is compared on the same items, and all p of a table are adjusted together (``pairs``), so that a table
of equal rows holds a false difference in at most 5 % of cases. A row's place lies between 1 + how many are surely better
and n - how many are surely worse. No row's range depends on which row happens to lead.

A row stands there as a *recipe* where it draws nothing or has at least six seeds; with two to five seeds it is ranked by
*these checkpoints*, without its seeds' spread, and says so; with one seed of a recipe that draws it has no place.
Letters for shapes: ``R`` rows, ``G`` groups of items, ``M`` pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.statistics.estimates import LEVEL, too_few_groups
from harness.statistics.pairs import Pairs, Row, pairs

POINTS = (0.005, 0.01, 0.02)
"""Half a point, one point and two, of a score between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Place:
    """The places that a row may have, best and worst; both ``None`` for a row without one, ``none`` says why."""

    first: int | None
    last: int | None
    basis: str
    none: str = ""


def sure(found: Pairs, level: float = LEVEL, higher_is_better: bool = True) -> NDArray[np.bool_]:
    """Which row (first axis) is surely better than which (second axis), (R, R)."""
    size = len(found.rows)
    better = np.zeros((size, size), bool)
    told, ahead = found.adjusted <= 1 - level, (found.gap > 0) == higher_is_better
    better[found.first[told & ahead], found.second[told & ahead]] = True
    better[found.second[told & ~ahead], found.first[told & ~ahead]] = True
    return better


def places(rows: Sequence[Row], level: float = LEVEL, higher_is_better: bool = True) -> list[Place]:
    """The places that each row may have, in the order of the rows."""
    ranked = [row for row in rows if row.basis]
    reason = too_few_groups(ranked[0].found) if ranked else ""
    if reason:
        return [Place(None, None, row.basis, reason) for row in rows]
    made, own = [], iter(ranges(pairs(rows), level, higher_is_better))
    for row in rows:
        if not row.basis:
            made.append(Place(None, None, "", "one seed: nothing is known of the spread over seeds"))
            continue
        made.append(next(own))
    return made


def ranges(found: Pairs, level: float = LEVEL, higher_is_better: bool = True) -> list[Place]:
    """The same from pairs whose p are adjusted, of the ranked rows alone."""
    better, size = sure(found, level, higher_is_better), len(found.rows)
    return [
        Place(1 + int(better[:, own].sum()), size - int(better[own].sum()), row.basis)
        for own, row in enumerate(found.rows)
    ]


def power(found: Pairs, gaps: Sequence[float] = POINTS, level: float = LEVEL) -> list[float]:
    """Of two rows that truly differ by each gap, the share that this table would tell apart, mean over its pairs.

    At the level of Holm's first step, (1 - level) / M, by the noncentral t; later steps tell a little more apart.
    """
    from scipy.special import nctdtr, stdtrit

    if not len(found.gap):
        return [0.0 for _ in gaps]
    cut = -stdtrit(found.degrees, (1 - level) / 2 / len(found.gap))
    shares = []
    for gap in gaps:
        with np.errstate(divide="ignore"):
            away = np.where(found.error > 0, gap / found.error, np.inf)
        told = np.ones(len(away))
        near = away < cut + 40  # farther than that nothing is missed
        told[near] = 1 - nctdtr(found.degrees[near], away[near], cut[near])
        shares.append(float(told.mean()))
    return shares
