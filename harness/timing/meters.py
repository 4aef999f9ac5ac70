"""Peak memory, and the load that other processes put on the machine during a timing.

On Linux the peak of a process can be reset (``/proc/self/clear_refs``), so that each measure has its own. Where that is
not possible the peak is unknown, and ``None`` says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOOD_THROTTLE = 0x1 | 0x2  # NVML's reasons "idle" and "application clocks setting": nothing is wrong
NVML_PROCESSES = 3
"""Names of foreign processes that a reason gives."""


def reset_peak() -> bool:
    """Return freed memory to the system, and reset the peak of resident memory; whether that worked."""
    with contextlib.suppress(OSError, AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def resident(field_name: str = "VmHWM") -> int | None:
    """Bytes of resident memory: ``VmHWM`` at the peak since the last reset, ``VmRSS`` now."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{field_name}:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


@dataclass
class Peak:
    """Bytes that a piece of work took at its peak beyond what was there before; filled when it ends."""

    resident: int | None = None
    allocated: int | None = None  # on a GPU, by tensors
    reserved: int | None = None  # on a GPU, by the allocator


@contextlib.contextmanager
def peak_memory(device: str) -> Iterator[Peak]:
    """Measure the peak of the work inside."""
    found = Peak()
    cuda = device.startswith("cuda")
    if cuda:
        import torch

        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()  # else the peak of what is reserved would be that of measures before
        before_gpu, before_reserved = torch.cuda.memory_allocated(device), torch.cuda.memory_reserved(device)
        torch.cuda.reset_peak_memory_stats(device)
    own, before = reset_peak(), resident("VmRSS")
    yield found
    if cuda:
        torch.cuda.synchronize(device)
        found.allocated = torch.cuda.max_memory_allocated(device) - before_gpu
        found.reserved = torch.cuda.max_memory_reserved(device) - before_reserved
    highest = resident()
    if own and highest is not None and before is not None:
        found.resident = max(0, highest - before)


class Load:
    """How busy other processes kept the cores while these worked: a share of all cores, ``None`` where unknown.

    >>> watch = Load([os.getpid()])
    >>> watch.stop() is None or 0 <= watch.stop() <= 1
    True
    """

    def __init__(self, pids: Sequence[int]) -> None:
        self.pids, self.began = pids, time.perf_counter()
        self.busy, self.own = _busy_seconds(), _own_seconds(pids)

    def stop(self) -> float | None:
        """The share from the beginning until now."""
        busy = _busy_seconds()
        if busy is None or self.busy is None:
            return None
        wall = max(time.perf_counter() - self.began, 1e-9)
        others = (busy - self.busy) - (_own_seconds(self.pids) - self.own)
        return min(1.0, max(0.0, others / wall / (os.cpu_count() or 1)))


def _own_seconds(pids: Sequence[int]) -> float:
    """Processor seconds that these processes have used; of one that has ended, nothing is known."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _busy_seconds() -> float | None:
    """Processor seconds that all processes of the machine have used since it started."""
    try:
        numbers = [int(part) for part in Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:]]
    except (OSError, ValueError):
        return None
    idle = numbers[3] + (numbers[4] if len(numbers) > 4 else 0)
    return (sum(numbers[:8]) - idle) / os.sysconf("SC_CLK_TCK")


def gpu_state(device: str, pids: Sequence[int]) -> dict[str, Any]:
    """Clocks in MHz, temperature in degrees Celsius, energy in joules, throttle reasons, and processes of others.

    Read through NVML; ``pids`` are the session's own. Empty on a CPU; what cannot be read is left out, and ``missing``
    says why: the driver, a card without that counter, or the package ``nvidia-ml-py``.
    """
    if not device.startswith("cuda"):
        return {}
    try:
        import pynvml

        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(_uuid(device))
    except (
        Exception
    ) as error:  # whatever a driver library raises: the timing goes on, and the record says what is missing
        return {"missing": f"{type(error).__name__}: {error}"}
    asked: dict[str, Callable[[], Any]] = {
        "sm_clock_mhz": lambda: pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM),
        "memory_clock_mhz": lambda: pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM),
        "temperature_c": lambda: pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU),
        "energy_j": lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000,
        "throttle_reasons": lambda: pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle),
        "foreign_processes": lambda: foreign(
            [item.pid for item in pynvml.nvmlDeviceGetComputeRunningProcesses(handle)], pids
        ),
    }
    state: dict[str, Any] = {}
    for name, ask in asked.items():
        try:
            state[name] = ask()
        except Exception as error:  # a card need not have every counter
            state["missing"] = f"{name}: {type(error).__name__}"
    return state


def foreign(found: Sequence[int], own: Sequence[int]) -> list[int]:
    """Processes on a GPU that are not the session's. In a container they have other numbers: then only more of them
    count.

    >>> foreign([7, 9], own=[7]), foreign([70001], own=[7]), foreign([70001, 70002], own=[7])
    ([9], [], [70001, 70002])
    """
    if set(found) & set(own):
        return sorted(set(found) - set(own))
    return sorted(found) if len(found) > len(own) else []


def gpu_trouble(states: Sequence[dict[str, Any]]) -> str:
    """Why a timing on a GPU is not to be trusted; empty where nothing speaks against it, and on a CPU.

    >>> gpu_trouble([{"throttle_reasons": 0x40, "foreign_processes": []}, {}])
    'the GPU was throttled (reasons 0x40)'
    """
    seen = [state for state in states if state]
    reasons, others, told = 0, set[int](), []
    for state in seen:
        reasons |= state.get("throttle_reasons", 0) & ~GOOD_THROTTLE
        others |= set(state.get("foreign_processes", ()))
    if reasons:
        told.append(f"the GPU was throttled (reasons {reasons:#x})")
    if others:
        told.append(f"other processes used the GPU ({', '.join(map(str, sorted(others)[:NVML_PROCESSES]))})")
    if any("throttle_reasons" not in state or "foreign_processes" not in state for state in seen):
        why = next(state["missing"] for state in seen if "missing" in state)
        told.append(f"it is not known whether the GPU was throttled or shared ({why})")
    return "; ".join(told)


def _uuid(device: str) -> str:
    import torch

    return f"GPU-{torch.cuda.get_device_properties(device).uuid}"
