"""What the acts of ``harness new`` share: writing the file, and the commands that come next."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from harness.files import write_atomically
from harness.scaffold import placing


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
