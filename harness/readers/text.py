"""Plain text: a whole file, its lines with their numbers, or its content piece by piece."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError

BYTE_ORDER_MARK = "byte order mark at the start of the file removed"
RETURNS = "carriage returns before line feeds dropped"
PIECE = 1 << 18
"""Bytes that are read at a time."""
MAGIC = {
    b"\xff\xfe": "it is UTF-16. Convert the file with `iconv -f utf-16 -t utf-8`",
    b"\xfe\xff": "it is UTF-16. Convert the file with `iconv -f utf-16 -t utf-8`",
    b"PK\x03\x04": "it is a zip archive or an office document. Unpack or export it as text",
    b"\x1f\x8b": "it is a gzip archive. Unpack it",
    b"PAR1": "it is a Parquet file. Name the format: huggingface",
}
"""How other kinds of files begin, and what to do about them."""


def read_text(path: Path, surprises: Counter[str]) -> str:
    """The whole file as text, without a byte order mark, which is counted.

    Raises ``DataError`` for a file that is missing, empty, or not UTF-8.
    """
    return "".join(pieces(path, surprises))


def pieces(path: Path, surprises: Counter[str], size: int = PIECE) -> Iterator[str]:
    """The content of a file in order, so many bytes at a time, as ``read_text`` gives it all at once."""
    decoder, reached, filled = codecs.getincrementaldecoder("utf-8")(), 0, False
    try:
        with Path(path).open("rb") as file:
            while True:
                content = file.read(size)
                waiting = len(decoder.getstate()[0])
                try:
                    text = decoder.decode(content, final=not content)
                except UnicodeDecodeError as error:
                    raise not_utf8(path, reached - waiting + error.start) from None
                if text and not reached - waiting and text[0] == "\ufeff":
                    surprises[BYTE_ORDER_MARK] += 1
                    text = text[1:]
                reached += len(content)
                filled = filled or bool(text.strip())
                if text:
                    yield text
                if not content:
                    break
    except OSError as error:
        raise unreadable(path, error) from None
    if not filled:
        raise DataError(f"{path}: the file is empty. Get a fresh copy.")


def lines(path: Path, surprises: Counter[str]) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers from 1, one at a time: only a line feed ends a line.

    Raises ``DataError`` as ``read_text`` does, and for a file whose lines end in carriage returns alone.
    """
    reached, filled = 0, False
    try:
        with Path(path).open("rb") as file:
            for number, raw in enumerate(file, 1):
                try:
                    line = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
                except UnicodeDecodeError as error:
                    raise not_utf8(path, reached + error.start) from None
                if number == 1:
                    if line.startswith("\ufeff"):
                        surprises[BYTE_ORDER_MARK] += 1
                        line = line[1:]
                    if line.count("\r") > 1:
                        raise DataError(
                            f"{path}, line 1: lines end in carriage returns alone. Convert the file: `tr '\\r' '\\n'`."
                        )
                reached += len(raw)
                filled = filled or (not line.isspace() and bool(line))
                yield number, line
    except OSError as error:
        raise unreadable(path, error) from None
    if not filled:
        raise DataError(f"{path}: the file is empty. Get a fresh copy.")


def line_ends(path: Path) -> tuple[str, bool]:
    """How the first line of a file ends, and whether all of its lines end so."""
    counts = {"\n": 0, "\r\n": 0}
    first = ""
    with Path(path).open("rb") as file:
        for raw in file:
            end = "\r\n" if raw.endswith(b"\r\n") else "\n"
            first = first or end
            counts[end] += raw.endswith(b"\n")
    return first or "\n", not all(counts.values())


def not_utf8(path: Path, place: int) -> DataError:
    """What to say of a byte that is not UTF-8: another known kind of file is called by its name."""
    with Path(path).open("rb") as file:
        start = file.read(8)
    reason = next((words for magic, words in MAGIC.items() if start.startswith(magic)), "")
    reason = f"; {reason}." if reason else ". Convert the file, for example with `iconv -f gb18030 -t utf-8`."
    return DataError(f"{path}: byte {place} is not UTF-8{reason}")


def unreadable(path: Path, error: OSError) -> DataError:
    """What to say of a file that cannot be opened or read."""
    return DataError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.")


def numbered_lines(content: str) -> list[tuple[int, str]]:
    """Lines with their numbers from 1. Only a line feed ends a line, because texts may hold other separators.

    >>> numbered_lines("a\\u2028b\\r\\nc\\n")
    [(1, 'a\\u2028b'), (2, 'c')]
    """
    parts = content.split("\n")
    if parts and not parts[-1]:
        parts.pop()
    return [(number, line.removesuffix("\r")) for number, line in enumerate(parts, 1)]
