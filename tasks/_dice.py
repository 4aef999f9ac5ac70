"""Chance for embedded samples, the same on every machine.

Only ``random.Random(seed).random()`` is drawn from: that stream is the same in every version of Python and every process.
"""

from __future__ import annotations

import random
from collections.abc import Sequence


class Dice:
    """Chance from one stream of numbers in [0, 1)."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed).random

    def number(self, below: int) -> int:
        """A whole number from 0 to ``below - 1``."""
        return int(self.draw() * below)

    def one(self, values: Sequence[str] | str) -> str:
        """One of several words; a text stands for its words between blanks."""
        words = values.split() if isinstance(values, str) else values
        return words[self.number(len(words))]

    def some(self, values: Sequence[str] | str, count: int) -> list[str]:
        """``count`` different words in random order."""
        words = list(values.split() if isinstance(values, str) else values)
        return [words.pop(self.number(len(words))) for _ in range(count)]

    def odds(self, share: float) -> bool:
        """True in that share of the cases."""
        return self.draw() < share
