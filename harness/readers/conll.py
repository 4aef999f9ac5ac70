"""CoNLL: one token a line with one tag column, or several where entities nest; a blank line between sentences."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import DataError
from harness.readers.offsets import settle
from harness.readers.tags import SCHEMES, decode
from harness.readers.text import numbered_lines, read_text
from harness.spec import Example, Span, Text

SPACE_CELL = "empty token cell read as a space"
WHITE_LINE = "line of white space alone read as a sentence break"
NO_DIGITS = "token cell without its segmentation digits kept as it is"
COMMENT_LINE = "comment line skipped"


@dataclass(frozen=True)
class Columns:
    """How a column file is laid out.

    ``levels`` counts its tag columns. ``spaced`` says that words are joined by one space; Chinese characters are joined
    by nothing. ``numbered`` files start each line with the token's number and may hold comment lines that begin with
    ``#``. ``cell`` turns the raw token cell into the token and counts what it had to repair.
    """

    labels: tuple[str, ...]
    scheme: str = "BIO"
    levels: int = 1
    spaced: bool = False
    numbered: bool = False
    cell: Callable[[str, Counter[str]], str] | None = None


def read_columns(path: Path, split: str, layout: Columns, surprises: Counter[str]) -> Iterator[Example]:
    """Examples of a column file, in file order.

    A file of the lines ``Bonn B-LOC``, ``lebt O`` and a blank one gives the text ``Bonn lebt`` with the span ``(0, 4,
    "LOC")`` under ``Columns(("LOC",), spaced=True)``.

    Raises ``DataError`` for a wrong number of columns, an unknown tag or label, an empty file.
    """
    rows: list[list[str]] = []
    sentences = 0
    for number, line in [*numbered_lines(read_text(path, surprises)), (0, "")]:
        if line.strip():
            if layout.numbered and line.startswith("#"):
                surprises[COMMENT_LINE] += 1
                continue
            rows.append(_row(line, layout, surprises, (path, number)))
            continue
        if line:
            surprises[WHITE_LINE] += 1
        if rows:
            yield _example(f"{split}-{sentences}", rows, layout, surprises)
            sentences += 1
            rows = []
    if not sentences:
        raise DataError(f"{path}: holds no sentence. Get a fresh copy.")


def _row(line: str, layout: Columns, surprises: Counter[str], place: tuple[Path, int]) -> list[str]:
    """Token and tags of one line, checked."""
    wanted = 1 + layout.levels + layout.numbered
    parts = line.split("\t") if "\t" in line else line.rsplit(" ", wanted - 1)
    first = parts[0].strip()
    if len(parts) != wanted or (len(first) > 1 and re.search(r"\s", first)):
        raise DataError(
            f"{place[0]}, line {place[1]}: {line[:40]!r} does not have {wanted} columns (token and {layout.levels} of "
            "tags). Is it the right file, "
            "or was its separator changed? One tab or one space stands between columns."
        )
    token, *tags = parts[1:] if layout.numbered else parts
    for tag in tags:
        problem = "" if tag == "O" else _problem(tag, layout.scheme, layout.labels)
        if problem:
            raise DataError(f"{place[0]}, line {place[1]}: {problem}")
    if layout.cell is not None:
        token = layout.cell(token, surprises)
    if not token:
        surprises[SPACE_CELL] += 1
        token = " "
    return [token, *tags]


@functools.lru_cache(maxsize=1024)
def _problem(tag: str, scheme: str, labels: tuple[str, ...]) -> str:
    """What is wrong with a tag, or nothing. Cached, because a file repeats few tags millions of times."""
    prefix, _, label = tag.partition("-")
    if len(prefix) != 1 or prefix not in SCHEMES[scheme]:
        return f"{tag!r} is not a tag of the scheme {scheme}. Correct the line or get a fresh copy."
    if label not in labels:
        return f"unknown label {label!r}. This task knows {', '.join(labels)}; is the file of another task or version?"
    return ""


def _example(name: str, rows: Sequence[Sequence[str]], layout: Columns, surprises: Counter[str]) -> Example:
    pieces = [row[0] for row in rows]
    text, offsets = join(pieces, " " if layout.spaced else "")
    spans: list[Span] = []
    for level in range(1, 1 + layout.levels):
        found = decode([row[level] for row in rows], layout.scheme, surprises)
        spans += [(offsets[first][0], offsets[after - 1][1], label) for first, after, label in found]
    by_character = not layout.spaced and len(text) == len(pieces)
    return Example(name, Text(text, None if by_character else offsets), settle(spans, surprises))


def join(pieces: Sequence[str], separator: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A text made of tokens, and where each of them went.

    >>> join(["Bonn", "lebt"], " ")
    ('Bonn lebt', ((0, 4), (5, 9)))
    """
    offsets = []
    position = 0
    for piece in pieces:
        offsets.append((position, position + len(piece)))
        position += len(piece) + len(separator)
    return separator.join(pieces), tuple(offsets)


def without_segmentation(cell: str, surprises: Counter[str]) -> str:
    """The character of a Weibo cell, which carries its position inside a word as digits behind it.

    >>> without_segmentation("科0", Counter()), without_segmentation("311", Counter())
    ('科', '3')
    """
    match = re.fullmatch(r"(.[^0-9]*)([0-9]+)", cell, re.DOTALL)
    if match:
        return match.group(1)
    surprises[NO_DIGITS] += 1
    return cell
