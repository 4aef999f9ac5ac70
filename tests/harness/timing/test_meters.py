"""Memory at its peak, the load of others, and a GPU's troubles."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.timing import meters


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells")
def test_the_peak_of_a_piece_of_work() -> None:
    """What is taken and given back inside is seen; what was there before is not."""
    held = bytearray(b"x") * 80_000_000
    with meters.peak_memory("cpu") as peak:
        taken = bytearray(b"x") * 50_000_000
        del taken
    assert len(held) == 80_000_000
    assert 45_000_000 < peak.resident < 70_000_000
    assert peak.allocated is None


def test_the_load_of_others(monkeypatch) -> None:
    """All cores' work without that of the session's own processes, as a share of the cores."""
    monkeypatch.setattr(meters.os, "cpu_count", lambda: 4)
    times = {"busy": iter([100.0, 112.0]), "own": iter([10.0, 14.0]), "clock": iter([0.0, 10.0])}
    monkeypatch.setattr(meters, "_busy_seconds", lambda: next(times["busy"]))
    monkeypatch.setattr(meters, "_own_seconds", lambda pids: next(times["own"]))
    monkeypatch.setattr(meters.time, "perf_counter", lambda: next(times["clock"]))
    assert meters.Load([1]).stop() == pytest.approx((12 - 4) / 10 / 4)


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="only Linux tells")
def test_own_work_is_no_load() -> None:
    """A process of the session counts as its own, one outside does not vanish."""
    code = "sum(i * i for i in range(3_000_000))"
    with subprocess.Popen([sys.executable, "-c", f"{code}; input()"], stdin=subprocess.PIPE) as process:
        try:
            while meters._own_seconds([process.pid]) < 0.05:
                pass
            assert meters._own_seconds([os.getpid(), process.pid]) > meters._own_seconds([process.pid])
        finally:
            process.communicate(b"\n", timeout=60)
    assert meters._own_seconds([process.pid]) == 0.0


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {}, ""),
        ({"throttle_reasons": 0x1}, {"throttle_reasons": 0x2}, ""),
        ({"throttle_reasons": 0x0}, {"throttle_reasons": 0x8}, "the GPU was throttled (reasons 0x8)"),
        ({"foreign_processes": [7]}, {"foreign_processes": [9, 7]}, "other processes used the GPU (7, 9)"),
    ],
)
def test_troubles_of_a_gpu(before: dict, after: dict, said: str) -> None:
    """Idle clocks are no throttle; every other reason and every foreign process is told."""
    assert meters.gpu_trouble(before, after) == said


def test_a_cpu_has_no_gpu_state() -> None:
    """Nothing is asked of a driver."""
    assert meters.gpu_state("cpu") == {}
