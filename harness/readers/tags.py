"""Tag sequences to token spans and back, for the schemes BIO, IOB1, BMES, BIOES and BILOU.

BIO: ``B-PER I-PER O``. IOB1: ``I-PER I-PER O``, and ``B-`` only where an entity directly follows one of its own label.
BMES: ``B-PER M-PER E-PER O S-LOC`` (begin, middle, end, single). BIOES and BILOU are BMES in other letters: ``I`` for
``M``, and ``L``, ``U`` for ``E``, ``S``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

TokenSpan = tuple[int, int, str]
"""Half-open ``(first token, token after the last, label)``."""

SCHEMES = {"BIO": "BI", "IOB1": "BI", "BMES": "BMES", "BIOES": "BIES", "BILOU": "BILU"}
"""Scheme name to the prefixes that it allows beside ``O``."""

CLOSED = {scheme: tuple(SCHEMES[scheme]) for scheme in ("BMES", "BIOES", "BILOU")}
"""The schemes that mark the end of an entity: their prefixes for begin, middle, end and single."""

CONTINUES = ("I", "M", "E", "L")
ENDS = ("E", "S", "L", "U")

ORPHAN = "tag that continues nothing read as the start of an entity"
UNFINISHED = "entity without an end tag ended where its tags end"


def decode(tags: Sequence[str], scheme: str, surprises: Counter[str]) -> list[TokenSpan]:
    """Token spans of one column of tags.

    One rule covers every malformed sequence: a tag that continues nothing starts an entity, and an entity lasts as
    long as tags continue it. Both repairs are counted in ``surprises``; in IOB1 the first is no repair.

    >>> found = Counter()
    >>> decode(["B-PER", "I-PER", "O", "I-LOC"], "BIO", found)
    [(0, 2, 'PER'), (3, 4, 'LOC')]
    >>> found[ORPHAN]
    1
    >>> decode(["B-PER", "E-PER", "S-LOC"], "BMES", found)
    [(0, 2, 'PER'), (2, 3, 'LOC')]
    >>> decode(["I-PER", "B-PER"], "IOB1", Counter())
    [(0, 1, 'PER'), (1, 2, 'PER')]
    """
    spans: list[TokenSpan] = []
    start, label = -1, ""
    for position, tag in enumerate((*tags, "O")):
        prefix, _, name = tag.partition("-")
        continues = prefix in CONTINUES and start >= 0 and name == label
        if start >= 0 and not continues:
            spans.append((start, position, label))
            start = -1
            if scheme in CLOSED:
                surprises[UNFINISHED] += 1
        if prefix != "O" and not continues:
            start, label = position, name
            if prefix in CONTINUES and scheme != "IOB1":
                surprises[ORPHAN] += 1
        if prefix in ENDS:
            spans.append((start, position + 1, label))
            start = -1
    return spans


def encode(spans: Iterable[TokenSpan], length: int, scheme: str) -> list[str]:
    """Tags of token spans that do not overlap; the inverse of ``decode``.

    >>> encode([(0, 2, "PER"), (3, 4, "LOC")], 4, "BMES")
    ['B-PER', 'E-PER', 'O', 'S-LOC']
    >>> encode([(0, 1, "PER"), (1, 3, "PER")], 3, "IOB1")
    ['I-PER', 'B-PER', 'I-PER']
    """
    tags = ["O"] * length
    before: TokenSpan = (-1, -1, "")
    for start, end, label in sorted(spans):
        size = end - start
        if scheme in CLOSED:
            begin, middle, last, single = CLOSED[scheme]
            prefixes = single if size == 1 else begin + middle * (size - 2) + last
        else:
            first = "I" if scheme == "IOB1" and before[1:] != (start, label) else "B"
            prefixes = first + "I" * (size - 1)
        tags[start:end] = [f"{prefix}-{label}" for prefix in prefixes]
        before = (start, end, label)
    return tags


PREFIXED = re.compile(r"([BIMESLU])([-_])(.+)", re.DOTALL)
"""A tag of any scheme: its prefix, what joins it, its label."""


@dataclass
class Census:
    """Counts over columns of tags, from which their scheme can be told.

    >>> census = Census()
    >>> census.add(["I-PER", "I-PER", "O", "I-LOC", "B-LOC"])
    >>> census.scheme(), sorted(census.labels)
    ('IOB1', ['LOC', 'PER'])
    """

    prefixes: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)  # tags, not entities
    orphans: int = 0  # tags I that continue nothing
    free: int = 0  # tags B that do not follow an entity of their own label

    def add(self, tags: Sequence[str]) -> None:
        """Count the tags of one sentence, joined by ``-``."""
        before = ""
        for tag in tags:
            prefix, _, label = tag.partition("-")
            if label:
                self.prefixes[prefix] += 1
                self.labels[label] += 1
                self.orphans += prefix == "I" and label != before
                self.free += prefix == "B" and label != before
            before = label

    def scheme(self) -> str:
        """The scheme that the prefixes belong to; BIO where there are no tags at all."""
        seen = set(self.prefixes)
        if "M" in seen:
            return "BMES"
        if seen & {"L", "U"}:
            return "BILOU"
        if seen & {"E", "S"}:
            return "BIOES"
        return "IOB1" if self.orphans and not self.free else "BIO"
