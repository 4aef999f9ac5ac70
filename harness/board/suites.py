"""The joint tables of a suite: a row a model request, a column a task, and the plain mean of the first metrics.

A pure function of records and cards, as every part of a board. One table a protocol (and limit): numbers made under
two protocols are never averaged. Within a table each task counts under one comparability key, the newest; a request
without a run under it on every task has no mean, and says how many tasks it has.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.board.ranks import CONFIDENT, choose, not_above, places
from harness.board.runs import Run, Value, age, shown
from harness.spec import Task

Group = tuple[str, str, int | None]
"""Protocol, its digest, limit."""


@dataclass(frozen=True)
class SuiteRow:
    """One line of a joint table. ``role`` is ``learned``, ``trivial`` or ``published``."""

    role: str
    rank: int | None  # of learned rows that have every task
    model: str
    encoder: str | None
    score: Value | None  # the plain mean; None while a task is missing
    tasks: dict[str, Value]
    source: str = ""


@dataclass(frozen=True)
class SuiteTable:
    """Rows of one protocol."""

    protocol: str  # empty where no run of ours is on record
    limit: int | None
    keys: dict[str, str]  # task -> comparability key
    rows: list[SuiteRow]
    notes: list[str]


@dataclass(frozen=True)
class Suite:
    """Everything about one suite."""

    name: str
    tasks: list[str]
    before: str  # the section of the board that it stands before
    tables: list[SuiteTable]


def suites(runs: Sequence[Run], cards: Mapping[str, Task]) -> list[Suite]:
    """The suites of which some task has a run with a score, in order of name."""
    found = []
    for name in sorted({card.suite for card in cards.values()} - {""}):
        held = {
            task: card for task, card in sorted(cards.items()) if card.suite == name and not task.endswith("@sample")
        }
        scored = [run for run in runs if run.task in held and held[run.task].metrics[0] in run.values]
        if scored:
            tried = min(run.task for run in runs if run.task in held)
            found.append(Suite(name, list(held), tried, tables(scored, held)))
    return found


def tables(runs: Sequence[Run], cards: Mapping[str, Task]) -> list[SuiteTable]:
    """One table a protocol and limit: full data before limited, then the newest. Published rows stand in the first."""
    groups: dict[Group, list[Run]] = {}
    for run in runs:
        groups.setdefault((run.protocol, str(run.parts.get("protocol")), run.limit), []).append(run)
    ordered = sorted(groups.values(), key=lambda group: (group[0].limit is None, *max(map(age, group))), reverse=True)
    return [table(group, cards, published(cards) if place == 0 else []) for place, group in enumerate(ordered)]


def table(runs: Sequence[Run], cards: Mapping[str, Task], beside: Sequence[SuiteRow]) -> SuiteTable:
    """The table of runs of one protocol."""
    held, notes = {}, []
    for task in cards:
        own = [run for run in runs if run.task == task]
        if own:
            metric, newest = cards[task].metrics[0], max(own, key=lambda run: (run.verified, *age(run)))
            held[task] = [run for run in own if run.table_key(metric) == newest.table_key(metric)]
            other = len({run.table_key(metric) for run in own}) - 1
            if other:
                notes.append(
                    f"{task} counts under its newest key, {newest.key[:8]}; runs under {other} older ones are left out."
                )
    rows = ranked(requests(held, cards))
    return SuiteTable(
        protocol=runs[0].protocol,
        limit=runs[0].limit,
        keys={task: own[0].key for task, own in held.items()},
        rows=[*rows, *beside],
        notes=[*notes, *doubts(rows, cards)],
    )


def requests(held: Mapping[str, Sequence[Run]], cards: Mapping[str, Task]) -> list[SuiteRow]:
    """One row for each model, its settings and encoder."""
    made: dict[tuple[str, str | None], dict[str, Value]] = {}
    trivial = {}
    for task, runs in held.items():
        for run in choose(runs):
            made.setdefault((run.model, run.encoder), {})[task] = run.values[cards[task].metrics[0]]
            trivial[run.model] = run.trivial
    return [
        SuiteRow("trivial" if trivial[model] else "learned", None, model, encoder, mean(values, len(cards)), values)
        for (model, encoder), values in made.items()
    ]


def mean(values: Mapping[str, Value], wanted: int) -> Value | None:
    """The plain mean over tasks, ``None`` where one is missing.

    The tasks are independent samples, so the squares of their standard errors add up; the error of the mean is the root
    of the sum, divided by the number of tasks.

    >>> tasks = {"a": Value(0.5, standard_error=0.03), "b": Value(0.7, standard_error=0.04)}
    >>> found = mean(tasks, 2)
    >>> round(found.value, 3), round(found.standard_error, 3), mean(tasks, 3)
    (0.6, 0.025, None)
    """
    if len(values) < wanted:
        return None
    known = all(value.standard_error is not None for value in values.values())
    first = next(iter(values.values()))
    middle, n = math.fsum(value.value for value in values.values()) / wanted, sum(value.n for value in values.values())
    if not known:
        return Value(middle, first.unit, first.higher_is_better, n)
    error = math.hypot(*(value.error for value in values.values())) / wanted
    lower, upper = middle - CONFIDENT * error, middle + CONFIDENT * error
    return Value(middle, first.unit, first.higher_is_better, n, lower, upper, error)


def ranked(rows: Iterable[SuiteRow]) -> list[SuiteRow]:
    """Rows by their mean, then those without one by the number of their tasks; learned rows get their rank."""
    ordered = sorted(rows, key=lambda row: (*_order(row), row.model, row.encoder or ""))
    scores = [row.score for row in ordered if row.role == "learned" and row.score]
    left = iter(places(scores))
    return [
        SuiteRow(row.role, next(left), row.model, row.encoder, row.score, row.tasks)
        if row.role == "learned" and row.score
        else row
        for row in ordered
    ]


def _order(row: SuiteRow) -> tuple[int, float]:
    if row.score is None:
        return 1, -len(row.tasks)
    return 0, -row.score.value if row.score.higher_is_better else row.score.value


def published(cards: Mapping[str, Task]) -> list[SuiteRow]:
    """The published models that one source measured on every task of the suite, with the mean that follows."""
    found: dict[tuple[str, str], dict[str, Value]] = {}
    for task, card in cards.items():
        for item in card.references:
            if (item.metric, item.split) == (card.metrics[0], card.split):
                found.setdefault((item.model, item.source), {}).setdefault(task, Value(item.value))
    rows = [
        SuiteRow("published", None, model, None, mean(values, len(cards)), values, source)
        for (model, source), values in found.items()
        if len(values) == len(cards)
    ]
    return sorted(rows, key=lambda row: (*_order(row), row.model, row.source))


# ---------------------------------------------------------------- what is said below


def doubts(rows: Sequence[SuiteRow], cards: Mapping[str, Task]) -> list[str]:
    """For each learned row the tasks on which it is no better than guessing, or than the best trivial model."""
    bars = {
        task: max(
            (row.tasks[task] for row in rows if row.role == "trivial" and task in row.tasks),
            key=lambda value: value.value if value.higher_is_better else -value.value,
            default=None,
        )
        for task in cards
    }
    notes = []
    for row in rows:
        if row.role != "learned":
            continue
        name = f"{row.model} on {row.encoder}" if row.encoder else row.model
        guessing = [task for task, value in row.tasks.items() if not_above(value, cards[task].chance)]
        beaten = [task for task, value in row.tasks.items() if not _beats(value, bars[task])]
        if guessing:
            notes.append(f"{name} is at chance on {_listed(row, guessing)}: its 95 % interval is not above it.")
        if beaten:
            notes.append(f"{name} does NOT beat the best trivial model on {_listed(row, beaten)}.")
    if rows and not any(row.role == "trivial" for row in rows):
        notes.append("No trivial model is on record here.")
    return notes


def _beats(value: Value, bar: Value | None) -> bool:
    if bar is None:
        return True
    return value.value > bar.value if value.higher_is_better else value.value < bar.value


def _listed(row: SuiteRow, tasks: Sequence[str]) -> str:
    return ", ".join(f"{task.rpartition('/')[2]} ({shown(row.tasks[task])})" for task in tasks)
