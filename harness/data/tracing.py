"""Where in a user's file a reader broke: told by what the code that raised had in its hands.

A task's own reader may raise anything: ``json`` names a line of its own text, a ``KeyError`` names nothing. The line is
found by the texts in the variables of the reader at the moment it broke: the one that is a line of the file.
"""

from __future__ import annotations

import json
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.errors import said, where

LARGEST = 256 * 2**20
"""Bytes of a file that is searched for the line."""
COLUMNS = 100
"""Cells of a row that is looked for."""
OURS = Path(__file__).parent.parent
LIBRARY = {Path(sysconfig.get_paths()[name]).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}


def unreadable(error: BaseException, paths: Iterable[Path]) -> str:
    """What was raised, at which line of which file where that can be told, by which line of the reader.

    >>> try:
    ...     int("x")
    ... except ValueError as broken:
    ...     print(unreadable(broken, [Path("rows.txt")])[:60])
    rows.txt cannot be read: ValueError: invalid literal for int
    """
    files = [Path(path) for path in paths]
    found = next((spot for path in files if (spot := line_of(error, path))), None)
    told = f"{found[0]}, line {found[1]:,}" if found else ", ".join(map(str, files))
    return (
        f"{told} cannot be read: {type(error).__name__}: {said(error)} (in {code_of(error)}). "
        "Correct the file, get a fresh copy, or mend the code that reads it."
    )


def line_of(error: BaseException, path: Path) -> tuple[Path, int] | None:
    """The file and its line, from 1, that a reader stumbled over; ``None`` where nothing tells it."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    lines = content.split(b"\n")
    if isinstance(error, UnicodeDecodeError):
        return next(((path, number) for number, line in enumerate(lines, 1) if not decodes(line, error.encoding)), None)
    if isinstance(error, json.JSONDecodeError):
        if error.doc.strip() and error.doc.strip() == content.decode("utf-8", "replace").strip():
            return path, error.lineno + content[: len(content) - len(content.lstrip())].count(b"\n")
        if not error.doc.strip():  # a blank line
            return next(((path, number) for number, line in enumerate(lines, 1) if not line.strip()), None)
    for parts in held(error):
        wanted = [part.strip().encode("utf-8", "replace") for part in parts if part.strip()]
        whole = len(parts) == 1
        found = [
            number
            for number, line in enumerate(lines, 1)
            if wanted and (line.strip() == wanted[0] if whole else all(part in line for part in wanted))
        ]
        if found and (whole or len(found) == 1):
            return path, found[0]
    return None


def decodes(line: bytes, encoding: str) -> bool:
    """Whether the bytes of a line are text in the encoding."""
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def held(error: BaseException) -> Iterator[list[str]]:
    """What the code that raised had in its hands, the innermost first: a text by itself, or the texts of a row."""
    if isinstance(error, json.JSONDecodeError):
        yield [error.doc]
    for frame in reversed(list(frames(error.__traceback__))):
        values = list(frame.tb_frame.f_locals.values())
        texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values]
        yield from ([text] for text in sorted((text for text in texts if isinstance(text, str)), key=len, reverse=True))
        for value in values:
            row = list(value.values()) if isinstance(value, dict) else value
            if isinstance(row, list | tuple) and 1 < len(row) <= COLUMNS and all(isinstance(cell, str) for cell in row):
                yield list(row)


def frames(step: TracebackType | None) -> Iterator[TracebackType]:
    """The steps of a traceback, those within the library of Python left out."""
    while step is not None:
        if not _within(Path(step.tb_frame.f_code.co_filename), LIBRARY):
            yield step
        step = step.tb_next


def code_of(error: BaseException) -> str:
    """File and line of the reader: the innermost code that is neither Python's, nor a package's, nor this engine's."""
    places = [Path(step.filename) for step in traceback.extract_tb(error.__traceback__)]
    steps = traceback.extract_tb(error.__traceback__)
    own = [
        f"{step.filename}:{step.lineno}"
        for step, place in zip(steps, places, strict=True)
        if not _within(place, LIBRARY) and not _within(place, {OURS})
    ]
    return own[-1] if own else where(error)


def _within(path: Path, folders: Iterable[Any]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
