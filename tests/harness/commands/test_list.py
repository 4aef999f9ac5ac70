"""``harness list``: read from the sources, nothing heavy imported, nothing blank."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cli.main import main


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What ``harness list ... --json`` prints."""
    assert main(["list", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_tasks_are_listed_with_what_a_chooser_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """Each task says name, title, language, whether it is nested, the ranked split and the licence; only the suite may be none."""
    rows = {row["name"]: row for row in listed(capsys)}
    assert rows["ner/cmeee"]["nested"] is True
    assert rows["ner/cmeee"]["ranked split"] == "dev"
    assert rows["ner/germeval2014"]["language"] == "de"
    assert all(row[name] not in (None, "") for row in rows.values() for name in row.keys() - {"suite"})


@pytest.mark.parametrize(
    ("shelf_name", "expected"),
    [
        ("models", "ner/crf"),
        ("encoders", "bilstm"),
        ("protocols", "mini@1"),
        ("metrics", "span_f1"),
        ("regimes", "sam"),
        ("suites", "fewclue"),
    ],
)
def test_every_shelf_has_a_list(capsys: pytest.CaptureFixture[str], shelf_name: str, expected: str) -> None:
    """Each shelf lists what is on it, for people and for programs alike."""
    assert expected in {row["name"] for row in listed(capsys, shelf_name)}
    assert main(["list", shelf_name]) == 0
    assert f"| {expected} " in capsys.readouterr().out


def test_regimes_and_suites_say_what_is_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    """A regime's row has its constants with their values and its source, a suite's row all of its tasks."""
    rows = {row["name"]: row for row in listed(capsys, "regimes")}
    assert rows["fgm"]["constants"] == ["epsilon 0.5"]
    assert "arXiv 1605.07725" in rows["fgm"]["source"]
    assert all(row["title"] for row in rows.values())
    (suite,) = listed(capsys, "suites")
    assert len(suite["tasks"]) == 9
    assert "zero_shot/tnews" in suite["tasks"]


def test_trivial_models_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """A list of models says which rows are there only to be beaten."""
    rows = {row["name"]: row["trivial"] for row in listed(capsys, "models")}
    assert rows["trivial/gazetteer"] is True
    assert rows["ner/crf"] is False


def test_a_pattern_and_a_kind_filter(capsys: pytest.CaptureFixture[str], shelf: Any, pets_source: str) -> None:
    """A pattern keeps names that contain it, --kind what serves that kind of task; both together keep what fits both."""
    shelf({"tasks/toy/mood.py": pets_source.replace('kind="spans"', 'kind="samples"')})
    assert {row["name"] for row in listed(capsys, "tasks", "CMeEE")} == {"ner/cmeee", "ner/cmeee_v2"}
    assert [row["name"] for row in listed(capsys, "tasks", "--kind", "samples")] == ["toy/mood"]
    assert [row["name"] for row in listed(capsys, "tasks", "toy", "--kind", "spans")] == ["toy/pets"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tasks", "cmea"], "no task is called 'cmea'. Did you mean cmeee"),
        (["models", "globalpionter"], "Did you mean globalpointer"),
        (["models", "--kind", "span"], "no kind is called 'span'. Did you mean spans?"),
        (["metrics", "--kind", "spans"], "metrics have no kind"),
        (["regimes", "--kind", "spans"], "regimes have no kind"),
        (["regimes", "fgn"], "no regime is called 'fgn'. Did you mean fgm?"),
        (["suites", "fewclu3"], "no suite is called 'fewclu3'. Did you mean fewclue?"),
        (["tasks", "cmeee", "--kind", "images"], "no kind is called 'images'"),
    ],
)
def test_nothing_found_names_what_is_near(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    """An empty list is a slip of the user: exit 2 with the nearest names, and nothing on stdout."""
    assert main(["list", *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_a_pattern_and_a_kind_that_do_not_meet_are_told_apart(
    capsys: pytest.CaptureFixture[str], shelf: Any, pets_source: str
) -> None:
    """Where name and kind both exist but never together, the message says so instead of guessing at a typing slip."""
    shelf({"tasks/toy/mood.py": pets_source.replace('kind="spans"', 'kind="samples"')})
    assert main(["list", "tasks", "cmeee", "--kind", "label"]) == 2
    assert "there are no tasks with 'cmeee' in the name and kind label" in capsys.readouterr().err


def test_an_unreadable_card_is_an_error_and_hides_no_other(capsys: pytest.CaptureFixture[str], shelf: Any) -> None:
    """A card that is no literal is named with file and line and exits 4; the rest of the table is still printed."""
    shelf(
        {
            "tasks/toy/broken.py": "from harness.spec import Task\n\nTASK = Task(kind=make(), title='x', source='x', licence='x')\n"
        }
    )
    assert main(["list", "tasks"]) == 4
    captured = capsys.readouterr()
    assert "broken.py:3" in captured.err
    assert "ner/cmeee" in captured.out
    assert main(["list", "tasks", "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["error"]["type"] == "CardError"
    assert main(["list", "tasks", "cmeee"]) == 0, "a broken card that was not asked for is not read"
