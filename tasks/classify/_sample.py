"""The embedded samples: sentences and pictures of our own with the shape of a task, the same on every machine."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from harness.errors import DataError
from harness.spec import Example, Image, Task
from tasks._dice import Dice
from tasks.classify._read import as_text

SIZES = {"train": 240, "dev": 60, "test": 120}
"""Examples in each split of every sample, drawn in this order."""


def check(split: str) -> None:
    """``DataError`` for a split that a sample does not have."""
    if split not in SIZES:
        raise DataError(f"the sample has no split {split!r}; it has {', '.join(SIZES)}.")


def sentences(
    task: Task, split: str, words: Mapping[str, str], filler: str, seed: int, length: tuple[int, int] = (5, 12)
) -> list[Example]:
    """Sentences of filler words with two or three of their label's own words among them; ``words`` holds these by label.

    One sentence in twelve has a word of another label as well, so that no single word decides.
    """
    check(split)
    dice, made = Dice(seed), list[Example]()
    own = [words[label].split() for label in task.labels]
    join = "" if task.language == "zh" else " "
    for name, size in SIZES.items():
        made = []
        for number in range(size):
            target = dice.number(len(own))
            parts = [dice.one(filler) for _ in range(length[0] + dice.number(length[1] - length[0]))]
            for _ in range(2 + dice.number(2)):
                parts.insert(dice.number(len(parts) + 1), dice.one(own[target]))
            if dice.number(12) == 0:
                parts.insert(dice.number(len(parts) + 1), dice.one(own[dice.number(len(own))]))
            made.append(Example(f"{name}-{number}", as_text(join.join(parts), task.language), target))
        if name == split:
            break
    return made


def drawings(task: Task, split: str, shape: tuple[int, int, int], seed: int) -> list[Example]:
    """Pictures of stripes whose width and direction tell the label, shifted and with noise."""
    check(split)
    return list(_drawn(len(task.labels), shape, seed)[split])


@functools.cache
def _drawn(labels: int, shape: tuple[int, int, int], seed: int) -> dict[str, list[Example]]:
    """Every split, drawn once in a process: hundreds of thousands of dice."""
    dice, made = Dice(seed), dict[str, list[Example]]()
    height, width, channels = shape
    for name, size in SIZES.items():
        made[name] = []
        for number in range(size):
            target = dice.number(labels)
            period, across = 3 + target // 2 * 2, target % 2
            shift = dice.number(period)
            pixels = bytearray()
            for row in range(height):
                for column in range(width):
                    bright = ((column if across else row) + shift) % period < period // 2
                    pixels += bytes(40 + 150 * bright + dice.number(60) for _ in range(channels))
            made[name].append(Example(f"{name}-{number}", Image(bytes(pixels), *shape), target))
    return made
