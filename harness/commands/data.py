"""``harness data``: bring files in, see what is there, fetch what may be fetched, audit what was brought."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data import download, places
from harness.errors import DataError
from harness.files import cache_folder
from harness.progress import say
from harness.registry.shelves import Entry, entries, find
from harness.report.tables import emit, table
from harness.spec import DataFile


def run(arguments: argparse.Namespace) -> int:
    """Carry out ``data list``, ``add``, ``get`` or ``check``."""
    if arguments.act == "check":
        from harness.commands import _audit  # its module compares whole corpora; the other verbs do without

        return _audit.run(arguments)
    return {"list": show, "add": add, "get": get}[arguments.act](arguments)


@dataclass(frozen=True)
class State:
    """One data file of a task: ``present``, ``missing``, ``damaged``, or ``optional`` where another form of the split
    is present.

    Damaged is a copy in the cache that has changed, and a file under ``$HARNESS_DATA`` that is not the known one of its
    name.
    """

    task: str
    file: DataFile
    state: str
    detail: str

    def as_json(self) -> dict[str, Any]:
        """The state as plain JSON values."""
        return {
            "task": self.task,
            "split": self.file.split,
            "name": self.file.name,
            "state": self.state,
            "detail": self.detail,
            "sha256": self.file.sha256,
        }


def states(task: Entry) -> list[State]:
    """Every data file of a task and whether it is at hand, in the order of the card.

    Reads bytes only: no task is imported.
    """
    damaged: dict[str, str] = {}
    located = places.locate(task, damaged=damaged)
    found = []
    if task.card.generated:
        found.append(State(task.name, DataFile(places.EVERY, "none"), "present", "made by the task's own code"))
    for file in task.card.files:
        held = places.held_for(file, located)
        if file.name in damaged:
            state, detail = "damaged", damaged[file.name]
        elif file.name in held:
            item = held[file.name]
            state, detail = (
                "present",
                f"{item.path} (from {item.origin}; {'verified by SHA-256' if item.verified else 'taken by its name'})",
            )
        else:
            state = "optional" if held and not task.card.joined else "missing"
            detail = way(task, file)
        found.append(State(task.name, file, state, detail))
    return found


def way(task: Entry, file: DataFile) -> str:
    """How to get a file that is not at hand, and the command that then brings it in."""
    if file.url:
        return f"`harness data get {task.short}` downloads it."
    command = f"`harness data add {'PATH' if file.sha256 else f'--task {task.short} PATH'}`"
    return f"{file.where + ' ' if file.where else 'It is not given out publicly. '}Then {command}."


def show(arguments: argparse.Namespace) -> int:
    """List every file of every task; exit 4 when one is damaged."""
    chosen = [find("tasks", arguments.task)] if arguments.task else entries("tasks")
    found = [state for task in chosen for state in states(task)]
    damaged = [state for state in found if state.state == "damaged"]
    if arguments.json:
        emit([state.as_json() for state in found])
    else:
        print(
            table(
                [
                    {
                        "task": item.task,
                        "split": item.file.split,
                        "file": item.file.name,
                        "state": item.state,
                        "detail": item.detail,
                    }
                    for item in found
                ]
            )
        )
    if damaged and not arguments.json:
        raise DataError("\n".join(state.detail for state in damaged))
    return DataError.exit_code if damaged else 0


def add(arguments: argparse.Namespace) -> int:
    """Recognise files and say which, and how many were seen that no task knows.

    Raises ``DataError`` when nothing was recognised.
    """
    task = find("tasks", arguments.task) if arguments.task else None
    found = places.add(arguments.paths, task)
    known = {item.found.sha256 for item in found.kept}
    others = [item for item in found.seen if item.sha256 not in known]
    if not found.kept:
        raise DataError(nothing_recognised(arguments.paths, len(found.seen), task))
    rows = [
        {
            "task": item.task,
            "split": item.file.split,
            "file": item.file.name,
            "by": "SHA-256" if item.found.sha256 == item.file.sha256 else "name",
            "state": "copied" if item in found.copied else "here already",
            "from": str(item.found),
        }
        for item in found.kept
    ]
    if arguments.json:
        emit({"added": rows, "seen": len(found.seen), "not_recognised": [str(item) for item in others]})
        return 0
    print(table(rows))
    print(
        f"\n{len(rows)} file{'s' * (len(rows) != 1)} kept in {cache_folder() / 'data'}, "
        f"{len(rows) - len(found.copied)} of them before; of {len(found.seen)} seen, {len(others)} not recognised."
    )
    for item in others[:5]:
        print(f"  not recognised: {item}")
    if len(others) > 5:
        print(f"  ... and {len(others) - 5} more (--json lists all)")
    return 0


def nothing_recognised(given: list[Path], seen: int, task: Entry | None) -> str:
    """What to do when no file was one that a task knows."""
    where = ", ".join(map(str, given))
    if task:
        return f"none of the {seen} files in {where} is a file of {task.name}, by SHA-256 or by name: it wants {', '.join(file.name for file in task.card.files)}. Rename yours so."
    return (
        f"none of the {seen} files in {where} is known by its SHA-256. Another edition is taken by its usual name with "
        "`harness data add --task TASK PATH`; `harness data list` shows the names and where the files are given out."
    )


def get(arguments: argparse.Namespace) -> int:
    """Download what a licence allows.

    Raises ``DataError`` where no file of the task may be downloaded, saying how to get each.
    """
    task = find("tasks", arguments.task)
    if not any(file.url for file in task.card.files):
        ways = "\n".join(f"  {file.split}: {file.name}: {way(task, file)}" for file in task.card.files)
        raise DataError(
            f"no file of {task.name} may be downloaded directly (licence: {task.card.licence}). "
            f"Get them by hand:\n{ways}"
        )
    fetched = download.get(task)
    by_hand = [file for file in task.card.files if not file.url]
    if arguments.json:
        emit([str(item.path) for item in fetched])
    else:
        for item in fetched:
            print(f"{item.path}{'' if item.new else '  (here already)'}")
    for file in by_hand:
        say(f"note: {file.split}: {file.name} is not downloaded: {way(task, file)}")
    return 0
