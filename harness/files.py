"""Small file helpers that the other rooms share: digests, atomic writes, canonical JSON."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFailure


def canonical(value: Any) -> str:
    """JSON text that is the same for equal values: sorted keys, no spaces, dataclasses as objects, bytes as their SHA-256.

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


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes | str, flag: str = "--output-dir") -> None:
    """Write a file whole or not at all: a reader sees the old bytes or the new ones, also after a power cut.

    Raises ``EnvironmentFailure`` when the disk is full or the folder cannot be written; the old file is then untouched.
    ``flag`` is what a person gives to write elsewhere.
    """
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error, flag) from error
        raise


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder, waiting for any other process that does: what is read in it may then be written back.

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
    """The failure a person can act on, instead of a bare ``OSError``."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EnvironmentFailure(
            f"no space left to write {path}. Free some space and give the same command again; nothing written before is lost."
        )
    return EnvironmentFailure(
        f"cannot write {path}: {error.strerror or error}. Check the folder's permissions, or choose another with {elsewhere}."
    )
