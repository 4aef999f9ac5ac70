"""Vocabularies: bytes, characters with bytes for the rare ones, or words. The task's card (``units``) chooses.

Each has a token ``first`` that stands before a text, so that the first token of the text is predicted as well. Bytes
and characters encode any text without loss, so that models can be compared in bits per byte.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError
from harness.spec import Pieces, Task

Integers = NDArray[np.int64]

BYTES = 256
CHARACTERS = 2048  # the most frequent characters of train, at most: a larger output layer would dominate a small model
WORD = re.compile(r"\S+|\n")
END_OF_LINE = "<eos>"  # as the published word-level form of WikiText has it


class Vocabulary(Protocol):
    """Turns texts into the ids of ``size`` tokens; the token ``first`` stands before a text."""

    size: int
    first: int

    def pieces(self, text: str) -> Pieces: ...


class Bytes:
    """The 256 bytes of UTF-8, and a token before the text.

    >>> Bytes().pieces("né").ids.tolist(), Bytes().pieces("né").ends.tolist()
    ([110, 195, 169], [1, 2, 3])
    """

    size, first = BYTES + 1, BYTES

    def pieces(self, text: str) -> Pieces:
        """One token for each byte."""
        ids = np.frombuffer(utf8(text), np.uint8).astype(np.int64)
        return Pieces(ids, np.arange(1, len(ids) + 1))


class Characters:
    """The most frequent characters of train as one token each; the UTF-8 bytes of all others.

    >>> known = Characters(["天天向上"])
    >>> known.pieces("天é").ids.tolist(), known.pieces("天é").ends.tolist()
    ([257, 195, 169], [3, 4, 5])
    """

    first = BYTES

    def __init__(self, texts: Iterable[str], most: int = CHARACTERS) -> None:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        frequent = sorted(counts, key=lambda sign: (-counts[sign], sign))[:most]
        points = np.array([ord(sign) for sign in frequent if counts[sign] > 1], np.int64)
        self.order = np.argsort(points)
        self.points = points[self.order]
        self.size = BYTES + 1 + len(points)

    def pieces(self, text: str) -> Pieces:
        """One token for each known character, one for each byte of the others."""
        utf8(text)
        points = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.int64)
        place = np.searchsorted(self.points, points).clip(max=max(len(self.points) - 1, 0))
        known = self.points[place] == points if len(self.points) else np.zeros(len(points), bool)
        width = utf8_lengths(text)
        tokens = np.where(known, 1, width)
        ids, ends = np.empty(tokens.sum(), np.int64), np.empty(tokens.sum(), np.int64)
        after = tokens.cumsum()
        begins = width.cumsum() - width
        ids[after[known] - 1] = BYTES + 1 + self.order[place[known]]
        ends[after[known] - 1] = (begins + width)[known]
        for number in np.flatnonzero(~known):
            spelt = np.frombuffer(text[number].encode(), np.uint8)
            part = slice(after[number] - len(spelt), after[number])
            ids[part], ends[part] = spelt, begins[number] + np.arange(1, len(spelt) + 1)
        return Pieces(ids, ends)


class Words:
    """The words of train, split at white space, with ``<eos>`` at the end of each line.

    >>> known = Words(["a b\\na\\n"])
    >>> known.pieces("b a\\n").ids.tolist(), known.pieces("b a\\n").ends.tolist()
    ([2, 0, 1], [1, 3, 4])
    """

    def __init__(self, texts: Iterable[str]) -> None:
        counts: Counter[str] = Counter({END_OF_LINE: 1})
        for text in texts:
            counts.update(text.split())
        self.numbers = {
            word: number for number, word in enumerate(sorted(counts, key=lambda word: (-counts[word], word)))
        }
        self.first, self.size = self.numbers[END_OF_LINE], len(self.numbers)

    def pieces(self, text: str) -> Pieces:
        """One token for each word and each end of a line. ``DataError`` for a word that train does not have."""
        utf8(text)
        found = [(match.group(), match.end()) for match in WORD.finditer(text)]
        unknown = [word for word, _ in found if word not in self.numbers and word != "\n"]
        if unknown:
            raise DataError(
                f"the word {unknown[0]!r} is not in train, and a vocabulary of words cannot encode it. The published "
                "files have <unk> in its place: use wiki.*.tokens, not the raw text."
            )
        ids = [self.numbers[END_OF_LINE if word == "\n" else word] for word, _ in found]
        ends = utf8_lengths(text).cumsum()[np.array([end - 1 for _, end in found], np.int64)]
        ends[-1:] = len(text.encode())  # white space behind the last word belongs to it
        return Pieces(np.array(ids, np.int64), ends)


def utf8_lengths(text: str) -> Integers:
    """The number of UTF-8 bytes of each code point.

    >>> utf8_lengths("aé天").tolist()
    [1, 2, 3]
    """
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    return (1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)).astype(np.int64)


def utf8(text: str) -> bytes:
    """The text in UTF-8. ``DataError`` for a lone surrogate, which UTF-8 cannot encode."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"character {error.start} of a text, U+{ord(text[error.start]):04X}, is half of a surrogate pair and "
            "cannot be encoded in UTF-8. Repair the text: read it again with errors='replace'."
        ) from None


def build_vocabulary(task: Task, texts: Iterable[str]) -> Vocabulary:
    """The vocabulary that a task's card asks for; characters and words are counted in ``texts``, those of train.

    Raises ``DataError`` for units that do not exist.
    """
    if task.units == "bytes":
        return Bytes()
    if task.units == "characters":
        return Characters(texts)
    if task.units == "words":
        return Words(texts)
    raise DataError(f"the task's units are {task.units!r}; they can be bytes, characters or words.")
