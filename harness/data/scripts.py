"""In which scripts the texts of a split are written: a split of another language than train is told by it."""

from __future__ import annotations

import functools
import itertools
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness import kinds
from harness.spec import Example

ROWS, CHARACTERS, LETTERS = 2000, 300, 200
"""Rows of a split that are looked at, characters of each, and letters below which nothing is said."""
APART = 0.5
"""Share of letters that would have to be of another script, from which on two splits are told to differ."""
SCRIPTS = {"CJK": "Chinese characters", "HIRAGANA": "kana", "KATAKANA": "kana"}


@functools.cache
def script(character: str) -> str:
    """The script of a letter as Unicode names it; empty for what is no letter.

    >>> script("京"), script("б"), script("e"), script("，")
    ('Chinese characters', 'Cyrillic', 'Latin', '')
    """
    if not character.isalpha():
        return ""
    word = unicodedata.name(character, "OTHER").split()[0].split("-")[0]
    return SCRIPTS.get(word, word.capitalize())


def shares(examples: Sequence[Example]) -> dict[str, float]:
    """Script -> its share of the letters of texts from all over a split; empty where there are too few letters."""
    step = math.ceil(len(examples) / ROWS) or 1
    counts = Counter[str]()
    for example in examples[::step]:
        if not isinstance(getattr(example.input, "text", example.input), str):
            return {}
        counts.update(kinds.passage_of(example.input)[:CHARACTERS])
    letters = Counter[str]()
    for character, count in counts.items():
        letters[script(character)] += count
    del letters[""]
    total = letters.total()
    return {name: count / total for name, count in letters.items()} if total >= LETTERS else {}


def script_remarks(splits: Mapping[str, Sequence[Example]]) -> Iterator[str]:
    """Pairs of splits, the first one against each other, most of whose letters are of other scripts.

    >>> texts = {"train": "北京" * 99 + "ab", "test": "Peking " * 99}
    >>> print(*script_remarks({name: [Example("a", text, None)] * 9 for name, text in texts.items()}))
    99 % of the letters of train are Chinese characters, 100 % of those of test are Latin: ...
    """
    found = {name: shares(examples) for name, examples in splits.items()}
    known = [name for name in splits if found[name]]
    for first, second in itertools.product(known[:1], known[1:]):
        one, two = found[first], found[second]
        apart = sum(abs(one.get(name, 0) - two.get(name, 0)) for name in {*one, *two}) / 2
        if apart > APART:
            tops = [max(held, key=held.__getitem__) for held in (one, two)]
            yield (
                f"{one[tops[0]]:.0%} of the letters of {first} are {tops[0]}, {two[tops[1]]:.0%} of those of {second} are "
                f"{tops[1]}: the splits are probably of two languages, or one is in a wrong encoding. Look at the files"
            ).replace("%", " %")
