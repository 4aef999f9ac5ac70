"""Links of a board: records are named relative to the results folder, and a page may lie in another one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from harness.board.leaderboard import Board, Section
from harness.board.speed import SpeedRow
from harness.board.tables import Row


def seen_from(board: Board, way: str) -> Board:
    """The same board with its links leading from another folder: ``way`` is the way from there to the results."""
    return board if way == "." else replace(board, sections=[section_from(one, way) for one in board.sections])


def section_from(section: Section, way: str) -> Section:
    """The same section with links from another folder."""

    def there(record: str | None) -> str | None:
        return relative(f"{way}/{record}") if record else record

    return replace(
        section,
        tables=[replace(table, rows=[_row(row, there) for row in table.rows]) for table in section.tables],
        speeds=[replace(table, rows=[_timed(row, there) for row in table.rows]) for table in section.speeds],
        troubles=[replace(item, record=there(item.record) or "") for item in section.troubles],
    )


def _row(row: Row, there: Callable[[str | None], str | None]) -> Row:
    return replace(row, record=there(row.record))


def _timed(row: SpeedRow, there: Callable[[str | None], str | None]) -> SpeedRow:
    return replace(row, record=there(row.record) or "", quality_record=there(row.quality_record))


def relative(path: str) -> str:
    """A relative path without detours.

    >>> relative("../../ner/cmeee/ner/crf/1/result.json"), relative("a/../b")
    ('../../ner/cmeee/ner/crf/1/result.json', 'b')
    """
    return PurePath(os.path.normpath(path)).as_posix()
