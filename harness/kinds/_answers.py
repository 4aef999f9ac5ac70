"""What is shown of an answer: the input, and what was answered beside gold, as JSON values and as marked text.

Marks are those of ``wdiff``: ``[头痛 sym]`` is right, ``[-头痛 sym-]`` is missed, ``{+头痛 sym+}`` is spurious (answered, not in gold).
Nested spans are nested brackets, and each closes with its label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.spec import Image, Span

RIGHT, MISSED, SPURIOUS, FAINT = "right", "missed", "spurious", "faint"
"""Styles of pieces of text; a terminal has a colour for each."""
OPENING = {RIGHT: "[", MISSED: "[-", SPURIOUS: "{+"}
CLOSING = {RIGHT: "]", MISSED: "-]", SPURIOUS: "+}"}
LONGEST = 400
"""Code points of a text that are shown."""
AROUND = 40
"""Code points that are kept on either side of a marked span of a longer text."""
SHADES = " .:-=+*#%@"
"""Grey levels of a picture, from dark to light."""
COLUMNS = 32
"""Signs in a line of a picture, at most."""

Piece = tuple[str, str]
"""A text and its style; an empty style is plain."""
Line = tuple[Piece, ...]


@dataclass(frozen=True)
class Answer:
    """An item, gold and what a model answered.

    ``right`` is ``None`` where an answer is a cost, which is neither right nor wrong. ``sure`` says how certain the model
    was of its answer, or how dear it was: the larger, the earlier an error is shown; ``None`` keeps the order of the file.
    """

    id: str
    right: bool | None
    verdict: str  # in a few words: "wrong: 1 missed, 2 spurious"
    facts: dict[str, Any]  # JSON values: the input, gold and answer in words
    asked: tuple[Line, ...]  # the input, where it does not stand in ``said``
    said: tuple[Line, ...]  # the answer beside gold
    loss: float  # how wrong, to hold two answers to one item against each other: errors, or the cost
    sure: float | None = None
    labels: frozenset[str] = frozenset()  # of gold and answer
    at_fault: frozenset[str] = frozenset()  # labels that were missed or answered wrongly


def line(text: str, style: str = "") -> Line:
    """A line of one piece."""
    return ((text, style),)


def clipped(text: str, longest: int = LONGEST) -> str:
    """A text as far as it is shown.

    >>> clipped("abcdef", 4)
    'abcd… (and 2 more characters)'
    """
    return text if len(text) <= longest else f"{text[:longest]}… (and {len(text) - longest:,} more characters)"


TAB: Piece = ("\t", "")
"""Stands between the parts of a line that a program may take apart."""


def marked(text: str, spans: Iterable[tuple[Span, str]], longest: int = LONGEST) -> Line:
    """A text with spans in brackets; of one that is longer than is shown the surroundings of spans alone.

    >>> "".join(piece for piece, _ in marked("头痛两天", [((0, 2, "sym"), "missed"), ((0, 1, "bod"), "right")]))
    '[-[头 bod]痛 sym-]两天'
    >>> "".join(piece for piece, _ in marked("abc", [((0, 2, "X"), "right"), ((1, 3, "Y"), "spurious")]))
    '[a{+b X]c Y+}'
    """
    found = sorted(spans, key=lambda item: (item[0][0], -item[0][1], item[1] == SPURIOUS, item[0][2]))
    inside = [span for span in found if 0 <= span[0][0] < span[0][1] <= len(text)]
    pieces: list[Piece] = []
    at = 0
    for start, end in kept(text, [span for span, _ in inside], longest):
        if start > at:
            pieces.append((f" … ({start - at:,} characters) … " if at else f"({start:,} characters) … ", FAINT))
        pieces += _bracketed(text, start, end, inside)
        at = end
    if at < len(text):
        pieces.append((f"… (and {len(text) - at:,} more characters)", FAINT))
    return tuple(pieces)


def kept(text: str, spans: Sequence[Span], longest: int = LONGEST) -> list[tuple[int, int]]:
    """The parts of a text that are shown: all of it, or what is around the spans, or its beginning.

    >>> kept("a" * 1000, [(500, 510, "X"), (520, 530, "Y")])
    [(460, 570)]
    """
    if len(text) <= longest:
        return [(0, len(text))]
    parts: list[tuple[int, int]] = []
    for start, end, _ in spans:
        first, last = max(0, start - AROUND), min(len(text), end + AROUND)
        if parts and first <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(last, parts[-1][1]))
        else:
            parts.append((first, last))
    return parts or [(0, longest)]


def _bracketed(text: str, start: int, end: int, spans: Sequence[tuple[Span, str]]) -> list[Piece]:
    """The pieces of a part of a text that cuts no span: its signs in the style of the innermost span, and brackets."""
    edges = {start, end} | {edge for span, _ in spans for edge in span[:2] if start <= edge <= end}
    places = sorted(edges)
    pieces: list[Piece] = []
    for place, after in zip(places, [*places[1:], end], strict=True):
        closed = [item for item in reversed(spans) if item[0][1] == place and item[0][0] >= start]
        closed.sort(key=lambda item: -item[0][0])  # stable: of equal spans the one that was opened last
        pieces += [(f" {span[2]}{CLOSING[style]}", style) for span, style in closed]
        if place < end:
            pieces += [(OPENING[style], style) for span, style in spans if span[0] == place]
            holders = [style for span, style in spans if span[0] <= place < span[1]]
            pieces.append((text[place:after], holders[-1] if holders else ""))
    return pieces


def drawn(item: Image) -> list[str]:
    """A picture in signs, bright ones for bright pixels: of each block twice as high as wide the mean of its bytes.

    >>> drawn(Image(bytes([0, 255, 0, 255]), height=2, width=2)), drawn(Image(bytes([0, 90, 255, 90]), 2, 2))
    ([' @'], ['=-'])
    """
    step = max(1, -(-item.width // COLUMNS))
    return [
        "".join(_shade(item, top, left, step) for left in range(0, item.width, step))
        for top in range(0, item.height, 2 * step)
    ]


def _shade(item: Image, top: int, left: int, step: int) -> str:
    """The sign of one block."""
    block = bytearray()
    for row in range(top, min(top + 2 * step, item.height)):
        first, last = row * item.width + left, row * item.width + min(left + step, item.width)
        block += item.pixels[first * item.channels : last * item.channels]
    return SHADES[sum(block) * len(SHADES) // (256 * max(1, len(block)))]
