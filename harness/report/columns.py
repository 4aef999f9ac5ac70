"""A board as text: markdown for people, CSV for spreadsheets, JSON for programs. ``harness.report.html`` makes a page.

Links to records are relative to the results folder, where ``LEADERBOARD.md`` lies.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

from harness.board.leaderboard import Board, Row, Section, Table
from harness.board.lengths import length_tables, reading
from harness.board.overall import Overall
from harness.board.runs import number, shown
from harness.board.suites import Suite
from harness.board.troubles import Trouble
from harness.report import lengths, overall, speed
from harness.report.cells import Cell, count_cell, plain, text_cell
from harness.report.suites import columns as suite_columns
from harness.report.suites import flat as flat_suite
from harness.report.suites import introduction, title
from harness.report.tables import table as pipe
from harness.spec import Reference

EMPTY = "No runs are on record yet. `harness run` makes the first; `harness list tasks` and `harness list models` show what can be tried."
LEGEND = (
    "Proportions are in percent. The interval is a 95 % bootstrap over documents, sd the spread over seeds, `without overlap` the score on documents whose "
    "text does not occur in train. Rows share a rank while they are within 1.96 standard errors of the difference to the first of them (in the errors are documents "
    "and, where a run has several, seeds; taken as independent). Trivial and published rows have no rank; published numbers are those of their authors, measured by other means. "
    "The record column links each row's record, by the first digits of its SHA-256."
)
FIRST = (
    "task",
    "kind",
    "rank",
    "model",
    "encoder",
    "split",
    "metric",
    "value",
    "lower",
    "upper",
    "seed_sd",
    "seeds",
    "overlap_free",
    "protocol",
    "limit",
    "key",
    "main",
)
LAST = ("parameters", "minutes", "hardware", "revision", "record", "digest", "source", "reason")


def columns(section: Section, table: Table) -> dict[str, Callable[[Row], Cell]]:
    """The columns of a table and how each row fills them; columns that no row fills are left out."""
    metric = section.metric
    percent = " %" if section.unit == "proportion" else ""
    found: dict[str, Callable[[Row], Cell]] = {
        "rank": lambda row: Cell(str(row.rank) if row.rank else row.kind, row.rank),
        "model": lambda row: Cell(row.model, row.model),
        "encoder": lambda row: text_cell(row.encoder),
        metric + percent: lambda row: _metric(row, metric),
        "95 % interval": lambda row: _interval(row, metric),
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


def _interval(row: Row, name: str) -> Cell:
    value = row.values[name]
    if value.lower is None or value.upper is None:
        return Cell()
    return Cell(f"{number(value.lower, value.unit)} to {number(value.upper, value.unit)}", value.lower)


def _part(row: Row, name: str, part: str) -> Cell:
    found = getattr(row.values[name], part)
    return Cell(number(found, row.values[name].unit), found) if found is not None else Cell()


def caption(table: Table, single: bool) -> str:
    """What all rows of a table share, and what keeps it apart from the main one."""
    if not table.protocol:
        return "published"
    limit = f", only the first {table.limit} rows of every split" if table.limit else ""
    doubt = "" if table.verified else ", data NOT verified by SHA-256"
    text = f"{table.protocol}, {table.documents:,} documents{limit}{doubt}, key {table.key[:8]}"
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


# ---------------------------------------------------------------- markdown


def markdown(board: Board) -> str:
    """The board as markdown, every table as wide on every line, Chinese included."""
    blocks = ["# Leaderboard", LEGEND if board.sections else EMPTY]
    for section in board.sections:
        blocks += [block for suite in board.suites if suite.before == section.task for block in _suite(suite)]
        blocks += [block for table in board.overall if table.before == section.task for block in _overall(table)]
        blocks += [
            f"## {section.task}",
            plain(f"{section.title}. {ranking(section)}".lstrip(". ")),
            *_tables(section),
            *_speeds(section),
            *_rest(section),
        ]
    if board.damaged:
        blocks += ["## Could not be read", *_list(f"{item.reason} [{item.digest}]" for item in board.damaged)]
    blocks.append(f"---\n{footer(board)}")
    return "\n\n".join(blocks) + "\n"


def _tables(section: Section) -> Iterable[str]:
    for table in section.tables:
        yield f"### {plain(caption(table, len(section.tables) == 1))}"
        fills = columns(section, table)
        yield pipe([{name: _linked(fill(row)) for name, fill in fills.items()} for row in table.rows], list(fills))
        yield from _list(table.notes)
        yield from lengths.markdown(length_tables(table.rows))


def _speeds(section: Section) -> Iterable[str]:
    for table in section.speeds:
        yield f"### {plain(speed.caption(table))}"
        fills = speed.columns(table, section.metric)
        lines = [
            {name: speed.struck(row, name, _linked(fill(row))) for name, fill in fills.items()} for row in table.rows
        ]
        yield pipe(lines, list(fills))
        yield from _list(table.notes)
    if section.speeds:
        yield speed.LEGEND


def _suite(suite: Suite) -> Iterable[str]:
    yield f"## suite: {plain(suite.name)}"
    yield introduction(suite)
    for table in suite.tables:
        yield f"### {plain(title(table))}"
        fills = suite_columns(suite, table)
        yield pipe([{name: plain(fill(row).text) for name, fill in fills.items()} for row in table.rows], list(fills))
        yield from _list(table.notes)


def _overall(table: Overall) -> Iterable[str]:
    yield f"## over the tasks of {plain(table.folder)}"
    yield overall.introduction(table)
    fills = overall.columns(table)
    yield pipe([{name: plain(fill(row).text) for name, fill in fills.items()} for row in table.rows], list(fills))


def _linked(cell: Cell) -> str:
    return f"[{cell.text}]({cell.link})" if cell.link else plain(cell.text)


def _rest(section: Section) -> Iterable[str]:
    if section.published_elsewhere:
        yield "Published on another split or by another metric, not comparable with the rows above:"
        yield pipe(
            [
                {name: plain(text) for name, text in elsewhere(section, item).items()}
                for item in section.published_elsewhere
            ]
        )
    if section.troubles:
        yield "Without a score:"
        yield from _list(f"{trouble(item)} [{item.digest}]({quote(item.record)})" for item in section.troubles)


def elsewhere(section: Section, item: Reference) -> dict[str, str]:
    """The row of a published number that stands below the tables, in the unit of the ranking metric where it is of that metric."""
    percent = section.unit == "proportion" and item.metric == section.metric
    value = f"{number(item.value, 'proportion')} %" if percent else f"{item.value:g}"
    source = "; ".join(part for part in (item.source, item.note) if part)
    return {"model": item.model, "split": item.split, "metric": item.metric, "value": value, "source": source}


def trouble(item: Trouble) -> str:
    """The line of a request without a score."""
    body = f" on {item.encoder}" if item.encoder else ""
    rule = f" ({item.protocol})" if item.protocol else ""
    return f"{item.status}: {item.model}{body}{rule}: {item.reason}"


def _list(lines: Iterable[str]) -> Sequence[str]:
    made = "\n".join(f"- {plain(line)}" for line in lines)
    return [made] if made else []


# ---------------------------------------------------------------- csv and json


def flat(board: Board) -> str:
    """One CSV table of everything, numbers in full and in the metric's own unit (an F1 of 64.84 % is 0.6484)."""
    answered = [row.values for section in board.sections for table in section.tables for row in table.rows]
    timed = [row.values for section in board.sections for table in section.speeds for row in table.rows]
    details = [row.details for section in board.sections for table in section.speeds for row in table.rows]
    beside = list(dict.fromkeys(name for values in [*answered, *timed, *details] for name in values))
    names = [*FIRST, *beside, *LAST]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for suite in board.suites for row in flat_suite(suite))
    writer.writerows(row for table in board.overall for row in overall.flat(table))
    for section in board.sections:
        for table in section.tables:
            writer.writerows(_flat_row(section, table, row) for row in table.rows)
        writer.writerows(row for table in section.speeds for row in speed.flat(section.task, table))
        for item in section.published_elsewhere:
            writer.writerow(
                {"task": section.task, "kind": "published", **_picked(item, "model split metric value source")}
            )
        for bad in section.troubles:
            writer.writerow(
                {
                    "task": section.task,
                    "kind": bad.status,
                    **_picked(bad, "model encoder protocol record digest reason"),
                }
            )
    writer.writerows(
        {"kind": "damaged", "record": item.path, "digest": item.digest, "reason": item.reason} for item in board.damaged
    )
    return stream.getvalue()


def _flat_row(section: Section, table: Table, row: Row) -> dict[str, Any]:
    made = _picked(section, "task split metric") | _picked(
        row, "kind rank model encoder seeds parameters minutes hardware revision record digest source"
    )
    made |= _picked(row.values[section.metric], "value lower upper seed_sd overlap_free") | {"main": table.main}
    if row.kind != "published":
        made |= _picked(table, "protocol limit key")
    return made | {name: entry.value for name, entry in row.values.items()}


def _picked(item: Any, names: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names.split()}


def structured(board: Board) -> str:
    """The board as JSON, numbers in full."""
    return json.dumps(dataclasses.asdict(board), indent=1, ensure_ascii=False) + "\n"


def render(board: Board, form: str) -> str:
    """The board as ``md``, ``csv``, ``json`` or ``html``. Text that is no valid Unicode is spelt out."""
    from harness.report.html import page

    made = {"md": markdown, "csv": flat, "json": structured, "html": page}[form](board)
    return made.encode("utf-8", "backslashreplace").decode()
