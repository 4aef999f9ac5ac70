"""Scores of the rows of a table with their intervals, under each other; and how far each row moves with a setting."""

from __future__ import annotations

from typing import Any

from harness.report.plots import figure
from harness.report.plots.data import Bar, Bars, DotRow, Dots

ROLES = {"learned": ("o", figure.COLOURS[0]), "trivial": ("s", figure.COLOURS[1]), "published": ("D", figure.GREY)}
"""Shape and colour; shapes say it alone as well."""
WIDTH, LINE = 6.2, 0.21  # inches


def draw_bars(plot: Bars) -> Any:
    """Dots with 95 % intervals: circles learned, squares trivial, hollow diamonds published; a dashed line is chance.

    A whole line is the interval of the recipe, a dotted one that of these checkpoints, where the former is unknown.

    Raises ``ValueError`` where there is no row.
    """
    if not plot.bars:
        raise ValueError("a plot of scores needs a row")
    made, axes = _rows(plot.title, plot.x_label, [bar.name for bar in plot.bars])
    for place, bar in enumerate(plot.bars):
        _bar(axes, bar, place)
    handles = [_handle(role) for role in ROLES if any(bar.role == role for bar in plot.bars)]
    handles += figure.whisker_key({bar.recipe for bar in plot.bars if bar.low is not None})
    if plot.chance is not None:
        handles.append(axes.axvline(plot.chance, color=figure.GREY, linestyle=(0, (4, 3)), linewidth=1, label="chance"))
    _key(axes, handles)
    return made


def _bar(axes: Any, bar: Bar, place: int) -> None:
    shape, colour = ROLES[bar.role]
    if bar.low is not None and bar.high is not None:
        axes.plot([bar.low, bar.high], [place, place], color=colour, **figure.whisker(bar.recipe))
    face = "white" if bar.role == "published" else colour
    axes.plot([bar.value], [place], shape, color=colour, markerfacecolor=face, markersize=5)


def draw_dots(plot: Dots) -> Any:
    """A circle a value, filled the default; the diamond is the published value, the dashed tick chance.

    Raises ``ValueError`` where no row has a value.
    """
    if not any(row.dots for row in plot.rows):
        raise ValueError("a plot of settings needs a value")
    made, axes = _rows(plot.title, plot.x_label, [row.name for row in plot.rows], line=0.36)
    for place, row in enumerate(plot.rows):
        _dots(axes, row, place)
    axes.get_xlim()  # settles the axis, so that places can be measured
    for place, row in enumerate(plot.rows):
        _numbers(axes, row, place)
    _key(axes, _key_of_dots(plot))
    return made


def _dots(axes: Any, row: DotRow, place: int) -> None:
    colour = figure.COLOURS[0]
    values = [value for _, value in row.dots]
    axes.plot([min(values), max(values)], [place, place], color=colour, linewidth=1.2)
    if row.chance is not None:
        axes.plot([row.chance] * 2, [place - 0.3, place + 0.3], color=figure.COLOURS[1], linewidth=1.6)
    if row.published is not None:
        axes.plot([row.published], [place], "D", color=figure.GREY, markerfacecolor="white", markersize=6)
    for name, value in sorted(row.dots, key=lambda dot: dot[0] == row.default):
        face = colour if name == row.default else "white"
        axes.plot([value], [place], "o", color=colour, markerfacecolor=face, markersize=6, zorder=4)


def _numbers(axes: Any, row: DotRow, place: int) -> None:
    """The name of each value above its dot, moved apart; a lone dot is the default and needs none."""
    if len(row.dots) < 2:
        return
    inside = axes.get_window_extent()
    wide = max(0.7 * figure.SIZE * len(name) for name, _ in row.dots)
    at = [float(axes.transData.transform((value, place))[0]) for _, value in row.dots]
    moved = figure.spread(at, wide, float(inside.x0), float(inside.x1))
    for (name, value), old, new in zip(row.dots, at, moved, strict=True):
        axes.annotate(name, (value, place), (new - old, 5), textcoords="offset points", ha="center", size=7)


def _rows(title: str, x_label: str, names: list[str], line: float = LINE) -> tuple[Any, Any]:
    """A figure with a line for each name, the first on top."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    made, axes = figure.new(title, WIDTH, line * (len(names) + 0.4))
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(figure.plain))
    axes.set_xlabel(x_label)
    return made, axes


def _short(name: str) -> str:
    return name if len(name) <= 48 else f"{name[:47]}…"


def _handle(role: str) -> Any:
    shape, colour = ROLES[role]
    face = "white" if role == "published" else colour
    return _line(shape, colour, face, role)


def _line(shape: str, colour: str, face: str, words: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], marker=shape, linestyle="", color=colour, markerfacecolor=face, markersize=5, label=words)


def _key_of_dots(plot: Dots) -> list[Any]:
    blue = figure.COLOURS[0]
    made = [_line("o", blue, blue, "default"), _line("o", blue, "white", "other values")]
    if any(row.chance is not None for row in plot.rows):
        made.append(_line("|", figure.COLOURS[1], "white", "chance"))
    if any(row.published is not None for row in plot.rows):
        made.append(_line("D", figure.GREY, "white", "published"))
    return made


def _key(axes: Any, handles: list[Any]) -> None:
    """What the shapes mean, in one line below the plot; nothing where there is one role alone."""
    if len(handles) > 1:
        figure.legend(axes, handles)
