"""Long pages in parts: a page of Markdown is shown whole only while it is short."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

MOST = 56_000
"""Bytes of a part, before what stands around it."""


def pages(path: str, blocks: Sequence[str], most: int = MOST) -> Iterator[tuple[str, list[str]]]:
    """The blocks of a page in parts of at most ``most`` bytes: ``README.md``, ``README-2.md``, ..., each linking its
    neighbours.

    A table that is longer by itself is cut between two rows, its head repeated.

    >>> [(name, len(part)) for name, part in pages("a/README.md", ["one", "two"])]
    [('a/README.md', 2)]
    >>> [name for name, _ in pages("README.md", ["x" * 40, "y" * 40], 60)]
    ['README.md', 'README-2.md']
    """
    parts: list[list[str]] = [[]]
    size = 0
    for block in itertools.chain.from_iterable(cut(block, most) for block in blocks):
        length = len(block.encode("utf-8", "backslashreplace")) + 2
        if parts[-1] and size + length > most:
            parts.append([])
            size = 0
        parts[-1].append(block)
        size += length
    names = [path if place == 0 else _numbered(path, place + 1) for place in range(len(parts))]
    links = [PurePosixPath(name).name for name in names]
    for place, part in enumerate(parts):
        before = [f"[Before: part {place}]({links[place - 1]})"] if place else []
        after = [f"[Next: part {place + 2}]({links[place + 1]})"] if place + 1 < len(parts) else []
        yield names[place], [*before, *part, *after]


def _numbered(path: str, number: int) -> str:
    return str(PurePosixPath(path).with_stem(f"{PurePosixPath(path).stem}-{number}"))


def cut(block: str, most: int) -> Iterator[str]:
    """A table in pieces of at most so many bytes, each with the table's head; any other block as it is."""
    lines = block.split("\n")
    if len(block.encode("utf-8", "backslashreplace")) <= most or not block.startswith("|") or len(lines) < 4:
        yield block
        return
    head, rows = lines[:2], lines[2:]
    widest = max(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)
    step = max(1, most // widest - len(head))
    for start in range(0, len(rows), step):
        yield "\n".join([*head, *rows[start : start + step]])
