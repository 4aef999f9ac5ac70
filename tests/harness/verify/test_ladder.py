"""How many records are verified together."""

from __future__ import annotations

import sys
from pathlib import Path

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
