"""How much CPU time starting takes beside an interpreter that does nothing; lists of a hundred files have a bound."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.registry.shelves import SHIPPED, entries

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5
FILES = 100
WARM, COLD = 0.2, 0.6
"""Seconds of CPU time that a list of so many files may take: with the memory of an earlier one, and without."""


def cpu_seconds(*arguments: str) -> float:
    """User and system time of one process, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("verb", ["--help", "list"])
def test_startup(benchmark: Any, verb: str) -> None:
    """CPU time of a first page, and its ratio to `python -c pass`: the least of several, taken in turns."""
    command, bare = ("-m", "harness", verb), ("-c", "pass")
    cpu_seconds(*command)  # byte code is written once
    pairs = [(cpu_seconds(*command), cpu_seconds(*bare)) for _ in range(ROUNDS)]
    ours, nothing = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    benchmark.extra_info.update(
        cpu_seconds=round(ours, 4), bare_python_cpu_seconds=round(nothing, 4), ratio=round(ours / nothing, 2)
    )
    benchmark.pedantic(cpu_seconds, args=command, rounds=3)
    assert ours > 0


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for ``HARNESS_PATH`` with a hundred tasks and a hundred models: those that ship, over and over, no two alike."""
    root = tmp_path_factory.mktemp("hundred")
    for shelf, folder in (("tasks", "tasks"), ("models", "baselines")):
        shipped = itertools.cycle([entry for entry in entries(shelf) if entry.root == SHIPPED])  # type: ignore[arg-type]
        for number, entry in zip(range(FILES), shipped, strict=False):
            path = root / folder / f"made_{number % 5}" / f"{entry.short}_{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{entry.path.read_text(encoding='utf-8')}\n# {number}\n", encoding="utf-8")
    return root


@pytest.mark.parametrize("shelf", ["tasks", "models"])
def test_a_list_of_a_hundred(benchmark: Any, monkeypatch: pytest.MonkeyPatch, hundred: Path, shelf: str) -> None:
    """A hundred files beside those that ship are listed within the bounds, the least of several."""
    monkeypatch.setenv("HARNESS_PATH", str(hundred))
    memory, command = Path(os.environ["HARNESS_CACHE"]), ("-m", "harness", "list", shelf)
    cpu_seconds(*command)
    cold = []
    for _ in range(ROUNDS):
        shutil.rmtree(memory)
        cold.append(cpu_seconds(*command))
    warm = [cpu_seconds(*command) for _ in range(ROUNDS)]
    benchmark.extra_info.update(warm_cpu_seconds=round(min(warm), 4), cold_cpu_seconds=round(min(cold), 4))
    benchmark.pedantic(cpu_seconds, args=command, rounds=3)
    assert min(warm) <= WARM
    assert min(cold) <= COLD
