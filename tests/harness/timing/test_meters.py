"""Memory at its peak, the load of others, and a GPU's troubles."""

from __future__ import annotations

import os
import subprocess
import sys
import types
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


def state(throttle: int = 0, foreign: tuple[int, ...] = ()) -> dict:
    """What was read at one moment."""
    return {"throttle_reasons": throttle, "foreign_processes": list(foreign)}


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([{}, {}], ""),
        ([state(0x1), state(0x2)], ""),
        ([state(), state(0x8), state(0x40)], "the GPU was throttled (reasons 0x48)"),
        ([state(foreign=(7,)), state(foreign=(9, 7))], "other processes used the GPU (7, 9)"),
        ([{"missing": "no NVML"}], "it is not known whether the GPU was throttled or shared (no NVML)"),
    ],
)
def test_troubles_of_a_gpu(states: list[dict], said: str) -> None:
    """Idle clocks are no throttle; every other reason, every foreign process and what is not known is told."""
    assert meters.gpu_trouble(states) == said


def test_a_cpu_has_no_gpu_state() -> None:
    """Nothing is asked of a driver."""
    assert meters.gpu_state("cpu", [1]) == {}


def test_a_gpu_without_a_counter(monkeypatch) -> None:
    """A driver that lacks energy still gives the rest; own processes are no foreign ones."""

    class Process:
        def __init__(self, pid):
            self.pid = pid

    class Driver(types.ModuleType):
        NVML_CLOCK_SM = NVML_CLOCK_MEM = NVML_TEMPERATURE_GPU = 0
        nvmlInit = staticmethod(lambda: None)  # noqa: N815
        nvmlDeviceGetHandleByUUID = staticmethod(str)  # noqa: N815
        nvmlDeviceGetClockInfo = staticmethod(lambda handle, kind: 1500)  # noqa: N815
        nvmlDeviceGetTemperature = staticmethod(lambda handle, kind: 40)  # noqa: N815
        nvmlDeviceGetCurrentClocksThrottleReasons = staticmethod(lambda handle: 0x1)  # noqa: N815
        nvmlDeviceGetComputeRunningProcesses = staticmethod(lambda handle: [Process(5), Process(6)])  # noqa: N815

    monkeypatch.setitem(sys.modules, "pynvml", Driver("pynvml"))
    monkeypatch.setattr(meters, "_uuid", lambda device: "GPU-1")
    found = meters.gpu_state("cuda:0", [5])
    assert found["sm_clock_mhz"] == 1500
    assert found["foreign_processes"] == [6]
    assert "energy_j" not in found
    assert found["missing"] == "energy_j: AttributeError"
