"""The commands on tasks of kind ``choice``: a suite in one go, a question and its templates for a person."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.main import main

choice = runpy.run_path(str(Path(__file__).parents[1] / "_choice.py"))


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command on the toys; stdout, or stderr where it fails."""
    monkeypatch.setenv("HARNESS_PATH", str(choice["shelves"](tmp_path / "mine")))

    def made(*arguments: str, code: int = 0) -> str:
        assert main([*arguments, "--output-dir", str(tmp_path / "results")]) == code
        captured = capsys.readouterr()
        return captured.err if code else captured.out

    return made


def test_a_suite_is_all_of_its_tasks(call: Callable[..., str]) -> None:
    """`--suite` runs each task of the suite, with each model; the board then has their mean."""
    made = json.loads(call("run", "--suite", "toys", "--model", "looker,first", "--data", "sample", "--json"))
    assert [(item["task"]["name"], item["model"]["name"], item["status"]) for item in made] == [
        (f"toys/{task}@sample", model, "success")
        for task in ("mood", "pairs")
        for model in ("toys/looker", "trivial/first")
    ]


def test_a_suite_that_does_not_exist(call: Callable[..., str]) -> None:
    """The nearest suites are named, and an empty name names none."""
    assert "no suite is called 'toyz'. Did you mean toys" in call("run", "--suite", "toyz", "--model", "looker", code=2)
    assert "--suite is given an empty word" in call("run", "--suite", "", "--model", "looker", code=2)


def test_a_run_tells_what_was_cut(call: Callable[..., str]) -> None:
    """The count of questions that were cut stands in the table as a whole number."""
    page = call("run", "--task", "mood", "--model", "looker", "--data", "sample")
    (line,) = [line for line in page.splitlines() if line.startswith("| questions_cut")]
    assert [cell.strip() for cell in line.strip("|").split("|")][:2] == ["questions_cut", "7"]


def test_a_task_shows_its_templates_and_questions(call: Callable[..., str]) -> None:
    """The page numbers the templates as a setting names them, and gives each question with its answer in words."""
    page = call("show", "mood")
    assert "suite:             toys" in page
    assert "| 0        | it was {option}    |" in page
    assert "train-1: train 1 good -> good" in page
    assert "pair: ab -> 1" in call("show", "pairs")
    (first, *_) = json.loads(call("show", "mood", "--json"))["examples"]
    assert (first["text"], first["target"], first["answer"]) == ("train 0 bad", 1, "good")


def test_options_of_a_question_are_shown(call: Callable[..., str]) -> None:
    """Where a question brings its own options, they stand below it and the answer is one of them."""
    card = json.loads(call("show", "chid", "--json"))
    assert all(example["answer"] in example["options"] for example in card["examples"])
    assert f"    of {', '.join(card['examples'][0]['options'])}" in call("show", "chid")
