"""Tokenization of many texts at once into one flat array, and the window of a text that is too long."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.zero_shot._templates import Segment
from harness.errors import EnvironmentFailure, RunError

Integers = NDArray[np.int64]
MIN_PIECES = 1000  # from so many pieces on the share of unknown ones is judged as it is
DEVIATIONS = 5.0  # before that it must be so many standard deviations above what is accepted


@dataclass(frozen=True)
class Segments:
    """Pieces of S texts: those of text s are ``ids[starts[s] : starts[s] + sizes[s]]``."""

    ids: Integers
    starts: Integers
    sizes: Integers
    anchors: Integers  # how many pieces stand before the blank; 0 for a text without one
    gapped: NDArray[np.bool_]  # whether the text has a blank


class SegmentTokenizer:
    """Tokenizes texts with a fast tokenizer, and refuses a vocabulary of another language.

    Nothing is trained, so that no loss would show that every character is unknown.
    """

    def __init__(self, name: str, tokenizer: Any, unknown: float) -> None:
        if not tokenizer.is_fast:
            raise EnvironmentFailure(f"encoder {name}: its tokenizer has no fast version. Choose another encoder")
        self.name, self.tokenizer, self.unknown = name, tokenizer, unknown
        self.seen = self.missed = 0

    def __call__(self, texts: Sequence[Segment]) -> Segments:
        """Pieces of each text without special tokens; the two sides of a blank are tokenized apart and joined."""
        sides = [side for text in texts for side in ((text,) if isinstance(text, str) else text)]
        coded = self.tokenizer(
            sides, add_special_tokens=False, return_attention_mask=False, return_token_type_ids=False, verbose=False
        )["input_ids"]
        lengths = np.fromiter(map(len, coded), np.int64, len(coded))
        ids = np.fromiter(chain.from_iterable(coded), np.int64, int(lengths.sum()))
        self.check(ids)
        gapped = np.fromiter((not isinstance(text, str) for text in texts), np.bool_, len(texts))
        counts = 1 + gapped.astype(np.int64)
        first = np.cumsum(counts) - counts
        sizes = np.add.reduceat(lengths, first) if len(texts) else lengths
        return Segments(ids, np.cumsum(sizes) - sizes, sizes, np.where(gapped, lengths[first], 0), gapped)

    def check(self, ids: Integers) -> None:
        """Count unknown pieces over all calls, and judge them, however few there are.

        Raises:
            RunError: their share is too large, and not by chance.
        """
        if self.tokenizer.unk_token_id is None:
            return
        self.seen += len(ids)
        self.missed += int((ids == self.tokenizer.unk_token_id).sum())
        if self.missed > most_unknown(self.seen, self.unknown):
            raise RunError(
                f"encoder {self.name}: its vocabulary does not know {self.missed / self.seen:.0%} of the pieces of the "
                f"questions; at most {self.unknown:.0%} is accepted. It belongs to another language, or its vocabulary "
                f"file was not found. The setting unknown=1 runs it all the same"
            )


def most_unknown(seen: int, share: float) -> float:
    """How many of some pieces may be unknown where a share is accepted; of few pieces more, for chance plays a part.

    >>> most_unknown(2000, 0.2), most_unknown(100, 0.2), most_unknown(4, 0.5)
    (400.0, 40.0, 7.0)
    """
    slack = DEVIATIONS * math.sqrt(seen * share * (1 - share)) if seen < MIN_PIECES else 0.0
    return share * seen + slack


def window_start(sizes: Integers, anchors: Integers, length: Integers) -> Integers:
    """The first piece to keep of texts of these sizes, so that ``length`` pieces have the anchor in their middle.

    Without a blank the anchor is 0, and the beginning of the text is kept.

    >>> window_start(np.array([10, 10, 10, 3]), np.array([0, 6, 9, 2]), np.array([4, 4, 4, 4])).tolist()
    [0, 4, 6, 0]
    """
    start: Integers = np.clip(anchors - length // 2, 0, np.maximum(sizes - length, 0))
    return start


def ragged_indices(starts: Integers, sizes: Integers) -> tuple[Integers, Integers, Integers]:
    """Rows, columns and sources of the pieces of flat texts that are to be laid out one text per row.

    >>> [part.tolist() for part in ragged_indices(np.array([5, 0]), np.array([2, 3]))]
    [[0, 0, 1, 1, 1], [0, 1, 0, 1, 2], [5, 6, 0, 1, 2]]
    """
    rows = np.repeat(np.arange(len(sizes)), sizes)
    columns = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return rows, columns, columns + np.repeat(starts, sizes)
