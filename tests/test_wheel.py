"""What a user gets from the wheel is all there, and works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tracked sources without a network."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    source.mkdir()
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in files:
        if name.startswith(("harness/", "tasks/", "baselines/", "claims/")) or name in (
            "pyproject.toml",
            "README.md",
            "LICENSE",
        ):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(place),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, as pip lays it into site-packages."""
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def test_the_wheel_holds_everything(wheel: Path) -> None:
    """Every tracked source file and schema of the four packages is in the wheel; no data, no results, no tests."""
    tracked = subprocess.run(
        ["git", "ls-files", "harness", "tasks", "baselines", "claims"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {
        name
        for name in tracked.stdout.splitlines()
        if name.endswith((".py", ".pyi", ".json", "py.typed")) or "/weights/" in name or "/scaffold/" in name
    }


def test_the_installed_wheel_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    """List, show and a real run on the sample work without the repository; the record goes to ./results."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    environment.pop("HARNESS_PATH", None)
    for arguments in (
        ["list", "tasks"],
        ["show", "schema"],
        ["run", "--task", "cluener", "--model", "softmax", "--data", "sample", "--limit", "40"],
        ["leaderboard", "--task", "cluener@sample"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "harness", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        assert done.stdout
    (record,) = (tmp_path / "results").rglob("result.json")
    assert '"type": "wheel"' in record.read_text(encoding="utf-8")
