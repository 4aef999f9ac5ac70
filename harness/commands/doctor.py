"""``harness doctor``: is everything installed that a run needs, and which command fixes what is not?"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from harness.commands._packages import Finding, packages, python
from harness.commands.data import State, states
from harness.data.places import EVERY
from harness.errors import EnvironmentFailure, HarnessError
from harness.files import cache_folder
from harness.registry.shelves import entries
from harness.report.tables import emit
from harness.spec import Task

PLENTY = 2 * 1024**3
"""Bytes free in a folder below which a real run may not end: checkpoints of a base-sized model need this much."""


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each finding; exit 5 when something needed is not there."""
    findings = [*python(), *packages(), *devices(), *disk(arguments), *git(), *variables(), *data_at_hand(), *offline()]
    bad = [finding for finding in findings if finding.needed and not finding.ok]
    if arguments.json:
        emit({"ready": not bad, "findings": [asdict(finding) for finding in findings]})
    else:
        part = ""
        for finding in findings:
            print(f"{chr(10) if part else ''}{finding.part}") if finding.part != part else None
            part = finding.part
            print(line(finding))
        print(
            "\n"
            + (
                "Ready to run."
                if not bad
                else f"Not ready: {', '.join(finding.name for finding in bad)}. The commands above mend it."
            )
        )
    return EnvironmentFailure.exit_code if bad else 0


def line(finding: Finding) -> str:
    """One finding as text.

    >>> line(Finding("packages", "shtab", False, "not installed", "pip install shtab"))
    '  missing  shtab: not installed  ->  pip install shtab'
    """
    mark = "ok" if finding.ok else "missing" if finding.needed else "absent"
    return f"  {mark:<7}  {finding.name}: {finding.detail}" + (
        f"  ->  {finding.mend}" if finding.mend and not finding.ok else ""
    )


# ---------------------------------------------------------------- the machine


PROBE = """
import json, torch
names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
print(json.dumps({"version": torch.__version__, "cuda": names, "mps": torch.backends.mps.is_available(), "threads": torch.get_num_threads()}))
"""


def devices() -> Iterator[Finding]:
    """What torch can compute on, asked in a process of its own: a broken driver may end it."""
    try:
        # -P: a file called torch.py in the folder that the user stands in is not torch.
        answer = subprocess.run([sys.executable, "-P", "-c", PROBE], capture_output=True, text=True, timeout=120)
        found = json.loads(answer.stdout.strip().splitlines()[-1]) if answer.returncode == 0 else None
        trouble = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        found, trouble = None, str(error)
    if found is None:
        yield Finding(
            "devices", "torch", False, f"cannot be imported: {trouble}", "pip install --force-reinstall torch"
        )
        return
    yield Finding(
        "devices", "cpu", True, f"{os.cpu_count()} processors, {found['threads']} threads for torch {found['version']}"
    )
    yield from (Finding("devices", f"cuda:{number}", True, name) for number, name in enumerate(found["cuda"]))
    if found["mps"]:
        yield Finding("devices", "mps", True, "Apple GPU")
    if not found["cuda"] and not found["mps"]:
        yield Finding(
            "devices", "gpu", False, "none; protocols smoke and mini do with a CPU, paper wants one", needed=False
        )


def disk(arguments: argparse.Namespace) -> Iterator[Finding]:
    """Whether results and cache can be written, and what is free there."""
    results = Path(getattr(arguments, "output_dir", None) or os.environ.get("HARNESS_OUTPUT_DIR", "results")).absolute()
    for name, folder, change in (
        ("results", results, "HARNESS_OUTPUT_DIR"),
        ("cache", cache_folder().absolute(), "HARNESS_CACHE"),
    ):
        there = next((parent for parent in (folder, *folder.parents) if parent.exists()), Path("/"))
        writable = there.is_dir() and os.access(there, os.W_OK)
        free = shutil.disk_usage(there).free
        if not writable:
            yield Finding("disk", name, False, f"{folder} cannot be written", f"export {change}=another folder")
        else:
            yield Finding("disk", name, True, f"{folder}, {free / 1024**3:.1f} GiB free")
            if free < PLENTY:
                yield Finding(
                    "disk",
                    f"room for {name}",
                    False,
                    f"less than {PLENTY // 1024**3} GiB free",
                    f"free some space, or export {change}=another folder",
                    needed=False,
                )


def git() -> Iterator[Finding]:
    """Git, for the commit in records."""
    path = shutil.which("git")
    yield Finding(
        "git",
        "git",
        bool(path),
        path or "not installed; records then carry a digest of the source but no commit",
        "install git with your system's package manager",
        needed=False,
    )


def variables() -> Iterator[Finding]:
    """Every variable of the environment that changes what harness does."""
    for name in sorted(name for name in os.environ if name.startswith("HARNESS_")):
        value = os.environ[name]
        folders = value.split(os.pathsep) if name == "HARNESS_PATH" else [value] if name == "HARNESS_DATA" else []
        absent = [folder for folder in folders if folder and not os.path.exists(os.path.expanduser(folder))]  # noqa: PTH110, PTH111 - they never raise
        detail = (value or "(empty)") + (f", but {', '.join(absent)} does not exist" if absent else "")
        yield Finding("variables", name, not absent, detail, f"unset {name}, or correct it")


# ---------------------------------------------------------------- data


def data_at_hand() -> Iterator[Finding]:
    """Which splits of each task are here. None is needed: what is not here runs on its embedded sample."""
    try:
        tasks = entries("tasks")
    except HarnessError as error:
        yield Finding("data", "tasks", False, str(error), "unset HARNESS_PATH, or correct it")
        return
    for entry in tasks:
        try:
            found = states(entry)
        except HarnessError as error:
            yield Finding("data", entry.name, False, str(error), f"harness data list {entry.short}", needed=False)
            continue
        splits = by_split(entry.card, found)
        whole = all if entry.card.joined else any
        here = [split for split, held in splits.items() if whole(state == "present" for state in held)]
        lacking = [split for split in (entry.card.train_split, entry.card.split) if split not in here]
        damaged = [split for split, held in splits.items() if "damaged" in held]
        detail = (
            f"{', '.join(here) or 'nothing'} at hand"
            + (f", lacks {', '.join(lacking)}" if lacking else "")
            + (f", DAMAGED: {', '.join(damaged)}" if damaged else "")
        )
        mend = f"harness data list {entry.short}, then harness data add PATH"
        yield Finding("data", entry.name, not lacking and not damaged, detail, mend, needed=bool(damaged))


def by_split(card: Task, found: list[State]) -> dict[str, list[str]]:
    """Split -> the states of its files; a file out of which every split is read counts for each."""
    splits: dict[str, list[str]] = {}
    for item in found:
        for split in card.splits if item.file.split == EVERY else (item.file.split,):
            splits.setdefault(split, []).append(item.state)
    return splits


def offline() -> Iterator[Finding]:
    """What works without a network: samples always, pretrained encoders when their checkpoints are here."""
    yield Finding("offline", "embedded samples", True, "every task runs on its own, with encoders from scratch")
    home = Path(os.environ.get("HF_HOME") or os.path.expanduser("~/.cache/huggingface"))  # noqa: PTH111
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    names = (
        sorted(folder.name.removeprefix("models--").replace("--", "/") for folder in hub.glob("models--*"))
        if hub.is_dir()
        else []
    )
    detail = f"{', '.join(names)} in {hub}" if names else f"none in {hub}; --encoder takes a local folder as well"
    yield Finding(
        "offline",
        "pretrained encoders",
        bool(names),
        detail,
        "run once with a network, or copy a checkpoint's folder here",
        needed=False,
    )
