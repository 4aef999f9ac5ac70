"""A run of one's own is no matter for the tests of the repository."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
committed = runpy.run_path(str(Path(__file__).with_name("_committed.py")))["committed"]
LOOKING = ("test_results.py", "harness/records/test_schema.py", "harness/report/test_sensitivity.py")
"""The tests that look at the records of the repository."""
SHARED = ("conftest.py", "_committed.py", "harness/_shelf.py", "harness/_synthetic.py", "harness/_choice.py")


def git(place: Path, *arguments: str) -> None:
    """A git command in a folder."""
    subprocess.run(["git", "-C", str(place), *arguments], check=True, capture_output=True)


def write(path: Path) -> Path:
    """A file with something in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("something", encoding="utf-8")
    return path


def test_what_was_made_since_is_left_out(tmp_path: Path) -> None:
    """In a checkout the tracked files that are there count, names with spaces and Chinese too; elsewhere all files."""
    kept, other, gone = (write(tmp_path / "results" / name) for name in ("a b/结果.json", "stray.json", "gone.json"))
    assert committed(tmp_path / "results", tmp_path) == sorted([kept, other, gone])
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", str(kept), str(gone))
    gone.unlink()
    assert committed(tmp_path / "results", tmp_path) == [kept]


def test_a_run_of_ones_own_fails_no_test(tmp_path: Path) -> None:
    """In a copy where somebody ran the sample, and left a record of a task that is gone and a damaged one, all pass."""
    for name in (*LOOKING, *SHARED):
        place = tmp_path / "tests" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "tests" / name, place)
    folder = ROOT / "results" / "classify" / "sst2"
    for path in committed(folder):
        place = tmp_path / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = ["run", "--task", "cmeee", "--model", "gazetteer", "--data", "sample", "--limit", "4"]
    subprocess.run([sys.executable, "-m", "harness", *run], cwd=tmp_path, env=environment, check=True)
    (record,) = (tmp_path / "results" / "ner").rglob("result.json")
    own = record.read_text(encoding="utf-8").replace("ner/cmeee", "ner/gone")
    for place in ("ner/gone/ner/own/run", "classify/sst2/classify/own/run"):
        write(tmp_path / "results" / place / "result.json").write_text(own[: 300 if "sst2" in place else None])
    tests = [str(Path("tests") / name) for name in LOOKING]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=importlib", *tests]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
