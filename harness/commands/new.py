"""``harness new model`` and ``harness new task``: files of one's own to begin with."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path

from harness import kinds
from harness.files import write_atomically
from harness.report.tables import emit
from harness.scaffold import model_file, placing


def run(arguments: argparse.Namespace) -> int:
    """Write a file, say what it is and what comes next.

    Raises ``UsageError`` for a name that cannot be and for a file that is there, ``DataError`` for data that cannot be read.
    """
    return {"model": model}[arguments.act](arguments)


def model(arguments: argparse.Namespace) -> int:
    """A model to change."""
    root, kind = placing.root_of(arguments.output), kinds.find(arguments.kind)
    name = placing.checked_name(arguments.name, "models", root)
    path = placing.path_of(root, "models", kind.folder, name)
    text = model_file.source(kind.name, name)
    write(path, text)
    steps = [
        *exports(root),
        f"harness check {name}",
        f"harness run --task {kind.tried_on} --model {name} --data sample",
    ]
    if arguments.json:
        emit({"file": str(path), "lines": len(text.splitlines()), "next": steps})
        return 0
    print(f"{shown(path)}: a model of kind {kind.name}, {len(text.splitlines())} lines, to change.\n\n{follow(steps)}")
    return 0


def write(path: Path, text: str) -> None:
    """Write a new file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text, "--output")


def exports(root: Path) -> list[str]:
    """The line that puts a folder on ``HARNESS_PATH``, where it is not there."""
    if placing.on_path(root):
        return []
    before = os.environ.get("HARNESS_PATH", "")
    return [f"export HARNESS_PATH={shlex.quote(shown(root))}{':$HARNESS_PATH' if before else ''}"]


def shown(path: Path) -> str:
    """A path as it is typed here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def follow(steps: list[str]) -> str:
    """The commands that come next."""
    return "Next:\n" + "\n".join(f"  {step}" for step in steps)
