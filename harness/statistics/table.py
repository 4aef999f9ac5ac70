"""One metric of one record, item by item: what every interval, rank and verdict is computed from.

Letters for shapes: ``S`` seeds, ``N`` items, ``C`` counts of an item, ``G`` groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Statistic = Callable[[Any], Any]
"""Totals of shape (..., C) -> (...), such as ``harness.metrics.spans.f1``."""


@dataclass(frozen=True)
class Table:
    """Counts of every item under every seed, and which items belong together.

    Items of one *group* (passages of one book, questions about one abstract) share their luck: a test set is drawn by
    groups. *Strata* are parts of a test set whose sizes are fixed (the lengths of a generated task): each group lies in
    one. ``counts`` may be of any number type; small integers save memory where there are many columns.

    Raises ``ValueError`` for shapes that do not fit, ids or seeds that repeat, and a group in two strata.

    >>> right = np.array([[[1, 0], [1, 0], [0, 1], [1, 0]]])
    >>> Table((0,), ("a", "b", "c", "d"), np.array([0, 0, 1, 2]), np.zeros(4, int), right, len).group_count
    3
    """

    seeds: tuple[int, ...]  # S
    ids: tuple[str, ...]  # N items, in one order for all seeds
    groups: Integers  # (N,) number of each item's group
    strata: Integers  # (N,) number of each item's stratum; all 0 where there are none
    counts: NDArray[Any]  # (S, N, C)
    statistic: Statistic

    def __post_init__(self) -> None:
        size = len(self.ids)
        if self.counts.ndim != 3 or self.counts.shape[:2] != (len(self.seeds), size) or not self.counts.size:
            raise ValueError(
                f"counts must have shape (seeds, items, counts), here ({len(self.seeds)}, {size}, ...) and none of them 0; "
                f"found {self.counts.shape}"
            )
        if len(self.groups) != size or len(self.strata) != size:
            raise ValueError(f"{size} items, but {len(self.groups)} groups and {len(self.strata)} strata are given")
        for what, names in (("item", self.ids), ("seed", self.seeds)):
            if len(set(names)) < len(names):
                twice = next(name for place, name in enumerate(names) if name in names[:place])
                raise ValueError(f"{what} {twice!r} stands twice in a table")
        pairs = np.unique(np.stack([self.groups, self.strata]), axis=1)
        if pairs.shape[1] > len(np.unique(self.groups)):
            several = pairs[0, np.flatnonzero(np.diff(pairs[0]) == 0)[0]]
            raise ValueError(f"group {several} lies in more than one stratum; a group must lie in one")

    @property
    def group_count(self) -> int:
        """Number of groups G."""
        return len(np.unique(self.groups))

    @property
    def grouped(self) -> bool:
        """Whether any group holds more than one item."""
        return self.group_count < len(self.ids)

    def ordered_as(self, ids: tuple[str, ...]) -> Table:
        """The same table with its items in another order; ``ValueError`` for other items, naming one."""
        if ids == self.ids:
            return self
        place = {name: number for number, name in enumerate(self.ids)}
        if len(ids) != len(self.ids) or place.keys() != set(ids):
            odd = sorted(place.keys() ^ set(ids))[-1]
            raise ValueError(f"the two sides answered other items: {odd!r} is in one of them only")
        order = np.array([place[name] for name in ids])
        return Table(self.seeds, ids, self.groups[order], self.strata[order], self.counts[:, order], self.statistic)


def within_groups(counts: NDArray[Any], member: Integers, size: int) -> NDArray[Any]:
    """Counts (N, C) summed within groups (G, C)."""
    if size == len(counts):  # every item is its own group: put them in the order of the groups
        return counts[np.argsort(member, kind="stable")]
    order = np.argsort(member, kind="stable")
    borders = np.searchsorted(member[order], np.arange(size))
    wide: NDArray[Any] = np.add.reduceat(counts[order].astype(np.float64), borders, axis=0)
    return wide
