"""A confusion matrix: rows and columns of the same names, with the sums that are printed beside it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.verify.published.numbers import bare
from harness.verify.published.rows import Row, Tried
from harness.verify.published.sheets import Sheet

TOTALS = ("total", "sum", "all", "n")


def matrix(sheet: Sheet, rows: Sequence[Row]) -> list[Tried]:
    """The sums of a confusion matrix; nothing where a table is none."""
    header = [bare(name).lower() for name in sheet.header]
    first = [bare(row.cells[0]).lower() for row in rows]
    labels = [name for name in header[1:] if name not in TOTALS]
    if len(labels) < 2 or sorted(labels) != sorted(name for name in first if name not in TOTALS):
        return []
    places = [number for number, name in enumerate(header) if name in labels]
    total = next((number for number, name in enumerate(header) if name in TOTALS and number), None)
    made = [Tried("sums of a confusion matrix", tuple(sheet.header[1:]))]
    below = {name: row for name, row in zip(first, rows, strict=True) if name in TOTALS}
    of_label = [row for name, row in zip(first, rows, strict=True) if name in labels]
    if total is not None:
        for row in rows:
            _sum(made[0], row.place, [row, *[row] * (len(places) - 1)], places, row, total)
    for row in below.values():
        for place in [*places, *([total] if total is not None else [])]:
            _sum(made[0], row.place, of_label, [place] * len(of_label), row, place)
    if not made[0].rows:
        made[0].open = "no sum is printed beside it"
    return made


def _sum(made: Tried, place: str, rows: Sequence[Row], places: Sequence[int], row: Row, total: int) -> None:
    parts = [one.numbers.get(place) for one, place in zip(rows, places, strict=True)]
    own = row.numbers.get(total)
    if own is None or any(part is None for part in parts):
        return
    made.rows += 1
    found = sum(part.value for part in parts if part)
    if abs(found - own.value) > 1e-9:
        made.wrong.append((place, f"the sum is {row.cells[total]}, its parts give {found:g}"))
