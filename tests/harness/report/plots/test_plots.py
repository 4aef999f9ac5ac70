"""Plots: labels that do not cover each other, numbers inside the file, the same bytes twice, nothing cut off."""

import dataclasses
import itertools
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.report.plots import figure
from harness.report.plots.data import Bar, Bars, Curve, Curves, DotRow, Dots, Place, Places, Point, Scatter, numbers
from harness.report.plots.draw import drawn, svg
from harness.report.plots.scatter import front

LENGTHS = (256.0, 512.0, 1024.0, 2048.0, 4096.0)
CURVES = Curves(
    "lm/books: bits",
    "window, tokens",
    "bits",
    tuple(
        Curve(f"model_{n}:scheme=long", LENGTHS, tuple(2.4 + n * 0.001 + i * 0.01 for i in range(5)), 2.3, 2.6)
        for n in range(20)
    ),
    doubling=True,
)
CROWD = Scatter(
    "score against speed",
    "tokens a second",
    "F1, %",
    tuple(
        Point(f"model_{n}", 1000.0 + 40 * n, 60 + n % 4 * 0.3, 990.0 + 40 * n, 1010.0 + 40 * n, 59, 62)
        for n in range(16)
    ),
)
BARS = Bars(
    "ner/cmeee: F1",
    "F1, %",
    (Bar("crf", 55.3, low=54.4, high=56.2), Bar("gazetteer", 36.5, "trivial"), Bar("CRF, 中文 <b>", 63.8, "published")),
    chance=10.0,
)
DOTS = Dots("template", "accuracy, %", (DotRow("tnews", (("0", 15.5), ("1", 15.6), ("2", 15.7)), "2", 6.7, 51.0),))
PLACES = Places(
    "classify: mean places over 7 tasks",
    "mean place (1 is best)",
    tuple(Place(f"model_{n}", 1.0 + n, 0.8 + n, 1.3 + n) for n in range(15)),
    gap=8.11,
)
ALL = [CURVES, CROWD, BARS, DOTS, PLACES, dataclasses.replace(PLACES, gap=None)]
NAMES = [*(type(plot).__name__ for plot in ALL[:-1]), "Places without a critical difference"]


def _outside(axes):
    frame = axes.get_window_extent()
    across = [(label, label.get_window_extent().x0, label.get_window_extent().x1) for label in axes.get_xticklabels()]
    up = [(label, label.get_window_extent().y0, label.get_window_extent().y1) for label in axes.get_yticklabels()]
    yield from (label for label, low, high in across if not frame.x0 - 1 <= (low + high) / 2 <= frame.x1 + 1)
    yield from (label for label, low, high in up if not frame.y0 - 1 <= (low + high) / 2 <= frame.y1 + 1)


def texts(made):
    """Every visible text of a figure with its box."""
    from matplotlib.text import Text

    made.canvas.draw()
    shown = [text for text in made.findobj(Text) if text.get_visible() and text.get_text().strip()]
    hidden = [label for axes in made.axes for label in _outside(axes)]  # ticks beyond the ends of an axis
    within = [(text.get_text(), Text.get_window_extent(text)) for text in shown if text not in hidden]
    return within


@pytest.mark.parametrize("plot", ALL, ids=NAMES)
def test_no_text_covers_another(plot):
    """Names, ticks and titles have boxes of their own, measured by the renderer, however close the values are."""
    with figure.style():
        found = texts(drawn(plot))
    assert len(found) > 5
    for (one, a), (other, b) in itertools.combinations(found, 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 0.5 or up <= 1.5, f"{one!r} covers {other!r}"


@pytest.mark.parametrize("plot", ALL, ids=NAMES)
def test_nothing_is_cut_off(plot):
    """Every text of the drawing lies inside its view box."""
    root = ElementTree.fromstring(svg(plot))
    _, _, width, height = map(float, root.get("viewBox").split())
    found = [item for item in root.iter("{http://www.w3.org/2000/svg}text") if item.get("x")]
    assert found
    for item in found:
        assert 0 <= float(item.get("x")) <= width, item.text
        assert 0 <= float(item.get("y")) <= height, item.text


@pytest.mark.parametrize("plot", ALL, ids=NAMES)
def test_the_file_carries_its_numbers(plot):
    """The metadata hold every number of the plot as JSON, and say what made the drawing."""
    made = svg(plot)
    assert figure.stored(made) == numbers(plot)
    assert figure.made_by(made) == figure.maker()
    assert "<dc:date>" not in made


def test_texts_stay_texts():
    """Names are text that can be searched, whatever signs are in them, and not shapes."""
    root = ElementTree.fromstring(svg(BARS))
    shown = {(item.text or "").strip() for item in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"crf", "CRF, 中文 <b>", "F1, %", "chance", "trivial", "published"} <= shown


def test_two_processes_write_the_same_bytes(tmp_path):
    """Hash seed, a person's own style and the folder do not matter."""
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\naxes.facecolor: red\n", encoding="utf-8")
    code = "import sys; from harness.report.plots.data import *; from harness.report.plots.draw import svg; sys.stdout.write(svg(Curves('t', 'x', 'y', (Curve('a', (1., 2., 4.), (3., 1., 2.), 1., 3.),), True)))"
    root = str(Path(figure.__file__).parents[3])
    made = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            cwd=folder,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]),
            },
        ).stdout
        for seed, folder in (("1", root), ("2", str(tmp_path)))
    ]
    assert made[0] == made[1]
    assert b"<svg" in made[0]


def test_many_curves_have_panels():
    """Twenty curves stand in panels of at most six, each named once; seven fit into one."""
    with figure.style():
        many = drawn(CURVES)
        one = drawn(Curves("t", "x", "y", CURVES.curves[:7], doubling=True))
    assert (len(many.axes), len(one.axes)) == (4, 1)
    named = [text.get_text() for axes in many.axes for text in axes.texts]
    assert sorted(named) == sorted(curve.name for curve in CURVES.curves)


def test_every_length_has_its_tick():
    """Where lengths double, all of them are on the axis, in full."""
    with figure.style():
        (axes,) = drawn(Curves("t", "x", "y", CURVES.curves[:3], doubling=True)).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["256", "512", "1,024", "2,048", "4,096"]


def test_what_is_no_number_is_left_out():
    """A loss that became nan does not spoil the drawing; with nothing left there is nothing to draw."""
    with figure.style():
        (axes,) = drawn(Curves("t", "x", "y", (Curve("a", (0.0, 1.0, 2.0), (1.0, float("nan"), 2.0)),))).axes
        assert list(axes.lines[0].get_ydata()) == [1.0, 2.0]
        for empty in (Curves("t", "x", "y", ()), Scatter("t", "x", "y", ()), Bars("t", "x", ()), Dots("t", "x", ())):
            with pytest.raises(ValueError, match="needs a"):
                drawn(empty)


def test_the_front_is_what_nothing_beats():
    """Against every pair: a point is on the front exactly when no other is at least as good on both and better on one."""
    points = [Point(str(place), place * 7 % 11, place * 5 % 13) for place in range(30)]
    best = {point.name for point in front(points)}
    for point in points:
        beaten = any(o.x >= point.x and o.y >= point.y and (o.x > point.x or o.y > point.y) for o in points)
        assert (point.name in best) == (not beaten)


def test_other_files_carry_nothing():
    """A drawing that is none of ours, or is damaged, has no numbers and no maker."""
    for text in ("", "<svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "# a page"):
        assert figure.stored(text) is None
        assert figure.made_by(text) == ""
