"""Conversions: spans of code points to rows of token numbers and back, rows to BIO tags and back.

* Code points to tokens and back: ``token_spans``, ``code_point_spans``. A *row* is ``(first, last, label)``:
  inclusive token numbers and the label's number in ``task.labels``.
* Rows to BIO tags and back: ``tags_of``, ``rows_of``. With K labels there are 2K+1 tags: 0 is O, ``1 + 2k`` is B of
  label k and ``2 + 2k`` is I of label k.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError
from harness.spec import Span, Text

Row = tuple[int, int, int]
OUTSIDE = 0


def token_spans(text: Text, target: Iterable[Span], labels: Mapping[str, int]) -> list[Row]:
    """Rows of the entities whose two ends are ends of tokens; sorted, without repeats.

    Others cannot be told by anything that works on these tokens, and are left out: an entity that ends within a
    word, or lies beyond the place where a long text was cut.

    >>> token_spans(Text("Bonn lebt", ((0, 4), (5, 9))), [(0, 4, "LOC"), (0, 2, "LOC")], {"LOC": 0})
    [(0, 0, 0)]

    Raises:
        DataError: a label that the task does not list.
    """
    offsets = text.offsets()
    first = {start: number for number, (start, _) in enumerate(offsets)}
    last = {end: number for number, (_, end) in enumerate(offsets)}
    rows = set()
    for start, end, label in target:
        if label not in labels:
            raise DataError(
                f"entity {(start, end, label)} has a label that the task does not list: {', '.join(labels)}"
            )
        if start in first and end in last and first[start] <= last[end]:
            rows.add((first[start], last[end], labels[label]))
    return sorted(rows)


def code_point_spans(text: Text, rows: Iterable[Sequence[int]], labels: Sequence[str]) -> list[Span]:
    """Half-open code-point spans of rows, sorted.

    >>> code_point_spans(Text("Bonn lebt", ((0, 4), (5, 9))), [(0, 1, 0)], ["LOC"])
    [(0, 9, 'LOC')]
    """
    offsets = text.offsets()
    return sorted((offsets[first][0], offsets[last][1], labels[label]) for first, last, label in rows)


def flatten(rows: Iterable[Row]) -> list[Row]:
    """What is left of nested entities when none may overlap: longest first, then leftmost, then the first label.

    So the outermost of nested entities stays, and of two that cross the longer one.

    >>> flatten([(0, 4, 1), (0, 1, 0), (6, 7, 0)])
    [(0, 4, 1), (6, 7, 0)]
    """
    kept: list[Row] = []
    taken: set[int] = set()
    for first, last, label in sorted(rows, key=lambda row: (row[0] - row[1], row)):
        if taken.isdisjoint(range(first, last + 1)):
            taken.update(range(first, last + 1))
            kept.append((first, last, label))
    return sorted(kept)


def tags_of(length: int, rows: Iterable[Row]) -> NDArray[np.int64]:
    """BIO tags (T,) of flattened rows.

    >>> tags_of(4, [(1, 2, 0)]).tolist()
    [0, 1, 2, 0]
    """
    tags = np.zeros(length, dtype=np.int64)
    for first, last, label in flatten(rows):
        tags[first] = 1 + 2 * label
        tags[first + 1 : last + 1] = 2 + 2 * label
    return tags


def rows_of(tags: NDArray[np.int64], lengths: Sequence[int]) -> NDArray[np.int64]:
    """Rows ``(text, first, last, label)`` of BIO tags (B, T), of which only ``lengths`` count in each text.

    An I that does not follow a B or I of its own label *starts* an entity, as in the CoNLL evaluation script; the
    rest of it then continues it. A legal sequence has no such I, so the rule only matters to a tagger without
    transitions. One pass over the batch, without a loop over tokens.

    >>> rows_of(np.array([[2, 2, 4, 1]]), [4]).tolist()
    [[0, 0, 1, 0], [0, 2, 2, 1], [0, 3, 3, 0]]
    """
    texts, longest = tags.shape
    framed = np.zeros((texts, longest + 1), dtype=np.int64)  # one O after each text keeps texts apart
    framed[:, :longest] = np.where(np.arange(longest)[None, :] < np.asarray(lengths)[:, None], tags, OUTSIDE)
    flat = framed.ravel()
    before = np.concatenate([[OUTSIDE], flat[:-1]])
    inside = (flat > 0) & (flat % 2 == 0)
    continues = inside & ((before == flat) | (before == flat - 1))
    starts = np.flatnonzero((flat > 0) & ~continues)
    stops = np.flatnonzero(~continues)
    ends = stops[np.searchsorted(stops, starts, side="right")] - 1 if len(starts) else starts
    width = longest + 1
    return np.stack([starts // width, starts % width, ends % width, (flat[starts] - 1) // 2], axis=1)


def allowed(labels: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which tag may follow which, (2K+1, 2K+1), and which may come first, (2K+1,).

    I of a label may only follow B or I of the same label, and never comes first.

    >>> follow, first = allowed(1)
    >>> follow.astype(int).tolist(), first.tolist()
    ([[1, 1, 0], [1, 1, 1], [1, 1, 1]], [True, True, False])
    """
    size = 2 * labels + 1
    follow = np.ones((size, size), dtype=bool)
    for inside in range(2, size, 2):
        follow[:, inside] = False
        follow[inside - 1 : inside + 1, inside] = True
    first = np.array([tag == 0 or tag % 2 == 1 for tag in range(size)])
    return follow, first
