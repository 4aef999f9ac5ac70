"""Places over the tasks of a folder: ranges, means with intervals, missing tasks, and every form of a board."""

from __future__ import annotations

import csv
import io
import itertools
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.board.leaderboard import Board
from harness.board.overall import Standing, overall
from harness.board.values import Value
from harness.report.overall import introduction, plot
from harness.report.render import render
from harness.statistics.pairs import Row

shelf = runpy.run_path(str(Path(__file__).parents[1] / "_shelf.py"))
synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make = synthetic["record"]


def standing(task, error=0.01, protocol="mini@1", arithmetic="float32", groups=400, **scores):
    """A task's models, each with two seeds and an error over items of its own."""
    values = {(name, None): Value(score, seeds=2) for name, score in scores.items()}
    held = {
        model: Row(model[0], shelf["influence"](shelf["scores"](value), error, f"{task} {model[0]}", groups))
        for model, value in values.items()
    }
    return Standing(task, protocol, arithmetic, "accuracy", values, held)


TASKS = [standing("x/one", a=0.9, b=0.7, c=0.69, d=0.8), standing("x/two", a=0.5, b=0.6, c=0.4)]


FIELDS = ("task", "protocol", "arithmetic", "metric", "values")


def means(table):
    """Model and mean place of the rows."""
    return [(row.model, row.mean and row.mean.value) for row in table.rows]


def test_a_mean_is_of_places_by_value_and_missing_tasks_leave_none() -> None:
    """The mean is over tasks of the place by score; one that lacks a task has no mean, and moves nobody's."""
    (table,) = overall(TASKS)
    assert means(table) == [("a", 1.5), ("b", 1.5), ("c", 3.0), ("d", None)]
    assert {task: (place.first, place.last) for task, place in table.rows[1].places.items()} == {
        "x/one": (2, 3),
        "x/two": (1, 1),
    }
    assert (table.rows[3].places, list(table.rows[3].scores)) == ({}, ["x/one"])


def test_the_interval_of_a_mean_is_what_items_leave_open() -> None:
    """Two models that are far apart keep their places; two that are close may change them, by one place on one task."""
    (table,) = overall([standing("x/one", a=0.9, b=0.7, c=0.69), standing("x/two", a=0.9, b=0.7, c=0.5)])
    ends = {row.model: (row.mean.lower, row.mean.upper, row.mean.tables) for row in table.rows}
    assert ends == {"a": (1.0, 1.0, 2), "b": (2.0, 2.5, 2), "c": (2.5, 3.0, 2)}


def test_a_task_with_too_few_groups_of_items_is_left_out() -> None:
    """Of four books nothing can be said: the task is named with the reason, and the mean stands on the others."""
    (table,) = overall([*TASKS, standing("x/three", groups=4, a=0.1, b=0.9, c=0.8, d=0.7)])
    assert table.tasks == ["x/one", "x/two"]
    assert "4 groups of items" in table.unsure["x/three"]
    assert "three (4 groups of items" in introduction(table)


def test_two_classes_of_arithmetic_are_two_tables() -> None:
    """What ran in bf16 is no rival of what ran in float32."""
    other = [standing(one.task, arithmetic="bf16", a=0.5, b=0.9) for one in TASKS]
    assert [(table.arithmetic, means(table)[0]) for table in overall([*TASKS, *other])] == [
        ("float32", ("a", 1.5)),
        ("bf16", ("b", 1.0)),
    ]


def test_recipes_with_one_seed_have_no_mean() -> None:
    """Nothing is known of what another seed would give."""
    one = [standing(task, a=0.9, b=0.8, c=0.7) for task in ("x/one", "x/two")]
    single = Row("c", shelf["influence"]([0.7], 0.01, "c"))
    table = overall(
        [Standing(*(getattr(held, name) for name in FIELDS), {**held.held, ("c", None): single}) for held in one]
    )[0]
    assert means(table) == [("a", 1.0), ("b", 2.0), ("c", None)]


def test_it_is_ranked_by_what_models_differ_in() -> None:
    """Language models are ranked by their longest context, and the table says so; one that refuses it has no mean."""
    far = "bits_per_byte_growing_4096_256"
    held = [Standing(one.task, one.protocol, "float32", far, one.values, one.held) for one in TASKS]
    assert f"one by {far}" in introduction(overall(held)[0])
    assert "longest context" not in introduction(overall(TASKS)[0])


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


def test_language_models_stand_by_their_longest_context(tmp_path) -> None:
    """Of records with readings at several lengths that of the longest is taken; who refused to read it has no mean."""
    metric, far = synthetic["metric"], "bits_per_byte_growing_4096_256"
    runs = []
    for task, (name, value) in itertools.product(("lm/one", "lm/two"), {"a": 2.5, "b": 2.4, "c": 2.6}.items()):
        made = make(0.5, task=task, model=f"lm/{name}", seeds=3)
        made.results = {
            read: metric(bits, 3, unit="bits", higher_is_better=False)
            for read, bits in (("bits_per_byte", 2.3), ("bits_per_byte_growing_512_256", 5 - value), (far, value))
            if name != "c" or read != far
        }
        runs.append(made)
    (table,) = synthetic["board_of"](tmp_path, *runs, cards={}).overall
    assert set(table.metrics.values()) == {far}
    assert means(table) == [("lm/b", 1.0), ("lm/a", 2.0)]
    assert f"one by {far}, two by {far}" in introduction(table)


def test_one_task_or_another_protocol_is_no_table() -> None:
    """A folder with one task has nothing to be averaged, and two protocols are never one table."""
    other = standing("x/two", protocol="paper@1", a=0.5, b=0.6, c=0.4)
    assert overall(TASKS[:1]) == overall([TASKS[0], other]) == overall([standing("x/one"), standing("x/two")]) == []


def test_one_table_a_protocol_whatever_ran_last(tmp_path) -> None:
    """A newer run under another protocol, or on a part of the data, takes nobody out of the table of the first."""
    runs = [make(0.7, task=task, model=f"ner/{name}", seeds=2) for task in ("ner/cmeee", "ner/msra") for name in "ab"]
    later = {"task": "ner/msra", "model": "ner/a", "seeds": 2, "at": "2026-03-01T00:00:00Z"}
    for number, other in enumerate((make(0.9, protocol="paper", **later), make(0.9, limit=32, **later))):
        (table,) = synthetic["board_of"](tmp_path / str(number), *runs, other).overall
        assert (table.protocol, table.tasks) == ("mini@1", ["ner/cmeee", "ner/msra"])


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=2, max_size=5))
def test_a_model_that_is_never_beaten_leads(scores) -> None:
    """The mean rank of a model that is best everywhere is 1, and no mean is below 1 or above the number of models."""
    (table,) = overall([standing(f"x/{n}", a=2.0, b=b, c=c, d=d) for n, (b, c, d) in enumerate(scores)])
    assert means(table)[0] == ("a", 1.0)
    assert all(1 < row.mean.value <= 4 and row.mean.lower <= row.mean.value <= row.mean.upper for row in table.rows[1:])


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
            "c": "3.0",
        }
    elif form == "json":
        assert json.loads(text)["overall"][0]["rows"][0]["mean"]["value"] == 1.5
    else:
        assert "over the tasks of x" in text
        assert "2-3 (70.00)" in text
        assert "1 of 2" in text
        assert "1.50 *" in text


def test_of_few_tasks_nothing_is_said_of_others() -> None:
    """Below five tasks there is neither a critical difference nor Friedman's p, and the page says so; the plot has no bar."""
    for tasks in (4, 5):
        (table,) = overall([standing(f"x/{n}", a=0.9, b=0.7, c=0.5) for n in range(tasks)])
        said = "needs 5 tasks" in introduction(table), "Friedman" in introduction(table)
        assert said == (tasks == 4, tasks == 5)
        assert (table.gap is None, table.friedman is None, plot(table).gap is None) == (tasks == 4,) * 3


def test_an_interval_is_the_mean_of_the_ranges_beside_it() -> None:
    """Whoever reads the table can work it out."""
    (table,) = overall(TASKS)
    for row in table.ranked:
        ends = [np.mean([getattr(place, end) for place in row.places.values()]) for end in ("first", "last")]
        assert [row.mean.lower, row.mean.upper] == ends


def test_the_plot_is_that_of_demsar() -> None:
    """Mean ranks, and which of them differ at 5 %, are those of another implementation of the tests of Friedman and Nemenyi."""
    posthocs = pytest.importorskip("scikit_posthocs")
    rng = np.random.default_rng(1)
    scores = {
        f"x/{n}": dict(zip("abcdef", np.round(0.5 + rng.normal([0, 0, 0.02, 0.04, 0.06, 0.2], 0.03), 4), strict=True))
        for n in range(9)
    }
    (table,) = overall([standing(task, **values) for task, values in scores.items()])
    drawn = plot(table)
    blocks = np.array([list(values.values()) for values in scores.values()])
    ranks = (len("abcdef") + 1 - scipy.stats.rankdata(blocks, axis=1)).mean(0)
    assert {place.name: place.value for place in drawn.places} == pytest.approx(dict(zip("abcdef", ranks, strict=True)))
    assert table.friedman == pytest.approx(scipy.stats.friedmanchisquare(*blocks.T).pvalue)
    p = posthocs.posthoc_nemenyi_friedman(blocks).to_numpy()
    apart = np.abs(ranks[:, None] - ranks[None, :]) >= drawn.gap
    assert (apart == (p < 0.05)).all()
    assert apart.any()
    assert not apart.all()
