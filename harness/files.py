"""File helpers that the other folders share: digests, atomic writes, canonical JSON."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from harness.errors import DataError, EnvironmentFailure, UsageError

BLOCK = 1 << 20
"""Bytes that are copied at once."""
MOST_LINKS = 40
"""How many links in a row are followed, as Linux does."""


def canonical(value: Any) -> str:
    """JSON text that is the same for equal values: sorted keys, no spaces, dataclasses as objects, bytes as their
    SHA-256.

    >>> canonical({"b": (1, 2), "a": None})
    '{"a":null,"b":[1,2]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


STEP = 1 << 20
"""Characters of a long text that are turned into JSON at a time."""


def digest_all(values: Iterable[Sequence[Any]]) -> str:
    """``digest(list(values))`` of rows that are never held together, nor is a long text among their cells copied.

    >>> digest_all(("text", number) for number in range(3)) == digest([("text", 0), ("text", 1), ("text", 2)])
    True
    """
    made = hashlib.sha256(b"[")
    for number, row in enumerate(values):
        made.update(b",[" if number else b"[")
        for place, cell in enumerate(row):
            made.update(b"," if place else b"")
            for part in _json_parts(cell):
                made.update(part.encode())
        made.update(b"]")
    made.update(b"]")
    return made.hexdigest()


def _json_parts(value: Any) -> Iterator[str]:
    """The canonical JSON of a value, a long text in parts."""
    if not isinstance(value, str) or len(value) <= STEP:
        yield canonical(value)
        return
    yield '"'
    yield from (canonical(value[start : start + STEP])[1:-1] for start in range(0, len(value), STEP))
    yield '"'


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises ``OSError`` for what is no file: a FIFO would wait for its writer, and a device might never end.
    """
    require_regular(path)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def contents(path: Path) -> bytes:
    """The bytes of a file; ``OSError`` for what is no regular file, such as a FIFO, which would wait for its writer."""
    require_regular(path)
    return path.read_bytes()


def require_regular(path: Path) -> None:
    """Raise ``OSError`` for what is no regular file."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "no regular file", str(path))


def copied(source: IO[bytes], *copies: IO[bytes]) -> str:
    """Copy a stream; the SHA-256 of the very bytes that were written."""
    found = hashlib.sha256()
    while part := source.read(BLOCK):
        found.update(part)
        for copy in copies:
            copy.write(part)
    return found.hexdigest()


def write_checked(path: Path, value: Any, flag: str = "--output-dir") -> None:
    """Write a value as JSON with its SHA-256, for ``read_checked``; whole or not at all."""
    value = json.loads(canonical(value))
    write_atomically(path, canonical({"sha256": digest(value), "value": value}), flag)


def read_checked(path: Path) -> Any:
    """The value that ``write_checked`` wrote.

    Raises ``DataError`` where the file is not what was written, and ``OSError`` where it cannot be read.
    """
    try:
        held = json.loads(contents(path))
        value, sha256 = held["value"], held["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path} is damaged ({type(error).__name__}: {error}).") from error
    if digest(value) != sha256:
        raise DataError(f"{path} is damaged: its SHA-256 is not the one that it was written with.")
    return value


def cache_folder() -> Path:
    """``$HARNESS_CACHE``, or ``harness`` in the user's cache folder.

    Raises ``UsageError`` where there is no such home.
    """
    given, shared = os.environ.get("HARNESS_CACHE"), os.environ.get("XDG_CACHE_HOME")
    if given:
        return at_home(given, "HARNESS_CACHE")
    return (Path(shared) if shared else at_home("~/.cache", "HARNESS_CACHE, which is not set,")) / "harness"


def write_atomically(path: Path, content: bytes | str, flag: str = "--output-dir") -> None:
    """Write a file whole or not at all: a reader sees the old bytes or the new ones, also after a power cut.

    A link stays a link: the file that it leads to gets the content. A character device, a FIFO and an open descriptor
    (``/dev/stdout``) cannot be replaced, so the content is written into them; a FIFO waits for its reader.
    ``flag`` is what a person gives to write elsewhere.

    Raises ``UsageError`` for a path that cannot hold a file (a folder, a socket, a disk), and ``EnvironmentFailure``
    when the disk is full or the folder cannot be written; the old file is then untouched.
    """
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    with replacing(path, flag) as stream:
        stream.write(data)


@contextlib.contextmanager
def replacing(path: Path, flag: str = "--output-dir") -> Iterator[IO[bytes]]:
    """A stream whose bytes become the file when the block ends without an error; for paths see ``write_atomically``."""
    number = descriptor(path)
    try:
        target = path if number is not None else destination(path, flag)
        if streamed(target):
            with _into(target, number) as stream:
                yield stream
        else:
            with _beside(target) as stream:
                yield stream
    except OSError as error:
        if number is not None and isinstance(error, BrokenPipeError):  # as where a command prints: who read has left
            raise
        raise cannot_write(path, error, flag) from error


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[IO[bytes]]:
    """A stream into a hidden file in the same folder, which takes the place of the target at the end."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            with contextlib.suppress(OSError):  # who may read the old file may read the new one, and nobody else
                os.fchmod(stream.fileno(), stat.S_IMODE(target.stat().st_mode))
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _into(target: Path, number: int | None) -> IO[bytes]:
    """A stream into a device, a FIFO or a copy of an open descriptor, behind what was printed before."""
    for printed in (sys.stdout, sys.stderr):
        if printed is not None:
            printed.flush()
    return target.open("wb") if number is None else os.fdopen(os.dup(number), "wb")


def streamed(path: Path) -> bool:
    """Whether what is written to a path passes through it: a device, a FIFO or an open descriptor."""
    try:
        mode = path.stat().st_mode
    except OSError:  # nothing there, or out of reach
        mode = 0
    return descriptor(path) is not None or stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def descriptor(path: Path) -> int | None:
    """The number of the open descriptor that a path stands for, as ``/dev/stdout`` does; ``None`` for others."""
    for _ in range(MOST_LINKS):
        folder = os.path.realpath(path.parent)
        own = folder == "/dev/fd" or (folder.startswith(f"/proc/{os.getpid()}/") and folder.endswith("/fd"))
        if own and path.name.isdecimal():
            return int(path.name)
        if not os.path.islink(path):  # noqa: PTH114 - a folder out of reach is no error here
            return None
        path = Path(folder, path.readlink())
    return None


def destination(path: Path, flag: str) -> Path:
    """The file, device or FIFO that a path leads to through all links; it need not exist.

    Raises ``UsageError`` for what no file can be written to, ``OSError`` for a link into a folder that does not exist.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        target = Path(os.path.realpath(path))
        if not path.is_symlink():
            return path
        if target.parent.is_dir():
            return target
        raise
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFSOCK: "a socket", stat.S_IFBLK: "a disk (a block device)"}
    found = kinds.get(stat.S_IFMT(mode))
    if found:
        raise UsageError(f"{path} is {found}: no file can be written there. Give the path of a file with {flag}.")
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lock a folder, waiting for another process that has locked it, to read its files and write them back.

    Raises ``OSError`` where the folder cannot be made.
    """
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def cannot_write(path: Path, error: OSError, elsewhere: str = "--output-dir") -> EnvironmentFailure:
    """The error with a way out, in place of a bare ``OSError``."""
    link = nowhere(path) if isinstance(error, FileExistsError | FileNotFoundError) else ""
    if link:
        return EnvironmentFailure(f"cannot write {path}: {link}, or choose another place with {elsewhere}.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EnvironmentFailure(
            f"no space left to write {path}. Free some space and give the same command again; "
            "nothing written before is lost."
        )
    return EnvironmentFailure(
        f"cannot write {path}: {error.strerror or error}. Check the folder's permissions, "
        f"or choose another with {elsewhere}."
    )


def nowhere(path: Path) -> str:
    """What is wrong with a path that is, or is below, a link to nothing, and what helps; empty where there is none."""
    for link in (*reversed(path.parents), path):
        if link.is_symlink() and not link.exists():
            return (
                f"{link} is a link to {link.readlink()}, which does not exist. Mount its disk or make its folder, "
                "remove the link"
            )
    return ""


def at_home(path: str | Path, what: str) -> Path:
    """A path in which ``~`` stands for a home folder; ``what`` names the flag or variable that holds it.

    Raises ``UsageError`` where there is no such user, or the user has no home.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{what} names {path}: there is no such home folder. Give the folder in full.") from error
