"""Digests of files, remembered so that what has not changed is not read again.

A file is known by its path, size, times of change and number on the disk; the time of the last change of any kind
(``st_ctime``) cannot be set back, as the time of the last writing can. A digest that a record calls verified is taken
from the bytes all the same: see ``harness.data.splits``.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import cache_folder, read_checked, write_checked

MOST = 20_000
"""So many files are remembered; beyond that only those that the writing process met."""

Members = list[list[str]]
"""What a file holds: pairs of the name of a member, empty for a plain file, and its SHA-256."""


def state(path: Path) -> str:
    """What changes whenever a file does, as a text."""
    status = path.stat()
    times = f"{status.st_mtime_ns}|{status.st_ctime_ns}"
    return f"{path.resolve()}|{status.st_size}|{times}|{status.st_ino}"


class Memory:
    """The digests of this user's cache. One that is damaged or cannot be written costs time and no more."""

    def __init__(self) -> None:
        self.known, self.met = read(), set[str]()
        self.changed = False

    def recall(self, path: Path) -> Members | None:
        """What a file held when it was read; ``None`` where it is unknown or has changed since."""
        key = state(path)
        self.met.add(key)
        return self.known.get(key)

    def note(self, path: Path, members: Members) -> None:
        """Remember what a file holds."""
        key = state(path)
        self.met.add(key)
        self.known[key], self.changed = members, True

    def forget(self, path: Path) -> None:
        """Read a file anew the next time."""
        key = state(path)
        self.met.add(key)
        self.changed |= self.known.pop(key, None) is not None

    def write(self) -> None:
        """Keep what was noted, beside what others noted meanwhile."""
        if not self.changed:
            return
        own = {key: self.known[key] for key in self.met & self.known.keys()}
        whole = {key: members for key, members in read().items() if key not in self.met} | own
        with contextlib.suppress(EnvironmentFailure, UsageError):
            write_checked(place(), own if len(whole) > MOST else whole, "HARNESS_CACHE")
        self.changed = False


def place() -> Path:
    """The file of the cache."""
    return cache_folder() / "digests.json"


def read() -> dict[str, Members]:
    """What is remembered; nothing where the file is damaged or of another version."""
    with contextlib.suppress(OSError, DataError, UsageError):
        found: Any = read_checked(place())
        if isinstance(found, dict):
            return found
    return {}
