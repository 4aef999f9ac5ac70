"""ListOps: the value of nested lists of digits, a number from 0 to 9.

    [MAX 4 3 [MIN 2 3 ] 1 0 [MED 1 5 8 9 2 ] ] = 5

Operators are MIN, MAX, MED (the median, rounded down) and SM (the sum modulo 10). An element is a list with chance 1/4 and
a digit otherwise, lists have 2 to 10 elements and are nested at most 10 deep (Nangia and Bowman 2018; the generator of the
Long Range Arena, Tay et al. 2021).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.metrics.labels import score_labels
from harness.spec import Example, Score, Task, Text

TASK = Task(
    kind="label",
    title="ListOps: the value of nested lists of 60 to 200 tokens",
    source="Nangia and Bowman 2018, NAACL student workshop, arXiv 1804.06028; Tay et al. 2021, Long Range Arena, ICLR, arXiv 2011.04006",
    licence="made by this project's code",
    language="en",
    labels=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    generated=True,
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.181,
    notes=(
        "Texts have 60 to 200 tokens; those of the Long Range Arena have 500 to 2,000, and 96,000 rows of train.",
        "Published on those: Transformer 36.4 %, Synthesizer 37.0, FNet 35.3 (there), and 17.8 for who always says the most frequent value.",
        "The outermost operator alone says much, since MAX is often 9 and MIN 0: the model trivial/first_token reads nothing else. Of "
        "15,000 lists made with the longer lengths it tells 35.8 %.",
    ),
)
OPERATORS = ("MIN", "MAX", "MED", "SM")
LISTS, ELEMENTS, DEPTH = 0.25, 10, 10
TOKENS = (60, 200)
SIZES = {"train": 20000, "dev": 1000, "test": 2000}
SAMPLE_TOKENS = (5, 30)
SAMPLE_SIZES = {"train": 240, "dev": 60, "test": 120}

Tree = int | tuple[str, list["Tree"]]
"""A digit, or an operator with its elements."""


def grow(source: random.Random, most: int) -> Tree | None:
    """A random tree whose root is a list; ``None`` for one of more than so many tokens, given up as soon as that is sure.

    Lists have six elements on average, of which one and a half are lists: most trees that are not small are vast.
    """
    left = most

    def part(depth: int) -> Tree:
        nonlocal left
        if depth > 1 and (depth >= DEPTH or source.random() >= LISTS):
            left -= 1
            return source.randrange(10)
        left -= 2
        elements = []
        for _ in range(source.randint(2, ELEMENTS)):
            if left < 0:
                break
            elements.append(part(depth + 1))
        return source.choice(OPERATORS), elements

    tree = part(1)
    return tree if left >= 0 else None


def value(tree: Tree) -> int:
    """What a tree comes to.

    >>> value(("MED", [3, 9, ("SM", [8, 7]), 1]))  # of 1, 3, 5, 9: 4
    4
    """
    if isinstance(tree, int):
        return tree
    operator, elements = tree[0], sorted(value(element) for element in tree[1])
    if operator == "MIN":
        return elements[0]
    if operator == "MAX":
        return elements[-1]
    if operator == "SM":
        return sum(elements) % 10
    middle = len(elements) // 2
    return elements[middle] if len(elements) % 2 else (elements[middle - 1] + elements[middle]) // 2


def tokens(tree: Tree) -> list[str]:
    """A tree as tokens.

    >>> " ".join(tokens(("MAX", [2, ("MIN", [4, 7])])))
    '[MAX 2 [MIN 4 7 ] ]'
    """
    if isinstance(tree, int):
        return [str(tree)]
    return [f"[{tree[0]}", *(token for element in tree[1] for token in tokens(element)), "]"]


def examples(split: str, sizes: Mapping[str, int], between: tuple[int, int]) -> Iterator[Example]:
    """The texts of a split, none of them twice in it; the same ones every time. ``DataError`` for an unknown split."""
    if split not in sizes:
        raise DataError(f"listops has no split {split!r}; it has {', '.join(sizes)}.")
    source, seen = random.Random(f"listops {split} {between}"), set[str]()
    while len(seen) < sizes[split]:
        tree = grow(source, between[1])
        parts = tokens(tree) if tree is not None else []
        text = " ".join(parts)
        if tree is None or len(parts) < between[0] or text in seen:
            continue
        yield Example(f"{split}-{len(seen)}", Text(text, offsets(parts)), value(tree))
        seen.add(text)


def offsets(parts: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where tokens stand that single spaces part.

    >>> offsets(["[SM", "1", "]"])
    ((0, 3), (4, 5), (6, 7))
    """
    found, start = [], 0
    for part in parts:
        found.append((start, start + len(part)))
        start += len(part) + 1
    return tuple(found)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """The texts of a split."""
    return examples(split, SIZES, TOKENS)


def sample(split: str) -> list[Example]:
    """Few texts, short ones."""
    return list(examples(split, SAMPLE_SIZES, SAMPLE_TOKENS))


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
