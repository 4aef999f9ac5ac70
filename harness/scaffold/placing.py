"""Where a new file goes, and what it may be called."""

from __future__ import annotations

import keyword
import os
import re
from pathlib import Path

from harness.errors import UsageError
from harness.files import at_home
from harness.registry.shelves import PLACES, SHIPPED, Shelf, entries, named_roots

LONGEST = 60
TAKEN = frozenset({"schema", "sample", "auto", "real"})
"""Words that commands read as something else than a name."""
USUAL = "my-folder"
"""The folder that is made where neither ``--output`` nor ``HARNESS_PATH`` names one."""


def checked_name(name: str, shelf: Shelf, root: Path) -> str:
    """A name that can be a Python module and nothing else of its shelf; ``UsageError`` for any other.

    Where ``HARNESS_PATH`` names the folder that gets the file before there is one, it is made.
    """
    what = shelf.removesuffix("s")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > LONGEST:
        raise UsageError(
            f"{name!r:.80} is no name for a {what}: write small letters, digits and _, a letter first, at most {LONGEST}; "
            "it becomes the name of a Python file."
        )
    if keyword.iskeyword(name) or name in TAKEN:
        raise UsageError(f"{name!r} means something else to Python or to a command. Take another name.")
    if on_path(root):
        (root / PLACES[shelf].partition("/")[0]).mkdir(parents=True, exist_ok=True)
    for entry in entries(shelf):
        if entry.short == name:
            raise UsageError(f"there is a {what} {entry.name} already: {entry.path}. Take another name.")
    return name


def root_of(output: Path | None) -> Path:
    """The folder that gets the file: the one that is named, else the first of ``HARNESS_PATH``, else ``my-folder`` here.

    Raises ``UsageError`` for what is no folder, and for the folder of the package itself.
    """
    first = next((part for part in os.environ.get("HARNESS_PATH", "").split(os.pathsep) if part), USUAL)
    root = at_home(output if output is not None else first, "--output").absolute()
    if root.exists() and not root.is_dir():
        raise UsageError(f"--output {root} is a file. Give a folder, which HARNESS_PATH then names.")
    if root.resolve() == SHIPPED:
        raise UsageError(f"{root} holds what ships with harness. Give a folder of your own with --output.")
    return root


def path_of(root: Path, shelf: Shelf, folder: str, name: str) -> Path:
    """The path of a new file; ``UsageError`` where there is one."""
    path = root / PLACES[shelf].partition("/")[0] / folder / f"{name}.py"
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists and is left as it is. Take another name, or remove it.")
    return path


def on_path(root: Path) -> bool:
    """Whether ``HARNESS_PATH`` names a folder."""
    return root.resolve() in named_roots()
