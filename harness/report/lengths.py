"""Tables of scores against length as text, and their curves as a drawing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from harness.board.lengths import BY, LengthRow, LengthTable
from harness.board.runs import shown
from harness.report.cells import plain
from harness.report.svg import line_chart
from harness.report.tables import table as pipe

MOST = 8
"""Columns of a table by position; a plot shows all parts."""


def heading(table: LengthTable) -> str:
    """What the numbers of a table are."""
    return f"{table.measure}, {table.title}"


def lines(table: LengthTable) -> list[dict[str, str]]:
    """The rows of a table as text."""
    lengths = thinned(table.lengths) if table.way in BY else table.lengths
    bodied = any(row.encoder for row in table.rows)
    made = []
    for row in table.rows:
        encoder = {"encoder": plain(row.encoder or "")} if bodied else {}
        made.append({"model": plain(row.model), **encoder, **{f"{length:,}": _cell(row, length) for length in lengths}})
    return made


def _cell(row: LengthRow, length: int) -> str:
    if length in row.values:
        return shown(row.values[length])
    return "refused" if length in row.refused else ""


def thinned(lengths: Sequence[int]) -> list[int]:
    """At most so many of some lengths, evenly, the last one among them.

    >>> thinned(list(range(1, 33)))
    [4, 8, 12, 16, 20, 24, 28, 32]
    """
    step = max(1, math.ceil(len(lengths) / MOST))
    return list(reversed(list(reversed(lengths))[::step]))


def markdown(tables: Iterable[LengthTable], level: str = "####") -> Iterable[str]:
    """Heading and table in turn."""
    for table in tables:
        yield f"{level} {heading(table)}"
        rows = lines(table)
        yield pipe(rows, list(rows[0]))


def flat(table: LengthTable) -> list[dict[str, Any]]:
    """A line a number, in full: for programs."""
    return [
        {
            "way": table.way,
            "measure": table.measure,
            "model": row.model,
            "encoder": row.encoder,
            "length": length,
            "value": row.values[length].value if length in row.values else None,
            "lower": row.values[length].lower if length in row.values else None,
            "upper": row.values[length].upper if length in row.values else None,
            "refused": length in row.refused,
        }
        for row in table.rows
        for length in table.lengths
        if length in row.values or length in row.refused
    ]


def plot(task: str, table: LengthTable) -> str:
    """A curve a model as SVG; lengths double from tick to tick, but positions go evenly."""
    even = table.way == "position"
    series = {
        f"{row.model} · {row.encoder}" if row.encoder else row.model: [
            (float(length) if even else math.log2(length), value.value) for length, value in sorted(row.values.items())
        ]
        for row in table.rows
    }
    label = "place in the window, tokens" if even else "tokens (each tick twice the last)"
    if even:
        return line_chart(series, f"{task}: {heading(table)}", label, table.measure)
    return line_chart(series, f"{task}: {heading(table)}", label, table.measure, lambda place: f"{2**place:,.0f}")
