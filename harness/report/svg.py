"""Three small charts as SVG, without a plotting library: lines over a number, dots on a line for each row, points in a plane.

Text stays text, so that Chinese needs no bundled font; the colours read on white, and shapes differ as well.
Sizes are in pixels of the ``viewBox``; the drawing scales to whatever place it is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0b57b7", "#c4500c", "#1b7f4b", "#8e3fa8", "#b3261e", "#5f6368", "#00838f", "#8a6d00")
DASHES = ("", "7 4", "2 3", "9 3 2 3")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM, LINE = 720, 400, 70, 20, 40, 46, 26
INK, GREY, LIGHT = "#1c1c1e", "#5f6368", "#dadce0"


@dataclass(frozen=True)
class DotRow:
    """One line of a dot chart: named dots, and two values that are marked where they are known."""

    name: str
    dots: Mapping[str, float]
    chosen: str = ""  # the dot that is filled: the default
    chance: float | None = None
    published: float | None = None


@dataclass(frozen=True)
class Mark:
    """A named point with the interval of its height, where there is one."""

    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from at most ``low`` to at least ``high``, about six of them.

    >>> ticks(0.613, 0.648)
    [0.61, 0.62, 0.63, 0.64, 0.65]
    >>> ticks(0.5, 0.5)
    [0.49, 0.495, 0.5, 0.505, 0.51]
    """
    if high - low < 1e-9:
        low, high = low - 0.01, high + 0.01
    rough = (high - low) / 5 * (1 - 1e-9)  # a hair less, so that a round span keeps its round step
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min((size for size in (1, 2, 5, 10) if size * power >= rough), default=10)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def line_chart(
    series: Mapping[str, Sequence[tuple[float, float]]],
    title: str,
    x_label: str,
    y_label: str,
    shown: Callable[[float], str] = "{:,g}".format,
) -> str:
    """Lines through points ``(x, y)``, one a series, with a legend; points that are not finite are left out.

    ``shown`` writes the numbers of the x axis. Raises ``ValueError`` where no point is left.

    >>> line_chart({"loss": [(0, 2.5), (100, 1.5)]}, "Loss", "step", "nats").count("<polyline")
    1
    """
    kept = {name: [point for point in points if all(map(math.isfinite, point))] for name, points in series.items()}
    everything = [point for points in kept.values() for point in points]
    if not everything:
        raise ValueError("a line chart needs a finite point")
    columns, rows = (ticks(min(values), max(values)) for values in zip(*everything, strict=True))
    across = _scale(columns, LEFT, WIDTH - RIGHT)
    height = HEIGHT + 18 * len(kept)
    up = _scale(rows, HEIGHT - BOTTOM, TOP)
    parts = [_title(title)]
    parts += _axes(columns, rows, across, up, x_label, y_label, shown)
    for place, (name, points) in enumerate(kept.items()):
        y = HEIGHT + 18 * place + 6
        path = " ".join(f"{across(x):.1f},{up(y_):.1f}" for x, y_ in points)
        parts.append(f'<polyline points="{path}" fill="none" {_stroke(place)}/>')
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{LEFT + 34}" y2="{y}" {_stroke(place)}/>')
        parts.append(_text(LEFT + 42, y + 4, name, "start"))
    return _drawing(title, WIDTH, height, parts)


def dot_chart(rows: Sequence[DotRow], title: str, x_label: str, shown: Callable[[float], str] = "{:g}".format) -> str:
    """A line for each row with its dots: filled the chosen one, a tick for chance, a diamond for the published value.

    ``shown`` writes the numbers of the axis. Raises ``ValueError`` where no row has a dot.
    """
    ends = [value for row in rows for value in (*row.dots.values(), row.chance, row.published) if value is not None]
    if not any(row.dots for row in rows):
        raise ValueError("a dot chart needs a dot")
    marks = ticks(min(ends), max(ends))
    left = 20 + 8 * max(len(row.name) for row in rows)
    across, bottom = _scale(marks, left, WIDTH - RIGHT), TOP + LINE * len(rows)
    parts = [_title(title)]
    for mark in marks:
        parts.append(_rule(across(mark), TOP, across(mark), bottom))
        parts.append(_text(across(mark), bottom + 18, shown(mark)))
    parts.append(
        _text((left + WIDTH - RIGHT) / 2, bottom + 38, f"{x_label} (filled: default; |: chance; ◇: published)")
    )
    for place, row in enumerate(rows):
        parts += _dots(row, across, TOP + LINE * place + LINE / 2, left)
    return _drawing(title, WIDTH, bottom + 50, parts)


def powers(low: float, high: float) -> list[float]:
    """Numbers of the series 1, 2, 5, 10, ... from at most ``low`` to at least ``high``, both above zero.

    >>> powers(7800, 31000)
    [5000.0, 10000.0, 20000.0, 50000.0]
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    made = [size * 10.0**power for power in range(first, last + 1) for size in (1, 2, 5)]
    begin = max(place for place, mark in enumerate(made) if mark <= low)
    return made[begin : next(place for place, mark in enumerate(made) if mark >= high) + 1]


def front(marks: Sequence[Mark]) -> list[Mark]:
    """The points that no other beats in both directions (the Pareto front), from left to right.

    >>> [mark.name for mark in front([Mark("slow", 1, 9), Mark("poor", 2, 5), Mark("fast", 3, 7)])]
    ['slow', 'fast']
    """
    beaten = [any(o.x >= m.x and o.y >= m.y and (o.x, o.y) != (m.x, m.y) for o in marks) for m in marks]
    return sorted((m for m, lost in zip(marks, beaten, strict=True) if not lost), key=lambda m: (m.x, -m.y))


def scatter_chart(marks: Sequence[Mark], title: str, x_label: str, y_label: str) -> str:
    """Points with intervals and a legend by number; those on the front are filled and joined by a line.

    Where the largest x is more than ten times the smallest, equal distances are equal ratios.

    Raises ``ValueError`` where there is no point.

    >>> scatter_chart([Mark("a", 1, 2), Mark("b", 2, 1)], "t", "x", "y").count("<circle")
    2
    """
    if not marks:
        raise ValueError("a scatter chart needs a point")
    best = front(marks)
    least, most = min(mark.x for mark in marks), max(mark.x for mark in marks)
    wide = 0 < 10 * least < most
    columns = powers(least, most) if wide else ticks(least, most)
    ends = [end for mark in marks for end in (mark.low, mark.y, mark.high) if end is not None]
    rows = ticks(min(ends), max(ends))
    up = _scale(rows, HEIGHT - BOTTOM, TOP)
    place = math.log if wide else float
    even = _scale([place(column) for column in columns], LEFT, WIDTH - RIGHT)

    def across(x: float) -> float:
        return even(place(x))

    parts = [_title(title), *_axes(columns, rows, across, up, x_label, y_label)]
    path = " ".join(f"{across(mark.x):.1f},{up(mark.y):.1f}" for mark in best)
    parts.append(f'<polyline class="front" points="{path}" fill="none" stroke="{GREY}" stroke-dasharray="4 4"/>')
    for number, mark in enumerate(marks, 1):
        x, y, fill = across(mark.x), up(mark.y), COLOURS[0] if mark in best else "#ffffff"
        if mark.low is not None and mark.high is not None:
            parts.append(
                f'<line x1="{x:.1f}" y1="{up(mark.low):.1f}" x2="{x:.1f}" y2="{up(mark.high):.1f}" stroke="{COLOURS[0]}" stroke-width="2"/>'
            )
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="{COLOURS[0]}" stroke-width="2"><title>{escape(mark.name)}</title></circle>'
        )
        parts.append(_text(x + 10, y - 8, str(number), "start"))
        parts.append(_text(LEFT, HEIGHT + 18 * number - 8, f"{number}  {mark.name}", "start"))
    return _drawing(title, WIDTH, HEIGHT + 18 * len(marks) + 6, parts)


def _axes(
    columns: Sequence[float],
    rows: Sequence[float],
    across: Callable[[float], float],
    up: Callable[[float], float],
    x_label: str,
    y_label: str,
    shown: Callable[[float], str] = "{:,g}".format,
) -> Iterable[str]:
    for mark in rows:
        yield _rule(LEFT, up(mark), WIDTH - RIGHT, up(mark))
        yield _text(LEFT - 8, up(mark) + 4, f"{mark:g}", "end")
    for mark in columns:
        yield _text(across(mark), HEIGHT - BOTTOM + 18, shown(mark))
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_label)
    turned = f' transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)"'
    yield _text(0, 0, y_label, extra=turned)


def _dots(row: DotRow, across: Callable[[float], float], y: float, left: float) -> Iterable[str]:
    yield _text(left - 10, y + 4, row.name, "end")
    if row.dots:
        low, high = across(min(row.dots.values())), across(max(row.dots.values()))
        yield f'<line x1="{low:.1f}" y1="{y:g}" x2="{high:.1f}" y2="{y:g}" stroke="{COLOURS[0]}" stroke-width="2"/>'
    if row.chance is not None:
        x = across(row.chance)
        yield f'<line class="chance" x1="{x:.1f}" y1="{y - 9:g}" x2="{x:.1f}" y2="{y + 9:g}" stroke="{COLOURS[4]}" stroke-width="2"/>'
    if row.published is not None:
        x = across(row.published)
        points = f"{x:.1f},{y - 7:g} {x + 7:.1f},{y:g} {x:.1f},{y + 7:g} {x - 7:.1f},{y:g}"
        yield f'<polygon class="published" points="{points}" fill="none" stroke="{GREY}" stroke-width="2"/>'
    for name, value in row.dots.items():
        fill = COLOURS[0] if name == row.chosen else "#ffffff"
        yield (
            f'<circle cx="{across(value):.1f}" cy="{y:g}" r="5" fill="{fill}" stroke="{COLOURS[0]}" stroke-width="2">'
            f"<title>{escape(f'{row.name}, {name}')}</title></circle>"
        )


def _scale(marks: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - marks[0]) / (marks[-1] - marks[0]) * (end - start)


def _stroke(place: int) -> str:
    dash = DASHES[place // len(COLOURS) % len(DASHES)]
    return f'stroke="{COLOURS[place % len(COLOURS)]}" stroke-width="2"' + (
        f' stroke-dasharray="{dash}"' if dash else ""
    )


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{LIGHT}"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", size: int = 13, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{extra}>{escape(text)}</text>'


def _title(text: str) -> str:
    """The line above a chart, smaller where it is long: a letter is about half as wide as it is high."""
    return _text(WIDTH / 2, 22, text, size=min(15, int((WIDTH - 40) / (0.53 * max(1, len(text))))))


def _drawing(title: str, width: int, height: int, parts: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" fill="{INK}">'
    ground = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, *parts, "</svg>"]) + "\n"
