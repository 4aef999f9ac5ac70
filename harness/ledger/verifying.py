"""Whether the records behind a verdict hold together: the rungs of ``harness verify`` up to identities, each record once.

What was found is kept in the cache folder under the digest of every file of the record's folder, of all code of this package
and of the folder of the record's task, so that an edited record, another check or another task is looked at anew.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterable
from pathlib import Path

import harness
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import cache_folder, contents, digest, file_digest, read_checked, write_checked
from harness.registry.shelves import find
from harness.verify.finding import FAIL, IDENTITIES
from harness.verify.ladder import climb

MOST = 5000


def failures(folders: Iterable[Path]) -> dict[Path, str]:
    """Why a record is void, of those that fail a rung; nothing is said of rungs that cannot be checked here."""
    folders = list(folders)
    known, keys = read(), {folder: key(folder) for folder in folders}
    new = [folder for folder in folders if keys[folder] not in known]
    for folder, report in zip(new, climb(new, IDENTITIES), strict=True):
        failed = report.of(FAIL)
        known[keys[folder]] = f"fails {failed[0].rung}, {failed[0].check}: {failed[0].words}" if failed else ""
    if new:
        keep(known, set(keys.values()))
    return {folder: known[keys[folder]] for folder in folders if known[keys[folder]]}


def key(folder: Path) -> str:
    """The digest of a record's files, of its task's and of the code that checks them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    held = [(path.relative_to(folder).as_posix(), file_digest(path)) for path in files]
    return digest([code(), *of_task(folder), folder.name, held])


@functools.cache
def code() -> str:
    """The digest of this package: its checks lean on nearly every room of it, and on tables that lie beside the code."""
    return tree(Path(harness.__file__).parent)


def of_task(folder: Path) -> list[str]:
    """The name of a record's task and the digest of the folder that it lies in with what it imports; none if unknown."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError):
        name = json.loads(contents(folder / "result.json"))["task"]["name"]
        return [name, shelf(find("tasks", name).path.parent)]
    return []


@functools.cache
def shelf(folder: Path) -> str:
    """The digest of a folder of tasks."""
    return tree(folder)


def tree(root: Path) -> str:
    """The digest of all files below a folder but compiled ones."""
    paths = (path for path in sorted(root.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return digest([(path.relative_to(root).as_posix(), file_digest(path)) for path in paths])


def read() -> dict[str, str]:
    """What earlier checks found."""
    with contextlib.suppress(OSError, DataError, UsageError, AttributeError):
        value = read_checked(place())
        return {str(key): str(found) for key, found in value.items()}
    return {}


def keep(known: dict[str, str], asked: set[str]) -> None:
    """Write what is known. A cache that cannot be written costs time only."""
    kept = known if len(known) <= MOST else {key: known[key] for key in asked}
    with contextlib.suppress(EnvironmentFailure, UsageError, OSError):
        write_checked(place(), kept, "HARNESS_CACHE")


def place() -> Path:
    """The file of the cache."""
    return cache_folder() / "verified.json"
