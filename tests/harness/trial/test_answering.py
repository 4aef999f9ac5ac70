"""Where a model that answers again finds its weights."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import UsageError
from harness.trial import answering


def test_a_home_is_written_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder in --weights, in HARNESS_WEIGHTS and in the command of the record."""
    monkeypatch.setenv("HOME", str(tmp_path))
    kept, run = tmp_path / "kept", tmp_path / "run"
    kept.mkdir()
    run.mkdir()
    folder: Any = SimpleNamespace(path=run)
    record: Any = SimpleNamespace(command=["harness", "run", "--keep-weights", "~/kept"])
    bare: Any = SimpleNamespace(command=[])
    assert answering.places(folder, record, Path("~/kept")) == [kept]
    assert answering.places(folder, record, None) == [run, kept]
    monkeypatch.setenv("HARNESS_WEIGHTS", "~/kept")
    assert answering.places(folder, bare, None) == [kept, run]
    monkeypatch.setenv("HARNESS_WEIGHTS", "~nobody_of_this_name/kept")
    with pytest.raises(UsageError, match="HARNESS_WEIGHTS names ~nobody_of_this_name/kept"):
        answering.places(folder, bare, None)
