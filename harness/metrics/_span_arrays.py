"""Spans of a whole corpus as a few sorted integer arrays, so that set algebra is array algebra.

Letters for shapes: ``N`` documents, ``S`` spans of all documents together, ``K`` labels.

All texts are laid end to end on one line with a gap of one position between neighbours; a position on that line
names document and place at once. A span becomes one integer, ``(position * width + length) * K + label``,
so equal integers are equal spans, and sorted integers are sorted by document, start, length, label.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.spec import Example, Span

Integers = NDArray[np.int64]
LIMIT = 2**63  # first integer that an int64 cannot hold


@dataclass(frozen=True, slots=True)
class Spans:
    """Distinct valid spans of a corpus, sorted. All arrays have shape (S,)."""

    document: Integers
    start: Integers  # on the line of all texts
    end: Integers
    label: Integers  # index into the labels of the task
    key: Integers  # the whole span as one integer


@dataclass(frozen=True, slots=True)
class Line:
    """All texts end to end: ``base[d]`` is where document ``d`` begins."""

    base: Integers  # (N,)
    length: Integers  # (N,) code points
    size: int
    width: int  # a span is shorter than this

    @classmethod
    def of(cls, gold: Sequence[Example]) -> Line:
        """Measure the texts."""
        length = np.fromiter((len(example.input.text) for example in gold), np.int64, len(gold))
        ends = np.cumsum(length + 1)
        return cls(ends - length - 1, length, int(ends[-1]), int(length.max()) + 1)


def encode(documents: Sequence[Collection[Span]], gold: Sequence[Example], line: Line, labels: Sequence[str]) -> Spans:
    """Check every span and turn all of them into sorted arrays without repeats.

    Raises ``ValueError`` naming the example whose span is malformed, empty, reversed, outside its text or of an
    unknown label, and ``OverflowError`` where the integers would not fit.
    """
    if line.size * line.width * max(len(labels), 1) >= LIMIT:
        raise OverflowError(
            f"{line.size:,} code points x {line.width:,} lengths x {len(labels)} labels pass 2**63: score in parts"
        )
    try:
        start, end, label, count = _columns(documents, labels)
    except (TypeError, ValueError, OverflowError):
        raise _complaint(documents, gold, labels) from None
    document = np.repeat(np.arange(len(count)), count)
    bad = (start < 0) | (end <= start) | (end > line.length[document]) | (label < 0)
    if bad.any():
        raise _complaint(documents, gold, labels)
    position = line.base[document] + start
    key = _distinct((position * line.width + (end - start)) * len(labels) + label)
    position, rest = np.divmod(key, line.width * len(labels)) if len(key) else (key, key)
    span, label = np.divmod(rest, len(labels)) if len(key) else (key, key)
    return Spans(np.searchsorted(line.base, position, "right") - 1, position, position + span, label, key)


def _columns(documents: Sequence[Collection[Span]], labels: Sequence[str]) -> tuple[Integers, ...]:
    """Start, end and label of every span (S,), and spans per document (N,). Raises where a span is no triple."""
    count = np.fromiter(map(len, documents), np.int64, len(documents))
    spans = list(chain.from_iterable(documents))
    if not set(map(len, spans)) <= {3}:
        raise ValueError
    flat: list[Any] = list(chain.from_iterable(spans))  # start, end, label, start, end, label, ...
    index = {label: place for place, label in enumerate(labels)}
    label = np.fromiter(map(index.get, flat[2::3], repeat(-1)), np.int64, len(spans))
    return _whole(flat[0::3]), _whole(flat[1::3]), label, count


def _whole(edges: list[Any]) -> Integers:
    """Integers as an array; raises for floats, strings, None and lists, which numpy would take without a word."""
    array = np.array(edges) if edges else np.zeros(0, np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise TypeError
    return array.astype(np.int64)  # an unsigned integer beyond int64 turns negative here, hence out of range


def _distinct(keys: Integers) -> Integers:
    """Sorted keys without repeats. Keys of spans that came in order are sorted already, and then this is linear."""
    if len(keys) and not (keys[1:] > keys[:-1]).all():
        keys = np.sort(keys)
        keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
    return keys


def _complaint(documents: Sequence[Collection[Span]], gold: Sequence[Example], labels: Sequence[str]) -> ValueError:
    """What is wrong with the first bad span, in words: the slow way, walked only when something is wrong."""
    known = set(labels)
    for example, spans in zip(gold, documents, strict=True):
        try:
            checked = list(spans)
        except TypeError:
            return ValueError(f"example {example.id!r}: expected a list of spans, found {spans!r}")
        for span in checked:
            fault = _fault(span, len(example.input.text), known)
            if fault:
                return ValueError(f"example {example.id!r}: span {span!r} {fault}")
    return ValueError("a span could not be read as (start, end, label)")


def _fault(span: Any, length: int, labels: set[str]) -> str:
    """Why one span cannot be scored, or nothing."""
    if not isinstance(span, (tuple, list)) or len(span) != 3:
        return "is not (start, end, label)"
    start, end, label = span
    if not all(isinstance(edge, (int, np.integer)) for edge in (start, end)):
        return "has an edge that is no integer"
    if not isinstance(label, str) or label not in labels:
        return f"has an unknown label; known are {', '.join(sorted(labels))}"
    if start < 0 or end > length:
        return f"lies outside its text of {length} code points"
    return "" if start < end else "is empty or reversed (ends are exclusive)"


def ranges(first: Integers, length: Integers) -> Integers:
    """All integers of many half-open ranges, one range after the other.

    >>> ranges(np.array([5, 9]), np.array([3, 2])).tolist()
    [5, 6, 7, 9, 10]
    """
    done = np.cumsum(length)
    return np.arange(int(done[-1]) if len(done) else 0) + np.repeat(first - done + length, length)


def both(left: Integers, right: Integers) -> NDArray[np.bool_]:
    """Which entries of ``left`` are in ``right``; both sorted, without repeats."""
    if not len(right):
        return np.zeros(len(left), bool)
    found: NDArray[np.bool_] = right[np.minimum(np.searchsorted(right, left), len(right) - 1)] == left
    return found


def tally(gold: tuple[Integers, Integers], predicted: tuple[Integers, Integers], documents: int) -> Integers:
    """Count (tp, fp, fn) per document, shape (N, 3), from two sorted sets given as (keys, documents of the keys)."""
    hits = np.bincount(predicted[1][both(predicted[0], gold[0])], minlength=documents)
    said, true = (np.bincount(side[1], minlength=documents) for side in (predicted, gold))
    return np.stack([hits, said - hits, true - hits], axis=1)


def label_names(labels: Sequence[str]) -> Mapping[int, str]:
    """Index -> label; raises ``ValueError`` when a label is listed twice, for then a key would have two names."""
    if len(set(labels)) != len(labels):
        raise ValueError(f"labels repeat: {', '.join(labels)}")
    return dict(enumerate(labels))
