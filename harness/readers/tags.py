"""Tag sequences to token spans and back, for the schemes BIO and BMES.

BIO: ``B-PER I-PER O``. BMES: ``B-PER M-PER E-PER O S-LOC`` (begin, middle, end, single).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

TokenSpan = tuple[int, int, str]
"""Half-open ``(first token, token after the last, label)``."""

SCHEMES = {"BIO": "BI", "BMES": "BMES"}
"""Scheme name to the prefixes that it allows beside ``O``."""

ORPHAN = "tag that continues nothing read as the start of an entity"
UNFINISHED = "entity without an end tag ended where its tags end"


def decode(tags: Sequence[str], scheme: str, surprises: Counter[str]) -> list[TokenSpan]:
    """Token spans of one column of tags.

    One rule covers every malformed sequence: a tag that continues nothing starts an entity, and an entity lasts as
    long as tags continue it. Both repairs are counted in ``surprises``.

    >>> found = Counter()
    >>> decode(["B-PER", "I-PER", "O", "I-LOC"], "BIO", found)
    [(0, 2, 'PER'), (3, 4, 'LOC')]
    >>> found[ORPHAN]
    1
    >>> decode(["B-PER", "E-PER", "S-LOC"], "BMES", found)
    [(0, 2, 'PER'), (2, 3, 'LOC')]
    """
    spans: list[TokenSpan] = []
    start, label = -1, ""
    for position, tag in enumerate((*tags, "O")):
        prefix, _, name = tag.partition("-")
        continues = prefix in ("I", "M", "E") and start >= 0 and name == label
        if start >= 0 and not continues:
            spans.append((start, position, label))
            start = -1
            if scheme == "BMES":
                surprises[UNFINISHED] += 1
        if prefix != "O" and not continues:
            start, label = position, name
            if prefix in ("I", "M", "E"):
                surprises[ORPHAN] += 1
        if prefix in ("E", "S"):
            spans.append((start, position + 1, label))
            start = -1
    return spans


def encode(spans: Iterable[TokenSpan], length: int, scheme: str) -> list[str]:
    """Tags of token spans that do not overlap; the inverse of ``decode``.

    >>> encode([(0, 2, "PER"), (3, 4, "LOC")], 4, "BMES")
    ['B-PER', 'E-PER', 'O', 'S-LOC']
    """
    tags = ["O"] * length
    for start, end, label in spans:
        size = end - start
        prefixes = "B" + "I" * (size - 1) if scheme == "BIO" else "S" if size == 1 else "B" + "M" * (size - 2) + "E"
        tags[start:end] = [f"{prefix}-{label}" for prefix in prefixes]
    return tags
