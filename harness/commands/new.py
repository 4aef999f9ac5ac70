"""``harness new model`` and ``harness new task``: files of one's own to begin with."""

from __future__ import annotations

import argparse

from harness import kinds
from harness.commands import _new_task
from harness.commands._following import exports, follow, shown, write
from harness.report.tables import emit
from harness.scaffold import model_file, placing


def run(arguments: argparse.Namespace) -> int:
    """Write a file, say what it is and what comes next.

    Raises ``UsageError`` for a name that cannot be and for a file that is there, ``DataError`` for data that cannot be read.
    """
    return {"model": model, "task": _new_task.task}[arguments.act](arguments)


def model(arguments: argparse.Namespace) -> int:
    """A model to change."""
    root, kind = placing.root_of(arguments.output), kinds.find(arguments.kind)
    name = placing.checked_name(arguments.new_name, "models", root)
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
