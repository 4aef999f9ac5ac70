"""Mean places over tasks on one axis, each named, with intervals and the critical difference (Demsar 2006, figure 1).

Models stand under each other, best first. The line through a dot is the 95 % interval of the mean place on these tasks;
bars at the right join models whose mean places are not a critical difference apart: for other tasks of the kind they are
not told apart. Bars and difference are left out where there are few tasks.
"""

from __future__ import annotations

from typing import Any

from harness.report.plots import figure
from harness.report.plots.data import Places
from harness.statistics.nemenyi import cliques

WIDTH, LINE = 5.2, 0.23  # inches
BAR = 0.14  # inches from one bar of a clique to the next


def draw(plot: Places) -> Any:
    """The figure. Raises ``ValueError`` where there are fewer than two places."""
    from matplotlib.ticker import MultipleLocator

    if len(plot.places) < 2:
        raise ValueError("a plot of mean places needs two models")
    rows = sorted(plot.places, key=lambda place: (place.value, place.name))
    made, axes = figure.new(plot.title, WIDTH, LINE * (len(rows) + 1.8))
    axes.set_yticks(range(len(rows)), [f"{place.name}  {place.value:.2f}" for place in rows])
    axes.set_ylim(len(rows) - 0.4, -2.2)
    axes.set_xlim(0.7, len(rows) + 0.3)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MultipleLocator(1 if len(rows) <= 16 else 5))
    axes.set_xlabel(plot.x_label)
    for place, row in enumerate(rows):
        axes.plot([row.low, row.high], [place, place], color=figure.COLOURS[0], linewidth=1.8, solid_capstyle="butt")
        axes.plot([row.value], [place], "o", color=figure.COLOURS[0], markersize=5)
    if plot.gap is not None:
        _scale(axes, plot.gap, len(rows))
    found = cliques([row.value for row in rows], plot.gap) if plot.gap is not None else []
    for number, (start, end) in enumerate(found):
        x = 1 + (0.12 + BAR * number) / WIDTH
        axes.plot(
            [x, x],
            [start - 0.3, end + 0.3],
            color=figure.INK,
            linewidth=2.4,
            solid_capstyle="butt",
            transform=axes.get_yaxis_transform(),
            clip_on=False,
        )
    figure.legend(axes, [_line(figure.COLOURS[0], 1.8, "95 % interval on these tasks"), *_key(found)])
    return made


def _key(found: list[tuple[int, int]]) -> list[Any]:
    return [_line(figure.INK, 2.4, "joined: less than the critical difference apart")] if found else []


def _line(colour: str, width: float, words: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linewidth=width, solid_capstyle="butt", label=words)


def _scale(axes: Any, gap: float, rows: int) -> None:
    """The critical difference as a bar above the first row; in words alone where it is longer than the axis."""
    colour, fits = figure.COLOURS[1], gap <= rows - 1
    words = f"critical difference {gap:.2f}" + ("" if fits else ", more than any two places can lie apart")
    if fits:
        axes.plot([1, 1 + gap], [-1.0, -1.0], color=colour, marker="|", markersize=7, linewidth=1.4)
    side, up = ("bottom", 5) if fits else ("center", 0)
    axes.annotate(words, (1, -1.0), (0, up), textcoords="offset points", color=colour, va=side)
