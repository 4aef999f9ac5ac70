"""The mean place of a row over several tables, with an interval.

Letters for shapes: ``R`` rows of a table, ``D`` draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics import variance
from harness.statistics.estimates import LEVEL
from harness.statistics.pairs import ROUNDING, Row
from harness.statistics.table import Floats

DRAWS = 4_000


@dataclass(frozen=True, slots=True)
class MeanPlace:
    """The mean over tables of a row's place by its value, where it may lie, and on how many tables it stands."""

    name: str
    value: float
    lower: float
    upper: float
    tables: int


def mean_places(
    tables: Sequence[Sequence[Row]], higher_is_better: Sequence[bool], level: float = LEVEL, draws: int = DRAWS
) -> list[MeanPlace]:
    """Mean place of every row, best first; the interval is that of places in draws from the law of the scores.

    Scores of one table are drawn together, with the covariance that their items give them and the spread of their
    seeds; tables are independent. Rows without a place in a table do not take part in it. Equal values share the mean
    of their places.
    """
    rng = np.random.default_rng(0)
    seen: dict[str, list[tuple[float, Floats]]] = {}
    for rows, higher in zip(tables, higher_is_better, strict=True):
        ranked = [row for row in rows if row.basis]
        if not ranked:
            continue
        values = np.array([row.found.value for row in ranked]) * (1 if higher else -1)
        drawn = values + rng.standard_normal((draws, len(ranked))) @ _root(_covariance(ranked)).T
        for row, place, many in zip(ranked, _order(values[None])[0], _order(drawn).T, strict=True):
            seen.setdefault(row.name, []).append((float(place), many))
    made = []
    for name, found in seen.items():
        value, many = float(np.mean([one for one, _ in found])), np.mean([drawn for _, drawn in found], axis=0)
        lower, upper = np.quantile(many, [(1 - level) / 2, (1 + level) / 2])
        made.append(MeanPlace(name, value, min(float(lower), value), max(float(upper), value), len(found)))
    return sorted(made, key=lambda row: (row.value, row.name))


def _covariance(rows: Sequence[Row]) -> Floats:
    """Covariance (R, R) of the scores of a table."""
    means = np.stack([row.found.by_group.mean(0) for row in rows])
    made: Floats = means @ means.T
    for place, row in enumerate(rows):
        if row.drawn:
            made[place, place] += max(variance.over_seeds(row.found).value - variance.interaction(row.found), 0.0)
    return made


def _root(covariance: Floats) -> Floats:
    """A lower triangle L with L L' the covariance; what rounding takes from it is put back."""
    jitter = np.eye(len(covariance)) * max(float(np.trace(covariance)), 1e-300) * ROUNDING
    made: Floats = np.asarray(np.linalg.cholesky(covariance + jitter), np.float64)
    return made


def _order(values: Floats) -> Floats:
    """Places (..., R) of values, the largest first; equal ones share their mean.

    >>> _order(np.array([[0.5, 0.9, 0.5]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    above = (values[:, None, :] > values[:, :, None]).sum(-1)
    equal = (values[:, None, :] == values[:, :, None]).sum(-1)
    made: Floats = (1 + above + (equal - 1) / 2).astype(np.float64)
    return made
