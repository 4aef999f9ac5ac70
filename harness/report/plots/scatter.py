"""Points in a plane with their names beside them: score against speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.report.plots import figure
from harness.report.plots.data import Point, Scatter

RINGS = (8.0, 14.0, 22.0, 32.0, 44.0, 58.0)
"""Distances in points at which a name is tried, nearest first."""
SIDES = ((1, 0), (1, 0.8), (1, -0.8), (0, 1), (0, -1), (-1, 0), (-1, 0.8), (-1, -0.8))
"""Directions in which a name is tried: right, above right, below right, above, below, and the same on the left."""
Box = tuple[float, float, float, float]


def front(points: Sequence[Point], higher_is_better: bool = True) -> list[Point]:
    """The points that no other beats in both directions (the Pareto front), from left to right.

    >>> three = [Point("slow", 1, 9), Point("poor", 2, 5), Point("fast", 3, 7)]
    >>> [point.name for point in front(three)], [point.name for point in front(three, higher_is_better=False)]
    (['slow', 'fast'], ['poor', 'fast'])
    """
    places = [(point.x, point.y if higher_is_better else -point.y) for point in points]
    beaten = [any(o != p and o[0] >= p[0] and o[1] >= p[1] for o in places) for p in places]
    return sorted((p for p, lost in zip(points, beaten, strict=True) if not lost), key=lambda p: (p.x, -p.y))


def draw(plot: Scatter) -> Any:
    """The figure: filled are the points that none beats on both axes, joined by a dashed line; bars are 95 % intervals.

    Where the largest x is more than four times the smallest, equal distances are equal ratios.

    Raises ``ValueError`` where there is no point.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if not plot.points:
        raise ValueError("a scatter plot needs a point")
    made, axes = figure.new(plot.title, 7.6, 4.6)
    axes.set_xlabel(plot.x_label)
    axes.set_ylabel(plot.y_label)
    best = front(plot.points, plot.higher_is_better)
    places = [point.x for point in plot.points]
    if 0 < 4 * min(places) < max(places):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(figure.plain))
    axes.plot([p.x for p in best], [p.y for p in best], color=figure.GREY, linestyle=(0, (4, 3)), linewidth=1)
    for point in plot.points:
        _point(axes, point, point in best)
    axes.margins(0.12, 0.1)
    axes.get_xlim(), axes.get_ylim()  # settles both axes, so that places can be measured
    _names(axes, plot.points, best)
    figure.legend(axes, figure.whisker_key({point.recipe for point in plot.points if point.y_low is not None}))
    return made


def _point(axes: Any, point: Point, best: bool) -> None:
    colour = figure.COLOURS[0] if best else figure.GREY
    if point.x_low is not None and point.x_high is not None:
        axes.plot([point.x_low, point.x_high], [point.y] * 2, color=colour, linewidth=1, alpha=0.7)
    if point.y_low is not None and point.y_high is not None:
        style = figure.whisker(point.recipe) | {"linewidth": 1.2}
        axes.plot([point.x] * 2, [point.y_low, point.y_high], color=colour, alpha=0.7, **style)
    axes.plot([point.x], [point.y], "o", color=colour, markerfacecolor=colour if best else "white", markersize=5.5)


def _names(axes: Any, points: Sequence[Point], best: Sequence[Point]) -> None:
    """Names at the nearest free place: no name covers a point or another name. Those of the front choose first."""
    dots = [axes.transData.transform((point.x, point.y)) for point in points]
    frame = axes.get_window_extent()
    taken: list[Box] = [(x - 4, y - 4, x + 4, y + 4) for x, y in dots]
    taken += [box for point in points for box in _whiskers(axes, point)]
    order = sorted(range(len(points)), key=lambda place: (points[place] not in best, -points[place].y))
    for place in order:
        point = points[place]
        dx, dy, box = _free(dots[place], _measured(axes, point.name), taken, (frame.x0, frame.y0, frame.x1, frame.y1))
        taken.append(box)
        line = {"arrowstyle": "-", "color": figure.GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
        axes.annotate(
            point.name,
            (point.x, point.y),
            (dx, dy),
            textcoords="offset points",
            ha="left",
            va="bottom",
            color=figure.INK if point in best else figure.GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.4},  # over lines of others
            arrowprops=line | {"relpos": _side(dots[place], box)} if _far(dots[place], box) else None,
        )


def _whiskers(axes: Any, point: Point) -> list[Box]:
    """The places of a point's intervals."""
    ends = ((point.x_low, point.y), (point.x_high, point.y)), ((point.x, point.y_low), (point.x, point.y_high))
    found = []
    for start, end in ends:
        if None not in (*start, *end):
            (x0, y0), (x1, y1) = axes.transData.transform(start), axes.transData.transform(end)
            found.append((x0, y0, x1, y1))
    return found


def _side(dot: Sequence[float], box: Box) -> tuple[float, float]:
    """The point of a name's box, in shares of it, that is nearest to its dot."""
    shares = ((dot[0] - box[0]) / (box[2] - box[0]), (dot[1] - box[1]) / (box[3] - box[1]))
    return min(max(shares[0], 0.0), 1.0), min(max(shares[1], 0.0), 1.0)


def _far(dot: Sequence[float], box: Box) -> bool:
    """Whether a name stands so far from its dot that a line has to join them."""
    across = max(box[0] - dot[0], dot[0] - box[2], 0.0)
    up = max(box[1] - dot[1], dot[1] - box[3], 0.0)
    return max(across, up) > RINGS[1]


def _measured(axes: Any, name: str) -> tuple[float, float]:
    text = axes.text(0, 0, name)
    box = text.get_window_extent()
    text.remove()
    return float(box.width), float(box.height)


def _free(
    dot: Sequence[float], size: tuple[float, float], taken: Sequence[Box], inside: Sequence[float]
) -> tuple[float, float, Box]:
    """The offset of a name's lower left corner from its dot, and its box; the least covered place where none is free."""
    (x, y), (width, height) = dot, size
    tried: list[tuple[float, int, tuple[float, float, Box]]] = []
    for ring in RINGS:
        for right, up in SIDES:
            left = x + right * ring - (0 if right > 0 else width if right < 0 else width / 2)
            low = y + up * ring - height / 2
            box = (left, low, left + width, low + height)
            out = box[0] < inside[0] or box[1] < inside[1] or box[2] > inside[2] or box[3] > inside[3]
            tried.append(
                (sum(_shared(box, other) for other in taken) + 1000 * out, len(tried), (left - x, low - y, box))
            )
            if not tried[-1][0]:
                return tried[-1][2]
    return min(tried)[2]


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0]) + 2
    height = min(one[3], other[3]) - max(one[1], other[1]) + 1
    return max(0.0, width) * max(0.0, height)
