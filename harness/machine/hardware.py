"""What a number was measured on: packages, processor, memory, device."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFailure
from harness.files import digest

PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "datasets",
    "evaluate",
    "seqeval",
    "numpy",
    "pandas",
    "pyarrow",
    "safetensors",
    "tabulate",
    "numba",
)


def packages() -> dict[str, str]:
    """Installed versions of the packages that can move a number; absent ones are left out."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def processor() -> str:
    """The CPU's name as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def processor_details() -> str:
    """What a processor's name may hide and a last digit depend on: family, model, cache, and a digest of its
    instructions; empty where the system does not say."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")[0]
    except OSError:
        return ""
    pairs = (line.partition(":") for line in first.splitlines())
    facts = {name.strip(): value.strip() for name, _, value in pairs}
    said = [f"{name} {facts[name]}" for name in ("cpu family", "model", "stepping", "cache size") if name in facts]
    flags = facts.get("flags") or facts.get("Features", "")
    return ", ".join([*said, f"instructions {digest(sorted(flags.split()))[:8]}"])


def memory_bytes() -> int | None:
    """Physical memory, where the system says."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(device: str) -> dict[str, Any]:
    """Everything a record says about the machine. ``device`` is a torch device such as ``cpu`` or ``cuda:0``."""
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": packages(),
        "cpu": processor(),
        "cpu_details": processor_details(),
        "cores": cores(),
        "memory_bytes": memory_bytes(),
        "device": device,
        "gpus": [],
    }
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        facts["threads"] = torch.get_num_threads()
        if device.startswith("cuda"):
            properties = torch.cuda.get_device_properties(device)
            facts["gpus"] = [
                {
                    "name": properties.name,
                    "memory_bytes": properties.total_memory,
                    "cuda": torch.version.cuda,
                    "driver": _driver(),
                }
            ]
    return facts


def _driver() -> str:
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(query, capture_output=True, text=True, timeout=10).stdout.strip().splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


def hardware_class(facts: dict[str, Any]) -> str:
    """The class within which speeds may be compared.

    >>> hardware_class({"gpus": [], "cpu": "AMD EPYC", "cores": 2})
    'AMD EPYC x2'
    """
    return str(facts["gpus"][0]["name"]) if facts["gpus"] else f"{facts['cpu']} x{facts['cores']}"


def resolve_device(asked: str) -> str:
    """Turn ``auto`` into the best device here, and refuse one that is not.

    Raises ``EnvironmentFailure`` naming the devices there are.
    """
    import torch

    available = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        available.append("mps")
    if asked == "auto":
        return "cuda:0" if "cuda:0" in available else available[-1]
    device = "cuda:0" if asked == "cuda" else asked
    if device not in available:
        raise EnvironmentFailure(
            f"there is no device {asked!r} here; there is {', '.join(available)}. "
            "Choose one of these with --device, or leave the flag out."
        )
    return device


def has_bf16(device: str) -> bool:
    """Whether the device multiplies in bf16: a GPU from Ampere on, or a CPU with instructions for it."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_properties(device).major >= 8  # older ones emulate it, slowly
    return device == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
