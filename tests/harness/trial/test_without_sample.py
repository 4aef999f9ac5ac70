"""A task of a user's own needs no embedded sample: check, list, show, data check and run say so in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.contract import judging
from harness.registry.shelves import Entry, find


@pytest.fixture
def bare(shelf: Any, pets_source: str, tmp_path: Path) -> Path:
    """The task toy/bare without a sample, and its data, which nobody has brought yet."""
    before, _, rest = pets_source.partition("def sample(")
    shelf({"tasks/toy/bare.py": before + "def score" + rest.partition("def score")[2]})
    data = tmp_path / "data"
    data.mkdir()
    (data / "pets_train.txt").write_text("Tom naps\nRex barks\n" * 9, encoding="utf-8")
    (data / "pets_test.txt").write_text("Tom barks\nMia saw Rex\n", encoding="utf-8")
    return data


def outcomes(name: str) -> dict[str, judging.Verdict]:
    """How each rule of a task came out."""
    return {verdict.rule: verdict for verdict in judging.examine(find("tasks", name))}


def test_a_run_on_the_sample_is_refused(bare: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Asked for, needed by the protocol or fallen back to: exit 2 or 4, and the way out names --data."""
    command = ["run", "--task", "bare", "--model", "parrot", "--output-dir", str(tmp_path / "out")]
    for flags, code, said in (
        (["--data", "sample"], 2, "has no embedded sample: bare.py has no function `sample(split)`"),
        (["--protocol", "smoke"], 2, "protocol smoke runs on the embedded sample. toy/bare has no embedded sample"),
        ([], 4, "or give --data PATH."),
    ):
        assert main([*command, *flags]) == code
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main([*command, "--data", str(bare)]) == 0


def test_list_show_and_audit_say_so(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line below the table, a field in JSON, the place of examples, and the error of an audit."""
    assert main(["list", "tasks", "toy"]) == 0
    assert "Without an embedded sample, so runs need data: toy/bare\n" in capsys.readouterr().out
    assert main(["list", "tasks", "toy", "--json"]) == 0
    assert {row["name"]: row["sample"] for row in json.loads(capsys.readouterr().out)} == {
        "toy/bare": False,
        "toy/pets": True,
    }
    assert main(["show", "bare"]) == 0
    assert "the task has no embedded sample" in capsys.readouterr().out
    assert main(["data", "check", "bare"]) == 4
    assert "toy/bare has no data here" in capsys.readouterr().err
    assert main(["data", "check", "bare", "--data", str(bare)]) == 0


def test_check_uses_data_at_hand_in_its_place(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without data only the card is checked, which is noted; with data the rules look at its first rows, and can fail."""
    found = outcomes("bare")
    assert {one.outcome for one in found.values()} == {"pass", "n/a", "note"}
    assert "no data are at hand" in found["examples_are_sound"].reason
    assert found["score_ranks"].outcome == "n/a"
    assert main(["data", "add", str(bare), "--task", "bare"]) == 0
    found = outcomes("bare")
    assert [found[name].outcome for name in ("examples_are_sound", "score_ranks", "score_is_pure")] == ["pass"] * 3
    assert found["sample_has_every_split"].outcome == "n/a"
    module = judging.case(find("tasks", "bare")).module
    load = module.load
    monkeypatch.setattr(module, "load", lambda *given: (row for _ in range(2) for row in load(*given)))
    assert "has the id" in outcomes("bare")["examples_are_sound"].reason


def test_what_ships_must_have_a_sample(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the repository without a sample breaks the rule."""
    entry = find("tasks", "bare")
    monkeypatch.setattr(Entry, "sampled", True)
    found = {verdict.rule: verdict for verdict in judging.examine(entry)}
    assert found["sample_has_every_split"].outcome == "FAIL"
    assert "sample" in found["sample_has_every_split"].reason


def test_models_are_tried_on_tasks_with_a_sample(bare: Path) -> None:
    """A task without a sample is none that a check teaches a model on."""
    case = judging.case(find("models", "parrot"))
    assert "toy/bare" not in {task.entry.name for task in case.tasks}  # type: ignore[attr-defined]
