"""Whether a file that only grows did so: every version that git has of it, and the dates in it, against the commits.

Versions are those of the line of first parents, which is the published one where branches are merged into it; what stood
on a branch alone and was merged otherwise does not count. Versions that cannot be read as what they are now are passed over.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from harness.errors import DataError

OLDEST = timedelta(days=1)
"""By how much an entry may be older than the commit that brought it."""


class Dated(Protocol):
    """An entry of such a file."""

    @property
    def claim(self) -> str:
        """What it is of."""

    @property
    def date(self) -> str:
        """When it was made: UTC, in ISO 8601."""


@dataclass(frozen=True)
class Version:
    """The file as one commit has it."""

    commit: str
    at: datetime
    entries: tuple[Dated, ...]


@dataclass(frozen=True)
class History:
    """What git has of a file, oldest version first; ``open`` says in words what of it cannot be checked."""

    versions: list[Version] = field(default_factory=list)
    open: str = ""


def read(path: Path, parse: Callable[[str, Path], Sequence[Dated]]) -> History:
    """The versions of a file; ``parse`` makes entries of a text and the path for messages, or raises ``DataError``."""
    shallow = _git(path, "rev-parse", "--is-shallow-repository")
    if shallow is None:
        return History(open="it is in no git checkout")
    log = _git(path, "log", "--first-parent", "--reverse", "--format=%H %ct", "--", f"./{path.name}")
    made = []
    for line in (log or "").splitlines():
        commit, _, seconds = line.partition(" ")
        text = _git(path, "show", f"{commit}:./{path.name}")  # None where the commit deleted it
        if text is not None:
            with suppress(DataError):
                made.append(Version(commit[:10], datetime.fromtimestamp(int(seconds), UTC), tuple(parse(text, path))))
    cut = "the history of its git checkout was cut short: `git fetch --unshallow`" if shallow.strip() == "true" else ""
    return History(made, cut or ("" if made else "git has no version of it yet"))


def faults(entries: Sequence[Dated], history: History) -> Iterator[str]:
    """Where a file is no continuation of a version that it had, and entries whose date is not that of their commit.

    That an entry is older than its commit is said only where the history is whole: elsewhere an older one brought it.
    """
    known = 0
    for version in history.versions:
        size = len(version.entries)
        if tuple(entries[:size]) != version.entries:
            parted = _first(entries, version)
            yield f"it only grows, and does not go on from the {size} entries of commit {version.commit} ({parted}): restore it"
            return
        for number, entry in enumerate(version.entries[known:], known + 1):
            wrong = misdated(entry.date, version.at, not history.open)
            if wrong:
                yield f"entry {number} ({entry.claim}) is dated {entry.date}, {wrong} commit that brought it ({version.commit})"
        known = max(known, size)


def _first(entries: Sequence[Dated], version: Version) -> str:
    """Where the two part."""
    for number, (now, then) in enumerate(zip(entries, version.entries, strict=False), 1):
        if now != then:
            return f"entry {number} ({then.claim}) was edited"
    return f"{len(entries)} are left"


def misdated(date: str, at: datetime, whole: bool) -> str:
    """Why a date cannot be that of an entry that a commit of this time brought; empty where it can.

    >>> at = datetime(2026, 5, 3, tzinfo=UTC)
    >>> [misdated(date, at, True) for date in ("2026-05-02T12:00:00Z", "2026-05-01T00:00:00Z", "2026-05-03T00:00:01Z")]
    ['', 'more than a day before the', 'after the']
    """
    try:
        made = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return "which is no date, in the"
    if made > at:
        return "after the"
    return "more than a day before the" if whole and at - made > OLDEST else ""


def _git(path: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(path.parent), *words], capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")
