"""Where data files are found; every choice of a file is reported.

A file is recognised by its SHA-256, whatever it is called. A run looks in this order: ``--data PATH``,
``$HARNESS_DATA``, the cache that ``harness data add`` fills, and last the embedded sample, which is a task of its own
(``ner/cmeee@sample``) and can never enter a real table.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.data import shelf
from harness.data.archives import Found, scan
from harness.data.memory import Memory
from harness.data.shelf import Wanted, keep, sources
from harness.errors import DataError, UsageError
from harness.files import at_home, file_digest
from harness.registry.shelves import Entry, entries
from harness.spec import DataFile, Task

OWN = "Own file, "
"""How a card says where a user's file was when ``harness new task`` took a copy of it."""
EVERY = "*"
"""The split of a file out of which every split is read."""


@dataclass(frozen=True)
class Located:
    """A data file of a task and the path it can be read from."""

    file: DataFile
    path: Path
    origin: str
    sha256: str

    @property
    def verified(self) -> bool:
        """Whether the copy is byte for byte the known one."""
        return bool(self.file.sha256) and self.sha256 == self.file.sha256


# ---------------------------------------------------------------- recognising


def _match(task: Entry, found: Iterable[Found], by_name: bool) -> dict[str, tuple[DataFile, Found]]:
    """Files of a task among those found: by digest, and by name where the user has said whose they are."""
    card: Task = task.card
    seen = list(found)
    by_digest = {item.sha256: item for item in seen}
    matches = {}
    for file in card.files:
        item = by_digest.get(file.sha256) if file.sha256 else None
        if item is None:
            named = [it for it in seen if it.name == file.name and (by_name or it.path.parent.name == task.short)]
            if len({it.sha256 for it in named}) > 1:
                raise UsageError(
                    f"{named[0]} and {named[1]} could both be {file.name} of {task.name}. "
                    "Give the folder of one of them."
                )
            item = named[0] if named else None
        if item:
            matches[file.name] = (file, item)
    return matches


@dataclass(frozen=True)
class Added:
    """What ``add`` did: files that are in the cache now, those of them that were copied, and all that was seen."""

    kept: list[Wanted]
    copied: list[Wanted]
    seen: list[Found]


def add(places: Iterable[Path], task: Entry | None = None) -> Added:
    """Recognise data files under the places and keep copies in the cache; what is there already is neither read nor
    copied again.

    With ``task`` given, files are also taken by their usual name, for editions whose digest is not known; without it,
    only in a folder that has the name of the task.
    """
    kept: list[Wanted] = []
    copied: list[Wanted] = []
    seen: list[Found] = []
    memory = Memory()
    try:
        for place in places:
            found = list(scan(place, memory=memory))
            wanted = []
            for entry in [task] if task else entries("tasks"):
                for file, item in _match(entry, found, by_name=task is not None).values():
                    refuse_replacing(entry, file, item)
                    wanted.append(Wanted(entry.name, file, item))
            copied += keep(wanted, memory)
            kept += wanted
            seen += found
    finally:
        memory.write()
    return Added(kept, copied, seen)


def refuse_replacing(entry: Entry, file: DataFile, item: Found) -> None:
    """Raise ``UsageError`` where a file that only has the right name would replace one with the known digest."""
    if file.sha256 and sources(entry.name).get(file.name) == file.sha256 != item.sha256:
        raise UsageError(
            f"{item} is called {file.name}, but {entry.name} has that file already, verified by SHA-256. "
            f"Use it for one run with --data, or delete {shelf.place(entry.name, file.name)} first."
        )


def locate(
    task: Entry, given: Path | None = None, damaged: dict[str, str] | None = None
) -> dict[str, dict[str, Located]]:
    """The files at hand for a task: split -> usual name -> where.

    Raises ``DataError`` for a damaged copy in the cache. Whoever gives ``damaged`` finds it noted there instead, by
    usual name, beside every file under ``$HARNESS_DATA`` that bears the name of one that is wanted and is not the known
    one.
    """
    card: Task = task.card
    if card.generated:
        return {split: {} for split in card.splits}
    places: list[tuple[str, dict[str, tuple[DataFile, Path, str]]]] = []
    unlike: list[tuple[DataFile, Found]] = []
    memory = Memory()
    if given is not None:
        matches = _match(task, scan(given, memory=memory), by_name=True)
        if not matches:
            names = ", ".join(file.name for file in card.files)
            raise DataError(
                f"{given} holds no file of {task.name}. Expected one of: {names}. "
                f"`harness data list {task.short}` says where they are given out."
            )
        places.append(("--data", _in_place(task, matches, memory)))
    else:
        variable = os.environ.get("HARNESS_DATA")
        if variable:
            place = at_home(variable, "HARNESS_DATA")
            if not place.exists():
                raise UsageError(f"HARNESS_DATA names {variable}, which does not exist. Correct or unset it.")
            found = list(scan(place, memory=memory))
            matches = _match(task, found, by_name=False)
            unlike = _unlike(task, found, matches)
            places.append(("$HARNESS_DATA", _in_place(task, matches, memory)))
        places.append(("cache", _cached(task, damaged)))
    memory.write()
    located: dict[str, dict[str, Located]] = {}
    for origin, files in places:  # of several forms of a split, the first on the card from the first place that has any
        for file, path, sha256 in files.values():
            for split in card.splits if file.split == EVERY else (file.split,):
                held = located.setdefault(split, {})
                if card.joined or not held:
                    held.setdefault(file.name, Located(file, path, origin, sha256))
    if damaged is not None:
        for file, item in unlike:
            held = held_for(file, located)
            if file.name not in held and (card.joined or not held):
                damaged.setdefault(file.name, _no_known_file(task, file, item))
    return located


def changed_since(located: Mapping[str, Mapping[str, Located]]) -> Iterator[str]:
    """Files of a user that are no longer what they were when the copy was taken that is about to be read."""
    for item in (item for files in located.values() for item in files.values() if item.origin == "cache"):
        source = Path(item.file.where.removeprefix(OWN).removesuffix("."))
        if item.file.where.startswith(OWN) and source.is_file():
            same_size = source.stat().st_size == item.path.stat().st_size
            if not same_size or file_digest(source) != item.sha256:
                yield str(source)


def held_for(file: DataFile, located: dict[str, dict[str, Located]]) -> dict[str, Located]:
    """The files at hand for the split of a file, whether it is among them or not."""
    return next((files for split, files in located.items() if file.split in (split, EVERY)), {})


def _no_known_file(task: Entry, file: DataFile, item: Found) -> str:
    return (
        f"{file.name} is at {item}, but is not the known file: its SHA-256 differs. "
        f"Get a fresh copy, or `harness data add --task {task.short} {shlex.quote(str(item.path))}` to use it all the "
        "same."
    )


def _unlike(
    task: Entry, found: list[Found], matches: dict[str, tuple[DataFile, Found]]
) -> list[tuple[DataFile, Found]]:
    """Files that bear the usual name of one of the task's and are not the known one.

    Many tasks call their files ``train.tsv``: the folder must speak for this one, by a name that begins with the task's
    (``sst2_glue``) or by a known file of it beside, and the file must not be one that another task knows.
    """
    known = {file.sha256 for file in task.card.files if file.sha256}
    homes = {item.folder for item in found if item.sha256 in known}
    unlike = [
        (file, item)
        for file in task.card.files
        if file.sha256 and file.name not in matches
        for item in found
        if item.name == file.name and (item.folder in homes or item.folder.name.startswith(task.short))
    ]
    elsewhere = {file.sha256 for entry in entries("tasks") for file in entry.card.files} if unlike else set()
    return [(file, item) for file, item in unlike if item.sha256 not in elsewhere]


def _in_place(
    task: Entry, matches: Mapping[str, tuple[DataFile, Found]], memory: Memory
) -> dict[str, tuple[DataFile, Path, str]]:
    """Where the files that were found can be read: where they are, or in the cache what is in an archive."""
    found = {}
    for name, (file, item) in matches.items():
        added = Wanted(task.name, file, item)
        found[name] = added if shelf.held(added, memory) else replace(added, aside=True)
    keep((one for one in found.values() if one.found.member), memory)
    return {
        name: (one.file, one.target if one.found.member else one.found.path, one.found.sha256)
        for name, one in found.items()
    }


def _cached(task: Entry, damaged: dict[str, str] | None = None) -> dict[str, tuple[DataFile, Path, str]]:
    known = sources(task.name)
    files = {}
    for file in task.card.files:
        path = shelf.place(task.name, file.name)
        if file.name in known and path.is_file():
            sha256 = file_digest(path)
            if sha256 != known[file.name]:
                message = f"{path} is damaged: its digest is {sha256[:12]}…, it was {known[file.name][:12]}… when it was added. Run `harness data add` again."
                if damaged is None:
                    raise DataError(message)
                damaged[file.name] = message
                continue
            files[file.name] = (file, path, sha256)
    return files


# ---------------------------------------------------------------- what is missing


def missing(
    task: Entry,
    located: dict[str, dict[str, Located]],
    splits: Iterable[str],
    damaged: Mapping[str, str] | None = None,
) -> str:
    """What is missing and exactly how to get it, or in what way it is ``damaged``; empty when nothing is."""
    lines, card, damage = [], task.card, damaged or {}
    for split in dict.fromkeys(() if card.generated and located else splits):
        files, held = [file for file in card.files if file.split in (split, EVERY)], located.get(split, {})
        lacking = [file for file in files if file.name not in held] if card.joined or not held else []
        if lacking or not files:
            told = [damage.get(file.name) or called(file) for file in lacking]
            if lacking and all(file.url for file in lacking):
                told[-1] += f"; `harness data get {task.short}` downloads it"
            choices = (" and " if card.joined else " or ").join(told)
            lines.append(f"  {split}: {choices or 'no file of this split is given out'}")
    return "\n".join(lines)


def called(file: DataFile) -> str:
    """A file's usual name and where it is given out."""
    return f"{file.name} ({file.where})" if file.where else file.name


def without_sample(task: Entry) -> str:
    """The sentence for a task of a user's own whose file says nothing of a sample."""
    return f"{task.name} has no embedded sample: {task.path.name} has no function `sample(split)`."


def demand(task: Entry, given: Path | None, splits: Iterable[str], way_out: str) -> dict[str, dict[str, Located]]:
    """The files at hand for a task; ``DataError`` with the way out where one of the splits is missing."""
    damaged: dict[str, str] = {}
    located = locate(task, given, damaged)
    lacking = missing(task, located, splits, damaged)
    if lacking:
        raise DataError(f"{task.name} lacks data:\n{lacking}\n{way_out}")
    return located
