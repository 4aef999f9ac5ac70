"""The lock: the digest of every claim with the date at which it was written down, before the records that judge it.

``claims/LOCK.json`` only grows. Each entry carries a digest of itself and of the one before it, so that an entry that is
edited or taken out is seen; a card whose digest is not that of its last entry was edited since, and its verdict is void.
A chain can be made anew with other dates: what tells is the history of the file (``history``), of which every version must
go on in the next one. A date proves as much as that history does: what is published in time cannot be moved later.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import DataError
from harness.files import digest, write_atomically
from harness.ledger.shelf import Filed
from harness.registry.shelves import roots

NAME = "LOCK.json"
SCHEMA = "harness.claims.lock"
VERSION = 1
LOCKED, EDITED, OPEN = "locked", "edited", "not locked"


@dataclass(frozen=True)
class Entry:
    """One claim as it was at a date."""

    claim: str  # POST/ID
    sha256: str  # of all but wording and deviations
    date: str  # UTC, in ISO 8601
    chain: str  # digest of the three fields above and of the chain of the entry before


@dataclass(frozen=True)
class State:
    """Where a claim stands with its lock."""

    state: str  # LOCKED, EDITED or OPEN
    date: str = ""  # of the entry that counts


def read(path: Path) -> list[Entry]:
    """The entries of a lock; none where there is no file. Raises ``DataError`` as ``parse`` does."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a lock ({error}). Restore it from its history.") from error


def parse(text: str, path: Path) -> list[Entry]:
    """The entries of a lock's text; ``path`` is for messages.

    Raises ``DataError`` for a text that is damaged, of another schema, or whose entries were edited.
    """
    try:
        value = json.loads(text)
        if value["schema"] != SCHEMA or type(value["version"]) is not int:
            raise ValueError(f"its schema is {value['schema']!r}, expected {SCHEMA!r}")
        if value["version"] > VERSION:
            raise ValueError(f"version {value['version']}; this harness reads up to {VERSION}")
        entries = [Entry(**entry) for entry in value["entries"]]
        odd = [number for number, entry in enumerate(entries, 1) if not all(map(readable, asdict(entry).values()))]
        if odd:
            raise ValueError(f"entry {odd[0]} holds what is no text")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as a lock ({error}). Restore it from its history.") from error
    before = None
    for number, entry in enumerate(entries, 1):
        if entry.chain != link(before, entry.claim, entry.sha256, entry.date):
            raise DataError(
                f"{path}: entry {number} ({entry.claim}) was edited, or the one before it was. A lock only grows: "
                "restore it from its history."
            )
        if before and entry.date < before.date:
            raise DataError(
                f"{path}: entry {number} ({entry.claim}) is older than the one before it. Restore the file."
            )
        before = entry
    return entries


def readable(value: object) -> bool:
    """Whether a value of an entry is a text that can be written as UTF-8."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def link(before: Entry | None, claim: str, sha256: str, date: str) -> str:
    """The digest that ties an entry to the one before."""
    return digest([before.chain if before else "", claim, sha256, date])


def state(filed: Filed, entries: Iterable[Entry]) -> State:
    """Whether a claim is what its last entry says."""
    own = [entry for entry in entries if entry.claim == filed.name]
    if not own:
        return State(OPEN)
    return State(LOCKED if own[-1].sha256 == filed.claim.sha256 else EDITED, own[-1].date)


def extended(entries: list[Entry], claims: Iterable[Filed], now: str) -> list[Entry]:
    """The entries with one more for each claim that is new or was edited."""
    made = list(entries)
    for filed in claims:
        if state(filed, made).state != LOCKED:
            before = made[-1] if made else None
            sha256 = filed.claim.sha256
            made.append(Entry(filed.name, sha256, now, link(before, filed.name, sha256, now)))
    return made


def write(path: Path, entries: list[Entry]) -> None:
    """Write a lock, whole or not at all."""
    value = {"schema": SCHEMA, "version": VERSION, "entries": [asdict(entry) for entry in entries]}
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n", "HARNESS_PATH")


def moment() -> str:
    """Now, in UTC, as records spell it."""
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def lock_file(filed: Filed) -> Path:
    """The lock beside a claim's file."""
    return filed.path.parent / NAME


def lock_files(claims: Iterable[Filed]) -> set[Path]:
    """The locks of the shelves that are looked through, also of one that has no card any more."""
    folders = {root / "claims" for root in roots()} | {filed.path.parent for filed in claims}
    return {folder / NAME for folder in folders}
