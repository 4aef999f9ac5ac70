"""Ranks over the tasks of a folder: shared places, missing tasks, and every form of a board."""

from __future__ import annotations

import csv
import io
import json
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.board.leaderboard import Board
from harness.board.overall import Standing, overall
from harness.board.values import Value
from harness.report.overall import introduction
from harness.report.render import render

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make = synthetic["record"]


def standing(task, **scores):
    """A task's models, best first."""
    values = {(name, None): Value(score, standard_error=0.01) for name, score in scores.items()}
    return Standing(task, "mini@1", dict(sorted(values.items(), key=lambda item: -item[1].value)))


TASKS = [standing("x/one", a=0.9, b=0.7, c=0.69, d=0.8), standing("x/two", a=0.5, b=0.6, c=0.4)]


def test_places_are_shared_and_missing_tasks_leave_no_mean() -> None:
    """Models within each other's error share a place; one that lacks a task has no mean, and moves nobody's."""
    (table,) = overall(TASKS)
    assert [(row.model, row.mean) for row in table.rows] == [("a", 1.5), ("b", 1.5), ("c", 2.5), ("d", None)]
    assert table.rows[1].ranks == {"x/one": 2, "x/two": 1}
    assert (table.rows[3].ranks, list(table.rows[3].scores)) == ({}, ["x/one"])


def test_a_task_that_few_have_tried_is_left_out() -> None:
    """A task with one model of four would take the mean from all others; it is named instead."""
    (table,) = overall([*TASKS, standing("x/three", a=0.5)])
    assert (table.tasks, table.left_out) == (["x/one", "x/two"], ["x/three"])
    assert "few models have tried them: three" in introduction(table)


def test_a_task_that_half_have_tried_stays() -> None:
    """Two models of four are half of them: the task is in the table."""
    four = [TASKS[0], standing("x/two", a=0.5, b=0.6, c=0.4, d=0.3)]
    (table,) = overall([*four, standing("x/three", a=0.5, b=0.6)])
    assert (sorted(table.tasks), table.left_out) == (["x/one", "x/three", "x/two"], [])


def test_the_table_stands_before_the_first_of_its_tasks() -> None:
    """One that is left out counts, too: its section follows the table."""
    (table,) = overall([*TASKS, standing("x/first", a=0.5)])
    assert (table.left_out, table.before) == (["x/first"], "x/first")


def test_models_of_one_task_do_not_make_others_little_tried() -> None:
    """Many variants that were tried on one task alone say nothing of how usual the other tasks are."""
    variants = {f"variant_{number}": 0.5 for number in range(9)}
    (table,) = overall(
        [TASKS[0], standing("x/two", a=0.5, b=0.6, c=0.4, **variants), standing("x/three", a=0.5, b=0.6)]
    )
    assert (len(table.tasks), table.left_out) == (3, [])


def test_a_model_on_few_tasks_is_left_out() -> None:
    """On one of three tasks a model is not compared with those of all."""
    (table,) = overall([*TASKS, standing("x/three", a=0.5, b=0.6, c=0.4)])
    assert sorted(row.model for row in table.rows) == ["a", "b", "c"]


def test_models_that_share_no_task_are_no_table() -> None:
    """Three tasks, each with models of its own, have nothing to be averaged."""
    assert overall([standing("x/one", a=0.9), standing("x/two", b=0.9), standing("x/three", c=0.9)]) == []


def test_one_task_or_another_protocol_is_no_table() -> None:
    """A folder with one task has nothing to be averaged, and two protocols are never one table."""
    other = Standing("x/two", "paper@1", TASKS[1].values)
    assert overall(TASKS[:1]) == overall([TASKS[0], other]) == overall([standing("x/one"), standing("x/two")]) == []


def test_one_table_a_protocol_whatever_ran_last(tmp_path) -> None:
    """A newer run under another protocol, or on a part of the data, takes nobody out of the table of the first."""
    runs = [make(0.7, task=task, model=f"ner/{name}") for task in ("ner/cmeee", "ner/msra") for name in "ab"]
    later = {"task": "ner/msra", "model": "ner/a", "at": "2026-03-01T00:00:00Z"}
    for number, other in enumerate((make(0.9, protocol="paper", **later), make(0.9, limit=32, **later))):
        (table,) = synthetic["board_of"](tmp_path / str(number), *runs, other).overall
        assert (table.protocol, table.tasks) == ("mini@1", ["ner/cmeee", "ner/msra"])


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=2, max_size=5))
def test_a_model_that_is_never_beaten_leads(scores) -> None:
    """The mean rank of a model that is best everywhere is 1, and no mean is below 1 or above the number of models."""
    (table,) = overall([standing(f"x/{n}", a=2.0, b=b, c=c, d=d) for n, (b, c, d) in enumerate(scores)])
    assert (table.rows[0].model, table.rows[0].mean) == ("a", 1.0)
    assert all(1 < row.mean <= 4 for row in table.rows[1:])


@pytest.mark.parametrize("form", ["md", "html", "json", "csv"])
def test_every_form_shows_it(form) -> None:
    """Means, places and scores stand in each form of a board; CSV has the means alone."""
    from harness.board.leaderboard import Section

    sections = [Section(one.task, "", "accuracy", "proportion", True, "test") for one in TASKS]
    text = render(Board(sections, [], 0, "", overall=overall(TASKS)), form)
    if form == "csv":
        assert {row["model"]: row["value"] for row in csv.DictReader(io.StringIO(text))} == {
            "a": "1.5",
            "b": "1.5",
            "c": "2.5",
        }
    elif form == "json":
        assert json.loads(text)["overall"][0]["rows"][0]["mean"] == 1.5
    else:
        assert "over the tasks of x" in text
        assert "2 (70.00)" in text
        assert "1 of 2 tasks" in text
