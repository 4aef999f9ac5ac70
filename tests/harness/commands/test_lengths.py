"""``harness lengths``: tables and curves from records, and what it says where there is nothing to show."""

from __future__ import annotations

import json

import pytest

from harness.cli.main import main
from harness.report.plots import figure


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder with a run of a table that ends and of one small scheme, on the sample."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "results"
    for model in ("learned", "alibi"):
        given = [
            "run",
            "--task",
            "tinyshakespeare",
            "--model",
            f"{model}:layers=1,width=16,heads=2",
            "--data",
            "sample",
        ]
        assert main([*given, "--output-dir", str(folder)]) == 0
    return folder


def test_tables_numbers_and_a_curve(results, tmp_path, capsys):
    """Each way should be a table, a refused window say so, JSON hold every number, and the plot a curve a model."""
    place = ["lengths", "--task", "tinyshakespeare@sample", "--output-dir", str(results)]
    capsys.readouterr()
    assert main(place) == 0
    text = capsys.readouterr().out
    assert "windows side by side" in text
    assert "refused" in text
    assert main([*place, "--json", "--way", "nonoverlapping"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {(row["length"], row["refused"]) for row in rows if row["model"].startswith("lm/learned")} == {
        (64, False),
        (128, True),
        (256, True),
    }
    drawn, written = tmp_path / "curves.svg", tmp_path / "lengths.md"
    assert main([*place, "--plot", str(drawn), "--output", str(written)]) == 0
    assert len(figure.stored(drawn.read_text(encoding="utf-8"))["curves"]) == 2
    assert "windows side by side" in written.read_text(encoding="utf-8")


def test_only_the_models_asked_for(results, capsys):
    """A model should be picked by its short name with its settings, and an unknown one told with the nearest."""
    place = ["lengths", "--task", "tinyshakespeare@sample", "--output-dir", str(results), "--json"]
    capsys.readouterr()
    assert main([*place, "--model", "alibi:heads=2,layers=1,width=16"]) == 0
    assert {row["model"] for row in json.loads(capsys.readouterr().out)} == {"lm/alibi:heads=2,layers=1,width=16"}
    assert main([*place, "--model", "alibi"]) == 2
    assert "Did you mean alibi:heads=2" in capsys.readouterr().err


def test_an_unknown_way_is_told_with_the_nearest(results, capsys):
    """A way that does not exist should be exit 2 with the ways that do."""
    given = ["lengths", "--task", "tinyshakespeare@sample", "--output-dir", str(results), "--way", "sliding"]
    assert main(given) == 2
    assert "Did you mean sliding_1, sliding_64" in capsys.readouterr().err


def test_a_task_without_windows_is_a_usage_error(tmp_path, capsys):
    """Where nothing has been read in windows there should be the command that does."""
    assert main(["lengths", "--task", "cmeee", "--output-dir", str(tmp_path)]) == 2
    assert "tokens" in capsys.readouterr().err
