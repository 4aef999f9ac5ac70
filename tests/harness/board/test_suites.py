"""The joint tables of a suite: what is averaged, what is not, how sure the mean is, what is said below."""

import csv
import functools
import io
import math
import re
import runpy
from pathlib import Path

import pytest
import scipy.stats

from harness.report.cells import place_text
from harness.report.render import render
from harness.spec import Reference, Suite

choice = runpy.run_path(str(Path(__file__).parents[1] / "_choice.py"))
make = choice["record"]
TASKS = ("zero/alpha", "zero/beta", "zero/gamma")


@pytest.fixture
def show(tmp_path):
    """Put records into a folder and make their board."""
    return functools.partial(choice["board_of"], tmp_path)


def all_of(values, **options):
    """A record on each task of the suite."""
    return [make(value, task=task, **options) for task, value in zip(TASKS, values, strict=True)]


def only(made):
    """The one joint table of a board."""
    (suite,) = made.suites
    (table,) = suite.tables
    return table


def row(table, model):
    """The row of a model."""
    (found,) = [item for item in table.rows if item.model == model]
    return found


def test_the_score_is_the_plain_mean_of_the_tasks(show):
    """Three accuracies give their mean; the error over items is the root of the summed squares, over three."""
    records = all_of((0.6, 0.7, 0.8), seeds=3)
    for made, error in zip(records, (0.01, 0.02, 0.03), strict=True):
        made.results["accuracy"]["checkpoints"] = {**made.results["accuracy"]["checkpoints"], "standard_error": error}
    score = row(only(show(*records)), "zero/nsp").score
    assert score.value == pytest.approx(0.7)
    error = math.sqrt(0.01**2 + 0.02**2 + 0.03**2) / 3
    assert score.checkpoints.standard_error == pytest.approx(error)
    reach = scipy.stats.t.ppf(0.975, 3 * 399) * error
    assert (score.checkpoints.lower, score.checkpoints.upper) == pytest.approx((0.7 - reach, 0.7 + reach))


def test_the_interval_of_the_recipe_holds_its_seeds(show):
    """Each seed has a mean over the tasks; their spread is in the recipe's interval, and one seed has none."""
    wide = all_of((0.6, 0.7, 0.8), seeds=3)
    for made in wide:
        made.results["accuracy"]["seed_sd"] = 0.3
    score = row(only(show(*wide)), "zero/nsp").score
    assert score.recipe.standard_error > 3 * score.checkpoints.standard_error
    assert row(only(show(*all_of((0.6, 0.7, 0.8), model="zero/one"))), "zero/one").score.recipe.none.startswith(
        "one seed"
    )


def test_without_every_task_there_is_no_score(show):
    """Two tasks of three: no mean and no rank, whatever they are, and the board says how many there are."""
    made = show(*all_of((0.6, 0.6, 0.6), seeds=3), *all_of((0.9, 0.9, 0.9), model="zero/better", seeds=3)[:2])
    found = row(only(made), "zero/better")
    assert (found.score, found.place.first, len(found.tasks)) == (None, None, 2)
    assert [item.model for item in only(made).rows if item.role == "learned"] == ["zero/nsp", "zero/better"]
    assert "| 2 of 3 " in render(made, "md")


def test_protocols_are_never_mixed(show):
    """A task run under another protocol does not fill the gap of a row; it stands in a table of its own."""
    parts = all_of((0.6, 0.6, 0.6))[:2]
    other = make(0.9, task="zero/gamma", protocol="paper", at="2025-01-01T00:00:00Z")
    (suite,) = show(*parts, other).suites
    assert [table.protocol for table in suite.tables] == ["mini@1", "paper@1"]
    assert [len(table.rows[0].tasks) for table in suite.tables] == [2, 1]
    assert all(item.score is None for table in suite.tables for item in table.rows if item.role == "learned")


def test_keys_are_never_mixed(show):
    """Two runs on unlike data: the older one gives no column to its row, and a note says that it is left out."""
    records = all_of((0.6, 0.6, 0.6))
    old = make(0.9, model="zero/old", data="e" * 64, at="2025-01-01T00:00:00Z")
    table = only(show(*records, old))
    assert [item.model for item in table.rows if item.role == "learned"] == ["zero/nsp"]
    assert any(note.startswith("zero/alpha counts under its newest key") for note in table.notes)


def test_settings_and_encoders_are_rows(show):
    """A request is a model with its settings on an encoder."""
    records = [
        *all_of((0.6, 0.6, 0.6), seeds=3),
        *all_of((0.5, 0.5, 0.5), changed={"template": "0"}, seeds=3),
        *all_of((0.4, 0.4, 0.4), encoder="bert", seeds=3),
    ]
    table = only(show(*records))
    rows = [(place_text(item.place), item.model, item.encoder) for item in table.rows if item.role == "learned"]
    assert rows == [
        ("1 *", "zero/nsp", "mini-zh"),
        ("2 *", "zero/nsp:template=0", "mini-zh"),
        ("3 *", "zero/nsp", "bert"),
    ]
    assert (table.pairs, len(table.power)) == (3, 3)


def test_published_rows_need_one_source_on_every_task(show):
    """A published model has a mean where one source measured all tasks on the ranked split; no mean is printed: it is computed."""
    made = show(*all_of((0.6, 0.6, 0.6)))
    (found,) = [item for item in only(made).rows if item.role == "published"]
    assert (found.model, found.score.value, found.source) == ("NSP, zero-shot", pytest.approx(0.7), "Paper A")
    assert found.place.first is None
    assert "70.00 (computed)" in render(made, "md")


@pytest.mark.parametrize(("printed", "told"), [("69.99", False), ("70.06", True)])
def test_a_published_mean_is_shown_as_it_is_printed(tmp_path, printed, told):
    """Not the mean of the printed scores; where both differ by more than rounding allows, a note says both."""
    known = {
        "trio": Suite(
            "trio",
            references=(
                Reference("NSP, zero-shot", "accuracy", float(printed) / 100, "dev", "Paper A", printed=printed),
            ),
        )
    }
    made = choice["board_of"](tmp_path, *all_of((0.6, 0.6, 0.6)), known=known)
    assert printed in render(made, "md")
    assert "(computed)" not in render(made, "md")
    notes = [note for note in only(made).notes if "printed is a mean" in note]
    assert (
        notes
        == [f"NSP, zero-shot (Paper A): printed is a mean of {printed}; that of the tasks as printed is 70.00."] * told
    )


def test_chance_and_the_trivial_model_are_said_plainly(show):
    """What is not above guessing, or not above the best trivial model, is named with its task and its score."""
    records = [
        *all_of((0.515, 0.6, 0.8)),
        *all_of((0.5, 0.65, 0.5), model="trivial/majority", encoder=None),
        *all_of((0.4, 0.4, 0.4), model="trivial/first", encoder=None),
    ]
    made = show(*records)
    table = only(made)
    assert table.notes == [
        "zero/nsp on mini-zh is not shown to be above chance on alpha (51.50, difference +1.50 ± 1.97).",
        "zero/nsp on mini-zh is not shown to beat the best trivial model on alpha (51.50, difference +1.50 ± 2.73), "
        "beta (60.00, difference -5.00 ± 2.64).",
    ]
    assert [item.role for item in table.rows] == ["learned", "trivial", "trivial", "published"]
    alpha = next(section for section in made.sections if section.task == "zero/alpha")
    assert (
        "zero/nsp on mini-zh (51.50) is not shown to be above chance (50.00): difference +1.50 ± 1.97, p = 0.13."
        in alpha.tables[0].notes
    )


def test_samples_and_other_tasks_have_no_suite(show, tmp_path):
    """Runs on embedded samples stand in no joint table, nor does a task without a suite."""
    made = show(make(0.6, task="zero/alpha@sample"), make(0.6, task="ner/other"))
    assert made.suites == []


def test_it_stands_before_its_tasks_in_every_format(show):
    """Markdown and the page have the suite ahead of its first task, CSV and JSON hold its numbers in full."""
    made = show(*all_of((0.6, 0.7, 0.8), seeds=3), make(0.5, task="ner/zero"))
    text = render(made, "md")
    places = [text.index(f"## {name}") for name in ("ner/zero", "suite: trio", "zero/alpha", "zero/beta")]
    assert places == sorted(places)
    assert "| 1 * | zero/nsp | mini-zh | 70.00 |" in re.sub(" +", " ", text)
    page = render(made, "html")
    assert page.index("suite: trio</h2>") < page.index("zero/alpha</h2>")
    first = next(csv.DictReader(io.StringIO(render(made, "csv"))))
    assert (first["task"], first["metric"], float(first["value"])) == (
        "suite: trio",
        "mean of the tasks",
        pytest.approx(0.7),
    )


def test_text_of_records_cannot_break_the_page(show):
    """A model's settings come from a record: tags and bars in them stay text."""
    made = show(*all_of((0.6, 0.7, 0.8), changed={"template": '<img src=x>|"'}))
    assert "<img" not in render(made, "html")
    assert "<img" not in render(made, "md")
