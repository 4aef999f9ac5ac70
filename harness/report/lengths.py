"""Tables of scores against length as text, and their curves as a plot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from harness.board.lengths import BY, LengthRow, LengthTable
from harness.board.values import shown
from harness.report.cells import plain, short_names
from harness.report.plots.data import Curve, Curves
from harness.report.tables import table as pipe

X_LABELS = {"position": "position in the window, tokens", "distance": "distance to the answer, tokens"}
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
            "lower": row.values[length].drawn.lower if length in row.values else None,
            "upper": row.values[length].drawn.upper if length in row.values else None,
            "interval_of": row.values[length].basis if length in row.values else "",
            "refused": length in row.refused,
        }
        for row in table.rows
        for length in table.lengths
        if length in row.values or length in row.refused
    ]


def plot(task: str, table: LengthTable) -> Curves:
    """A curve a model; lengths double from tick to tick, but positions go evenly. Proportions are in percent."""
    shares = next(iter(table.rows[0].values.values())).unit == "proportion"
    scale = 100 if shares else 1
    names = short_names(((row.model, row.encoder) for row in table.rows), task)
    return Curves(
        title=f"{task}: {heading(table)}",
        x_label=X_LABELS.get(table.way, "window, tokens"),
        y_label="bits a token" if table.way == "position" else f"{table.measure}, %" if shares else table.measure,
        curves=tuple(_curve(name, row, max(table.lengths), scale) for name, row in zip(names, table.rows, strict=True)),
        doubling=table.way != "position",
        higher_is_better=next(iter(table.rows[0].values.values())).higher_is_better,
        order="mean" if table.way == "distance" else "last value",
    )


def _curve(name: str, row: LengthRow, longest: int, scale: float) -> Curve:
    places = sorted(row.values)
    last = row.values[places[-1]]
    low, high = (None if end is None else scale * end for end in (last.drawn.lower, last.drawn.upper))
    refused = f" (refuses over {places[-1]:,})" if row.refused and places[-1] < longest else ""
    y = tuple(scale * row.values[place].value for place in places)
    return Curve(name + refused, tuple(map(float, places)), y, low, high, recipe=last.basis != "checkpoints")
