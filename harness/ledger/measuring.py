"""From records to measured quantities: scores by their items, exact numbers as recorded, times by their blocks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.claim import Chance, Claim, Recorded, TimeRatio, Value, walk
from harness.errors import HarnessError
from harness.gate.blocks import blocks
from harness.gate.interval import logarithm
from harness.gate.judging import LEAST_BLOCKS, Pair
from harness.gate.pairing import other_work
from harness.gate.reading import RECORD, Timing, of_record
from harness.ledger import names
from harness.ledger.evidence import Chosen, Held, Shelf, Trouble, candidates, choose, paired
from harness.ledger.forms import Form, constant, evaluate, of_influence, parts_of
from harness.ledger.leaves import Measured
from harness.records import items
from harness.records.record import model_name
from harness.registry.shelves import find
from harness.statistics.differences import same_parts
from harness.statistics.influence import Influence, influence
from harness.statistics.table import Table
from harness.statistics.verdicts import FEWEST_SEEDS


class Unmeasured(Exception):  # noqa: N818 - it is no error of the user
    """Why a quantity has no number, in words; ``void`` where a record is damaged."""

    def __init__(self, reason: str, void: bool = False) -> None:
        super().__init__(reason)
        self.void = void


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
                table = items.read(run.folder, run.record).table(value.metric)
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
    """Only the items of some strata. Raises ``Unmeasured`` where there are none."""
    kept = np.isin(table.strata, value.strata)
    lacking = sorted({*value.strata} - {*table.strata.tolist()})
    if lacking:
        raise Unmeasured(f"{value.task} has no items in stratum {lacking[0]}")
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
    return with_error(made, form, claim)


def with_error(made: Measured, form: Form, claim: Claim) -> Measured:
    """The error of a form, and in words what the card asks for and is not there."""
    groups = min(len(found.groups) for found in form.layout.values())
    made, parts = dataclasses.replace(made, groups=groups), parts_of(form)
    if isinstance(parts, str):
        return dataclasses.replace(made, none=parts)
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


# ------------------------------------------------------------ times


def time_ratio(node: TimeRatio, claim: Claim, shelf: Shelf, lock: str) -> Measured:
    """Time of a side over that of the other: all sessions on one machine in which both were timed."""
    sides = []
    for name in (node.side, node.reference):
        found = candidates(shelf, claim, claim.side(name), node.task, timed=True)
        if isinstance(found, Trouble):
            raise Unmeasured(found.reason, found.void)
        sides.append([run for run in found if str(run.record.environment["device"]).startswith(node.device)])
        if not sides[-1]:
            raise Unmeasured(f"no timing of {name} on {node.task} on a {node.device.replace('cuda', 'GPU')}")
    by_session = [{(machine(run), str(run.record.speed["session"])): run for run in runs} for runs in sides]
    common = sorted({*by_session[0]} & {*by_session[1]})
    if not common:
        raise Unmeasured(f"{node.side} and {node.reference} were not timed in one session on {node.task}")
    best = max({place for place, _ in common}, key=lambda place: sum(place == other for other, _ in common))
    both = [[own[session] for session in common if session[0] == best] for own in by_session]
    pair = paired_blocks(node, *both)
    middle, error, free = logarithm(pair.candidate, pair.baseline, pair.paired)
    runs = {run.path: run.record.started_at for runs in both for run in runs}
    count = min(len(pair.candidate), len(pair.baseline))
    return Measured(
        float(np.exp(middle)),
        error,
        free,
        groups=count,
        log=True,
        records=tuple(sorted(runs)),
        older=min(runs.values()) <= lock,
        none=f"{count} blocks of the {LEAST_BLOCKS} that are needed" if count < LEAST_BLOCKS else "",
    )


def machine(run: Held) -> str:
    """On which class of machine a timing was taken."""
    return f"{run.record.comparability_key.get('hardware_class')}, {run.record.environment.get('threads')} threads"


def paired_blocks(node: TimeRatio, side: Sequence[Held], reference: Sequence[Held]) -> Pair:
    """The blocks of both sides. Raises ``Unmeasured`` for other work, and for sessions that something disturbed."""
    one, two = ([timing(run, node.measure) for run in runs] for runs in (reference, side))
    wrong = other_work(node.measure, one, two)
    pair = blocks(node.measure, one, two, RECORD)
    if wrong or pair.disturbed:
        raise Unmeasured(wrong[0] if wrong else f"the timing was disturbed: {pair.disturbed}")
    return pair


def timing(run: Held, measure: str) -> Timing:
    """The blocks of one measure."""
    try:
        found = of_record(run.record, run.folder.record_path)
    except HarnessError as error:
        raise Unmeasured(str(error), void=True) from error
    name = f"{run.record.task['name']}/{model_name(run.record.model)}/{measure}"
    if name not in found.timings:
        raise Unmeasured(f"{run.path} has no times of {measure}")
    return found.timings[name]
