"""Sentences from a grammar with entities marked in it: the engine behind every embedded sample.

A grammar is text. ``name: a | b`` gives a rule its alternatives, ``name = a b`` a list of words, ``3* a`` makes an
alternative three times as likely, ``{name}`` stands for one expansion of that rule, and ``[sym {part}痛]`` marks an entity
of type ``sym``. Marks nest. ``-`` is an empty alternative and ``~`` a space
at an edge, where plain ones are cut off. A later rule of the same name replaces an earlier one. ``#`` begins a comment line, and a
line that begins with a space continues the one before::

    sentence: {who}诉[sym [bod {part}]痛]。
    who: 2* 患者 | 患儿
    part = 头 胸 右腹

gives among others ``患儿诉右腹痛。`` with the spans ``(3, 6, "sym")`` and ``(3, 5, "bod")``.

Only ``random.Random(seed).random()`` is drawn from: that stream is the same in every version of Python and every process.
"""

from __future__ import annotations

import functools
import random
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from harness.errors import DataError
from harness.spec import Example, Span, Text

PART = re.compile(r"\{(?P<rule>[^{}]+)\}|\[(?P<label>[^\s\[\]]+) |(?P<close>\])|(?P<text>[^{}\[\]]+)")
SIZES = {"train": 900, "dev": 200, "test": 300}
"""Sentences in each split of every sample. They are drawn in this order and no sentence is drawn twice."""


@dataclass(frozen=True)
class Rule:
    """Alternatives, each a tuple of parts ``(kind, value)``, with their weights summed up for drawing."""

    alternatives: tuple[tuple[tuple[str, str], ...], ...]
    heights: tuple[float, ...]

    def draw(self, dice: random.Random) -> tuple[tuple[str, str], ...]:
        """One alternative, by its weight."""
        return self.alternatives[bisect_right(self.heights, dice.random() * self.heights[-1])]


@dataclass(frozen=True)
class Grammar:
    """The text of a grammar, the seed of its sample, and whether words are separated by spaces."""

    text: str
    seed: int
    spaced: bool = False


def parse(text: str) -> dict[str, Rule]:
    """Rules of a grammar.

    Raises ``ValueError`` for a line that is no rule and for a rule that nobody wrote.

    >>> sorted(parse("sentence: [sym {part}痛]。\\npart = 头 胸"))
    ['part', 'sentence']
    """
    written: dict[str, list[tuple[float, str]]] = {}
    for line in re.sub(r"\n +", " ", text).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"(\w+)(: | = )(.*)", line.strip())
        if not match:
            raise ValueError(f"not a rule: {line!r}")
        name, form, body = match.groups()
        written[name] = (
            [(1.0, word) for word in body.split()] if form == " = " else [_weighted(part) for part in body.split(" | ")]
        )
    rules = {name: _rule(alternatives) for name, alternatives in written.items()}
    used = {value for rule in rules.values() for parts in rule.alternatives for kind, value in parts if kind == "rule"}
    if used - rules.keys():
        raise ValueError(f"no such rule: {', '.join(sorted(used - rules.keys()))}")
    return rules


def _weighted(part: str) -> tuple[float, str]:
    match = re.fullmatch(r"\s*(?:([0-9.]+)\* )?(.*?)\s*", part)
    assert match is not None
    return float(match.group(1) or 1), "" if match.group(2) == "-" else match.group(2).replace("~", " ")


def _rule(alternatives: list[tuple[float, str]]) -> Rule:
    parts = tuple(
        tuple((str(match.lastgroup), str(match.group(str(match.lastgroup)))) for match in PART.finditer(text))
        for _, text in alternatives
    )
    return Rule(parts, tuple(accumulate(weight for weight, _ in alternatives)))


def expand(rules: Mapping[str, Rule], dice: random.Random, start: str = "sentence") -> tuple[str, tuple[Span, ...]]:
    """One sentence and its spans.

    >>> expand(parse("sentence: {who}诉[sym [bod 头]痛]。\\nwho = 他"), random.Random(1))
    ('他诉头痛。', ((2, 3, 'bod'), (2, 4, 'sym')))
    """
    pieces: list[str] = []
    spans: set[Span] = set()
    opened: list[tuple[int, str]] = []
    length = 0
    waiting = list(reversed(rules[start].draw(dice)))
    while waiting:
        kind, value = waiting.pop()
        if kind == "text":
            pieces.append(value)
            length += len(value)
        elif kind == "rule":
            waiting.extend(reversed(rules[value].draw(dice)))
        elif kind == "label":
            opened.append((length, value))
        else:
            begin, label = opened.pop()
            spans.add((begin, length, label))
    return "".join(pieces), tuple(sorted(spans))


@functools.cache
def _splits(grammar: Grammar) -> Mapping[str, tuple[Example, ...]]:
    """All splits of a sample; sentences are all different, so nothing leaks from train into the others."""
    rules, dice = parse(grammar.text), random.Random(grammar.seed)
    seen: set[str] = set()
    splits = {}
    for split, size in SIZES.items():
        examples: list[Example] = []
        while len(examples) < size:
            text, spans = expand(rules, dice)
            if text not in seen:
                seen.add(text)
                examples.append(Example(f"{split}-{len(examples)}", _text(text, grammar.spaced), spans))
        splits[split] = tuple(examples)
    return splits


def _text(text: str, spaced: bool) -> Text:
    return Text(text, tuple(match.span() for match in re.finditer(r"[^ ]+", text)) if spaced else None)


def generate(grammar: Grammar, split: str) -> Iterator[Example]:
    """The examples of one split.

    Raises ``DataError`` for a split that no sample has.
    """
    if split not in SIZES:
        raise DataError(f"the embedded sample has no split {split!r}. It has {', '.join(SIZES)}.")
    return iter(_splits(grammar)[split])
