"""What every format of a board shares: columns and how a row fills them, captions, sentences around tables."""

from __future__ import annotations

import functools
from collections.abc import Callable
from urllib.parse import quote

from harness.board.leaderboard import Board, Section
from harness.board.tables import Row, Table
from harness.board.lengths import reading
from harness.board.values import as_printed, number, shown
from harness.board.troubles import Trouble
from harness.report.cells import Cell, count_cell, first_rows, interval_cell, text_cell
from harness.spec import Reference

EMPTY = (
    "No runs are on record yet. `harness run` makes the first; "
    "`harness list tasks` and `harness list models` show what can be tried."
)
LEGEND = (
    "Proportions are in percent. The interval is a 95 % bootstrap over documents, sd the spread over seeds, "
    "`without overlap` the score on documents whose "
    "text does not occur in train. Rows share a rank while they are within 1.96 standard errors of the difference to "
    "the first of them (in the errors are documents "
    "and, where a run has several, seeds; taken as independent). "
    "Trivial and published rows have no rank; published numbers are those of their authors, measured by other means. "
    "The record column links each row's record, by the first digits of its SHA-256."
)


def columns(section: Section, table: Table) -> dict[str, Callable[[Row], Cell]]:
    """The columns of a table and how each row fills them; columns that no row fills are left out."""
    metric = section.metric
    percent = " %" if section.unit == "proportion" else ""
    found: dict[str, Callable[[Row], Cell]] = {
        "rank": lambda row: Cell(str(row.rank) if row.rank else row.role, row.rank),
        "model": lambda row: Cell(row.model, row.model),
        "encoder": lambda row: text_cell(row.encoder),
        metric + percent: lambda row: _metric(row, metric),
        "95 % interval": lambda row: interval_cell(row.values[metric]),
        "sd": lambda row: _part(row, metric, "seed_sd"),
        "seeds": lambda row: count_cell(row.seeds),
        "without overlap": lambda row: _part(row, metric, "overlap_free"),
    }
    shared = dict.fromkeys(name for row in table.rows for name in row.values if name != metric)
    for name in (name for name in shared if reading(name) is None):
        found[name] = functools.partial(_metric, name=name)
    found |= {
        "parameters": lambda row: count_cell(row.parameters),
        "minutes": lambda row: Cell(f"{row.minutes:.1f}", row.minutes) if row.minutes is not None else Cell(),
        "hardware": lambda row: text_cell(row.hardware),
        "record": lambda row: (
            Cell(row.digest or "", row.digest, quote(row.record)) if row.record else text_cell(row.source)
        ),
    }
    fixed = ("rank", "model", metric + percent)
    return {name: fill for name, fill in found.items() if name in fixed or any(fill(row).text for row in table.rows)}


def _metric(row: Row, name: str) -> Cell:
    return Cell(shown(row.values[name]), row.values[name].value) if name in row.values else Cell()


def _part(row: Row, name: str, part: str) -> Cell:
    found = getattr(row.values[name], part)
    return Cell(number(found, row.values[name].unit), found) if found is not None else Cell()


def caption(table: Table, single: bool) -> str:
    """What all rows of a table share, and what keeps it apart from the main one."""
    if not table.protocol:
        return "published"
    doubt = "" if table.verified else ", data NOT verified by SHA-256"
    text = f"{table.protocol}, {table.documents:,} documents{first_rows(table.limit)}{doubt}, key {table.key[:8]}"
    if single:
        return text
    return (
        f"{text} (newest)"
        if table.main
        else f"{text}: NOT comparable with the newest table, for what differs is {table.differs}"
    )


def ranking(section: Section) -> str:
    """One sentence: on what and by what a task is ranked."""
    if not section.metric:
        return "No run has a score yet."
    sense = "higher" if section.higher_is_better else "lower"
    return f"Ranked on {section.split} by {section.metric}; {sense} is better."


def footer(board: Board) -> str:
    """What made the board, of what."""
    command = "harness leaderboard" + (f" --task {board.task}" if board.task else "")
    check = f"{command} --check" + (" --output FILE" if board.task else "")
    records = "1 record" if board.records == 1 else f"{board.records} records"
    return f"Made by `{command}` from {records} (digest {board.digest}). Not to be edited by hand: `{check}` tells."


def elsewhere(section: Section, item: Reference) -> dict[str, str]:
    """The row of a published number below the tables, in the unit of the ranking metric where it is of that metric."""
    percent = section.unit == "proportion" and item.metric == section.metric
    value = shown(as_printed(item)) if item.printed else number(item.value, "proportion") if percent else f"{item.value:g}"
    value += " %" if percent else ""
    source = "; ".join(part for part in (item.source, item.note) if part)
    return {"model": item.model, "split": item.split, "metric": item.metric, "value": value, "source": source}


def trouble(item: Trouble) -> str:
    """The line of a request without a score."""
    body = f" on {item.encoder}" if item.encoder else ""
    rule = f" ({item.protocol})" if item.protocol else ""
    return f"{item.status}: {item.model}{body}{rule}: {item.reason}"
