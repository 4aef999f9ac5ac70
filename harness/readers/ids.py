"""The ids that rows of a file bring: kept as the ids of examples where every row has one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import DataError, UsageError
from harness.readers.fields import first
from harness.readers.form import Known, Option

FIELDS = ("id", "guid", "uid", "idx")
"""Usual names of the field that holds the id of a row."""
NO = "no"
LONGEST = 200
OPTIONS: Known = {"id": str}
"""``id`` is the field that holds the ids; ``id=no`` says that rows are numbered."""


def id_of(row: Any, field: str) -> str:
    """The id of a row as a text; empty where it has none that can be shown on a line.

    >>> id_of({"id": 4711}, "id"), id_of({"id": "a-1"}, "id"), id_of({"id": None}, "id"), id_of({"id": True}, "id")
    ('4711', 'a-1', '', '')
    """
    value = row.get(field) if isinstance(row, dict) else None
    text = str(value) if type(value) in (int, str) else ""
    return text if text.strip() and text.isprintable() and len(text) <= LONGEST else ""


class Census:
    """What a file says of the ids of its rows, which are added one at a time."""

    def __init__(self, asked: Mapping[str, Option]) -> None:
        self.asked = str(asked.get("id", ""))
        self.field = "" if self.asked == NO else self.asked
        self.places: dict[str, int] = {}
        self.rows = self.lacking = self.repeated = 0
        self.twice = ""  # the words that show the first id that two rows share

    def add(self, row: Any, place: str) -> None:
        """Count one row; without a field that is asked for, the first row shows which one it is."""
        if not self.rows and not self.asked and isinstance(row, dict):
            self.field = first(FIELDS, [name for name in row if isinstance(name, str)])
        self.rows += 1
        name = id_of(row, self.field) if self.field else ""
        if not name:
            self.lacking += bool(self.field)
        elif self.places.setdefault(name, self.rows) != self.rows:
            self.repeated += 1
            self.twice = self.twice or f"{place}: the id {name!r} is that of row {self.places[name]} as well"

    def option(self, path: object, notes: list[str]) -> dict[str, Option]:
        """The option of a form that keeps the ids; nothing where they cannot be kept, which a note says.

        Raises ``UsageError`` for a field that is asked for and is not there, ``DataError`` for one that repeats.
        """
        if self.asked and self.asked != NO and self.lacking == self.rows:
            raise UsageError(
                f"{path}: id={self.asked}: no row has a number or a text of that name. id=no numbers the rows."
            )
        if self.asked and self.twice:
            raise DataError(
                f"{self.twice}{f'; {self.repeated} rows repeat one' if self.repeated > 1 else ''}. Correct them, or number the "
                "rows with id=no."
            )
        if not self.field or self.lacking == self.rows:
            return {"id": NO} if self.asked == NO else {}
        if not self.asked and (self.twice or self.lacking):
            why = f"{self.twice}; {self.repeated} rows repeat one" if self.twice else f"{self.lacking} rows have none"
            notes.append(f"The ids in {self.field!r} are not kept, and rows are numbered: {why}.")
            return {}
        return {"id": self.field}


class Ids:
    """The ids of the examples of a split: those that its rows bring, where a form keeps them, else ``<split>-<row from 0>``.

    >>> given = Ids("test", {"id": "id"})
    >>> given(0, {"id": 4711}, "a.json, row 1"), given(1, {"text": "Bonn"}, "a.json, row 2")
    ('4711', 'test-1')
    """

    def __init__(self, split: str, options: Mapping[str, Option]) -> None:
        self.split, self.field = split, "" if options.get("id") in (None, NO) else str(options["id"])
        self.places: dict[str, int] = {}

    def __call__(self, number: int, row: Any, place: str) -> str:
        """The id of a row; ``DataError`` naming both rows where another one had it."""
        if not self.field:
            return f"{self.split}-{number}"
        name = id_of(row, self.field) or f"{self.split}-{number}"
        if self.places.setdefault(name, number) != number:
            raise DataError(
                f"{place}: the id {name!r} is that of row {self.places[name] + 1} as well. Ids must be unique: correct the file, or "
                "number the rows with id=no."
            )
        return name
