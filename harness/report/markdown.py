"""A board as Markdown: every table is as wide on every line, Chinese included.

Links to records are relative to the results folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from harness.board.leaderboard import Board, Section
from harness.board.lengths import length_tables
from harness.board.overall import Overall
from harness.board.suites import Suite
from harness.report import lengths, overall, speed
from harness.report.cells import Cell, plain
from harness.report.columns import EMPTY, LEGEND, caption, columns, elsewhere, footer, ranking, trouble
from harness.report.suites import columns as suite_columns
from harness.report.suites import introduction, title
from harness.report.tables import table as pipe


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


def _list(lines: Iterable[str]) -> Sequence[str]:
    made = "\n".join(f"- {plain(line)}" for line in lines)
    return [made] if made else []
