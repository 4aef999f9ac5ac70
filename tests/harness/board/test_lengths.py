"""Scores against length: one table a way of reading, never mixed, with what was refused."""

from __future__ import annotations

import pytest

from harness.board.lengths import length_tables, reading
from harness.board.tables import Row
from harness.board.values import Value
from harness.report import lengths


def row(model, refused=(), by=(), **values):
    """A row with some scores."""
    made = {name: Value(value, "bits", higher_is_better=False) for name, value in values.items()}
    if by:
        made["recall"] = Value(0.5, by=by)
    return Row("learned", 1, model, None, made, refused=tuple(refused))


ROPE = row(
    "lm/rope",
    bits_per_byte=2.5,
    bits_per_byte_nonoverlapping_256=2.5,
    bits_per_byte_nonoverlapping_512=4.0,
    bits_per_byte_sliding_1024_512=5.0,
)
TABLE = row("lm/learned", refused=("512", "1024"), bits_per_byte_nonoverlapping_256=2.6)


def test_each_way_is_a_table_of_its_own():
    """Windows side by side and sliding ones should never stand in one table; a plain score is no reading."""
    tables = length_tables([ROPE, TABLE])
    assert [(table.way, table.lengths) for table in tables] == [("nonoverlapping", [256, 512]), ("sliding_512", [1024])]
    assert [line.model for line in tables[1].rows] == ["lm/rope"]
    assert reading("bits_per_byte") is None


def test_a_refused_window_says_so():
    """A cell that a model refused should say so, and one that nobody asked for stay empty."""
    (table, _) = length_tables([ROPE, TABLE])
    assert lengths.lines(table) == [
        {"model": "lm/rope", "256": "2.500", "512": "4.000"},
        {"model": "lm/learned", "256": "2.600", "512": "refused"},
    ]
    assert [line["refused"] for line in lengths.flat(table)] == [False, False, False, True]


def test_parts_by_distance_and_by_position():
    """Recall by distance and loss by position should be tables of their own, at the end of each part."""
    far = row("lm/alibi", by=(("distance:64", 1.0), ("distance:1024", 0.25)))
    near = row("lm/rope", by=(("position:0-32", 3.0), ("position:32-64", 2.0)))
    by_position, by_distance = length_tables([far, near])
    assert (by_distance.way, by_distance.lengths) == ("distance", [64, 1024])
    assert (by_position.way, by_position.lengths) == ("position", [32, 64])
    assert lengths.lines(by_distance)[0]["1,024"] == "25.00"


def test_rows_without_readings_make_no_table():
    """A board of other kinds of tasks should get none."""
    assert length_tables([row("ner/crf", span_f1=0.5)]) == []


@pytest.mark.parametrize("count", [1, 8, 9, 64])
def test_many_positions_are_thinned(count):
    """A table should show few of many positions, the last one among them."""
    kept = lengths.thinned(list(range(1, count + 1)))
    assert len(kept) <= lengths.MOST
    assert kept[-1] == count


def test_the_plot_has_a_curve_for_each_model():
    """Every model should be a line, and lengths should stand at their doublings."""
    drawn = lengths.plot("lm/novels_en", length_tables([ROPE, TABLE])[0])
    assert len(drawn.curves) == 2
    assert drawn.doubling
    assert {x for curve in drawn.curves for x in curve.x} == {256.0, 512.0}
