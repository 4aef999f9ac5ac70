"""Code of a task or a model that misbehaves: the run says so by its name, and a record is whole or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main

FIT = '        """Remember every entity."""\n'
SCORE = "    return score_spans(gold, outputs, labels=TASK.labels)\n"


def run(*more: str) -> int:
    """``harness run`` on the pets of the shelf, into a relative folder."""
    return main(["run", "--task", "pets", "--model", "parrot", "--data", "sample", "--output-dir", "results", *more])


def records(folder: Path) -> list[dict[str, Any]]:
    """Every record below a folder."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("result.json"))]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("place", ["fit", "score"])
def test_a_changed_folder_loses_no_record(
    shelf: Any, here: Path, parrot_source: str, pets_source: str, place: str
) -> None:
    """``os.chdir`` in a model or a task: the record is where it was asked for, whole, and the folder is put back."""
    moved = "import os; os.chdir('/')\n"
    if place == "fit":
        shelf({"baselines/toy/parrot.py": parrot_source.replace(FIT, f"{FIT}        {moved}")})
    else:
        shelf({"tasks/toy/pets.py": pets_source.replace(SCORE, f"    {moved}{SCORE}")})
    assert run() == 0
    (record,) = records(here / "results")
    assert record["status"] == "success"
    assert Path.cwd() == here
    assert not [*here.rglob(".lock")]


@pytest.mark.parametrize("leave", ["import sys; sys.exit(0)", "raise GeneratorExit", "raise SystemExit"])
def test_a_model_that_leaves_python_has_failed(
    shelf: Any, here: Path, parrot_source: str, leave: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 and a failed record, whatever the model asked for."""
    shelf({"baselines/toy/parrot.py": parrot_source.replace(FIT, f"{FIT}        {leave}\n")})
    assert run() == 1
    assert [record["status"] for record in records(here / "results")] == ["failed"]
    assert "toy/parrot on toy/pets@sample failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("None", "score answered nothing in place of metrics"),
        ("{}", "score answered {} in place of metrics"),
        ("0.5", "score answered 0.5 in place of metrics"),
        (
            "{'span_recall': score_spans(gold, outputs, labels=TASK.labels)['span_recall']}",
            "without span_f1, which ranks",
        ),
        ("{'span_f1': 0.5}", "score answered 0.5 for span_f1"),
        ("{**score_spans(gold, outputs, labels=TASK.labels), '../up': 1}", "no name of a metric"),
    ],
)
def test_a_score_that_is_none_is_a_failure(
    shelf: Any, here: Path, pets_source: str, answer: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What ``score`` answers is looked at; the message names the task's file, and the record has failed."""
    shelf({"tasks/toy/pets.py": pets_source.replace(SCORE, f"    return {answer}\n")})
    assert run() == 1
    told = capsys.readouterr().err
    assert said in told
    assert "pets.py" in told
    assert [record["status"] for record in records(here / "results")] == ["failed"]


@pytest.mark.parametrize("rows", ["'x'", "[[]]", "[object()]", "None"])
def test_rows_that_are_no_examples_are_told(
    shelf: Any, here: Path, pets_source: str, rows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The task's file is named, and no record is left."""
    begin = pets_source.index("def sample(split):")
    end = pets_source.index("def score(")
    source = f"{pets_source[:begin]}def sample(split):\n    return {rows}\n\n\n{pets_source[end:]}"
    shelf({"tasks/toy/pets.py": source})
    assert run() == 1
    assert "toy/pets" in capsys.readouterr().err
    assert records(here / "results") == []


def test_what_the_machine_lacks_leaves_no_record_for_ever(
    shelf: Any, here: Path, parrot_source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing was done there is nothing to resume: exit 5 by the model's name, and no folder."""
    raised = "from harness.errors import EnvironmentFailure; raise EnvironmentFailure('no moon')"
    shelf({"baselines/toy/parrot.py": parrot_source.replace(FIT, f"{FIT}        {raised}\n")})
    assert run() == 5
    assert "toy/parrot on toy/pets@sample: no moon" in capsys.readouterr().err
    assert records(here / "results") == []
