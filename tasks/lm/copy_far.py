"""Copy from afar: a string of letters stands at the beginning, and again at the end of ever longer texts.

    [qjxbmatzrw] ... (any number of capitals that mean nothing) ... [qjxbmatzrw]

Once a letter or two of the second string are read, the first one tells the rest. Texts to learn from also hold several
strings that come back at all distances that fit. Copying is what attention does best, and what a window forgets.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.bits import score_recall
from harness.spec import Example, Score, Task
from tasks.lm._probes import texts

TASK = Task(
    kind="tokens",
    title="A string of letters, copied from far away",
    source="Copying tasks: Graves et al. 2014, arXiv 1410.5401, section 4.1; over distance: this project",
    licence="made by this project's code",
    language="en",
    units="bytes",
    generated=True,
    metrics=("recall", "bits_per_byte"),
    chance=0.125,
    notes=(
        "Texts of train have 256 bytes; ranked ones 256 to 4,096, forty of each length, which are strata.",
        "A string has ten different letters; all but the first two of the copy are asked.",
        "Chance is a guess among the eight letters of the string that the copy has not shown; naming any letter of the string is right in a tenth of the cases.",
        "A text that a model refuses to read counts as answered wrongly, and costs what its bytes do when all are equally likely.",
    ),
)
SIZE, HINT = 10, 2
Drawn = tuple[str, tuple[tuple[int, int], ...]]


def draw(source: random.Random, length: int, ranked: bool) -> Drawn:
    """A text and where its answers stand."""
    if not ranked:
        return scattered(source, length)
    copied = string_of(source)
    between = "".join(source.choices(string.ascii_uppercase, k=length - 2 * len(copied)))
    return copied + between + copied, (answer(length - len(copied)),)


def string_of(source: random.Random) -> str:
    """Different letters in brackets."""
    return f"[{''.join(source.sample(string.ascii_lowercase, SIZE))}]"


def answer(start: int) -> tuple[int, int]:
    """The span of a copy that begins at a place: its letters but for the first ones."""
    return start + 1 + HINT, start + 1 + SIZE


def scattered(source: random.Random, length: int) -> Drawn:
    """A few strings in any order, meaningless capitals between them; each but the first of its kind is an answer."""
    strings = [string_of(source) for _ in range(source.randint(2, 5))]
    text, answers, seen = "", [], set()
    while len(text) + SIZE + 2 <= length:
        text += "".join(source.choices(string.ascii_uppercase, k=source.randint(0, 8)))[: length - len(text) - SIZE - 2]
        chosen = source.choice(strings)
        if chosen in seen:
            answers.append(answer(len(text)))
        seen.add(chosen)
        text += chosen
    if not answers:  # in short texts it happens that no string comes back
        return scattered(source, length)
    return text + "".join(source.choices(string.ascii_uppercase, k=length - len(text))), tuple(answers)


def distance(example: Example) -> int:
    """How many bytes the copy stands behind the string."""
    return int(example.input.rindex("[")) - int(example.input.index("["))


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """The texts of a split, the same ones every time."""
    return texts("copy_far", split, draw)


def stratum(example: Example) -> str:
    """The length of the text: there are so many of each by design."""
    return str(len(example.input))


def sample(split: str) -> list[Example]:
    """Few texts, short ones."""
    return list(texts("copy_far", split, draw, small=True))


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """The share of asked letters that the model finds likeliest, by distance."""
    return score_recall(gold, outputs, distance)
