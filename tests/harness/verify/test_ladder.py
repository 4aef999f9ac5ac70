"""How many records are verified together."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.verify import ladder

from _forging import lay_out  # isort: skip - beside this file


def test_processes_side_by_side_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same order, a damaged record among them, and with what records say of each other."""
    folders = sorted(path.parent for path in lay_out(tmp_path / "results").rglob("result.json"))
    (folders[1] / "result.json").write_text("{")
    alone = [report.as_json() for report in ladder.climb(folders)]
    monkeypatch.setattr(ladder, "FEWEST", 1)
    monkeypatch.setattr(ladder, "cores", lambda: 2)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert [report.as_json() for report in ladder.climb(folders)] == alone


HERE = os.getpid()


def _killed_at_five(folder: Path) -> Any:
    """A check whose process is ended from outside at the fifth record, as for want of memory."""
    if folder.name == "5" and os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return folder.name


def test_a_process_that_is_ended_from_outside_costs_time_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every record is verified once and in order, and the way it went is told."""
    monkeypatch.setattr(ladder, "FEWEST", 1)
    monkeypatch.setattr(ladder, "CHUNK", 2)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    folders = [Path(str(number)) for number in range(12)]
    assert list(ladder._each(_killed_at_five, folders, 2)) == [folder.name for folder in folders]
    assert "was ended from outside" in capsys.readouterr().err
