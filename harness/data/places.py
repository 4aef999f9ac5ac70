"""Where data files are found; every choice of a file is reported.

A file is recognised by its SHA-256, whatever it is called. A run looks in this order: ``--data PATH``,
``$HARNESS_DATA``, the cache that ``harness data add`` fills, and last the embedded sample, which is a task of its own
(``ner/cmeee@sample``) and can never enter a real table.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.data.archives import Found, opened, scan
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import (
    alone,
    at_home,
    cache_folder,
    cannot_write,
    canonical,
    file_digest,
    replacing,
    write_atomically,
)
from harness.registry.shelves import Entry, entries
from harness.spec import DataFile, Task

CONNECT_SECONDS = 5
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


# ---------------------------------------------------------------- the cache


def _shelf(task: str) -> Path:
    return cache_folder() / "data" / task


def _sources(task: str) -> dict[str, str]:
    """Name -> SHA-256 at the time of adding, for the files of a task in the cache."""
    path = _shelf(task) / "sources.json"
    try:
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise EnvironmentFailure(
            f"the cache {cache_folder()} cannot be read ({error}). Set HARNESS_CACHE to a folder of your own."
        ) from error
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}). Delete it and run `harness data add` again.") from error
    return known


def _keep(task: str, file: DataFile, found: Found) -> Path:
    """Copy a found file into the cache under its usual name, whole or not at all; one process at a time."""
    target = _shelf(task) / file.name
    try:
        with alone(target.parent):
            with opened(found) as source, replacing(target, "HARNESS_CACHE") as copy:
                shutil.copyfileobj(source, copy)
            known = canonical({**_sources(task), file.name: found.sha256})
            write_atomically(target.with_name("sources.json"), known, "HARNESS_CACHE")
    except OSError as error:
        raise cannot_write(target, error, "HARNESS_CACHE") from error
    return target


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


def add(places: Iterable[Path], task: Entry | None = None) -> list[tuple[str, DataFile, Found]]:
    """Recognise data files under the places and keep copies in the cache.

    With ``task`` given, files are also taken by their usual name, for editions whose digest is not known; without it,
    only in a folder that has the name of the task.
    """
    kept = []
    for place in places:
        found = list(scan(place))
        for entry in [task] if task else entries("tasks"):
            for file, item in _match(entry, found, by_name=task is not None).values():
                held = _sources(entry.name).get(file.name)
                if held == file.sha256 != item.sha256 and file.sha256:
                    raise UsageError(
                        f"{item} is called {file.name}, but {entry.name} has that file already, verified by SHA-256. "
                        f"Use it for one run with --data, or delete {_shelf(entry.name) / file.name} first."
                    )
                _keep(entry.name, file, item)
                kept.append((entry.name, file, item))
    return kept


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
    if given is not None:
        matches = _match(task, scan(given), by_name=True)
        if not matches:
            names = ", ".join(file.name for file in card.files)
            raise DataError(
                f"{given} holds no file of {task.name}. Expected one of: {names}. "
                f"`harness data list {task.short}` says where they are given out."
            )
        places.append(
            (
                "--data",
                {name: (file, _readable(task, file, item), item.sha256) for name, (file, item) in matches.items()},
            )
        )
    else:
        variable = os.environ.get("HARNESS_DATA")
        if variable:
            place = at_home(variable, "HARNESS_DATA")
            if not place.exists():
                raise UsageError(f"HARNESS_DATA names {variable}, which does not exist. Correct or unset it.")
            found = list(scan(place))
            matches = _match(task, found, by_name=False)
            unlike = _unlike(task, found, matches)
            places.append(
                (
                    "$HARNESS_DATA",
                    {name: (file, _readable(task, file, item), item.sha256) for name, (file, item) in matches.items()},
                )
            )
        places.append(("cache", _cached(task, damaged)))
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


def _readable(task: Entry, file: DataFile, found: Found) -> Path:
    if not found.member:
        return found.path
    cached = _shelf(task.name) / file.name
    return (
        cached
        if _sources(task.name).get(file.name) == found.sha256 and cached.exists()
        else _keep(task.name, file, found)
    )


def _cached(task: Entry, damaged: dict[str, str] | None = None) -> dict[str, tuple[DataFile, Path, str]]:
    sources = _sources(task.name)
    files = {}
    for file in task.card.files:
        path = _shelf(task.name) / file.name
        if file.name in sources and path.exists():
            sha256 = file_digest(path)
            if sha256 != sources[file.name]:
                message = f"{path} is damaged: its digest is {sha256[:12]}…, it was {sources[file.name][:12]}… when it was added. Run `harness data add` again."
                if damaged is None:
                    raise DataError(message)
                damaged[file.name] = message
                continue
            files[file.name] = (file, path, sha256)
    return files


def get(task: Entry) -> list[Path]:
    """Download the files of a task that may be downloaded, check their digests, keep them in the cache."""
    import urllib.error  # here, for it is slow to import and hardly ever needed
    import urllib.request

    kept = []
    for file in task.card.files:
        if not file.url:
            continue
        target = _shelf(task.name) / f".{file.name}.download"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with urllib.request.urlopen(file.url, timeout=CONNECT_SECONDS) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        except (urllib.error.URLError, TimeoutError, OSError) as error:
            target.unlink(missing_ok=True)
            raise EnvironmentFailure(
                f"{file.url} cannot be reached ({error}). Fetch {file.name} on another machine and run `harness data "
                "add FILE`."
            ) from error
        sha256 = file_digest(target)
        if file.sha256 and sha256 != file.sha256:
            target.unlink()
            raise DataError(
                f"{file.url} gave other bytes than expected (SHA-256 {sha256}, expected {file.sha256}). "
                "Nothing was kept."
            )
        kept.append(_keep(task.name, file, Found(target, "", sha256)))
        target.unlink()
    return kept


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
            choices = (" and " if card.joined else " or ").join(told)
            lines.append(f"  {split}: {choices or 'no file of this split is given out'}")
    return "\n".join(lines)


def called(file: DataFile) -> str:
    """A file's usual name and where it is given out."""
    return f"{file.name} ({file.where})" if file.where else file.name


def demand(task: Entry, given: Path | None, splits: Iterable[str], way_out: str) -> dict[str, dict[str, Located]]:
    """The files at hand for a task; ``DataError`` with the way out where one of the splits is missing."""
    damaged: dict[str, str] = {}
    located = locate(task, given, damaged)
    lacking = missing(task, located, splits, damaged)
    if lacking:
        raise DataError(f"{task.name} lacks data:\n{lacking}\n{way_out}")
    return located
