"""The embedded samples: questions of our own, drawn from slots filled at random, the same on every machine.

Labels come out of a shuffled bag that is filled again when empty, so they are as even as their number allows. No text
comes twice, neither within a split nor in two of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from harness.errors import DataError
from harness.spec import Example, Question
from tasks._dice import Dice

SIZES = {"train": 60, "dev": 40, "test": 120}
"""Questions in each split of every sample, drawn in this order."""

Make = Callable[[Dice, int], Question]
"""A question whose right option has the number given."""


@dataclass(frozen=True)
class Recipe:
    """How to make the questions of a task, how many numbers its answers have, and where chance begins."""

    make: Make
    answers: int
    seed: int


@functools.cache
def _splits(recipe: Recipe) -> Mapping[str, tuple[Example, ...]]:
    dice, bag, seen = Dice(recipe.seed), list[int](), set[str]()
    splits = {}
    for split, size in SIZES.items():
        examples: list[Example] = []
        while len(examples) < size:
            bag = bag or list(range(recipe.answers))
            answer = bag.pop(dice.number(len(bag)))
            question = recipe.make(dice, answer)
            while question.text in seen:
                question = recipe.make(dice, answer)
            seen.add(question.text)
            examples.append(Example(f"{split}-{len(examples)}", question, answer))
        splits[split] = tuple(examples)
    return splits


def generate(recipe: Recipe, split: str) -> Iterator[Example]:
    """The examples of one split.

    Raises ``DataError`` for a split that no sample has.
    """
    if split not in SIZES:
        raise DataError(f"the embedded sample has no split {split!r}. It has {', '.join(SIZES)}.")
    return iter(_splits(recipe)[split])
