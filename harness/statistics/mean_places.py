"""The mean place of a row over several tables, with an interval.

Every pair of rows of every table is compared on its items, and all p of all tables are adjusted together (Holm 1979). In each
table a row's place lies between 1 + how many are surely better and n - how many are surely worse; the interval of its mean
place is the mean of these ends. Where no pair is told apart wrongly, which is so in at least 95 % of cases, all ranges and so
all intervals hold the truth together (Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91(1), for sets of
ranks from differences of pairs; theirs, by resampling, are a little narrower).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.estimates import LEVEL, too_few_groups
from harness.statistics.pairs import Row, holm, pairs
from harness.statistics.ranks import Place, ranges
from harness.statistics.table import Floats


@dataclass(frozen=True, slots=True)
class MeanPlace:
    """The mean over tables of a row's place by its value, where it may lie, and on how many tables it stands."""

    name: str
    value: float
    lower: float
    upper: float
    tables: int


def together(
    tables: Sequence[Sequence[Row]], higher_is_better: Sequence[bool], level: float = LEVEL
) -> list[dict[str, Place]]:
    """Of each table, the places that each of its ranked rows may have, by name; all ranges hold at once.

    Rows without a place in a table do not take part in it; a table of too few groups of items is empty.
    """
    ranked = [[row for row in rows if row.basis] for rows in tables]
    found = [pairs([] if rows and too_few_groups(rows[0].found) else rows) for rows in ranked]
    adjusted = holm(np.concatenate([np.empty(0), *(table.p for table in found)]))
    parts = np.split(adjusted, np.cumsum([len(table.p) for table in found])[:-1]) if found else []
    made = []
    for table, p, higher in zip(found, parts, higher_is_better, strict=True):
        own = ranges(dataclasses.replace(table, adjusted=p), level, higher)
        made.append({row.name: place for row, place in zip(table.rows, own, strict=True)})
    return made


def mean_places(
    tables: Sequence[Sequence[Row]], higher_is_better: Sequence[bool], level: float = LEVEL
) -> list[MeanPlace]:
    """Mean place of every row, best first, with its interval. Equal values share the mean of their places."""
    seen: dict[str, list[tuple[float, int, int]]] = {}
    for rows, may, higher in zip(tables, together(tables, higher_is_better, level), higher_is_better, strict=True):
        ranked = [row for row in rows if row.name in may]
        values = np.array([row.found.value for row in ranked]) * (1 if higher else -1)
        for row, place in zip(ranked, _order(values).tolist(), strict=True):
            first, last = may[row.name].first, may[row.name].last
            assert first is not None
            assert last is not None
            seen.setdefault(row.name, []).append((place, first, last))
    made = []
    for name, found in seen.items():
        value, lower, upper = np.mean(found, axis=0).tolist()
        made.append(MeanPlace(name, value, lower, upper, len(found)))
    return sorted(made, key=lambda row: (row.value, row.name))


def _order(values: Floats) -> Floats:
    """Places (R,) of values, the largest first; equal ones share their mean.

    >>> _order(np.array([0.5, 0.9, 0.5])).tolist()
    [2.5, 1.0, 2.5]
    """
    above = (values[None] > values[:, None]).sum(1)
    equal = (values[None] == values[:, None]).sum(1)
    made: Floats = (1 + above + (equal - 1) / 2).astype(np.float64)
    return made
