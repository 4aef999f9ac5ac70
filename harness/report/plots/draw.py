"""A plot as SVG, by what kind of plot it is."""

from __future__ import annotations

from typing import Any

from harness.report.plots import bars, curves, figure, places, scatter
from harness.report.plots.data import Bars, Curves, Dots, Places, Plot


def drawn(plot: Plot) -> Any:
    """The matplotlib figure of a plot. Raises ``ValueError`` where there is nothing to show."""
    if isinstance(plot, Curves):
        return curves.draw(plot)
    if isinstance(plot, Bars):
        return bars.draw_bars(plot)
    if isinstance(plot, Places):
        return places.draw(plot)
    return bars.draw_dots(plot) if isinstance(plot, Dots) else scatter.draw(plot)


def svg(plot: Plot) -> str:
    """A plot as SVG that carries its numbers. Raises ``ValueError`` where there is nothing to show."""
    with figure.style():
        return figure.saved(drawn(plot), plot)
