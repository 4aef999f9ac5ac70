"""Lines over a number, each named at its end. More than seven are split into panels, so that no two hide each other."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from typing import Any

from harness.report.plots import figure
from harness.report.plots.data import Curve, Curves

MOST = 7
"""Curves of one panel."""
PANEL = 6
"""Curves of a panel where there are several panels."""
WIDTH, HEIGHT = 3.2, 2.1  # inches of a panel
ROOM = (2.5, 0.65)  # inches to the next, where the names stand


def draw(plot: Curves) -> Any:
    """The figure. The others' curves run through each panel in grey; whiskers are the 95 % interval of the last point.

    Raises ``ValueError`` where no point is left.
    """
    kept = [curve for curve in map(_finite, plot.curves) if curve.x]
    if not kept:
        raise ValueError("a plot of curves needs a finite point")
    shares = panels(kept, plot)
    columns = min(2, len(shares))
    size = (WIDTH, HEIGHT) if len(shares) > 1 else (6.4, 3.4)
    made, cells = figure.grid(plot.title, *size, len(shares), columns, ROOM)
    for place, (axes, share) in enumerate(zip(cells, shares, strict=True)):
        if len(shares) > 1:
            first = sum(len(one) for one in shares[:place]) + 1
            axes.set_title(f"{first} to {first + len(share) - 1} of {len(kept)}, by the {plot.order}", loc="left")
        _panel(axes, plot, share, [curve for curve in kept if curve not in share])
        _names(axes, share, plot.doubling)
        if place + columns >= len(shares):
            axes.set_xlabel(plot.x_label)
        if place % columns == 0:
            axes.set_ylabel(plot.y_label)
    return made


def _finite(curve: Curve) -> Curve:
    pairs = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(x) and math.isfinite(y)]
    x, y = tuple(x for x, _ in pairs), tuple(y for _, y in pairs)
    return Curve(curve.name, x, y, curve.low, curve.high, curve.recipe)


def panels(curves: Sequence[Curve], plot: Curves) -> list[list[Curve]]:
    """The curves by their last value or their mean, best first, in equal shares; then those that end early, then trivial ones.

    >>> eight = [Curve(str(n), (1.0,), (float(n),)) for n in range(8)]
    >>> [[curve.name for curve in share] for share in panels(eight, Curves("t", "x", "y", tuple(eight)))]
    [['0', '1', '2', '3'], ['4', '5', '6', '7']]
    """
    longest = max(curve.x[-1] for curve in curves)

    def order(curve: Curve) -> tuple[bool, bool, float, str]:
        value = curve.y[-1] if plot.order == "last value" else statistics.fmean(curve.y)
        trivial = curve.name.startswith("trivial/")
        return trivial, curve.x[-1] < longest, -value if plot.higher_is_better else value, curve.name

    ordered = sorted(curves, key=order)
    if len(ordered) <= MOST:
        return [ordered]
    count = -(-len(ordered) // PANEL)
    ends = [round(len(ordered) * place / count) for place in range(count + 1)]
    return [ordered[start:end] for start, end in itertools.pairwise(ends)]


def _panel(axes: Any, plot: Curves, share: Sequence[Curve], others: Sequence[Curve]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    everything = sorted({x for curve in (*share, *others) for x in curve.x})
    if plot.doubling:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_locator(FixedLocator(everything))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(figure.plain))
    axes.xaxis.set_major_formatter(FuncFormatter(figure.plain))
    gap = (float("nan"),)
    behind = [(x, y) for curve in others for x, y in zip(curve.x + gap, curve.y + gap, strict=True)]
    if behind:
        axes.plot(*zip(*behind, strict=True), color=figure.PALE, linewidth=0.8, zorder=1)
    marker = "o" if plot.doubling else ""
    for curve, colour in zip(share, figure.COLOURS, strict=False):
        axes.plot(curve.x, curve.y, color=colour, marker=marker, markersize=3.5, zorder=3)
    ends = [y for curve in share for y in (*curve.y, curve.low, curve.high) if y is not None]
    margin = 0.06 * (max(ends) - min(ends)) or 0.05 * abs(ends[0]) or 1.0
    axes.set_ylim(min(ends) - margin, max(ends) + margin)
    axes.set_xlim(*_sides(plot, everything, share))


def _sides(plot: Curves, everything: Sequence[float], share: Sequence[Curve]) -> tuple[float, float]:
    """The ends of the x axis, with room at the right for a whisker a curve."""
    low, high = everything[0], everything[-1]
    if plot.doubling:
        room = 0.035 * (len(share) + 1) * max(1.0, math.log2(high / low)) if _whiskered(share) else 0.1
        return low / 2**0.2, high * 2**room
    return low - 0.02 * (high - low or 1), high + 0.02 * (high - low or 1)


def _whiskered(share: Sequence[Curve]) -> bool:
    return any(curve.low is not None for curve in share)


def _names(axes: Any, share: Sequence[Curve], doubling: bool) -> None:
    """Each curve's name at the right of the panel, with a thin line from the curve's end; whiskers between."""
    height = axes.get_window_extent().height
    low, high = axes.get_ylim()
    wanted = [(curve.y[-1] - low) / (high - low) * height for curve in share]
    placed = figure.spread(wanted, figure.GAP, 0.0, height)
    start = max(curve.x[-1] for curve in share)
    step = 0.035 * max(1.0, math.log2(axes.get_xlim()[1] / axes.get_xlim()[0])) if doubling else 0.0
    for place, (curve, colour, y) in enumerate(zip(share, figure.COLOURS, placed, strict=False), 1):
        end = curve.x[-1]
        if curve.low is not None and curve.high is not None and doubling and end == start:
            end *= 2 ** (step * place)
            axes.plot([curve.x[-1], end], [curve.y[-1]] * 2, color=colour, linewidth=0.6, zorder=2)
            axes.plot([end, end], [curve.low, curve.high], color=colour, zorder=3, **figure.whisker(curve.recipe))
        axes.annotate(
            curve.name,
            (end, curve.y[-1]),
            (1.03, y / height),
            textcoords="axes fraction",
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 0.8,
                "linestyle": "-" if curve.x[-1] == start else (0, (1, 3)),
                "relpos": (0, 0.5),
                "shrinkA": 1,
                "shrinkB": 0,
            },
        )
