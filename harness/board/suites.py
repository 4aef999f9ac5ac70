"""The joint tables of a suite: a row a model request, a column a task, and the plain mean of the first metrics.

A pure function of records and cards, as every part of a board. One table a protocol, limit and class of arithmetic:
numbers made under two protocols are never averaged. Within a table each task counts under one comparability key, the
newest; a request without a run under it on every task has no mean, and says how many tasks it has.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.board.items import Shelf, intervals, joint
from harness.board.notes import Tested, chance_tests, named, told, trivial_tests, unshown
from harness.board.ranks import NOWHERE, choose, ranking
from harness.board.runs import Run, age
from harness.board.tables import by_class
from harness.board.values import Value, as_printed, shown
from harness.records.record import EXACT
from harness.spec import Suite, Task
from harness.statistics import pairs
from harness.statistics.ranks import Place

Group = tuple[str, str, int | None]
"""Protocol, its digest, limit."""
Request = tuple[str, str | None]
"""A model with its settings, and its encoder."""


@dataclass(frozen=True)
class SuiteRow:
    """One line of a joint table. ``role`` is ``learned``, ``trivial`` or ``published``."""

    role: str
    place: Place  # of learned rows that have every task
    model: str
    encoder: str | None
    score: Value | None  # the plain mean; None while a task is missing
    tasks: dict[str, Value]
    source: str = ""


@dataclass(frozen=True)
class SuiteTable:
    """Rows of one protocol and class of arithmetic."""

    protocol: str  # empty where no run of ours is on record
    limit: int | None
    keys: dict[str, str]  # task -> comparability key
    rows: list[SuiteRow]
    notes: list[str]
    arithmetic: str = ""
    power: tuple[float, ...] = ()
    pairs: int = 0


@dataclass(frozen=True)
class SuiteBoard:
    """Everything about one suite."""

    name: str
    tasks: list[str]
    before: str  # the section of the board that it stands before
    tables: list[SuiteTable] = field(default_factory=list)


def suites(
    runs: Sequence[Run], cards: Mapping[str, Task], known: Mapping[str, Suite], shelf: Shelf
) -> list[SuiteBoard]:
    """The suites of which some task has a run with a score, in order of name; ``known`` is what others print of them."""
    found = []
    for name in sorted({card.suite for card in cards.values()} - {""}):
        held = {
            task: card for task, card in sorted(cards.items()) if card.suite == name and not task.endswith("@sample")
        }
        scored = [run for run in runs if run.task in held and held[run.task].metrics[0] in run.values]
        if scored:
            tried = min(run.task for run in runs if run.task in held)
            printed = published(held, known.get(name, Suite(name)))
            found.append(SuiteBoard(name, list(held), tried, tables(scored, held, printed, shelf)))
    return found


def tables(
    runs: Sequence[Run], cards: Mapping[str, Task], printed: Sequence[SuiteRow], shelf: Shelf
) -> list[SuiteTable]:
    """One table a protocol, limit and class: full data before limited, then the newest. Published rows join the former."""
    groups: dict[Group, list[Run]] = {}
    for run in runs:
        groups.setdefault((run.protocol, str(run.parts.get("protocol")), run.limit), []).append(run)
    ordered = sorted(groups.values(), key=lambda group: (group[0].limit is None, *max(map(age, group))), reverse=True)
    return [
        table(rows, name, cards, printed if group[0].limit is None else [], shelf)
        for group in ordered
        for name, rows in by_class(group).items()
    ]


def table(
    runs: Sequence[Run], arithmetic: str, cards: Mapping[str, Task], beside: Sequence[SuiteRow], shelf: Shelf
) -> SuiteTable:
    """The table of runs of one protocol and class of arithmetic."""
    held, notes = newest(runs, cards)
    found, rows = requests(held, cards, shelf)
    first = next(iter(cards.values())).metrics[0]
    rising = next(run.values[first].higher_is_better for run in runs if first in run.values)
    order = ranking([row for request, row in found.items() if rows[request].role == "learned"], rising)
    placed = [replace(row, place=order.places.get(_name(*request), NOWHERE)) for request, row in rows.items()]
    return SuiteTable(
        protocol=runs[0].protocol,
        limit=runs[0].limit,
        keys={task: max(own, key=lambda run: run.arithmetic != EXACT).key for task, own in held.items()},
        rows=[*sorted(placed, key=functools.partial(_line, ranked=bool(order.power))), *beside],
        notes=[*notes, *doubts(held, cards, shelf), *misprints(beside)],
        arithmetic=arithmetic,
        power=order.power,
        pairs=order.pairs,
    )


def newest(runs: Sequence[Run], cards: Mapping[str, Task]) -> tuple[dict[str, list[Run]], list[str]]:
    """The runs of each task under its newest key, one a request, and what is left out."""
    held, notes = {}, []
    for task in cards:
        own = [run for run in runs if run.task == task]
        if own:
            metric, last = cards[task].metrics[0], max(own, key=lambda run: (run.verified, *age(run)))
            held[task] = choose(run for run in own if run.table_key(metric) == last.table_key(metric))
            other = len({run.table_key(metric) for run in own}) - 1
            if other:
                notes.append(
                    f"{task} counts under its newest key, {last.key[:8]}; runs under {other} older ones are left out."
                )
    return held, notes


def requests(
    held: Mapping[str, Sequence[Run]], cards: Mapping[str, Task], shelf: Shelf
) -> tuple[dict[Request, pairs.Row], dict[Request, SuiteRow]]:
    """A row for each model, its settings and encoder; and by items the joint score of those that have every task."""
    by_request: dict[Request, dict[str, Run]] = {}
    for task, runs in held.items():
        for run in runs:
            by_request.setdefault((run.model, run.encoder), {})[task] = run
    found, rows = {}, {}
    for request, own in by_request.items():
        values = {task: run.values[cards[task].metrics[0]] for task, run in own.items()}
        score = mean(values, len(cards))
        parts = [shelf.held(run, cards[task].metrics[0]) for task, run in own.items()] if score else [None]
        known = [part for part in parts if part is not None]
        if score and len(known) == len(parts):
            found[request] = joint(_name(*request), known)
            checkpoints, recipe = intervals(found[request])
            score = replace(score, checkpoints=checkpoints, recipe=recipe)
        role = "trivial" if any(run.trivial for run in own.values()) else "learned"
        rows[request] = SuiteRow(role, NOWHERE, *request, score, values)
    return found, rows


def _name(model: str, encoder: str | None) -> str:
    return f"{model} on {encoder}" if encoder else model


def mean(values: Mapping[str, Value], wanted: int) -> Value | None:
    """The plain mean over tasks, ``None`` where one is missing.

    >>> mean({"a": Value(0.5), "b": Value(0.75)}, 2).value, mean({"a": Value(0.5)}, 2)
    (0.625, None)
    """
    if len(values) < wanted:
        return None
    first = next(iter(values.values()))
    middle, n = math.fsum(value.value for value in values.values()) / wanted, sum(value.n for value in values.values())
    return Value(middle, first.unit, first.higher_is_better, n)


def _line(row: SuiteRow, ranked: bool) -> tuple[bool, bool, int, float, str, str]:
    """Rows by their mean, below them those without a place, and last those without a mean by the number of their tasks."""
    below = ranked and row.role == "learned" and row.place.first is None
    return (row.score is None, below, *_order(row), row.model, row.encoder or "")


def _order(row: SuiteRow) -> tuple[int, float]:
    if row.score is None:
        return -len(row.tasks), 0.0
    return 0, -row.score.value if row.score.higher_is_better else row.score.value


def published(cards: Mapping[str, Task], suite: Suite) -> list[SuiteRow]:
    """The published models that one source measured on every task of the suite.

    Their mean is the one that the source prints; where it prints none, the one that follows from its tasks.
    """
    found: dict[tuple[str, str], dict[str, Value]] = {}
    for task, card in cards.items():
        for item in card.references:
            if (item.metric, item.split) == (card.metrics[0], card.split):
                found.setdefault((item.model, item.source), {}).setdefault(task, as_printed(item))
    told = {(item.model, item.source): as_printed(item) for item in suite.references}
    rows = [
        SuiteRow(
            "published", NOWHERE, model, None, told.get((model, source)) or mean(values, len(cards)), values, source
        )
        for (model, source), values in found.items()
        if len(values) == len(cards)
    ]
    return sorted(rows, key=lambda row: (*_order(row), row.model, row.source))


def misprints(rows: Sequence[SuiteRow]) -> list[str]:
    """The published means that are not the mean of their published tasks, by more than rounding explains."""
    notes = []
    for row in rows:
        follows = mean(row.tasks, len(row.tasks))
        if row.score is None or follows is None or not row.score.printed:
            continue
        unsure = [rounding(value) for value in row.tasks.values()]
        if abs(follows.value - row.score.value) > sum(unsure) / len(unsure) + rounding(row.score):
            notes.append(
                f"{row.model} ({row.source}): printed is a mean of {row.score.printed}; "
                f"that of the tasks as printed is {shown(follows)}."
            )
    return notes


def rounding(value: Value) -> float:
    """By how much a printed percentage may be off the number behind it.

    >>> rounding(Value(0.51, printed="51.0")), rounding(Value(0.33, printed="33.0 (0.34)")), rounding(Value(0.5))
    (0.0005, 0.0005, 0.0)
    """
    digits = len(value.printed.partition(" ")[0].partition(".")[2])
    return 0.005 / 10**digits if value.printed else 0.0


# ---------------------------------------------------------------- what is said below


def doubts(held: Mapping[str, Sequence[Run]], cards: Mapping[str, Task], shelf: Shelf) -> list[str]:
    """For each learned row the tasks on which it is not shown to be above chance, or above the best trivial model.

    The tests of a task are those of its own table.
    """
    guessing: dict[str, list[str]] = {}
    beaten: dict[str, list[str]] = {}
    for task, runs in held.items():
        metric, chance = cards[task].metrics[0], cards[task].chance
        for told_of, (learned, tests) in (
            (guessing, chance_tests(runs, metric, chance, shelf)),
            (beaten, trivial_tests(runs, metric, shelf)),
        ):
            for place in unshown(tests):
                words = _words(task, learned[place].values[metric], tests[place])
                told_of.setdefault(named(learned[place]), []).append(words)
    names = dict.fromkeys(named(run) for runs in held.values() for run in runs if not run.trivial)
    notes = []
    for name in names:
        if name in guessing:
            notes.append(f"{name} is not shown to be above chance on {', '.join(guessing[name])}.")
        if name in beaten:
            notes.append(f"{name} is not shown to beat the best trivial model on {', '.join(beaten[name])}.")
    if held and not any(run.trivial for runs in held.values() for run in runs):
        notes.append("No trivial model is on record here.")
    return notes


def _words(task: str, value: Value, test: Tested) -> str:
    return f"{task.rpartition('/')[2]} ({shown(value)}, difference {told(test, value.unit)})"
