"""Find a needle: three keys are given a string of letters each at the beginning, and asked for them at the end of ever longer texts.

    QjxbmatzrKoewnvyusHciqpdfgl ... (any number of digits that mean nothing) ... HciqpdfglQjxbmatzrKoewnvyus

A key has one string in a text and another in the next, so only the text can tell. Unlike in ``copy_far`` the order is new:
behind a key the model must find the very key. Half of the texts to learn from hold such records at all distances that fit, because
small models learn to look back on near ones first (associative recall: Arora et al. 2023).
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
    title="Strings under keys, asked for far from where they were given",
    source="Multi-query associative recall: Arora et al. 2023, arXiv 2312.04927, section 3; over distance: this project",
    licence="made by this project's code",
    language="en",
    units="bytes",
    generated=True,
    metrics=("recall", "bits_per_byte"),
    chance=0.041667,
    notes=(
        "Texts of train have 256 bytes; ranked ones 256 to 4,096, forty of each length, which are strata, three keys asked in each.",
        "The distance of a text is from its first record to the first that asks; each answer stands within a record or two of it.",
        "All eight letters behind a key are asked; the first takes the key, the others can also be copied on.",
        "Chance is a guess among the 24 letters that the three strings have; who names any letter of the right string is right once in eight.",
        "A text that a model refuses to read counts as answered wrongly, and costs what its bytes do when all are equally likely.",
    ),
)
KEYS, SIZE = 3, 8
NOISE = (0.1, 0.3, 0.5)
"""How often a digit stands in place of a record in a text to learn from; one of these for each text. Without digits the
records would stand at multiples of one distance, and there would be no need to look for a key."""

Drawn = tuple[str, tuple[tuple[int, int], ...]]


def draw(source: random.Random, length: int, ranked: bool) -> Drawn:
    """A text and where its answers stand."""
    if not ranked:
        return scattered(source, length)
    records = records_of(source, KEYS)
    given, between = "".join(records), source.choices(string.digits, k=length - 2 * KEYS * (1 + SIZE))
    source.shuffle(records)
    text = given + "".join(between) + "".join(records)
    return text, tuple((place + 1, place + 1 + SIZE) for place in range(length - len(given), length, 1 + SIZE))


def records_of(source: random.Random, count: int) -> list[str]:
    """Records of different keys, a capital each, and of letters that no two of them share."""
    letters = "".join(source.sample(string.ascii_lowercase, count * SIZE))
    keys = source.sample(string.ascii_uppercase, count)
    return [key + letters[place * SIZE : (place + 1) * SIZE] for place, key in enumerate(keys)]


def scattered(source: random.Random, length: int) -> Drawn:
    """A few records and meaningless digits in any order; each record but the first of its key is an answer."""
    records, noise = records_of(source, source.randint(2, KEYS)), source.choice(NOISE)
    text, answers, seen = "", [], set()
    while len(text) + 1 + SIZE <= length:
        if source.random() < noise:
            text += source.choice(string.digits)
            continue
        chosen = source.choice(records)
        if chosen in seen:
            answers.append((len(text) + 1, len(text) + 1 + SIZE))
        seen.add(chosen)
        text += chosen
    if not answers:  # in short texts it happens that no record comes back
        return scattered(source, length)
    return text + "".join(source.choices(string.digits, k=length - len(text))), tuple(answers)


def distance(example: Example) -> int:
    """How many bytes lie between the beginning, where strings are given, and the questions."""
    return int(example.target[0][0]) - 1


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """The texts of a split, the same ones every time."""
    return texts("needle", split, draw)


def stratum(example: Example) -> str:
    """The length of the text: there are so many of each by design."""
    return str(len(example.input))


def sample(split: str) -> list[Example]:
    """Few texts, short ones."""
    return list(texts("needle", split, draw, small=True))


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """The share of asked letters that the model finds likeliest, by distance."""
    return score_recall(gold, outputs, distance)
