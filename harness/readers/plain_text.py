"""Plain text for language models: one file, or a folder of files, in passages that end with a line.

Options of a ``Form``: ``passage`` (code points after which a passage ends at the next line; 0: each file is one
passage, which memory must hold), ``pattern`` (which files of a folder are read).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import DataError
from harness.readers.form import Form, Known, Option, checked, listed
from harness.readers.text import RETURNS, pieces
from harness.spec import Example

OPTIONS: Known = {"passage": int, "pattern": str}
PASSAGE = 20_000
"""Code points of a passage: more than 4,096 tokens of a usual vocabulary of English."""


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a text: how it is cut into passages, and which files of a folder are read."""
    options: dict[str, Option] = {"passage": PASSAGE, **checked(asked, OPTIONS, "plain_text")}
    notes: tuple[str, ...] = ()
    if path.is_dir():
        options.setdefault("pattern", "*.txt" if any(path.rglob("*.txt")) else "*")
        read_ = files(path, str(options["pattern"]))
        left = sum(found.is_file() for found in path.rglob("*")) - len(read_)
        notes = (f"{len(read_)} files are read: {listed((file.name for file in read_), 5)}.",)
        notes += (f"{left} other files are not read; pattern=* takes all.",) if left else ()
    else:
        next(pieces(path, Counter()), None)
    return Form("plain_text", kind, (), options, notes)


def files(path: Path, pattern: str = "*.txt") -> list[Path]:
    """The files of a folder that are read, in the order of their names; ``DataError`` where there is none."""
    found = [file for file in sorted(path.rglob(pattern)) if file.is_file() and not file.name.startswith(".")]
    if not found:
        raise DataError(f"{path}: no file of the pattern {pattern} in this folder. Say pattern=*.md or the like.")
    return found


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Passages of a text in order, all of each scored; put together they are the text again, without carriage returns.

    Memory holds one passage, or one file where ``passage`` is 0.
    """
    options = checked(form.options, OPTIONS, "plain_text")
    size = int(options.get("passage", PASSAGE))
    number = 0
    for file in files(path, str(options.get("pattern", "*.txt"))) if path.is_dir() else [path]:
        for text in passages(file, surprises, size):
            yield Example(f"{split}-{number}", text, ((0, len(text)),))
            number += 1


def passages(path: Path, surprises: Counter[str], size: int = PASSAGE) -> Iterator[str]:
    """A file in passages of about so many code points, from line to line; a line that is longer is cut at a space.

    The last one may be nearly twice as long, so that no short rest is left, which long windows could not read.
    """
    text = ""
    for piece in _unified(path, surprises):
        text += piece
        while size and len(text) >= 2 * size:
            end = text.rfind("\n", size // 2, size) + 1 or text.rfind(" ", size // 2, size) + 1 or size
            yield text[:end]
            text = text[end:]
    if text:
        yield text


def _unified(path: Path, surprises: Counter[str]) -> Iterator[str]:
    """The pieces of a file without carriage returns before line feeds, which are counted."""
    held = ""
    for piece in pieces(path, surprises):
        text = held + piece
        held = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(held)]
        if "\r\n" in text:
            surprises[RETURNS] += text.count("\r\n")
            text = text.replace("\r\n", "\n")
        yield text
    if held:
        yield held
