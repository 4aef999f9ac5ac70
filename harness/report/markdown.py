"""Parts of a board as Markdown blocks, and the whole of it as one text.

Tables are as wide on every line, Chinese included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from harness.board.leaderboard import Board, Section
from harness.board.lengths import length_tables
from harness.board.overall import Overall
from harness.board.suites import SuiteBoard
from harness.report import departures, lengths, overall, speed, suites
from harness.report.cells import Cell, plain
from harness.report.columns import EMPTY, LEGEND, caption, columns, elsewhere, footer, ranking, strength, trouble
from harness.report.departures import Departures
from harness.report.tables import table as pipe


def markdown(board: Board, known: Departures) -> str:
    """The board as one text; links to records are relative to the results folder."""
    blocks = ["# Leaderboard", LEGEND if board.sections else EMPTY]
    for section in board.sections:
        blocks += [block for one in board.suites if one.before == section.task for block in suite(one)]
        blocks += [block for one in board.overall if one.before == section.task for block in over(one)]
        blocks += [f"## {section.task}", opening(section), *scores(section)]
        blocks += [*speeds(section), *beside(section), *departing(section, known)]
    if board.damaged:
        blocks += ["## Could not be read", *damaged(board)]
    blocks.append(f"---\n{footer(board)}")
    return "\n\n".join(blocks) + "\n"


def opening(section: Section) -> str:
    """What the task is and by what it is ranked."""
    return plain(f"{section.title}. {ranking(section)}".lstrip(". "))


def scores(section: Section, with_lengths: bool = True) -> Iterable[str]:
    """The tables of scores, each with its notes, and below it the same rows by length."""
    for table in section.tables:
        yield f"### {plain(caption(table, len(section.tables) == 1))}"
        fills = columns(section, table)
        yield pipe([{name: linked(fill(row)) for name, fill in fills.items()} for row in table.rows], list(fills))
        yield from items([*strength(table, section.unit), *table.notes])
        if with_lengths:
            yield from lengths.markdown(length_tables(table.rows))


def speeds(section: Section) -> Iterable[str]:
    """The tables of speed with their notes, and what they mean."""
    for table in section.speeds:
        yield f"### {plain(speed.caption(table))}"
        fills = speed.columns(table, section.metric)
        lines = [
            {name: speed.struck(row, name, linked(fill(row))) for name, fill in fills.items()} for row in table.rows
        ]
        yield pipe(lines, list(fills))
        yield from items([*speed.steadiness(table), *table.notes])
    if section.speeds:
        yield speed.LEGEND


def suite(one: SuiteBoard) -> Iterable[str]:
    """The joint tables of a suite."""
    yield f"## suite: {plain(one.name)}"
    yield suites.introduction(one)
    for table in one.tables:
        yield f"### {plain(suites.title(table))}"
        yield cells(suites.columns(one, table), table.rows)
        yield from items([*strength(table, "proportion"), *table.notes])


def over(table: Overall) -> Iterable[str]:
    """The ranks of models over the tasks of a folder."""
    yield f"## over the tasks of {plain(table.folder)}, {plain(overall.caption(table))}"
    yield overall.introduction(table)
    yield cells(overall.columns(table), table.rows)


def cells(fills: Mapping[str, Any], rows: Iterable[Any]) -> str:
    """A table without links."""
    lines = [{plain(name): plain(fill(row).text) for name, fill in fills.items()} for row in rows]
    return pipe(lines, [*map(plain, fills)])


def linked(cell: Cell) -> str:
    """A cell as Markdown."""
    return f"[{cell.text}]({cell.link})" if cell.link else plain(cell.text)


def beside(section: Section) -> Iterable[str]:
    """What was published by other measures, and the requests without a score with their reasons."""
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
        yield from items(
            (trouble(item) for item in section.troubles),
            [f" [{item.digest}]({quote(item.record)})" for item in section.troubles],
        )


def departing(section: Section, known: Departures) -> Iterable[str]:
    """What departs from the sources, of the models and protocols of a section."""
    found = known.under(section)
    if found:
        yield departures.TITLE
        yield from items(found)


def damaged(board: Board) -> Iterable[str]:
    """The record files that could not be read."""
    return items(f"{item.reason} [{item.digest}]" for item in board.damaged)


def items(lines: Iterable[str], ends: Iterable[str] | None = None) -> list[str]:
    """A list, of which ``ends`` are Markdown already; no block where there is no line."""
    texts = [plain(line) for line in lines]
    made = "\n".join(f"- {text}{end}" for text, end in zip(texts, ends or [""] * len(texts), strict=True))
    return [made] if made else []
