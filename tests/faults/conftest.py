"""A world to break: made once, copied for every case."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.cases import World
from tests.faults.worlds import furnish


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world as it should be."""
    root = tmp_path_factory.mktemp("world")
    furnish(root)
    return root


@pytest.fixture
def world(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A copy of the world, which is also the current folder."""
    root = tmp_path / "world"
    shutil.copytree(furnished, root, symlinks=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("HARNESS_PATH", str(root / "shelf"))
    monkeypatch.setenv("HARNESS_CACHE", str(root / "cache"))
    monkeypatch.setenv("HARNESS_OUTPUT_DIR", str(root / "results"))
    return World(root)
