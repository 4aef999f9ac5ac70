"""The data of a record, read again: only where the task's card is still the version that the record is of."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from harness.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
NOVELS = ROOT / "results" / "lm" / "novels_en"
committed = runpy.run_path(str(ROOT / "tests" / "_committed.py"))["committed"]


def first(model: str, protocol: str = "mini") -> Path:
    """The first committed run of a model on version 1 of the novels under a protocol, with predictions."""
    for path in committed(NOVELS / model):
        text = path.read_text(encoding="utf-8") if path.name == "result.json" else ""
        if f'"name": "{protocol}"' in text and '"samples": {' in text:
            return Path(path.parent)
    raise AssertionError(f"no run of {model}")


def test_a_run_of_an_older_version_is_not_scored_on_other_data(capsys: pytest.CaptureFixture[str]) -> None:
    """The message says which version the run is of, which the card is, and what can be checked all the same."""
    run = first("trivial/unigram")
    assert main(["score", str(run)]) == 4
    said = capsys.readouterr().err
    assert f"run {run.name} is of lm/novels_en version 1, and the task's card is version 2" in said
    assert "`harness verify`" in said
    assert main(["score", str(run), "--data", str(ROOT)]) == 4
    assert "version 2" in capsys.readouterr().err


def test_a_run_of_an_older_version_still_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    """What needs no data is checked as for any other record."""
    assert main(["verify", str(first("trivial/unigram"))]) == 0
    assert "0 with failures" in capsys.readouterr().out


def test_a_comparison_needs_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Two runs of version 1 are compared by their items, whatever the card says by now; three books give no interval."""
    assert main(["compare", str(first("lm/rope")), str(first("lm/alibi"))]) == 0
    assert "without an interval (3 groups of items: an interval needs at least 5)" in capsys.readouterr().out
