"""A run that is killed loses at most one batch or one epoch, and ends with the scores of one that was not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.files import read_checked
from harness.records.store import RunFolder

COMMAND = ["run", "--task", "cmeee", "--model", "softmax", "--data", "sample", "--limit", "120", "--seeds", "2"]


def _start(output: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "harness", *COMMAND, "--output-dir", str(output)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _folder(output: Path) -> RunFolder | None:
    found = list(output.rglob("result.json"))
    assert len(found) <= 1, "a resumed run goes on in its own folder"
    return RunFolder(found[0].parent) if found else None


def _epochs(output: Path, seed: int) -> int:
    folder = _folder(output)
    try:
        return int(read_checked(folder.seed(seed) / "state.json")["state"]["epochs"]) if folder else 0
    except FileNotFoundError:
        return 0


def _lines(output: Path) -> int:
    folder = _folder(output)
    return folder.journal.read_text(encoding="utf-8").count("\n") if folder and folder.journal.exists() else 0


def _kill(output: Path, number: int, when: Callable[[], bool]) -> None:
    """Start the run and send the signal as soon as the condition holds."""
    process = _start(output)
    deadline = time.monotonic() + 120
    while process.poll() is None and not when() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0, errors
    if number != signal.SIGKILL:
        assert process.returncode == 130, errors
        assert "the same command resumes" in errors


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The run as it ends when nobody kills it."""
    output = tmp_path_factory.mktemp("undisturbed")
    process = _start(output)
    assert process.wait(timeout=240) == 0
    folder = _folder(output)
    assert folder is not None
    return folder


@pytest.mark.long
def test_killed_at_random_points_it_ends_the_same(undisturbed: RunFolder, tmp_path: Path) -> None:
    """kill -9 in training, at a prediction and in the second seed, then a polite kill: same predictions, same scores."""
    rng = random.Random(time.time_ns())
    epoch = rng.randint(1, 5)
    _kill(tmp_path, signal.SIGKILL, lambda: _epochs(tmp_path, 0) >= epoch)
    assert _epochs(tmp_path, 0) >= epoch
    _kill(tmp_path, signal.SIGKILL, lambda: _lines(tmp_path) > 0)
    folder = _folder(tmp_path)
    assert folder is not None
    with folder.journal.open("a", encoding="utf-8") as stream:
        stream.write('{"id":"dev-')  # what a kill in the middle of a write leaves behind
    epoch = rng.randint(1, 5)
    _kill(tmp_path, signal.SIGTERM, lambda: _epochs(tmp_path, 1) >= epoch)
    process = _start(tmp_path)
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert "resuming" in errors
    ended, whole = folder.read(), undisturbed.read()
    assert folder.predictions() == undisturbed.predictions()
    assert ended.results == whole.results
    assert ended.attempts == 4
    assert {seed: report["history"] for seed, report in ended.training.items()} == {
        seed: report["history"] for seed, report in whole.training.items()
    }
    assert sorted(path.name for path in folder.path.iterdir()) == ["items.parquet", "result.json", "samples.parquet"]
