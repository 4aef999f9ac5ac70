"""What the two probes share: lengths, seeds, and how the texts of a split are drawn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from harness.errors import DataError
from harness.spec import Example

LENGTHS = (256, 512, 1024, 2048, 4096)
"""Bytes of the ranked texts; those of train have the first length, which is what the protocol trains on."""
SAMPLE_LENGTHS = (64, 128, 256)
TRAIN, EACH = 8000, {"dev": 8, "test": 40}
SAMPLE_TRAIN, SAMPLE_EACH = 320, {"dev": 2, "test": 6}

Draw = Callable[[random.Random, int, bool], tuple[str, tuple[tuple[int, int], ...]]]
"""Draws a text of so many bytes and the spans of it that are asked; the last argument says whether it is of the form that ranks."""


def texts(name: str, split: str, draw: Draw, small: bool = False) -> Iterator[Example]:
    """The texts of a split: of train half are of the form that ranks, and half have answers at all distances.

    Raises ``DataError`` for a split that does not exist.
    """
    lengths, train, each = (SAMPLE_LENGTHS, SAMPLE_TRAIN, SAMPLE_EACH) if small else (LENGTHS, TRAIN, EACH)
    if split == "train":
        plan = [(lengths[0], number % 2 == 0) for number in range(train)]
    elif split in each:
        plan = [(length, True) for length in lengths for _ in range(each[split])]
    else:
        raise DataError(f"{name} has no split {split!r}; it has train, {', '.join(each)}.")
    source = random.Random(f"{name} {split} {small}")
    for number, (length, ranked) in enumerate(plan):
        yield Example(f"{split}-{length}-{number}", *draw(source, length, ranked))
