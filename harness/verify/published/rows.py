"""The rows of a table as numbers, and which of its columns belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.errors import DataError
from harness.verify.published.columns import Column
from harness.verify.published.numbers import Printed, interval, printed
from harness.verify.published.sheets import Sheet

SLACK = 1e-9
SCORES = ("precision", "recall", "F1", "ROUGE-1", "ROUGE-2", "ROUGE-L", "accuracy")
"""Shares, printed as such or in percent."""


@dataclass
class Tried:
    """One identity on some columns: how many rows were held against it, which cannot be, and why it says nothing."""

    identity: str
    columns: tuple[str, ...]
    rows: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)  # place, words
    open: str = ""


@dataclass(frozen=True)
class Row:
    """A row with its numbers by column."""

    place: str
    cells: tuple[str, ...]
    numbers: Mapping[int, Printed]
    seeds: int | None  # None: a mean over an unknown number of runs

    def of(self, *columns: Column) -> list[Printed] | None:
        """The numbers of columns; ``None`` where one lacks."""
        found = [self.numbers.get(column.place) for column in columns]
        return [one for one in found if one is not None] if all(found) else None


def rows_of(sheet: Sheet, columns: Sequence[Column]) -> list[Row]:
    """The rows of a table, parsed."""
    counted = next((column for column in columns if column.role == "seeds"), None)
    made = []
    for place, cells in sheet.rows:
        numbers = {number: one for number, cell in enumerate(cells) if (one := _number(place, cell))}
        runs = numbers.get(counted.place) if counted else None
        spread = any(numbers[column.place].spread for column in columns if column.place in numbers)
        spread = spread or any(column.role == "spread" and column.place in numbers for column in columns)
        made.append(Row(place, cells, numbers, round(runs.value) if runs else None if spread else 1))
    return made


def _number(place: str, cell: str) -> Printed | None:
    try:
        interval(cell)
        return printed(cell)
    except OverflowError as error:
        raise DataError(f"{place}: {cell!r:.40} is too large for a number of a table. Correct the row.") from error


def scale(column: Column, rows: Sequence[Row]) -> float:
    """100 for a column in percent, 1 for one of shares."""
    cells = [row.numbers[column.place] for row in rows if column.place in row.numbers]
    return 100.0 if "%" in column.name or any(cell.percent or cell.value > 1 + cell.half for cell in cells) else 1.0


def groups(columns: Sequence[Column], *roles: str) -> Iterator[list[Column]]:
    """Columns of these roles whose names have the other words in common."""
    for first in (column for column in columns if column.role == roles[0]):
        found = [first]
        for role in roles[1:]:
            found += [one for one in columns if (one.role, one.group) == (role, first.group)][:1]
        if len(found) == len(roles):
            yield found


def beside(columns: Sequence[Column], role: str, group: tuple[str, ...]) -> Column | None:
    """The column of a role for a group, or for the whole table."""
    found = {column.group: column for column in columns if column.role == role}
    return found.get(group) or found.get(())
