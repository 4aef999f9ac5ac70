"""All tables of a file, held against the identities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.verify.published import columns, confusion, parts, scores, sheets
from harness.verify.published.columns import Column
from harness.verify.published.rows import Row, Tried, rows_of

IDENTITIES: tuple[Callable[[Sequence[Column], Sequence[Row]], Iterator[Tried]], ...] = (
    scores.f1,
    scores.rouge,
    scores.cost,
    scores.granular,
    parts.counts,
    parts.around,
    parts.mean,
    scores.bounds,
)
"""Each finds the columns that it is about."""


@dataclass(frozen=True)
class Checked:
    """A table: what was recognised in it, and what was tried."""

    place: str
    columns: Sequence[Column]
    tried: Sequence[Tried]
    rows: int

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "place": self.place,
            "rows": self.rows,
            "recognised": {column.name: column.role for column in self.columns if column.role},
            "not_recognised": [column.name for column in self.columns if not column.role],
            "identities": [
                {
                    "identity": one.identity,
                    "columns": list(one.columns),
                    "outcome": outcome(one),
                    "rows": one.rows,
                    "wrong": [{"row": place, "words": words} for place, words in one.wrong],
                    "why": one.open,
                    "not_tried": not_tried(one, self.rows),
                }
                for one in self.tried
            ],
        }


def outcome(one: Tried) -> str:
    """Of one identity."""
    return "FAIL" if one.wrong else "not checkable" if one.open or not one.rows else "pass"


def not_tried(one: Tried, rows: int) -> int:
    """Rows of a table that an identity says nothing of: a cell is empty, no number, or a count of none."""
    return rows - one.rows


def check(path: Path) -> list[Checked]:
    """Every table of a file. Raises ``UsageError`` and ``DataError`` as ``sheets.read`` does."""
    made = []
    for sheet in sheets.read(path):
        known = columns.recognise(sheet.header)
        rows = rows_of(sheet, known)
        found = confusion.matrix(sheet, rows) or [one for find in IDENTITIES for one in find(known, rows)]
        made.append(Checked(sheet.place, known, found, len(rows)))
    return made


def exit_code(found: Sequence[Checked]) -> int:
    """1 where a row cannot be, 3 where nothing could be tried, else 0."""
    outcomes = {outcome(one) for table in found for one in table.tried}
    return 1 if "FAIL" in outcomes else 0 if "pass" in outcomes else 3
