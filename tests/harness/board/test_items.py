"""The items beside records: what places and joint scores are made of, and what is said where there are none."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.board import leaderboard, runs
from harness.board.items import Shelf, intervals, joint
from harness.board.notes import by_arithmetic
from harness.metrics.choice import accuracy
from harness.records import items
from harness.report.cells import place_text
from harness.statistics.differences import between
from harness.statistics.influence import influence
from harness.statistics.pairs import Row
from harness.statistics.table import Table

choice = runpy.run_path(str(Path(__file__).parents[1] / "_choice.py"))
make, put = choice["record"], choice["put"]


def table(right, seeds=1, size=400, start=0):
    """So many right answers of each seed on so many items, each its own group; the wrong ones begin at ``start``."""
    counts = np.zeros((seeds, size, 2), int)
    order = np.roll(np.arange(size), start)
    for seed in range(seeds):
        counts[seed, order[:right], 0] = 1
        counts[seed, order[right:], 1] = 1
    every = np.arange(size)
    return Table(tuple(range(seeds)), tuple(f"i{n}" for n in every), every, np.zeros(size, int), counts, accuracy)


def on_disk(root, name, right, start=0, seeds=3, **options):
    """A record whose items lie beside it."""
    made = make(right / 400, model=f"zero/{name}", seeds=seeds, **options)
    made.results["accuracy"]["value"] = right / 400
    folder = put(root, made, name)
    made.items = items.write(folder.path / items.NAME, {"accuracy": table(right, seeds, start=start)})
    put(root, made, name)
    return folder


def board(root):
    """The one table of the board of a folder."""
    (section,) = leaderboard.board(runs.read(root), choice["CARDS"]).sections
    (found,) = section.tables
    return found


def test_places_come_from_the_items_beside_the_records(tmp_path):
    """Two models that are wrong on the same items but five are told apart; independent ones of the same scores are not."""
    on_disk(tmp_path, "first", 240)
    on_disk(tmp_path, "second", 225)
    assert [place_text(row.place) for row in board(tmp_path).rows if row.role == "learned"] == ["1 *", "2 *"]
    on_disk(tmp_path, "second", 225, start=200)
    assert [place_text(row.place) for row in board(tmp_path).rows if row.role == "learned"] == ["1-2 *", "1-2 *"]


def test_records_without_items_are_named(tmp_path):
    """They stand below without a place, and the note says how items are made."""
    on_disk(tmp_path, "first", 240)
    put(tmp_path, make(0.7, model="zero/bare", seeds=3), "bare")
    found = board(tmp_path)
    assert [(row.model, place_text(row.place)) for row in found.rows if row.role == "learned"] == [
        ("zero/first", "1 *"),
        ("zero/bare", "-"),
    ]
    assert any("records of zero/bare on mini-zh" in note and "harness records items" in note for note in found.notes)


def test_damaged_items_are_told_and_hide_no_other(tmp_path):
    """A file that was cut off leaves its row without a place, with the reason; paths are those within the results."""
    on_disk(tmp_path, "first", 240)
    folder = on_disk(tmp_path, "second", 220)
    path = folder.path / items.NAME
    path.write_bytes(path.read_bytes()[:-20])
    found = board(tmp_path)
    (note,) = [note for note in found.notes if "has no place" in note]
    assert note.startswith("zero/second on mini-zh has no place: ")
    assert "zero/alpha/zero/second/second" in note
    assert str(tmp_path) not in note
    assert [place_text(row.place) for row in found.rows if row.role == "learned"] == ["1 *", "-"]


def test_each_is_read_once(tmp_path, monkeypatch):
    """A run and metric that many tables ask for costs one reading."""
    on_disk(tmp_path, "first", 240)
    (run,) = runs.read(tmp_path).runs
    shelf, read = Shelf(tmp_path), []
    real = items.read
    monkeypatch.setattr(items, "read", lambda *given: read.append(given) or real(*given))
    assert shelf.held(run, "accuracy") is shelf.held(run, "accuracy")
    assert len(read) == 1
    assert shelf.held(run, "no_such_metric") is None


# ---------------------------------------------------------------- joint scores


def row(right, seeds=1, deterministic=False, size=400):
    """A row of a table of accuracy."""
    return Row("a", influence(table(right, seeds, size)), deterministic)


def test_a_joint_score_is_the_mean_and_its_error_the_root_of_squares():
    """Of two tasks of unlike size: the mean of the scores, half the length of both errors; degrees add up."""
    parts = [row(300, deterministic=True), row(50, size=100, deterministic=True)]
    found = joint("a", parts)
    checkpoints, recipe = intervals(found)
    errors = [np.sqrt(share * (1 - share) / (size - 1)) for share, size in ((0.75, 400), (0.5, 100))]
    assert found.found.value == pytest.approx((0.75 + 0.5) / 2)
    assert checkpoints.standard_error == pytest.approx(np.hypot(*errors) / 2)
    assert checkpoints.degrees == 399 + 99
    assert recipe == checkpoints


def test_seeds_of_a_joint_score_are_those_that_all_tasks_have():
    """Three seeds here and two there leave two; a model that draws nothing goes with any; of one seed no recipe is known."""
    assert joint("a", [row(300, 3), row(200, 2)]).found.seeds == (0, 1)
    assert joint("a", [row(300, 3), row(200, deterministic=True)]).found.seeds == (0, 1, 2)
    assert not joint("a", [row(300, 3), row(200, deterministic=True)]).deterministic
    _, recipe = intervals(joint("a", [row(300, 3), row(200, 1)]))
    assert recipe.none.startswith("one seed")


@pytest.mark.parametrize(("seeds", "right", "count"), [(1, 250, "0 of 2"), (3, 290, "1 of 2"), (1, 290, "1 of 2")])
def test_requests_in_two_classes_are_tested_on_their_items(tmp_path, seeds, right, count):
    """How many are shown to differ follows from the test, one seed against three too; the largest comes with its error."""
    for name, number, many in (("a", 240, 3), ("b", 240, 3), ("c", right, seeds), ("d", 240, 3)):
        on_disk(tmp_path, name, number, start=200 if name == "a" or (name, right) == ("c", 290) else 0, seeds=many)
    found = {run.model[-1]: run for run in runs.read(tmp_path).runs}
    known = {"float32": ("a", "b"), "bf16": ("c", "d")}
    tables = {
        kind: [
            replace(found[name], model=f"zero/{same}", parts={"arithmetic": kind})
            for name, same in zip(names, "ab", strict=True)
        ]
        for kind, names in known.items()
    }
    (note,) = by_arithmetic(tables, "float32", "accuracy", Shelf(tmp_path))
    shelf = Shelf(tmp_path)
    one, two = (shelf.held(found[name], "accuracy").found for name in "ac")
    gap = between(one, two, basis="checkpoints")
    assert f"2 requests are on record in float32 and bf16, {count} tested" in note
    assert f"(float32 less bf16): zero/a on mini-zh -{100 * (right - 240) / 400:.2f} ± " in note
    assert note.endswith(f"± {100 * (gap.value - gap.lower):.2f}.")


def test_a_request_without_items_in_one_class_is_counted_as_unknown(tmp_path):
    """It is not among those that are tested."""
    on_disk(tmp_path, "a", 240)
    (run,) = runs.read(tmp_path).runs
    sides = [replace(run, parts={"arithmetic": kind}) for kind in ("float32", "bf16")]
    bare = [replace(side, model="zero/bare", path=f"bare{side.arithmetic}", items=False) for side in sides]
    tables = {side.arithmetic: [side, other] for side, other in zip(sides, bare, strict=True)}
    (note,) = by_arithmetic(tables, "float32", "accuracy", Shelf(tmp_path))
    assert "0 of 1 tested are shown to differ; of 1 the error is unknown." in note
