"""From records to measured quantities: scores by their items, and exact numbers as recorded; ``times`` measures times."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.claim import Chance, Claim, Ratio, Recorded, TimeRatio, Value, walk
from harness.errors import HarnessError
from harness.ledger import names
from harness.ledger.evidence import Chosen, Held, Shelf, Trouble, choose, paired
from harness.ledger.forms import Form, constant, evaluate, of_influence, parts_of
from harness.ledger.leaves import Measured, Unmeasured
from harness.ledger.times import time_ratio
from harness.records import items
from harness.registry.shelves import find
from harness.statistics.differences import same_parts
from harness.statistics.influence import Influence, influence
from harness.statistics.table import Table
from harness.statistics.verdicts import FEWEST_SEEDS

ALIKE = 1.5
"""Groups that may be otherwise, in standard errors, where all that were seen are alike (Hanley and Lippman-Hand 1983, JAMA
249(13): three of them at 95 %)."""


class Misnamed(Exception):  # noqa: N818 - `outcomes` makes an error of it, which names card and file
    """What a card names and no record can have: an error of the card, not a verdict."""


@dataclass
class Measures:
    """What was read from a results folder so far: each record's items once, each score's shares of groups once."""

    shelf: Shelf
    _tables: dict[tuple[str, str, tuple[int, ...]], Table] = field(default_factory=dict)
    _found: dict[tuple[str, str, tuple[int, ...]], Influence] = field(default_factory=dict)

    def newer(self, since: str) -> Measures:
        """The same, of records that began later."""
        return Measures(self.shelf.newer(since), self._tables, self._found)

    def table(self, run: Held, value: Value) -> Table:
        """The counts of a metric of one record, of some strata where the value names them."""
        place = run.path, value.metric, value.strata
        if place not in self._tables:
            try:
                held = items.read(run.folder, run.record)
                if value.metric not in held.metrics:
                    raise Misnamed(f"metric {value.metric} of {value.task} is not kept item by item ({run.path})")
                table = held.table(value.metric)
            except HarnessError as error:
                raise Unmeasured(str(error), void=run.record.items is not None) from error
            self._tables[place] = within(table, value) if value.strata else table
        return self._tables[place]

    def influence(self, run: Held, value: Value, first: Table) -> Influence:
        """The jackknife of a record's score, its items in the order of another table."""
        place = run.path, value.metric, value.strata
        if place not in self._found:
            table = self.table(run, value)
            try:
                table = table.ordered_as(first.ids)
                if not (same_parts(table.groups, first.groups) and same_parts(table.strata, first.strata)):
                    raise ValueError("the records group their items in other ways")
                table = dataclasses.replace(table, groups=first.groups, strata=first.strata)
                self._found[place] = influence(table)
            except ValueError as error:
                raise Unmeasured(f"{run.path}: {error}", void=True) from error
        return self._found[place]


def within(table: Table, value: Value) -> Table:
    """Only the items of some strata. Raises ``Misnamed`` where there are none."""
    kept = np.isin(table.strata, value.strata)
    lacking = sorted({*value.strata} - {*table.strata.tolist()})
    if lacking:
        raise Misnamed(f"strata: {value.task} has no items in stratum {lacking[0]}, only 0 to {table.strata.max()}")
    return dataclasses.replace(
        table,
        ids=tuple(name for name, keep in zip(table.ids, kept, strict=True) if keep),
        groups=table.groups[kept],
        strata=table.strata[kept],
        counts=table.counts[:, kept],
    )


def measure(quantity: Any, claim: Claim, measures: Measures, lock: str = "") -> Measured:
    """The quantity of one condition from the records; ``lock`` is the moment at which the claim was locked."""
    try:
        if isinstance(quantity, TimeRatio):
            return time_ratio(quantity, claim, measures.shelf, lock)
        return score(quantity, claim, measures, lock)
    except Unmeasured as reason:
        return Measured(None, none=str(reason), void=reason.void)


def score(quantity: Any, claim: Claim, measures: Measures, lock: str) -> Measured:
    """A quantity made of scores."""
    chosen = sides_of(quantity, claim, measures.shelf)
    seeds = paired(list(chosen.values()))
    if not seeds and not all(side.deterministic for side in chosen.values()):
        raise Unmeasured(f"the sides have no seed in common{held(chosen)}")
    first: dict[tuple[str, tuple[int, ...]], Table] = {}

    def read(node: Any) -> Form:
        if isinstance(node, Chance):
            return constant(float(find("tasks", names.task_version(node.task)[0]).card.chance))
        side = chosen[node.task, node.side]
        if isinstance(node, Recorded):
            return recorded(node, side)
        one_code(node, [other for (task, _), other in chosen.items() if task == node.task])
        runs = [run for run, _ in side.runs]
        shape = first.setdefault((node.task, node.strata), measures.table(runs[0], node))
        found = [measures.influence(run, node, shape) for run in runs]
        return of_influence(node.task, together(found, side, seeds), side.deterministic)

    try:
        form = evaluate(quantity, read)
    except ValueError as error:
        raise Unmeasured(str(error)) from error
    runs = {run.path: run.record.started_at for side in chosen.values() for run, _ in side.runs}
    made = Measured(form.value, seeds=len(form.seeds), records=tuple(sorted(runs)), older=min(runs.values()) <= lock)
    if not form.moves:
        return dataclasses.replace(made, error=0.0)
    return with_error(made, form, claim, share(quantity))


def share(quantity: Any) -> bool:
    """Whether a quantity is made of shares of what is right, and no ratio of them."""
    parts = list(walk(quantity))
    values = [part for part in parts if isinstance(part, Value)]
    plain = not any(isinstance(part, Ratio) for part in parts)
    return plain and all(names.metrics()[value.metric].unit == "proportion" for value in values)


def with_error(made: Measured, form: Form, claim: Claim, share: bool) -> Measured:
    """The error of a form, and in words what the card asks for and is not there.

    Where all items of all groups are answered alike (all wrong, say) they show no variance. For shares the rule of three
    stands in: of G groups that are alike, at most 3 in G are otherwise, two errors of 1.5 / G.
    """
    groups = min(len(found.groups) for found in form.layout.values())
    made, parts = dataclasses.replace(made, groups=groups), parts_of(form)
    if isinstance(parts, str):
        return dataclasses.replace(made, none=parts)
    if not parts.items and not share:
        return dataclasses.replace(made, none="no item differs from any other: nothing is known of the error")
    if not parts.items:
        parts = dataclasses.replace(parts, items=(ALIKE / groups) ** 2, item_degrees=groups - 1)
    spread, wanted, lacking = parts.joined(), max(FEWEST_SEEDS, claim.seeds), ""
    if form.seeds and len(form.seeds) < wanted:
        lacking = f"{len(form.seeds)} paired seeds of the {wanted} that are needed"
    elif groups < claim.items:
        lacking = f"{groups:,} groups of items of the {claim.items:,} that are needed"
    return dataclasses.replace(made, error=spread.error, degrees=spread.degrees, parts=parts, none=lacking)


def sides_of(quantity: Any, claim: Claim, shelf: Shelf) -> dict[tuple[str, str], Chosen]:
    """The records behind a quantity, by task and side."""
    wanted: dict[str, list[str]] = {}
    for node in walk(quantity):
        if isinstance(node, Value | Recorded) and node.side not in wanted.setdefault(node.task, []):
            wanted[node.task].append(node.side)
    chosen: dict[tuple[str, str], Chosen] = {}
    for task, sides in wanted.items():
        found = choose(shelf, claim, sides, task)
        if isinstance(found, Trouble):
            raise Unmeasured(found.reason, found.void)
        chosen |= {(task, side): runs for side, runs in found.items()}
    if not chosen:
        raise Unmeasured("the condition names no side")
    return chosen


def held(chosen: dict[tuple[str, str], Chosen]) -> str:
    """Which seeds each side has."""
    return ": " + ", ".join(
        f"{side} on {task} has {', '.join(map(str, runs.seeds))}" for (task, side), runs in chosen.items()
    )


def one_code(value: Value, sides: Sequence[Chosen]) -> None:
    """Raise ``Unmeasured`` where a metric comes from two versions of its code."""
    codes = {run.code(value.metric) for side in sides for run, _ in side.runs}
    if len(codes) > 1:
        raise Unmeasured(f"the records on {value.task} come from two versions of the code of {value.metric}")


def together(found: Sequence[Influence], side: Chosen, seeds: tuple[int, ...]) -> Influence:
    """The rows of all records of a side, those of the paired seeds alone, in their order."""
    rows = {seed: (one, one.seeds.index(seed)) for one, (_, own) in zip(found, side.runs, strict=True) for seed in own}
    kept = [rows[seed] for seed in (side.seeds if side.deterministic else seeds)]
    return dataclasses.replace(
        found[0],
        seeds=tuple(one.seeds[row] for one, row in kept),
        per_seed=np.array([one.per_seed[row] for one, row in kept]),
        by_group=np.stack([one.by_group[row] for one, row in kept]),
    )


def recorded(node: Recorded, side: Chosen) -> Form:
    """A number without an error, which must be the same in all records of a side."""
    found = {
        run.record.model["parameters"]
        if node.metric == names.PARAMETERS
        else (run.record.results.get(node.metric) or {}).get("value")
        for run, _ in side.runs
    }
    value = found.pop()
    if found or value is None:
        state = "differs between records" if found else "is not on record"
        raise Unmeasured(f"{node.metric} of {node.side} on {node.task} {state}")
    return constant(float(value))
