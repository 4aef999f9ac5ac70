"""Starting is light: the first pages load nothing that computes. Modules are asserted, never time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "transformers", "datasets", "evaluate", "pandas", "pyarrow", "matplotlib", "accelerate")
PROGRAM = """
import json, sys
from harness.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as left:
    code = left.code
print(json.dumps({"code": code, "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The modules in memory after a command, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    report = json.loads(done.stderr.strip().splitlines()[-1])
    assert report["code"] == 0, done.stderr
    return set(report["modules"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["run", "--help"],
        ["list"],
        ["list", "models"],
        ["list", "encoders"],
        ["list", "protocols"],
        ["list", "metrics"],
        ["list", "regimes"],
        ["list", "suites"],
        ["list", "--json"],
        ["show", "globalpointer"],
        ["show", "mini"],
        ["data", "list"],
        ["run", "--task", "cmeee", "--model", "gazetteer", "--dry-run"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(arguments: list[str]) -> None:
    """Help, lists, cards, the state of the data and a dry run load no torch and none of its kin."""
    assert not loaded(*arguments) & set(HEAVY)


def test_help_reads_no_task_and_imports_no_command() -> None:
    """--help needs the parser alone: no command, no registry, no task, no numpy."""
    modules = loaded("--help")
    assert not [
        name
        for name in modules
        if name.startswith(("harness.commands", "harness.registry", "tasks", "baselines", "numpy"))
    ]


def test_list_imports_no_task_and_no_model() -> None:
    """Lists come from the source text: no task or model is imported, not even a light one."""
    for shelf in ("tasks", "models", "encoders"):
        assert not [name for name in loaded("list", shelf) if name.startswith(("tasks", "baselines", "numpy"))]


def test_this_test_can_fail() -> None:
    """A command that does need a task's code is seen to load it."""
    assert "tasks.ner.cmeee" in loaded("show", "cmeee")
