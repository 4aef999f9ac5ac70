"""What rows of a board are told apart by: how much each group of items moves the score of a run.

Read from the items beside the records, once a run and metric; no data are needed. A joint score, the mean over tasks,
is a sum over the groups of all tasks, with the tasks as strata.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.board.runs import Run
from harness.board.values import LEVEL, Ends
from harness.errors import HarnessError
from harness.records import items
from harness.records.store import RunFolder
from harness.statistics import variance
from harness.statistics.estimates import quantile, too_few_groups, too_few_seeds
from harness.statistics.influence import Influence, influence
from harness.statistics.pairs import Row
from harness.statistics.table import Integers


class Shelf:
    """The items of the records of one folder; each is read once, when it is asked for."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self.known: dict[tuple[str, str], Row | None] = {}
        self.faults: dict[str, str] = {}  # path of a record -> why its items cannot be used
        self.lacking = set[str]()  # paths of records that have none

    def held(self, run: Run, metric: str) -> Row | None:
        """The score of a run by items; ``None`` where it has none, with the reason in ``faults``."""
        place = (run.path, metric)
        if place not in self.known:
            self.known[place] = self._read(run, metric)
        return self.known[place]

    def _read(self, run: Run, metric: str) -> Row | None:
        if self.root is None or metric not in run.values:
            return None
        if not run.items:
            self.lacking.add(run.path)
            return None
        folder = RunFolder((self.root / run.path).parent)
        try:
            found = influence(items.read(folder, folder.read()).table(metric))
        except (HarnessError, OSError, ValueError) as error:
            self.faults[run.path] = str(error).replace(f"{self.root}/", "")
            return None
        return Row(run.path, found, run.deterministic)


def joint(name: str, parts: Sequence[Row]) -> Row:
    """The plain mean of the scores of several tasks, whose items are independent of each other.

    Seeds are those that all tasks have; a task whose model draws nothing goes with each of them. Where the tasks have
    no seed in common, each counts with the mean over its own, and the spread over seeds is unknown.
    """
    drawn = [set(part.found.seeds) for part in parts if not part.deterministic]
    seeds = sorted(set.intersection(*drawn)) if drawn else []
    aligned = [_with_seeds(part, seeds) for part in parts]
    strata: list[Integers] = []
    groups: list[Integers] = []
    for place, part in enumerate(aligned):
        _, numbered = np.unique(part.strata, return_inverse=True)
        strata.append(numbered + (strata[-1].max() + 1 if place else 0))
        groups.append(np.arange(len(part.groups)) + (groups[-1][-1] + 1 if place else 0))
    share = 1 / len(parts)
    made = Influence(
        tuple(seeds) or (0,),
        share * np.sum([part.per_seed for part in aligned], axis=0),
        share * np.concatenate([part.by_group for part in aligned], axis=1),
        np.concatenate(strata),
        np.concatenate(groups),
        share * np.sum([part.bias for part in aligned], axis=0),
        sum(part.alone for part in aligned),
    )
    return Row(name, made, not drawn)


def _with_seeds(part: Row, seeds: Sequence[int]) -> Influence:
    """The rows of these seeds; the mean over all where there are none."""
    found = part.found
    if part.deterministic or not seeds:
        size = max(1, len(seeds))
        rows = np.broadcast_to(found.by_group.mean(0), (size, found.by_group.shape[1]))
        value, bias = np.full(size, found.value), np.full(size, found.bias.mean())
        return replace(found, seeds=tuple(seeds) or (0,), per_seed=value, by_group=rows, bias=bias)
    places = [found.seeds.index(seed) for seed in seeds]
    value, bias = found.per_seed[places], found.bias[places]
    return replace(found, seeds=tuple(seeds), per_seed=value, by_group=found.by_group[places], bias=bias)


def intervals(held: Row) -> tuple[Ends, Ends]:
    """The intervals of a score on its own scale: of these checkpoints, and of this recipe."""
    reason = too_few_groups(held.found)
    if reason:
        return Ends(none=reason), Ends(none=reason)
    first = _ends(held.found.value, variance.over_items(held.found))
    if held.deterministic:
        return first, first
    reason = too_few_seeds(held.found)
    if reason:
        return first, Ends(none=reason)
    return first, _ends(held.found.value, variance.parts(held.found).joined())


def _ends(value: float, spread: variance.Variance) -> Ends:
    reach = quantile(LEVEL, spread.degrees) * spread.error
    return Ends(value - reach, value + reach, spread.error, spread.degrees)
