"""Where a mention stands in a text: offsets in characters, UTF-16 units or UTF-8 bytes, with inclusive or exclusive ends."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

UNITS = ("characters", "utf16", "utf8")
"""What offsets may count: code points (Python), UTF-16 units (JavaScript, Java: an emoji counts two), UTF-8 bytes."""

ENDS = ("exclusive", "inclusive")
"""Whether an end is the offset behind the last character, or of it."""

WAYS = tuple((ends, unit) for unit in UNITS for ends in ENDS)
"""Every way to read a pair of offsets, the likelier ones first."""


def alike(text: str, units: str) -> bool:
    """Whether offsets into a text are the same in these units as in characters."""
    return units == "characters" or text.isascii() or (units == "utf16" and max(text) <= "\uffff")


@functools.lru_cache(maxsize=8)
def borders(text: str, units: str) -> Sequence[int]:
    """The offset of every character of a text, and its length, in some units.

    >>> borders("😀好", "utf16"), borders("😀好", "utf8")
    ([0, 2, 3], [0, 4, 7])
    """
    if alike(text, units):
        return range(len(text) + 1)
    sizes = (1 + (char > "\uffff") if units == "utf16" else len(char.encode("utf-8", "replace")) for char in text)
    return list(itertools.accumulate(sizes, initial=0))


def place(text: str, start: int, end: int, ends: str, units: str) -> tuple[int, int] | None:
    """Half-open code points of a pair of offsets; ``None`` where they lie outside or inside a character.

    >>> place("😀好", 2, 2, "inclusive", "utf16")
    (1, 2)
    """
    after = end + (ends == "inclusive")
    if alike(text, units):
        return (start, after) if 0 <= start <= after <= len(text) else None
    marks = _numbers(text, units)
    if ends == "inclusive" and after not in marks and marks.get(end, len(text)) < len(text):
        after = borders(text, units)[marks[end] + 1]  # the end is the first unit of its character
    first, last = marks.get(start), marks.get(after)
    return None if first is None or last is None or first > last else (first, last)


@functools.lru_cache(maxsize=8)
def _numbers(text: str, units: str) -> dict[int, int]:
    """Offset of each character of a text in some units -> its number."""
    return {offset: number for number, offset in enumerate(borders(text, units))}


def ways(text: str, start: int, end: int, mention: str) -> list[tuple[str, str]]:
    """The ways to read two offsets in which they spell a mention.

    >>> ways("我在北京", 2, 3, "北京")[0], ways("😀北京", 2, 4, "北京")
    (('inclusive', 'characters'), [('exclusive', 'utf16')])
    """
    found = []
    for way in WAYS:
        spot = place(text, start, end, *way)
        if spot is not None and text[spot[0] : spot[1]] == mention:
            found.append(way)
    return found


SAID = {
    ("exclusive", "characters"): "ends are exclusive",
    ("inclusive", "characters"): "ends are inclusive",
    ("exclusive", "utf16"): "offsets count UTF-16 units (two for an emoji), ends exclusive",
    ("inclusive", "utf16"): "offsets count UTF-16 units (two for an emoji), ends inclusive",
    ("exclusive", "utf8"): "offsets count UTF-8 bytes, ends exclusive",
    ("inclusive", "utf8"): "offsets count UTF-8 bytes, ends inclusive",
}
"""Each way in words."""


def cause(text: str, start: int, end: int, mention: str) -> str:
    """Why offsets do not spell a mention, as far as it can be told; empty where it cannot.

    >>> cause("我在北京", 2, 4, "北京")
    'They would spell it if ends are exclusive.'
    """
    fits = ways(text, start, end, mention)
    return f"They would spell it if {SAID[fits[0]]}." if fits else ""
