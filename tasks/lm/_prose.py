"""The embedded sample of texts: invented prose in which names come back after thousands of characters.

A story has a handful of names of its own and sections with words of their own, so that what is near and what is far both
help to guess what comes next. Made by seeded code; no sentence of anybody's is in it.
"""

from __future__ import annotations

import random

from harness.errors import DataError
from harness.spec import Example
from tasks.lm._texts import whole

SIZES = {"train": (4, 6000), "dev": (1, 2500), "test": (4, 2500)}
SYLLABLES = tuple(a + b for a in "bdfgklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "el", "or"))
SIGNS = "山水风云日月星河城门路桥花树鸟马人心手言书琴剑酒茶灯夜春秋冬夏东西南北上下来去见问答行坐归望长远近高低新旧白青红黑大小多少有无不知"
VERBS = {"en": ("saw", "left", "called", "followed", "forgot", "met"), "zh": ("见", "问", "寻", "忘", "随", "别")}


def sample(split: str, language: str) -> list[Example]:
    """The stories of a split. ``DataError`` for one that does not exist."""
    if split not in SIZES:
        raise DataError(f"the sample has no split {split!r}; it has {', '.join(SIZES)}.")
    number, size = SIZES[split]
    return [whole(f"{split}-{place}", story(f"{split}-{place}", size, language)) for place in range(number)]


def story(seed: str, size: int, language: str) -> str:
    """A story of so many characters."""
    draw = random.Random(f"{language} {seed}")
    names = [word(draw, language).capitalize() for _ in range(6)]
    written: list[str] = []
    length = 0
    while length < size:
        topic = [word(draw, language) for _ in range(12)]
        for _ in range(12):
            text = sentence(draw, names, topic, language)
            written.append(text)
            length += len(text)
        written.append("\n")
    return "".join(written)[:size]


def sentence(draw: random.Random, names: list[str], topic: list[str], language: str) -> str:
    """Somebody does something with somebody, in words of the section."""
    one, other = draw.sample(names, 2)
    verb, thing, place = draw.choice(VERBS[language]), *draw.sample(topic, 2)
    if language == "zh":
        return f"{one}{verb}{other}，{thing}在{place}。"
    return f"{one} {verb} {other}, and the {thing} was with the {place}. "


def word(draw: random.Random, language: str) -> str:
    """An invented word."""
    if language == "zh":
        return "".join(draw.choices(SIGNS, k=2))
    return "".join(draw.choices(SYLLABLES, k=draw.choice((2, 2, 3))))
