"""The cache of data files: ``$HARNESS_CACHE/data/<task>/<usual name>``, with ``sources.json`` beside them.

What a run reads out of an archive that was not added is unpacked to ``$HARNESS_CACHE/unpacked/<SHA-256>/<usual name>``, so
that it takes no file's place. A copy is hashed while it is written, and takes its place only where its bytes are those that were found before.
"""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.data.archives import Found, contents, readable
from harness.data.memory import Memory
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import alone, cache_folder, cannot_write, canonical, copied, file_digest, replacing, write_atomically
from harness.progress import bar
from harness.spec import DataFile


@dataclass(frozen=True)
class Wanted:
    """A file that was found for a task, to be kept under its usual name; ``aside``, where it is for one run."""

    task: str
    file: DataFile
    found: Found
    aside: bool = False

    @property
    def target(self) -> Path:
        """Where the copy belongs."""
        usual = place(self.task, self.file.name)
        return cache_folder() / "unpacked" / self.found.sha256 / usual.name if self.aside else usual


def folder(task: str) -> Path:
    """The folder of a task in the cache."""
    return cache_folder() / "data" / task


def place(task: str, name: str) -> Path:
    """Where a file of a task is kept. ``UsageError`` for a name on a card that leads out of the folder."""
    if name in ("", ".", "..") or name != Path(name).name:
        raise UsageError(f"the card of {task} calls a file {name!r}. Give the name of a file without folders.")
    return folder(task) / name


def sources(task: str) -> dict[str, str]:
    """Name -> SHA-256 at the time of adding, for the files of a task in the cache.

    Raises ``DataError`` where the note of them is damaged, ``EnvironmentFailure`` where it cannot be read.
    """
    path = folder(task) / "sources.json"
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
            raise ValueError("not an object of names and digests")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise EnvironmentFailure(
            f"the cache {cache_folder()} cannot be read ({error}). Set HARNESS_CACHE to a folder of your own."
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged ({error}). Delete it and run `harness data add` again.") from error
    return known


def held(wanted: Wanted, memory: Memory) -> bool:
    """Whether the cache has this very file; a copy that has not changed since it was written is not read."""
    target = wanted.target
    noted = wanted.aside or sources(wanted.task).get(wanted.file.name) == wanted.found.sha256
    if not noted or not target.is_file():
        return False
    known = memory.recall(target)
    if known is None:
        known = [["", file_digest(target)]]
        memory.note(target, known)
    return known == [["", wanted.found.sha256]]


def keep(wanted: Iterable[Wanted], memory: Memory) -> list[Wanted]:
    """Copy what the cache lacks, each file whole or not at all; answers what was copied.

    An archive is read once, however many of its members are wanted. One process at a time writes a task's folder.
    Raises ``DataError`` for a file that is not what it was when it was found.
    """
    todo: dict[Path, dict[str, list[Wanted]]] = defaultdict(lambda: defaultdict(list))
    for item in wanted:
        if not held(item, memory):
            todo[item.found.path][item.found.member].append(item)
    written = []
    for path, members in bar(todo.items(), "copy", unit="file"):
        written += _keep(path, members, memory)
    return written


def _keep(path: Path, members: dict[str, list[Wanted]], memory: Memory) -> list[Wanted]:
    written: list[Wanted] = []
    with readable(path), contextlib.closing(contents(path)) as stored:  # type: ignore[type-var]
        for member, stream in stored:
            items = members.pop(member, [])
            if items:
                _copy(stream, items, memory)
                written += items
            if not members:
                break
    for items in members.values():
        raise changed(items[0], memory)
    return written


def _copy(stream: IO[bytes], items: list[Wanted], memory: Memory) -> None:
    """Write one file to every place that wants it."""
    try:
        with contextlib.ExitStack() as stack:
            for shelf in sorted({item.target.parent for item in items}):
                stack.enter_context(alone(shelf))
                for partial in shelf.glob(".*.part"):  # what a kill in the middle of a copy left
                    partial.unlink(missing_ok=True)
            with contextlib.ExitStack() as files:
                copies = [files.enter_context(replacing(item.target, "HARNESS_CACHE")) for item in items]
                if copied(stream, *copies) != items[0].found.sha256:
                    raise changed(items[0], memory)
            for item in items:
                memory.note(item.target, [["", item.found.sha256]])
                if not item.aside:
                    note = canonical({**sources(item.task), item.file.name: item.found.sha256})
                    write_atomically(item.target.with_name("sources.json"), note, "HARNESS_CACHE")
    except OSError as error:
        raise cannot_write(items[0].target, error, "HARNESS_CACHE") from error


def changed(item: Wanted, memory: Memory) -> DataError:
    """The error for a file that is not what it was when it was found; it is read anew the next time."""
    memory.forget(item.found.path)
    memory.write()
    return DataError(f"{item.found} is not what it was when its SHA-256 was taken. Give the command again.")
