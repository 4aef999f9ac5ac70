"""Span F1 at the speed of sorted integers: from columns of integers, or straight from IOB2 tags.

A span (sentence, start, end, label) is packed into one 64-bit integer, and hits are what two sorted arrays share.
``score_spans`` measures more and names every fault; this is for many comparisons of spans that are known to be sound.

Letters for shapes: ``S`` spans of one side. Ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.metrics._span_arrays import LIMIT, Integers, _distinct, both

Tags = Sequence[Sequence[str]]
"""One sequence of tags a sentence: ``O``, ``B-label`` or ``I-label``."""


def count_spans(gold: ArrayLike, predicted: ArrayLike) -> Integers:
    """tp, fp and fn, shape (3,), of integer columns (4, S): sentence, start, end, label number. Repeats count once.

    Raises ``ValueError`` for another shape, for what is no integer and for a span that is negative, empty or reversed,
    and ``OverflowError`` where the four numbers do not fit into 63 bits together.

    >>> count_spans([[0, 0], [2, 5], [4, 6], [1, 1]], [[0, 0], [2, 5], [4, 7], [1, 1]]).tolist()
    [1, 1, 1]
    """
    sides = _columns(gold, "gold"), _columns(predicted, "predicted")
    sentences, starts, ends, labels = (1 + max(int(side[row].max(initial=0)) for side in sides) for row in range(4))
    if sentences * starts * ends * labels >= LIMIT:
        raise OverflowError(
            f"{sentences:,} sentences x {starts:,} starts x {ends:,} ends x {labels:,} labels pass 2**63: count in parts"
        )
    packed = [((side[0] * starts + side[1]) * ends + side[2]) * labels + side[3] for side in sides]
    return _tally(*map(_distinct, packed))


def count_tags(gold: Tags, predicted: Tags) -> Integers:
    """tp, fp and fn, shape (3,), of entities in tags: a ``B-x`` and every ``I-x`` that follows it without a gap.

    An ``I-x`` that follows neither ``B-x`` nor ``I-x`` belongs to no entity: what ``seqeval`` 1.2.2 gives in mode
    "strict" with scheme IOB2 (Tjong Kim Sang and Veenstra 1999). Pass the result to ``f1`` of ``harness.metrics.spans``.

    Raises ``ValueError`` naming the sentence where the sides differ in length, and for a tag of another form.

    >>> count_tags([["B-x", "I-x", "O", "I-y"]], [["B-x", "I-x", "B-y", "O"]]).tolist()
    [1, 1, 0]
    """
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} sentences of gold but {len(predicted)} predicted")
    length, other = (np.fromiter(map(len, side), np.int64, len(side)) for side in (gold, predicted))
    if (length != other).any():
        where = int(np.flatnonzero(length != other)[0])
        raise ValueError(f"sentence {where}: {length[where]} tags of gold but {other[where]} predicted")
    numbers, size = _Numbers(O=0), int(length.sum())
    sides = [
        np.fromiter(map(numbers.__getitem__, chain.from_iterable(side)), np.int32, size) for side in (gold, predicted)
    ]
    if (size + 1) ** 2 * len(numbers) >= LIMIT:
        raise OverflowError(f"{size:,} tags of {len(numbers)} kinds pass 2**63: count in parts")
    return _tally(*(_entities(side, np.cumsum(length)[:-1], len(numbers)) for side in sides))


def _columns(side: ArrayLike, name: str) -> Integers:
    """Checked columns (4, S) of one side."""
    columns = np.asarray(side)
    if columns.ndim != 2 or len(columns) != 4 or (columns.size and columns.dtype.kind not in "iu"):
        raise ValueError(f"{name}: expected four rows of integers, found {columns.dtype} of shape {columns.shape}")
    bad = (columns < 0).any(0) | (columns[2] <= columns[1])
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        raise ValueError(f"{name}: span {place} {tuple(columns[:, place].tolist())} is negative, empty or reversed")
    return columns.astype(np.int64)


class _Numbers(dict[str, int]):
    """A number for each tag: O is 0, B of the n-th label seen is 2n + 1 and its I is 2n + 2."""

    def __missing__(self, tag: str) -> int:
        kind, _, label = tag.partition("-")
        if kind not in ("B", "I") or not label:
            raise ValueError(f"{tag!r} is no IOB2 tag: write O, B-label or I-label")
        first = len(self)
        self[f"B-{label}"], self[f"I-{label}"] = first, first + 1
        return self[tag]


def _entities(tags: NDArray[np.int32], borders: Integers, kinds: int) -> Integers:
    """One integer for each entity of numbered tags (T,), sorted: first tag, one past the last, and label.

    ``borders`` are the places of the first tags of sentences.
    """
    begins, step = (tags & 1).astype(bool), np.diff(tags)
    stops = np.ones(len(tags) + 1, bool)  # whether an entity cannot go on here
    # An I goes on from the same number, an I of its label, or from one less, the B.
    stops[1:-1] = begins[1:] | (tags[1:] == 0) | (step < 0) | (step > 1)
    stops[borders] = True
    starts = np.flatnonzero(begins)
    ends = np.flatnonzero(stops)[np.cumsum(stops)[starts]]  # the next stop: as many lie at or before the start
    packed: Integers = (starts * (len(tags) + 1) + ends) * kinds + tags[starts]
    return packed


def _tally(gold: Integers, predicted: Integers) -> Integers:
    """tp, fp and fn of two sorted arrays without repeats."""
    hits = int(both(gold, predicted).sum())
    return np.array([hits, len(predicted) - hits, len(gold) - hits], np.int64)
