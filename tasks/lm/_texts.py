"""Reading plain texts, and cutting the passages out of them that a model is ranked on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError
from harness.readers.text import pieces, read_text
from harness.spec import Example

RETURNS = "carriage returns before line feeds dropped"
PASSAGE = 20_000
"""Code points of a passage: more than 16,384 bytes of any text, and more than 4,096 tokens of a usual vocabulary of English."""


def read_prose(path: Path, surprises: Counter[str]) -> str:
    """A file as text with plain line feeds; carriage returns before them are counted."""
    text = read_text(path, surprises)
    if "\r\n" in text:
        surprises[RETURNS] += text.count("\r\n")
        text = text.replace("\r\n", "\n")
    return text


def prose_lines(path: Path, surprises: Counter[str]) -> Iterator[str]:
    """The lines of ``read_prose`` with their ends, one at a time, so that the file is never held."""
    rest = ""
    for piece in pieces(path, surprises):
        text = rest + piece
        end = text.rfind("\n") + 1
        found, rest = text[:end], text[end:]
        if "\r\n" in found:
            surprises[RETURNS] += found.count("\r\n")
            found = found.replace("\r\n", "\n")
        yield from found.splitlines(keepends=True)
    yield from rest.splitlines(keepends=True)


def whole(name: str, text: str) -> Example:
    """A text of which every token is scored."""
    return Example(name, text, ((0, len(text)),))


def book_of(example: Example) -> str:
    """The book of a text: the first two parts of its id.

    >>> book_of(whole("test-Kim-3", "text")), book_of(whole("test-0", "story"))
    ('test-Kim', 'test-0')
    """
    return "-".join(example.id.split("-")[:2])


def passages(name: str, text: str, number: int, size: int = PASSAGE) -> list[Example]:
    """So many passages of a text, evenly spaced, each from the beginning of a line where one is near.

    Raises ``DataError`` for a text that has not room for them side by side.

    >>> [example.input for example in passages("a", "one\\ntwo\\nsix\\nten\\n", 2, 4)]
    ['one\\n', 'six\\n']
    """
    room = len(text) // number
    if room < size:
        raise DataError(
            f"{name} has {len(text)} characters, not the {number * size} of {number} passages of {size}. Get a fresh copy."
        )
    found = []
    for place in range(number):
        start = place * room
        line = text.find("\n", max(start - 1, 0), start + room - size) + 1 if start else 0
        start = line or start
        found.append(whole(f"{name}-{place}", text[start : start + size]))
    return found
