"""Files of a work folder that later stages read again: each is named with its SHA-256, and taken for what it was or not at
all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.errors import DataError
from harness.files import file_digest, read_checked, write_checked

NAME = "stages.json"


def kept(path: Path, make: Callable[[Path], None]) -> Path:
    """The file of a stage; ``make`` writes it where the stage is not done yet.

    Raises ``DataError`` for a file that is not what the stage wrote.
    """
    named = digests(path.parent)
    if path.name not in named or not path.exists():
        make(path)
        write_checked(path.parent / NAME, {**digests(path.parent), path.name: file_digest(path)}, "--output")
        return path
    try:
        same = file_digest(path) == named[path.name]
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). Remove it, and it is made again.") from error
    if not same:
        raise DataError(f"{path} is not what was written there: its SHA-256 differs. Remove it, and it is made again.")
    return path


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file that a stage left in a folder, by name."""
    try:
        return dict(read_checked(folder / NAME))
    except FileNotFoundError:
        return {}
    except (DataError, OSError, TypeError, ValueError) as error:
        raise DataError(
            f"{folder / NAME} cannot be read ({error}). Remove it, and every stage before training is done again."
        ) from error
