"""Find a needle: a few letters are given numbers at the beginning, and asked for them at the end of ever longer texts.

    b7 k2 x9 ... (any number of capitals that mean nothing) ... ?k2 x9 b7

A letter has one number in a text and another in the next, so only the text can tell. Texts to learn from also hold many such
pairs at all distances that fit, so that small models learn to look back at all (Arora et al. 2023).
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
    title="Numbers of letters, asked for far from where they were given",
    source="Multi-query associative recall: Arora et al. 2023, arXiv 2312.04927, section 3; over distance: this project",
    licence="made by this project's code",
    language="en",
    units="bytes",
    generated=True,
    metrics=("recall", "bits_per_byte"),
    chance=0.1,
    notes=(
        "Texts of train have 256 bytes; ranked ones 256 to 4,096, forty of each length, six letters asked in each.",
        "The distance of a text is from its beginning, where the letters are given, to the mark before the questions.",
        "A text that a model refuses to read counts as answered wrongly, and costs what its bytes do when all are equally likely.",
    ),
)
ASKED = 6
MARK = "?"
Drawn = tuple[str, tuple[tuple[int, int], ...]]


def draw(source: random.Random, length: int, ranked: bool) -> Drawn:
    """A text and where its answers stand."""
    numbers = {letter: source.choice(string.digits) for letter in string.ascii_lowercase}
    if not ranked:
        return scattered(source, length, numbers)
    letters = source.sample(string.ascii_lowercase, ASKED)
    given = "".join(letter + numbers[letter] for letter in letters)
    between = "".join(source.choices(string.ascii_uppercase, k=length - 4 * ASKED - len(MARK)))
    source.shuffle(letters)
    asked = "".join(letter + numbers[letter] for letter in letters)
    text = given + between + MARK + asked
    return text, tuple((place, place + 1) for place in range(length - 2 * ASKED + 1, length, 2))


def scattered(source: random.Random, length: int, numbers: Mapping[str, str]) -> Drawn:
    """Pairs and meaningless capitals in any order; each pair after the first of its letter is an answer."""
    letters = source.sample(string.ascii_lowercase, source.randint(4, 16))
    text, answers, seen = "", [], set()
    while len(text) < length - 1:
        if source.random() < 0.3:
            text += source.choice(string.ascii_uppercase)
            continue
        letter = source.choice(letters)
        text += letter + numbers[letter]
        if letter in seen:
            answers.append((len(text) - 1, len(text)))
        seen.add(letter)
    return text.ljust(length, MARK), tuple(answers)


def distance(example: Example) -> int:
    """How many bytes lie between the beginning, where letters are given, and the questions."""
    return int(example.input.index(MARK))


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """The texts of a split, the same ones every time."""
    return texts("needle", split, draw)


def sample(split: str) -> list[Example]:
    """Few texts, short ones."""
    return list(texts("needle", split, draw, small=True))


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """The share of answers that the model finds likeliest, by distance."""
    return score_recall(gold, outputs, distance)
