"""A board as one CSV table, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from harness.board.leaderboard import Board, Section
from harness.board.tables import Row, Table
from harness.report import overall, speed, suites
from harness.report.cells import ENDS, inert, placed, scored

FIRST: tuple[str, ...] = (
    "task",
    "kind",
    "first_place",
    "last_place",
    "ranked_as",
    "model",
    "encoder",
    "split",
    "metric",
    "value",
    "printed",
    *(f"{name}_{end}" for name in ("checkpoints", "recipe") for end in ENDS),
    "lower",
    "upper",
    "seed_sd",
    "seeds",
    "overlap_free",
    "protocol",
    "arithmetic",
    "limit",
    "key",
    "main",
)
LAST = ("parameters", "minutes", "hardware", "revision", "record", "digest", "source", "reason")


def flat(board: Board) -> str:
    """One CSV table of everything, numbers in full and in the metric's own unit (an F1 of 64.84 % is 0.6484)."""
    answered = [row.values for section in board.sections for table in section.tables for row in table.rows]
    timed = [row.values for section in board.sections for table in section.speeds for row in table.rows]
    details = [row.details for section in board.sections for table in section.speeds for row in table.rows]
    beside = list(dict.fromkeys(name for values in [*answered, *timed, *details] for name in values))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*FIRST, *beside, *LAST], lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(inert, _rows(board)))
    return stream.getvalue()


def _rows(board: Board) -> Iterator[dict[str, Any]]:
    for suite in board.suites:
        yield from suites.flat(suite)
    for over in board.overall:
        yield from overall.flat(over)
    for section in board.sections:
        yield from _section_rows(section)
    for item in board.damaged:
        yield {"kind": "damaged", "record": item.path, "digest": item.digest, "reason": item.reason}


def _section_rows(section: Section) -> Iterator[dict[str, Any]]:
    for table in section.tables:
        yield from (_flat_row(section, table, row) for row in table.rows)
    for timed in section.speeds:
        yield from speed.flat(section.task, timed)
    for item in section.published_elsewhere:
        yield {"task": section.task, "kind": "published", **_picked(item, "model split metric value printed source")}
    for bad in section.troubles:
        known = _picked(bad, "model encoder protocol record digest reason")
        yield {"task": section.task, "kind": bad.status, **known}


def _flat_row(section: Section, table: Table, row: Row) -> dict[str, Any]:
    made = _picked(section, "task split metric") | {"kind": row.role}
    made |= _picked(row, "model encoder seeds arithmetic parameters minutes hardware revision record digest source")
    value = row.values[section.metric]
    made |= placed(row.place) | scored(value) | _picked(value, "seed_sd overlap_free") | {"main": table.main}
    if row.role != "published":
        made |= _picked(table, "protocol limit key")
    return made | {name: entry.value for name, entry in row.values.items()}


def _picked(item: Any, names: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names.split()}
