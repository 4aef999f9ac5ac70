"""The scores of a table's rows with their intervals, as a plot."""

from __future__ import annotations

from harness.board.leaderboard import Section
from harness.board.tables import Row, Table
from harness.report.cells import short_names
from harness.report.plots.data import Bar, Bars

MOST = 45
"""Rows of a plot: the best. Trivial and published ones count."""


def plot(section: Section, table: Table) -> Bars:
    """A row for each of the table's, in its order, by the ranking metric; proportions in percent."""
    shares = section.unit == "proportion"
    scale = 100 if shares else 1
    rows = table.rows[:MOST]
    names = short_names(((row.model, row.encoder) for row in rows), section.task)
    cut = f", the first {MOST} of {len(table.rows)} rows" if len(table.rows) > MOST else ""
    return Bars(
        title=f"{section.task}: {section.metric} on {section.split}{f', {table.protocol}' if table.protocol else ''}{f', {table.arithmetic}' if table.arithmetic else ''}{cut}",
        x_label=f"{section.metric}{', %' if shares else ''} ({'higher' if section.higher_is_better else 'lower'} is better)",
        bars=tuple(_bar(name, row, section.metric, scale) for name, row in zip(names, rows, strict=True)),
        chance=scale * section.chance or None,
    )


def _bar(name: str, row: Row, metric: str, scale: float) -> Bar:
    value = row.values[metric]
    low, high = (None if end is None else scale * end for end in (value.drawn.lower, value.drawn.upper))
    return Bar(name, scale * value.value, row.role, low, high, recipe=value.basis != "checkpoints")
