"""How much CPU time starting takes beside an interpreter that does nothing. Ratios are reported, not judged."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5


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
