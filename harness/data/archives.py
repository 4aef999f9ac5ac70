"""Finds every file below a path, also inside archives, with its SHA-256.

Digests are remembered (``harness.data.memory``): a second scan reads nothing. Members of an archive are streamed; none
is ever written under its own name, and what is copied out is hashed once more on the way.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from harness.data.memory import Members, Memory, state
from harness.errors import DataError, UsageError
from harness.files import file_digest
from harness.progress import say

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
PACKED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
"""How the file of a compressed tar begins, and what unpacks it."""
FREELY = 64 << 20
"""Bytes that any archive may unpack to."""
RATIO = 200
"""How many times its own size an archive may unpack to beyond that; text seldom packs better than 20 to 1."""
AT_ONCE = 16 << 20
"""Bytes of a tar that may be asked for at once: more is a header that was made to fill the memory."""
IRREGULAR = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_skipped: set[str] = set()
"""What this process passed over, by path and state: each is told and tried once."""


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
        return shown(f"{self.path}!{self.member}" if self.member else str(self.path))


def shown(name: str) -> str:
    """A name for a person to read: what a terminal would act on is spelt out.

    >>> shown("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in name)


def scan(place: Path, *, whole: bool = False, memory: Memory | None = None) -> Iterator[Found]:
    """Every file under a folder (or the one file, or the members of an archive), with its digest.

    What has not changed since it was read is not read again. A file of a folder that cannot be read, and what is no file
    (a FIFO, a device, a link to nothing), is told once and passed over, for most runs can do without it.
    Raises ``DataError`` where the place itself is such a file, or where the folder is wanted ``whole``; ``UsageError``
    for a place that is neither file nor folder.
    """
    if not place.exists():
        raise UsageError(f"{place} does not exist. Give a folder, a file, or an archive ({', '.join(ARCHIVES)}).")
    odd = irregular(place)
    if odd:
        raise UsageError(f"{place} is {odd}. Give a folder, a file, or an archive ({', '.join(ARCHIVES)}).")
    held = Memory() if memory is None else memory
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if path.is_dir() or any(part.startswith(".") for part in path.relative_to(place).parts):
            continue
        members = _members(path, held, strict=whole or path == place)
        yield from (Found(path, member, sha256) for member, sha256 in members or ())
    if memory is None:
        held.write()


def irregular(path: Path) -> str:
    """What a path is that is neither a file nor a folder; empty for those."""
    try:
        return IRREGULAR.get(stat.S_IFMT(path.stat().st_mode), "")
    except FileNotFoundError:
        return "a link that leads nowhere"


def _members(path: Path, memory: Memory, strict: bool) -> Members | None:
    """What a file holds; ``None`` after a note for one that cannot be read, an error where ``strict``."""
    try:
        odd = irregular(path)
        if odd:
            raise UnreadableError(f"{shown(str(path))} is {odd}", "Only files are read.")
        held = memory.recall(path)
        if held is None and (strict or state(path) not in _skipped):
            held = _digests(path)
            memory.note(path, held)
        return held
    except OSError as error:
        trouble = UnreadableError(
            f"{shown(str(path))} cannot be read ({error.strerror})", "Change its permissions, or name another folder."
        )
    except UnreadableError as error:
        trouble = error
    if strict:
        raise trouble
    key = str(path) if irregular(path) else state(path)
    if key not in _skipped:
        say(f"note: {trouble.trouble}; skipped. {trouble.mend}")
        _skipped.add(key)
    return None


def _digests(path: Path) -> Members:
    """Every member and its digest.

    Raises ``UnreadableError`` for two members of one name and other content: whoever opens it would get either.
    """
    if not path.name.endswith(ARCHIVES):
        return [["", file_digest(path)]]
    found: dict[str, str] = {}
    with readable(path):
        for member, stream in contents(path):
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
            if found.setdefault(member, sha256) != sha256:
                raise UnreadableError(
                    f"{path} holds two files called {shown(member)}, and they differ",
                    "Unpack it yourself, see which of them is meant, and add the folder.",
                )
    return [[member, sha256] for member, sha256 in found.items()]


# ---------------------------------------------------------------- what an archive holds


def contents(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The members of an archive in its own order, each as a name and a stream to read before the next; a plain file is
    one member without a name.

    Folders, links and devices in an archive are passed over. Raises ``UnreadableError`` for an archive that unpacks to
    far more than archives of texts do; for one that is damaged see ``readable``.
    """
    if path.name.endswith(ARCHIVES):
        yield from (_zip_contents if path.suffix == ".zip" else _tar_contents)(
            path, FREELY + RATIO * path.stat().st_size
        )
        return
    with path.open("rb") as stream:
        yield "", stream


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raise ``UnreadableError`` for an archive that is cut, damaged or locked by a password, whoever finds it out."""
    try:
        yield
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
        if not path.name.endswith(ARCHIVES):
            raise
        raise UnreadableError(
            f"{path} is not a readable archive ({' '.join(str(error).split())})",
            "Fetch it again, or unpack it yourself and add the folder.",
        ) from error


def _zip_contents(path: Path, most: int) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(path) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        if sum(info.file_size for info in files) > most:  # a member never gives more than is said here
            raise too_large(path, most)
        for info in files:
            with archive.open(info) as stream:
                yield info.filename, stream


def _tar_contents(path: Path, most: int) -> Iterator[tuple[str, IO[bytes]]]:
    with contextlib.ExitStack() as stack:
        head = stack.enter_context(path.open("rb")).read(6)
        unpack = next((opener for mark, opener in PACKED.items() if head.startswith(mark)), open)
        stream: Any = _Bounded(stack.enter_context(unpack(path, "rb")), path, most)
        archive = stack.enter_context(tarfile.open(fileobj=stream, mode="r:"))
        sizes = 0
        for member in archive:
            sizes += member.size  # that of a sparse file may be far beyond what is stored of it
            if sizes > most:
                raise too_large(path, most)
            extracted = archive.extractfile(member) if member.isfile() else None
            if extracted:
                yield member.name, extracted


def too_large(path: Path, most: int) -> UnreadableError:
    """The error for an archive that would fill the disk or the memory."""
    return UnreadableError(
        f"{path} unpacks to more than {most:,} bytes, {RATIO} times its size and more",
        "If that is meant, unpack it yourself and add the folder.",
    )


class _Bounded:
    """A stream that is read up to a limit."""

    def __init__(self, stream: IO[bytes], path: Path, most: int) -> None:
        self.stream, self.path, self.most = stream, path, most
        self.tell = stream.tell

    def read(self, size: int) -> bytes:
        """So many bytes."""
        if not 0 <= size <= AT_ONCE or self.tell() + size > self.most:
            raise too_large(self.path, self.most)
        return self.stream.read(size)

    def seek(self, place: int) -> int:
        """Go to a place, which a compressed file is unpacked to."""
        if place > self.most:
            raise too_large(self.path, self.most)
        return self.stream.seek(place)


@contextlib.contextmanager
def opened(found: Found) -> Iterator[IO[bytes]]:
    """The bytes of a found file, read from inside its archive where it is in one.

    Raises ``DataError`` where the archive does not hold it any more.
    """
    with readable(found.path), contextlib.closing(contents(found.path)) as members:  # type: ignore[type-var]
        for member, stream in members:
            if member == found.member:
                yield stream
                return
    raise DataError(f"{found} is gone: the archive was changed in the meantime. Give the command again.")
