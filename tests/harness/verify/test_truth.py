"""Predictions against gold: what ``verify --to truth`` and ``score`` say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.records import samples
from harness.verify.finding import FAIL, OPEN, PASS, TRUTH
from harness.verify.ladder import climb

from _forging import SOFTMAX, lay_out, place, put  # isort: skip - beside this file


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The folder of a run on the embedded sample, whose gold is always at hand."""
    asked = ("--task", "cmeee", "--model", "gazetteer", "--data", "sample", "--json", "--output-dir", str(tmp_path))
    assert main(["run", *asked]) == 0
    return Path(json.loads(capsys.readouterr().out)["record"]).parent


def outcomes(folder: Path, data: Path | None = None) -> dict[str, str]:
    """Check -> outcome, of the rung."""
    (report,) = climb([folder], TRUTH, data)
    return {one.check: one.outcome for one in report.findings if one.rung == TRUTH}


def better(folder: Path) -> None:
    """Answer an item as gold does, with the digest of the new answers in the record: no rung below has the gold."""
    rows = samples.read(folder / samples.NAME)
    wrong = next(row for row in rows if row["prediction"])
    wrong["prediction"] = [[0, 1, "bod"]]
    facts = samples.write(folder / samples.NAME, rows)
    value = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    (folder / "result.json").write_text(json.dumps(value | {"samples": facts}), encoding="utf-8")


def test_gold_at_hand(run: Path) -> None:
    """A run whose data are at hand passes; other answers give other scores, and both commands say so."""
    assert outcomes(run) == {"data": PASS, "scores": PASS}
    assert main(["verify", "--to", "truth", str(run)]) == 0
    better(run)
    assert outcomes(run) == {"data": PASS, "scores": FAIL}
    assert main(["score", str(run)]) == 1


def test_other_data_are_a_digest_that_differs(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Gold of another digest is not the gold of the record: exit 4."""
    path = run / "result.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    value["data"]["splits"]["dev"]["digest"] = "0" * 64
    path.write_text(json.dumps(value), encoding="utf-8")
    assert outcomes(run) == {"data": FAIL}
    assert main(["verify", "--to", "truth", str(run)]) == 4
    assert main(["score", str(run)]) == 4
    assert "is not the one of run" in capsys.readouterr().err


def test_without_data_it_is_not_checkable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Data that are not at hand are no pass: exit 3, with how to get them; ``score`` has nothing to show then."""
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    root = lay_out(tmp_path / "results")
    folder = place(root, SOFTMAX)
    assert outcomes(folder) == {"data": OPEN}
    assert main(["verify", "--to", "truth", str(folder)]) == 3
    assert "harness data add" in capsys.readouterr().out
    assert main(["score", str(folder)]) == 4


def test_a_card_of_another_version_cannot_score(run: Path) -> None:
    """A record of another version of its task is not checkable: its gold is another."""
    put(str(run.relative_to(run.parents[3])), "task/version", 99)(run.parents[3])
    assert outcomes(run) == {"data": OPEN}


@pytest.mark.parametrize(
    ("way", "value"),
    [("results/span_f1/value", 0.99), ("model/encoder", "other"), ("results/span_f1/checkpoints/standard_error", 9.0)],
)
def test_score_stands_on_the_rungs_below(
    run: Path, way: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that fails below does not say the same, whatever its predictions score."""
    put(str(run.relative_to(run.parents[3])), way, value)(run.parents[3])
    assert main(["score", str(run)]) in (1, 4)
    out = capsys.readouterr().out
    assert "The record says the same" not in out
    assert "FAIL " in out or "NOT what" in out
