"""Whether the offsets of entities look as if they were one character off, told by entities that are named alike.

Where offsets are right, the character behind an entity changes from place to place. Where every end is one character
short, it is the last of the entity itself, and equal beginnings go on alike: of 京东方 and 京东方 remains 京东, both times
before 方. So the share of pairs of equal mentions, in different texts, that agree in a neighbouring character says which
side is off, whatever the language. Measured on the published data sets and samples of this project, right offsets give
at most 0.15 behind an entity, 0.28 before it, and at least 0.68 for its last character given the others; offsets that
are one off give at least 0.68, 0.46, and at most 0.16.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.spec import Example

ENTITIES = 20_000
"""About so many entities are looked at, from rows all over a split."""
MENTIONS = 30
"""Mentions that occur more than once, below which nothing is said."""
WORDS = 20
"""Entities below which words tell nothing."""
SPACELESS = "\u2e80"
"""From here on scripts (Chinese, Japanese, Korean) have no spaces, or write endings of one letter behind names."""
HIGH, LOW = 0.55, 0.3
"""A neighbour that agrees more often than ``HIGH`` belongs to the entity; a last character below ``LOW`` does not."""


@dataclass(frozen=True)
class Agreement:
    """How often pairs of equal mentions agree in one character.

    >>> pairs = Agreement.of([Counter("方方"), Counter("a"), Counter("bc")])
    >>> pairs.mentions, pairs.share
    (2, 0.5)
    """

    mentions: int  # that occur more than once
    share: float  # over their occurrences

    @classmethod
    def of(cls, followers: Sequence[Counter[str]]) -> Agreement:
        """Of what stands beside each mention -> how often; an empty text never agrees."""
        repeated = [held for held in followers if held.total() > 1]
        agreeing = sum(
            count * (count - 1) / (held.total() - 1) for held in repeated for text, count in held.items() if text
        )
        places = sum(held.total() for held in repeated)
        return cls(len(repeated), agreeing / places if places else 0.0)


def agreements(examples: Sequence[Example]) -> tuple[Agreement, Agreement, Agreement]:
    """Agreement in the character behind an entity, in the one before it, and in its last one given the others.

    Letters, digits and ideographs count; punctuation, blanks and the ends of a text never agree. Each text counts once.
    """
    behind, before, last = (defaultdict[str, Counter[str]](Counter) for _ in range(3))
    for text, start, end in _mentions(examples):
        mention = text[start:end]
        behind[mention][_letter(text, end)] += 1
        before[mention][_letter(text, start - 1)] += 1
        if end - start > 2:
            last[mention[:-1]][_letter(text, end - 1)] += 1
    first, second, third = (Agreement.of(list(table.values())) for table in (behind, before, last))
    return first, second, third


def offset_remarks(examples: Sequence[Example], split: str) -> Iterator[str]:
    """That all ends or starts of a split look one character off; nothing where they do not. Where few mentions occur
    twice, ends are told by the words of a script that has spaces between them, or not at all."""
    behind, before, last = agreements(examples)
    if min(behind.mentions, before.mentions) < MENTIONS:
        yield from _word_remarks(examples, split)
        return
    long = last.mentions >= MENTIONS and last.share < LOW
    if before.share > HIGH and (long or before.share > 2 * behind.share):
        yield (
            f"{split}: entities begin {'and end ' if long else ''}one character late, as it looks: {before.share:.0%} of "
            "equal mentions have the same character before them. The offsets in the files probably count from 1: subtract "
            "1 where the task reads them"
        )
    elif long:
        yield (
            f"{split}: entities end one character late, as it looks: only {last.share:.0%} of mentions that begin alike "
            "have the same last character. The ends in the files are probably exclusive already: add nothing to them"
        )
    elif behind.share > HIGH and behind.share > 2 * before.share:
        yield (
            f"{split}: entities end one character early, as it looks: {behind.share:.0%} of equal mentions go on with the "
            "same character. The ends in the files are probably inclusive: add 1 where the task reads them"
        )


def _word_remarks(examples: Sequence[Example], split: str) -> Iterator[str]:
    """That most entities end one letter before their word does, in a script with spaces between words.

    >>> from harness.spec import Text
    >>> rows = [Example(str(n), Text(f"{n} Bonn lebt"), ((len(str(n)) + 1, len(str(n)) + 4, "LOC"),)) for n in range(20)]
    >>> list(_word_remarks(rows, "test"))[0][:60]
    'test: 20 of 20 entities end one letter before their word doe'
    """
    early, total = 0, 0
    for text, _, end in _mentions(examples):
        total += 1
        word, rest = _letter(text, end - 1) + _letter(text, end), _letter(text, end + 1)
        early += len(word) == 2 and max(word) < SPACELESS and not rest
    if total >= WORDS and early > HIGH * total:
        yield (
            f"{split}: {early:,} of {total:,} entities end one letter before their word does: the ends in the files are "
            "probably inclusive: add 1 where the task reads them"
        )


def _mentions(examples: Sequence[Example]) -> Iterator[tuple[str, int, int]]:
    """Text, start and end of entities of two characters and more."""
    step = math.ceil(sum(len(example.target or ()) for example in examples) / ENTITIES) or 1
    seen = set()
    for example in examples[::step]:
        text = example.input.text
        if example.target and text not in seen:
            seen.add(text)
            yield from ((text, start, end) for start, end, _ in example.target if end - start > 1)


def _letter(text: str, place: int) -> str:
    return text[place] if 0 <= place < len(text) and text[place].isalnum() else ""


def empty_spans(examples: Sequence[Example]) -> str:
    """How many entities hold nothing and why, a sentence; empty where all hold something."""
    empty = sum(start == end for example in examples for start, end, _ in example.target or ())
    total = sum(len(example.target or ()) for example in examples)
    if not empty:
        return ""
    return (
        f"{empty:,} of {total:,} entities are empty: an entity of one character has equal offsets where ends are "
        "inclusive; add 1 to them where the task reads them"
    )


def off_borders(examples: Sequence[Example]) -> str:
    """How many entities do not begin and end on token borders and why, a sentence; empty where all do.

    >>> from harness.spec import Text
    >>> words = Text("Bonn lebt", ((0, 4), (5, 9)))
    >>> off_borders([Example("a", words, ((0, 3, "LOC"), (5, 8, "X")))])
    '2 of 2 entities are off token borders, and 2 of these end one character early: the ends are probably inclusive; add 1 where the task reads them'
    """
    off, early, late, total = 0, 0, 0, 0
    for example in examples:
        if getattr(example.input, "tokens", None) is None or not example.target:
            continue
        starts, ends = ({pair[side] for pair in example.input.tokens} for side in (0, 1))
        total += len(example.target)
        for start, end, _ in example.target:
            if start not in starts or end not in ends:
                off += 1
                early += start in starts and end + 1 in ends
                late += start in starts and end - 1 in ends
    if not off:
        return ""
    told = f"{off:,} of {total:,} entities are off token borders"
    if 2 * early > off:
        return (
            f"{told}, and {early:,} of these end one character early: the ends are probably inclusive; add 1 where the "
            "task reads them"
        )
    if 2 * late > off:
        return (
            f"{told}, and {late:,} of these end one character late: the ends are probably exclusive already; add nothing "
            "where the task reads them"
        )
    return f"{told}: entities and tokens probably come from different tools; let tokens end where entities do"
