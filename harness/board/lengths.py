"""Scores by length: texts read in windows of increasing length, loss by position, recall by distance.

Made from the rows of a board alone. Each of the three ways of reading has tables of its own; a window that is longer
than a model reads is marked as refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.board.tables import Row
from harness.board.values import Value

READING = re.compile(r"(\w+?)_(nonoverlapping|bos|sliding|growing)_(\d+)(?:_(\d+))?")
TITLES = {
    "nonoverlapping": "windows side by side, each read on its own",
    "bos": "windows side by side, each after the token that begins a text",
    "sliding": "a window that moves on by {number} tokens and scores what is new",
    "growing": "the same last {number} tokens of each text, with ever more context before them",
    "position": "by place in the longest window, windows side by side, in bits a token",
    "distance": "by how many tokens back the answer stands",
}
BY = ("position", "distance")


@dataclass(frozen=True)
class LengthRow:
    """A model with its score at each length; a length is in ``refused`` where it would not read it."""

    role: str
    model: str
    encoder: str | None
    values: dict[int, Value]
    refused: frozenset[int] = frozenset()


@dataclass(frozen=True)
class LengthTable:
    """One way of reading. ``way`` is what it is asked for by: nonoverlapping, sliding_256, position, ..."""

    way: str
    measure: str
    title: str
    lengths: list[int]
    rows: list[LengthRow]


def reading(name: str) -> tuple[str, str, int] | None:
    """A metric's name as measure, way and window; ``None`` for a metric that is no reading.

    >>> reading("bits_per_byte_sliding_512_256"), reading("bits_per_byte_nonoverlapping_512"), reading("span_f1")
    (('bits_per_byte', 'sliding_256', 512), ('bits_per_byte', 'nonoverlapping', 512), None)
    """
    found = READING.fullmatch(name)
    if found is None:
        return None
    measure, way, window, number = found.groups()
    return measure, f"{way}_{number}" if number else way, int(window)


def telling(found: Sequence[Mapping[str, Value]], metric: str) -> str:
    """The metric in which models differ that read the same at their training length: that of the longest context.

    Where no model was read with growing context it is the task's own.

    >>> names = ("bits_per_byte", "bits_per_byte_growing_512_256", "bits_per_byte_growing_4096_256")
    >>> telling([dict.fromkeys(names, Value(2.0))], "bits_per_byte"), telling([{"recall": Value(0.5)}], "recall")
    ('bits_per_byte_growing_4096_256', 'recall')
    """
    read = {name: kind for values in found for name in values if (kind := reading(name)) is not None}
    far = [name for name, (measure, way, _) in read.items() if measure == metric and way.startswith("growing")]
    return max(far, key=lambda name: read[name][2], default=metric)


def length_tables(rows: Sequence[Row]) -> list[LengthTable]:
    """The tables that the rows of one table of a board give; none where no row was read in windows."""
    return [*_by_window(rows), *(table for part in BY for table in _by_part(rows, part))]


def _by_window(rows: Sequence[Row]) -> list[LengthTable]:
    found: dict[tuple[str, str], dict[int, None]] = {}
    for row in rows:
        for name in row.values:
            read = reading(name)
            if read is not None:
                found.setdefault(read[:2], {})[read[2]] = None
    tables = []
    for (measure, way), lengths in found.items():
        kind, _, number = way.partition("_")
        lines = []
        for row in rows:
            told = {length: row.values.get(_name(measure, way, length)) for length in lengths}
            values = {length: value for length, value in told.items() if value is not None}
            if values:
                refused = frozenset(length for length in lengths if str(length) in row.refused)
                lines.append(LengthRow(row.role, row.model, row.encoder, values, refused))
        tables.append(LengthTable(way, measure, TITLES[kind].format(number=number), sorted(lengths), lines))
    return tables


def _by_part(rows: Sequence[Row], part: str) -> list[LengthTable]:
    lines, measures = [], []
    for row in rows:
        for name, value in row.values.items():
            places = {place: share for key, share in value.by if (place := _place(key, part)) is not None}
            if places:
                unit = "bits" if part == "position" else value.unit
                values = {place: Value(number, unit, value.higher_is_better) for place, number in places.items()}
                lines.append(LengthRow(row.role, row.model, row.encoder, values))
                measures.append(name)
    if not lines:
        return []
    lengths = sorted({length for line in lines for length in line.values})
    return [LengthTable(part, measures[0], TITLES[part], lengths, lines)]


def _place(key: str, part: str) -> int | None:
    """Where a part of a breakdown ends.

    >>> _place("position:256-512", "position"), _place("distance:64", "distance"), _place("type:dis", "distance")
    (512, 64, None)
    """
    kind, _, place = key.partition(":")
    return int(place.rpartition("-")[2]) if kind == part else None


def _name(measure: str, way: str, window: int) -> str:
    kind, _, number = way.partition("_")
    return f"{measure}_{kind}_{window}" + (f"_{number}" if number else "")
