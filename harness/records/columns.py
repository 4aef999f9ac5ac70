"""Arrays of counts as few columns of numbers and back, without loss: what ``items.parquet`` is made of.

A table of counts has R rows and C counts. Most of them say little: a count that is always 1, one that another table
holds as well, a wide row that is zero but for one or two places. So a table is kept as *fields*, each a column of R
numbers, and a field says how it comes back:

    {"constant": 1}                                     the same number in every row
    {"column": "span_f1.0"}                             a column that is stored
    {"prediction": "nats"}                              a number that the predictions beside it hold
    {"rest": FIELD, "of": 1}                            1 less another field
    {"steps": FIELD, "borders": [...], "values": [...]} values[i] for the first i with field <= borders[i]

and a table how its counts come from its fields:

    counts    one field a count
    block     a wide row that is zero beyond one block of b neighbouring counts: b counts, then the block's number
    cells     a wide row that is zero beyond few places: each place (-1: none) and what stands there

Letters for shapes: ``R`` rows, at least one; ``C`` counts of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Field = dict[str, Any]
"""How one column of numbers comes back."""
Form = dict[str, Any]
"""How a table of counts comes back from its fields."""

FORMS = ("cells", "block", "counts")
"""In this order tables are taken up: whether an answer is right follows from where the row of macro F1 is not zero."""
WIDE = 8
"""Tables with more counts a row than this are kept as the few that are not zero, where that is possible."""
MOST_CELLS = 4
"""So many places of a row may differ from zero for that."""
STEPS = 64
"""A field may be a function of another with so many steps at most ..."""
ROWS_A_STEP = 32
"""... and with so many rows a step at least, or storing it is no longer than the steps."""


@dataclass
class Pool:
    """Columns that are stored once, whatever number of tables they are in."""

    predictions: Mapping[str, Numbers] = field(default_factory=dict)  # by name, (R,) each
    columns: dict[str, Numbers] = field(default_factory=dict)
    _known: dict[bytes, Field] = field(default_factory=dict)
    _sorted: dict[str, tuple[NDArray[np.int64], Numbers]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, values in self.predictions.items():
            self._known.setdefault(_plain(values).tobytes(), {"prediction": name})

    def tables(self, tables: Mapping[str, Numbers]) -> dict[str, Form]:
        """Take up tables (R, C) of the same rows; columns are called by the name of the first table they are in."""
        views = {name: _view(counts) for name, counts in tables.items()}
        order = sorted(views, key=lambda name: FORMS.index(views[name][0]["form"]))
        found = {
            name: {
                **views[name][0],
                "fields": [self.add(f"{name}.{title}", values) for title, values in views[name][1]],
            }
            for name in order
        }
        return {name: found[name] for name in tables}

    def add(self, name: str, values: Numbers) -> Field:
        """Take up a column (R,), as a function of what is here where there is one."""
        values = _plain(values)
        found = self._found(values)
        if found is None:
            self.columns[name] = values
            found = {"column": name}
        self._known.setdefault(values.tobytes(), found)
        return found

    def _found(self, values: Numbers) -> Field | None:
        if (values == values[0]).all():
            return {"constant": float(values[0])}
        same = self._known.get(values.tobytes())
        if same:
            return same
        for name, base in self.columns.items():
            whole = values[0] + base[0]
            if np.array_equal(whole - base, values):
                return {"rest": {"column": name}, "of": float(whole)}
        levels = np.unique(values)
        if len(levels) <= STEPS and len(values) >= ROWS_A_STEP * len(levels):
            stored = [({"column": name}, numbers) for name, numbers in self.columns.items()]
            beside = [({"prediction": name}, numbers) for name, numbers in self.predictions.items()]
            found = [self._steps(base, numbers, values) for base, numbers in (*stored, *beside)]
            return min(filter(None, found), key=lambda one: len(one["values"]), default=None)
        return None

    def _steps(self, base: Field, numbers: Numbers, values: Numbers) -> Field | None:
        """A column as a step function of another; ``None`` where it is none, or one of too many steps."""
        key = repr(base)
        if key not in self._sorted:
            order = np.argsort(numbers, kind="stable")
            self._sorted[key] = order, numbers[order]
        order, ascending = self._sorted[key]
        along = values[order]
        ends = np.flatnonzero(along[1:] != along[:-1])
        if len(ends) + 1 > STEPS or len(values) < ROWS_A_STEP * (len(ends) + 1):
            return None
        if (ascending[ends] == ascending[ends + 1]).any():  # two values for one number
            return None
        return {"steps": base, "borders": ascending[ends].tolist(), "values": along[[*ends, len(along) - 1]].tolist()}


def restored(form: Form, rows: int, column: Callable[[str], Numbers], prediction: Callable[[str], Numbers]) -> Numbers:
    """A table (R, C) from its form, with what gives a stored column and a number of the predictions by name."""
    fields = [_values(one, rows, column, prediction) for one in form["fields"]]
    if form["form"] == "counts":
        return np.stack(fields, axis=1)
    counts = np.zeros((rows, form["width"]))
    every = np.arange(rows)
    if form["form"] == "block":
        size = form["block"]
        counts.reshape(rows, -1, size)[every, fields[-1].astype(np.int64)] = np.stack(fields[:-1], axis=1)
        return counts
    for places, values in zip(fields[::2], fields[1::2], strict=True):
        here = places >= 0
        counts[every[here], places[here].astype(np.int64)] = values[here]
    return counts


def _values(one: Field, rows: int, column: Callable[[str], Numbers], prediction: Callable[[str], Numbers]) -> Numbers:
    """The numbers (R,) of a field."""
    if "constant" in one:
        return np.full(rows, one["constant"])
    if "column" in one:
        return column(one["column"])
    if "prediction" in one:
        return prediction(one["prediction"])
    if "rest" in one:
        rest: Numbers = one["of"] - _values(one["rest"], rows, column, prediction)
        return rest
    base = _values(one["steps"], rows, column, prediction)
    found: Numbers = np.array(one["values"])[np.searchsorted(np.array(one["borders"]), base, "left")]
    return found


def _plain(values: Numbers) -> Numbers:
    """Numbers as 64-bit floats side by side in memory, with one zero."""
    return np.ascontiguousarray(values, np.float64) + 0.0


def _view(counts: Numbers) -> tuple[Form, list[tuple[str, Numbers]]]:
    """The shortest way to keep a table: its form, and its fields with their titles."""
    rows, width = counts.shape
    if width > WIDE:
        used = counts != 0
        for size in (size for size in range(2, WIDE + 1) if width % size == 0):
            blocks = used.reshape(rows, -1, size).any(-1)
            if blocks.sum(1).max() <= 1:
                return {"form": "block", "width": width, "block": size}, _block(counts, blocks, size)
        most = int(used.sum(1).max())
        if most <= MOST_CELLS:
            return {"form": "cells", "width": width}, _cells(counts, used, most)
    return {"form": "counts"}, [(str(place), counts[:, place]) for place in range(width)]


def _block(counts: Numbers, blocks: NDArray[np.bool_], size: int) -> list[tuple[str, Numbers]]:
    rows = np.arange(len(counts))
    number = blocks.argmax(1)
    inside = counts.reshape(len(counts), -1, size)[rows, number]
    # The counts come first: of a confidence, the number of its bin is a function.
    return [*((str(place), inside[:, place]) for place in range(size)), ("block", number.astype(float))]


def _cells(counts: Numbers, used: NDArray[np.bool_], most: int) -> list[tuple[str, Numbers]]:
    """Places in ascending order and their counts, both by rank among the row's places."""
    rows, places = np.nonzero(used)
    starts = np.searchsorted(rows, np.arange(len(counts)))
    rank = np.arange(len(rows)) - starts[rows]
    found = []
    for number in range(most):
        here = rank == number
        place, value = np.full(len(counts), -1.0), np.ones(len(counts))
        place[rows[here]] = places[here]
        value[rows[here]] = counts[rows[here], places[here]]
        found += [(f"place_{number}", place), (f"count_{number}", value)]
    return found
