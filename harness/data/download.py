"""Downloads the data files whose licence allows it: every card that names an address names the SHA-256 of the file too.

An address gives the file itself or an archive that holds it. What arrives is hashed; nothing else is kept.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.data import shelf
from harness.data.archives import Found, UnreadableError, scan
from harness.data.memory import Memory
from harness.data.shelf import Wanted, held, keep
from harness.errors import DataError, EnvironmentFailure, HarnessError, UsageError
from harness.files import BLOCK, cache_folder, cannot_write, replacing
from harness.progress import bar, say
from harness.registry.shelves import Entry
from harness.spec import DataFile

PATIENCE = 20
"""Seconds that a server may be silent."""
TRIES = 3
"""How often a download that was cut off is begun again, the first time included."""
MOST = 4 << 30
"""Bytes that a download may have: a server that never ends must not fill the disk."""


class CutError(Exception):
    """A download that ended early; the text says how far it came."""


@dataclass(frozen=True)
class Fetched:
    """A file of a task that is in the cache now, and whether it was downloaded for it."""

    file: DataFile
    path: Path
    new: bool


def get(task: Entry) -> list[Fetched]:
    """Bring in every file of a task that has an address; what is in the cache already is not asked for again.

    Raises ``DataError`` for an address that gives other bytes than the card's, of which nothing is kept,
    ``EnvironmentFailure`` where it cannot be reached, ``UsageError`` for a card with an address and no SHA-256.
    """
    memory = Memory()
    files = [file for file in task.card.files if file.url]
    lacking: dict[str, list[DataFile]] = {}
    try:
        for file in files:
            check(task, file)
            if not here(task, file, memory):
                lacking.setdefault(file.url, []).append(file)
        for url, wanted in lacking.items():
            _bring(task, url, wanted, memory)
    finally:
        memory.write()
    new = {file.name for wanted in lacking.values() for file in wanted}
    return [Fetched(file, shelf.place(task.name, file.name), file.name in new) for file in files]


def check(task: Entry, file: DataFile) -> None:
    """Raise ``UsageError`` for a card whose address is no address of the web, or has no digest to hold it against."""
    if urlsplit(file.url).scheme not in ("http", "https") or not file.sha256:
        raise UsageError(
            f"{task.path}: the url of {file.name} must begin with https:// and stand beside the sha256 of the file."
        )


def here(task: Entry, file: DataFile, memory: Memory) -> bool:
    """Whether the cache has the known file."""
    found = Found(shelf.place(task.name, file.name), "", file.sha256)
    return held(Wanted(task.name, file, found), memory)


def _bring(task: Entry, url: str, wanted: Iterable[DataFile], memory: Memory) -> None:
    """Download one address, and keep what the task wants of it."""
    folder = cache_folder() / "downloads"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(dir=folder))
    except OSError as error:
        raise cannot_write(folder, error, "HARNESS_CACHE") from error
    try:
        target = place / (Path(urlsplit(url).path).name or "file")
        fetch(url, target)
        try:
            found = {item.sha256: item for item in scan(target, memory=memory)}
        except UnreadableError as error:
            raise DataError(f"{url} gave no whole archive: {error} Nothing was kept.") from error
        for file in wanted:
            if file.sha256 not in found:
                raise DataError(
                    f"{url} gave other bytes than expected: none has the SHA-256 of {file.name}, {file.sha256}. "
                    "Nothing was kept."
                )
        keep((Wanted(task.name, file, found[file.sha256]) for file in wanted), memory)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def fetch(url: str, target: Path) -> None:
    """Download an address into a file; a download that is cut off is begun again, whole.

    Raises ``EnvironmentFailure`` where the address cannot be reached, refuses, or is cut off every time.
    """
    way = "Fetch it on another machine and run `harness data add FILE`."
    cut = ""
    for number in range(1, TRIES + 1):
        try:
            return _fetch(url, target)
        except CutError as error:
            cut = str(error)
            if number < TRIES:
                say(f"note: {url}: {cut}; beginning again ({number + 1} of {TRIES})")
        except HarnessError:
            raise
        except Exception as error:  # what urllib and http.client raise has no common base
            raise EnvironmentFailure(f"{url} cannot be reached ({error or type(error).__name__}). {way}") from error
    raise EnvironmentFailure(f"{url}: {cut}, {TRIES} times. {way}")


def _fetch(url: str, target: Path) -> None:
    import http.client  # here, for they are slow to import and hardly ever needed
    import urllib.request

    def read() -> bytes:
        try:
            return bytes(source.read(BLOCK))
        except (OSError, http.client.HTTPException) as error:
            raise CutError(f"cut off after {done:,} bytes ({error or type(error).__name__})") from error

    done = 0
    with urllib.request.urlopen(url, timeout=PATIENCE) as source, replacing(target, "HARNESS_CACHE") as copy:
        said = source.headers.get("Content-Length", "")
        total = int(said) if said.isdecimal() else None
        with bar(None, f"download {target.name}", total=total, unit="B", unit_scale=True) as shown:
            while part := read():
                done += len(part)
                if done > MOST:
                    raise DataError(f"{url} gives more than {MOST:,} bytes. Nothing was kept.")
                copy.write(part)
                shown.update(len(part))
        if total is not None and done < total:
            raise CutError(f"cut off after {done:,} of {total:,} bytes")
