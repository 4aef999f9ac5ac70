"""What every format of a board shares: columns and how a row fills them, captions, sentences around tables."""

from __future__ import annotations

import functools
from collections.abc import Callable
from urllib.parse import quote

from harness.board.leaderboard import Board, Section
from harness.board.lengths import reading
from harness.board.suites import SuiteTable
from harness.board.tables import Row, Table
from harness.board.troubles import Trouble
from harness.board.values import as_printed, number, shown
from harness.report.cells import Cell, count_cell, first_rows, interval_cell, place_cell, text_cell
from harness.spec import Reference
from harness.statistics.ranks import POINTS

EMPTY = (
    "No runs are on record yet. `harness run` makes the first; "
    "`harness list tasks` and `harness list models` show what can be tried."
)
LEGEND = (
    "Proportions are in percent. Two 95 % intervals: *these checkpoints* says where the trained models on record would "
    "score on other items of the same kind, *this recipe* where the mean would lie with other items and other seeds; a "
    "dash stands where that cannot be known, as from one seed or two. "
    "The rank is a range of places: from 1 + how many rows are shown to be better, to the number of ranked rows less how "
    "many are shown to be worse, by paired differences on the same items, Holm's correction over all pairs of the table "
    "at 5 %. "
    "A star marks a row with fewer than six seeds of a recipe that draws: it is ranked as *these checkpoints*, and other "
    "seeds may change its places. A recipe with one seed has no rank. "
    "sd is the spread over seeds, `without overlap` the score on items whose text does not occur in train; exact in the "
    "column of arithmetic is what computes without torch. "
    "Trivial and published rows have no rank; published numbers are those of their authors, measured by other means and "
    "shown as they print them, a spread that they print in brackets. "
    "The record column links each row's record, by the first digits of its SHA-256."
)
CHECKPOINTS, RECIPE = "95 % of these checkpoints", "95 % of this recipe"


def columns(section: Section, table: Table) -> dict[str, Callable[[Row], Cell]]:
    """The columns of a table and how each row fills them; columns that no row fills are left out."""
    metric = section.metric
    percent = " %" if section.unit == "proportion" else ""
    found: dict[str, Callable[[Row], Cell]] = {
        "rank": lambda row: place_cell(row.place, row.role),
        "model": lambda row: Cell(row.model, row.model),
        "encoder": lambda row: text_cell(row.encoder),
        metric + percent: lambda row: _metric(row, metric),
        CHECKPOINTS: lambda row: interval_cell(row.values[metric], "checkpoints"),
        RECIPE: lambda row: interval_cell(row.values[metric], "recipe"),
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
        "arithmetic": lambda row: text_cell(row.arithmetic),
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
    computed = f", {table.arithmetic}" if table.arithmetic else ""
    text = f"{table.protocol}{computed}, {table.documents:,} items{first_rows(table.limit)}{doubt}, key {table.key[:8]}"
    if single:
        return text
    return (
        f"{text} (the first table)"
        if table.main
        else f"{text}: NOT comparable with the first table, for what differs is {table.differs}"
    )


def strength(table: Table | SuiteTable, unit: str) -> list[str]:
    """One sentence: how large a gap has to be to be shown by the ranks of a table; none where there is no pair."""
    if not table.power:
        return []
    pairs = "the one pair" if table.pairs == 1 else f"{table.pairs} pairs"
    gaps = [f"{100 * gap:g}" if unit == "proportion" else f"{gap:g}" for gap in POINTS]
    shares = [f"{100 * share:.0f}" for share in table.power]
    return [
        f"Power: of two rows that truly differ by {', '.join(gaps[:-1])} and {gaps[-1]} "
        f"{'points' if unit == 'proportion' else unit}, the ranks would show {', '.join(shares[:-1])} and {shares[-1]} % "
        f"(mean over {pairs}, at Holm's first step): a wide range of places may mean too few items or seeds, not equal rows."
    ]


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
    value = (
        shown(as_printed(item)) if item.printed else number(item.value, "proportion") if percent else f"{item.value:g}"
    )
    value += " %" if percent else ""
    source = "; ".join(part for part in (item.source, item.note) if part)
    return {"model": item.model, "split": item.split, "metric": item.metric, "value": value, "source": source}


def trouble(item: Trouble) -> str:
    """The line of a request without a score."""
    body = f" on {item.encoder}" if item.encoder else ""
    rule = f" ({item.protocol})" if item.protocol else ""
    return f"{item.status}: {item.model}{body}{rule}: {item.reason}"
