"""Marked text for a terminal, in colour, and for everything else, plain.

Colour follows https://no-color.org and https://force-color.org: ``NO_COLOR`` switches it off, ``FORCE_COLOR`` on, each where it
is not empty; without them it is on in a terminal that is not ``dumb``.
"""

from __future__ import annotations

import itertools
import os
import unicodedata
from collections.abc import Iterable
from typing import Any

CODES = {"right": "32", "missed": "31", "spurious": "35", "faint": "2", "heading": "1"}
"""Style -> how ANSI terminals spell it (ECMA-48, select graphic rendition)."""
BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of what follows: a text with them would move its marks."""


def in_colour(stream: Any) -> bool:
    """Whether what is printed to a stream is coloured."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"


def styled(pieces: Iterable[tuple[str, str]], colour: bool) -> str:
    r"""Pieces of text, each with its style, as one line.

    >>> styled([("[头痛 sym]", "right"), ("两天", "")], colour=False), styled([("头", "missed")], colour=True)
    ('[头痛 sym]两天', '\x1b[31m头\x1b[0m')
    """
    made = []
    for style, same in itertools.groupby(pieces, key=lambda piece: piece[1]):
        text = visible("".join(text for text, _ in same))
        made.append(f"\x1b[{CODES[style]}m{text}\x1b[0m" if colour and style and text else text)
    return "".join(made)


def visible(text: str) -> str:
    r"""Text sign by sign, with a picture in place of each sign that would move the cursor: data cannot steer a terminal.

    >>> visible("a\nb\x1b[2J\u202ec")
    'a␊b␛[2J�c'
    """
    return "".join(map(_picture, text)) if not text.isprintable() else text


def _picture(sign: str) -> str:
    if sign < " ":
        return chr(0x2400 + ord(sign))
    if sign in BIDI or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp"):
        return "\ufffd"
    return sign
