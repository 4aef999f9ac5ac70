"""What a plot shows, as numbers: the drawing follows from them, is stored with them, and is checked by them."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Curve:
    """A named line through points ``(x, y)``; ``low`` and ``high`` are the 95 % interval of the last one, if known.

    ``recipe`` says whether that interval holds other seeds as well as other items; so it does below.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: float | None = None
    high: float | None = None
    recipe: bool = True


@dataclass(frozen=True)
class Curves:
    """Lines over a number: a length, a position, the text seen in training."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    doubling: bool = False  # whether equal distances on the x axis are equal ratios; every x then has its tick
    higher_is_better: bool = False
    order: str = "last value"  # or "mean": by what curves are put into panels, where there are more than fit into one


@dataclass(frozen=True)
class Point:
    """A named point with the 95 % interval of both values, if known."""

    name: str
    x: float
    y: float
    x_low: float | None = None
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None
    recipe: bool = True  # of the interval of y


@dataclass(frozen=True)
class Scatter:
    """Points in a plane; a higher x is better."""

    title: str
    x_label: str
    y_label: str
    points: tuple[Point, ...]
    higher_is_better: bool = True  # of y


@dataclass(frozen=True)
class Bar:
    """One row of a plot of scores: a value with its 95 % interval. ``role`` is learned, trivial or published."""

    name: str
    value: float
    role: str = "learned"
    low: float | None = None
    high: float | None = None
    recipe: bool = True


@dataclass(frozen=True)
class Bars:
    """Rows of scores under each other."""

    title: str
    x_label: str
    bars: tuple[Bar, ...]
    chance: float | None = None


@dataclass(frozen=True)
class DotRow:
    """One row with several named values, of which one is the default; beside them chance and the published value."""

    name: str
    dots: tuple[tuple[str, float], ...]
    default: str = ""
    chance: float | None = None
    published: float | None = None


@dataclass(frozen=True)
class Dots:
    """Rows that show how far a value moves with a setting."""

    title: str
    x_label: str
    rows: tuple[DotRow, ...]


@dataclass(frozen=True)
class Place:
    """A model's mean place over tasks, with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Places:
    """Mean places, best first, and the critical difference: how far two of them lie apart before chance is ruled out.

    ``gap`` is ``None`` where there are too few tasks for one.
    """

    title: str
    x_label: str
    places: tuple[Place, ...]
    gap: float | None


Plot = Curves | Scatter | Bars | Dots | Places


def numbers(plot: Plot) -> dict[str, Any]:
    """A plot as JSON has it, its numbers to six digits.

    >>> numbers(Bars("t", "F1, %", (Bar("a", 2 / 3),)))["bars"][0]["value"]
    0.666667
    """
    made = {"plot": type(plot).__name__.lower(), **dataclasses.asdict(plot)}
    found: dict[str, Any] = json.loads(json.dumps(_rounded(made)))
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list | tuple) else value
