"""What all plots share: style, saving as SVG with the numbers inside, and labels that do not cover each other.

The card is white, also on a dark page, so that every colour and every letter has one background. Colours are those of
Okabe and Ito, which people with any common colour blindness tell apart; text is dark, never coloured alone.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.report.plots.data import Plot, numbers

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito 2008, without yellow, which white swallows."""
INK, GREY, PALE = "#1f2328", "#6e7781", "#d0d7de"
SIZE = 9.0
"""Points of a label."""
GAP = 1.25 * SIZE
"""Points from one label's line to the next."""
MAKER = "harness leaderboard"
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and Chinese needs no font of ours
    "svg.hashsalt": "harness",
    "font.family": ["DejaVu Sans"],
    "font.size": SIZE,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.titlesize": SIZE,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "figure.dpi": 72,  # a pixel is a point
    "savefig.facecolor": "white",
}
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


@contextmanager
def style() -> Iterator[None]:
    """The style of all plots, whatever a person's own ``matplotlibrc`` says."""
    import matplotlib

    kept = ("backend", "interactive", "toolbar", "timezone", "datapath", "webagg", "tk.", "docstring", "figure.hooks")
    usual = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith(kept)}
    with matplotlib.rc_context({**usual, **STYLE}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # the reader's machine has the font
        yield


def new(title: str, width: float, height: float) -> tuple[Any, Any]:
    """A figure of one plot: the figure and its axes, so many inches wide and high; names and ticks stand outside of them."""
    (made, (axes,)) = grid(title, width, height, 1)
    return made, axes


def grid(
    title: str, width: float, height: float, count: int, columns: int = 1, room: tuple[float, float] = (0.0, 0.0)
) -> tuple[Any, list[Any]]:
    """A figure with axes of ``width`` times ``height`` inches side by side, ``room`` inches between them, and a title.

    What stands outside of the axes is not cut off: saving takes in all that is drawn. To be called inside ``style()``.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-count // columns)
    across, up = columns * (width + room[0]) - room[0], rows * (height + room[1]) - room[1]
    made = Figure(figsize=(across, up))
    FigureCanvasAgg(made)  # measures texts
    axes = []
    for place in range(count):
        row, column = divmod(place, columns)
        left, low = column * (width + room[0]), up - height - row * (height + room[1])
        axes.append(made.add_axes((left / across, low / up, width / across, height / up)))
    words = "\n".join(textwrap.wrap(title, int(across * 12)))
    made.text(0, 1 + (0.32 if count > 1 else 0.14) / up, words, fontsize=SIZE + 2, ha="left", va="bottom")
    return made, axes


def saved(figure: Any, plot: Plot) -> str:
    """A figure as SVG, the same bytes for the same numbers and matplotlib, with the numbers as JSON in its metadata."""
    stream = io.StringIO()
    about = {"Title": plot.title, "Creator": maker(), "Date": None, "Description": json.dumps(numbers(plot))}
    figure.savefig(stream, format="svg", metadata=about, bbox_inches="tight", pad_inches=0.12)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


@functools.cache
def maker() -> str:
    """What draws: these files, by their digest, and matplotlib. A drawing by the same maker need not be drawn again."""
    source = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return f"{MAKER}, plots {hashlib.sha256(source).hexdigest()[:12]}, matplotlib {version('matplotlib')}"


def made_by(svg: str) -> str:
    """The maker that a drawing names; empty where it is none of ours."""
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        return ""
    found = (" ".join("".join(item.itertext()).split()) for item in root.iter(CREATOR))
    return next((text for text in found if text.startswith(MAKER)), "")


def stored(svg: str) -> Any:
    """The numbers that a drawing carries; ``None`` where it is none of ours, or is damaged."""
    try:
        found = next((item.text for item in ElementTree.fromstring(svg).iter(DESCRIPTION)), None)
        return json.loads(found or "null")
    except (ElementTree.ParseError, ValueError):
        return None


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved apart by at least a gap, as little as possible (least squares), inside ``low`` to ``high``.

    Neighbours that are too close form a block around their mean; blocks that touch are joined. Where all do not fit,
    the first stays at ``low``.

    >>> spread([1.0, 1.0, 9.0], 2.0, 0.0, 10.0), spread([9.5, 10.0], 2.0, 0.0, 10.0)
    ([0.0, 2.0, 9.0], [8.0, 10.0])
    """
    order = sorted(range(len(places)), key=lambda place: places[place])
    blocks: list[tuple[float, int]] = []  # mean of place minus its share of gaps, and how many
    for rank, place in enumerate(order):
        mean, size = places[place] - rank * gap, 1
        while blocks and blocks[-1][0] > mean:
            other, more = blocks.pop()
            mean, size = (other * more + mean * size) / (more + size), more + size
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    room = max(low, high - (len(places) - 1) * gap)
    made = [0.0] * len(places)
    for rank, place in enumerate(order):
        made[place] = min(max(flat[rank], low), room) + rank * gap
    return made


def legend(axes: Any, handles: list[Any], columns: int = 4) -> None:
    """What shapes and lines mean, below the plot."""
    if handles:
        low = -42 / axes.get_window_extent().height  # points below the axis
        columns = min(columns, len(handles))
        axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, low), ncols=columns, frameon=False)


def whisker(recipe: bool) -> dict[str, Any]:
    """How the line of an interval looks: whole where it is the recipe's, dotted where it is of these checkpoints."""
    if recipe:
        return {"linewidth": 1.8, "solid_capstyle": "butt"}
    return {"linewidth": 1.6, "linestyle": (0, (1, 1)), "dash_capstyle": "butt"}


def whisker_key(kinds: set[bool]) -> list[Any]:
    """What the lines of intervals mean, for a legend; each kind once, that of the recipe first."""
    from matplotlib.lines import Line2D

    words = {True: "95 % of this recipe", False: "95 % of these checkpoints"}
    return [Line2D([], [], color=GREY, label=words[kind], **whisker(kind)) for kind in sorted(kinds, reverse=True)]


def plain(value: float, _: Any = None) -> str:
    """A tick of an axis, without needless digits.

    >>> plain(95.0), plain(0.5), plain(12000.0)
    ('95', '0.5', '12,000')
    """
    return f"{value:,.10g}"
