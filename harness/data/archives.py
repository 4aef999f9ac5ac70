"""Finds every file below a path, also inside archives, with its SHA-256.

Digests are cached: a second scan reads nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import cache_folder, canonical, file_digest, write_atomically
from harness.progress import say

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_skipped: set[str] = set()
"""Files that this process could not read, by path, size and time of change: each is reported and tried once."""


class UnreadableError(DataError):
    """A file or an archive that cannot be read to its end."""

    def __init__(self, trouble: str, mend: str) -> None:
        super().__init__(f"{trouble}. {mend}")
        self.trouble, self.mend = trouble, mend


@dataclass(frozen=True)
class Found:
    """A file seen while searching: on its own, or as the member of an archive."""

    path: Path
    member: str  # empty for a plain file
    sha256: str

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return (self.member or self.path.name).rpartition("/")[2]

    @property
    def folder(self) -> Path:
        """The folder that the file stands in; an archive counts as one."""
        return (self.path / self.member).parent

    def __str__(self) -> str:
        return f"{self.path}!{self.member}" if self.member else str(self.path)


def scan(place: Path, *, whole: bool = False) -> Iterator[Found]:
    """Every file under a folder (or the one file, or the members of an archive), with its digest.

    Digests are remembered by path, size and time of change, so that a second scan reads nothing.
    A file of a folder that cannot be read is told once and passed over, for most runs can do without it.
    Raises ``DataError`` where the place itself is such a file, or where the folder is wanted ``whole``.
    """
    if not place.exists():
        raise UsageError(f"{place} does not exist. Give a folder, a file, or an archive ({', '.join(ARCHIVES)}).")
    index_path = cache_folder() / "digests.json"
    try:
        index: dict[str, list[list[str]]] = json.loads(index_path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        index = {}
    if not isinstance(index, dict):
        index = {}  # only a memory of digests: rebuilt by reading the files again
    known = len(index)
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(place).parts):
            continue
        status = path.stat()
        key = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"
        if key not in index:
            members = _members(path, key, strict=whole or path == place)
            if members is None:
                continue
            index[key] = members
        yield from (Found(path, member, sha256) for member, sha256 in index[key])
    if len(index) > known:
        with contextlib.suppress(EnvironmentFailure, UsageError):  # an unwritable cache costs the next scan time
            write_atomically(index_path, canonical(index))


def _members(path: Path, key: str, strict: bool) -> list[list[str]] | None:
    """What a file holds; ``None`` after a note for one that cannot be read, an error where ``strict``."""
    if key in _skipped and not strict:
        return None
    try:
        return [[member, sha256] for member, sha256 in _digests(path)]
    except UnreadableError as error:
        if strict:
            raise
        say(f"note: {error.trouble}; skipped. {error.mend}")
        _skipped.add(key)
        return None


def _digests(path: Path) -> Iterator[tuple[str, str]]:
    if not path.name.endswith(ARCHIVES):
        try:
            yield "", file_digest(path)
        except OSError as error:
            raise UnreadableError(
                f"{path} cannot be read ({error.strerror})", "Change its permissions, or name another folder."
            ) from error
        return
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if not info.is_dir():
                        with archive.open(info) as stream:
                            yield info.filename, hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        else:
            with tarfile.open(path) as tar:
                for member in tar:
                    extracted = tar.extractfile(member) if member.isfile() else None
                    if extracted:
                        yield member.name, hashlib.file_digest(extracted, "sha256").hexdigest()  # type: ignore[arg-type]
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        EOFError,
        OSError,
        zlib.error,
        lzma.LZMAError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise UnreadableError(
            f"{path} is not a readable archive ({' '.join(str(error).split())})",
            "Fetch it again, or unpack it yourself and add the folder.",
        ) from error


@contextlib.contextmanager
def opened(found: Found) -> Iterator[IO[bytes]]:
    """The bytes of a found file, read from inside its archive where it is in one."""
    with contextlib.ExitStack() as stack:
        if not found.member:
            yield stack.enter_context(found.path.open("rb"))
        elif found.path.suffix == ".zip":
            archive = stack.enter_context(zipfile.ZipFile(found.path))
            yield stack.enter_context(archive.open(found.member))
        else:
            stream = stack.enter_context(tarfile.open(found.path)).extractfile(found.member)
            assert stream is not None  # scan() lists regular members only
            yield stack.enter_context(stream)
