"""The charts: sound XML, points where the numbers say, text as text."""

import xml.etree.ElementTree as ElementTree

import pytest

from harness.report.svg import DotRow, Mark, dot_chart, front, line_chart, scatter_chart

NAMESPACE = "{http://www.w3.org/2000/svg}"


def points(drawn):
    """The points of every line."""
    return [
        [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        for line in drawn.iter(f"{NAMESPACE}polyline")
    ]


def test_lines_follow_their_points():
    """Equal steps of x are equally far apart, a higher value lies higher, and equal values equally high."""
    drawn = ElementTree.fromstring(
        line_chart({"a": [(0, 1.0), (10, 3.0), (20, 2.0)], "b": [(0, 2.0)]}, "Loss", "step", "nats")
    )
    (first, second, third), (other,) = points(drawn)
    assert second[0] - first[0] == pytest.approx(third[0] - second[0])
    assert second[1] < third[1] < first[1]
    assert other[1] == third[1]
    assert drawn.get("viewBox").startswith("0 0 ")
    assert drawn.get("font-family") == "sans-serif"


def test_texts_stay_texts():
    """Title, labels and names are text that can be read and searched, whatever signs are in them."""
    drawn = ElementTree.fromstring(line_chart({"中文 <b>": [(0, 1.0), (1, 2.0)]}, "A & B", "步", "nats"))
    texts = {item.text for item in drawn.iter(f"{NAMESPACE}text")}
    assert {"中文 <b>", "A & B", "步", "nats"} <= texts


def test_what_is_no_number_is_left_out():
    """A loss that became nan does not spoil the drawing; with nothing left there is nothing to draw."""
    drawn = ElementTree.fromstring(line_chart({"a": [(0, 1.0), (1, float("nan")), (2, 2.0)]}, "t", "x", "y"))
    assert len(points(drawn)[0]) == 2
    with pytest.raises(ValueError, match="finite point"):
        line_chart({"a": [(0, float("inf"))]}, "t", "x", "y")
    with pytest.raises(ValueError, match="needs a dot"):
        dot_chart([DotRow("a", {})], "t", "x")


def test_many_lines_can_be_told_apart():
    """More series than colours differ by their dashes."""
    series = {str(n): [(0, float(n)), (1, float(n))] for n in range(12)}
    drawn = ElementTree.fromstring(line_chart(series, "t", "x", "y"))
    styles = [(line.get("stroke"), line.get("stroke-dasharray")) for line in drawn.iter(f"{NAMESPACE}polyline")]
    assert len(set(styles)) == 12


def test_the_front_is_what_nothing_beats():
    """Against every pair: a point is on the front exactly when no other is at least as good on both and better on one."""
    marks = [Mark(str(place), place * 7 % 11, place * 5 % 13) for place in range(30)]
    best = {mark.name for mark in front(marks)}
    for mark in marks:
        beaten = any(
            other.x >= mark.x and other.y >= mark.y and (other.x > mark.x or other.y > mark.y) for other in marks
        )
        assert (mark.name in best) == (not beaten)


def test_a_scatter_fills_the_front():
    """Dots on the front are filled, others hollow; intervals are drawn where they are known; names are in the legend."""
    marks = [Mark("fast & poor", 30, 50, 49, 51), Mark("slow", 10, 60), Mark("beaten", 9, 40)]
    drawn = ElementTree.fromstring(scatter_chart(marks, "t", "tokens a second", "F1"))
    fills = {
        circle.find(f"{NAMESPACE}title").text: circle.get("fill") != "#ffffff"
        for circle in drawn.iter(f"{NAMESPACE}circle")
    }
    assert fills == {"fast & poor": True, "slow": True, "beaten": False}
    (line,) = points(drawn)
    assert len(line) == 2
    assert any("fast & poor" in (text.text or "") for text in drawn.iter(f"{NAMESPACE}text"))


def test_a_wide_scatter_goes_by_ratios():
    """Points that are ten times apart stand equally far from each other, inside the frame."""
    marks = [Mark("slow", 40, 1), Mark("middle", 400, 2), Mark("fast", 4000, 3)]
    drawn = ElementTree.fromstring(scatter_chart(marks, "t", "x", "y"))
    places = [float(circle.get("cx")) for circle in drawn.iter(f"{NAMESPACE}circle")]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=0.2)
    assert 70 <= places[0] < places[2] <= 700


def test_a_scatter_needs_a_point():
    """Nothing to draw is an error."""
    with pytest.raises(ValueError, match="needs a point"):
        scatter_chart([], "t", "x", "y")
