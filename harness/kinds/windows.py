"""Long texts in overlapping windows: where windows lie, what is learned in them, how their answers become one.

A window holds ``size`` tokens, and two neighbours share ``overlap`` of them; the last window ends with the text and
shares what it must. So every stretch of at most ``overlap`` tokens lies wholly in some window. The border between two
neighbours is the middle of what they share, and what is answered on a side of it is taken from that side's window:
there it lies furthest from an edge, beyond which the model sees nothing. Without overlap there is the first window
alone: the cut.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.spec import Example, Span, Text


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a text as a model is given it: ``text`` is the part from ``begin`` to ``end`` of the whole.

    ``first`` and ``last`` say whether nothing comes before it and behind it, so that the edge is the text's own.
    """

    text: Any  # a Text, or an input that is never cut
    begin: int = 0  # in code points of the whole text
    end: int = 0  # likewise, exclusive
    tokens: tuple[int, int] = (0, 0)  # the same in tokens
    first: bool = True
    last: bool = True

    def margin(self, start: int, end: int) -> float:
        """Code points of the window between a stretch of the whole text and the nearer edge that cuts the text.

        Below zero for a stretch that the window does not hold; infinite where neither edge cuts.
        """
        return min(
            math.inf if self.first and start >= 0 else start - self.begin,
            math.inf if self.last and end <= self.end else self.end - end,
        )


def places(length: int, size: int, overlap: int) -> list[tuple[int, int]]:
    """Half-open token ranges of the windows of a text of so many tokens.

    >>> places(10, 6, 2), places(11, 6, 2), places(6, 6, 2), places(10, 6, 0)
    ([(0, 6), (4, 10)], [(0, 6), (4, 10), (5, 11)], [(0, 6)], [(0, 6)])
    """
    if length <= size or not overlap:
        return [(0, min(length, size))]
    starts = [*range(0, length - size, size - overlap), length - size]
    return [(start, start + size) for start in starts]


def windows(item: Any, size: int, overlap: int) -> list[Window]:
    """The windows of an input from left to right; one that is no text has one, itself.

    >>> [window.text.text for window in windows(Text("abcdefgh"), 5, 2)]
    ['abcde', 'defgh']
    """
    if not isinstance(item, Text):
        return [Window(item)]
    found = places(len(item), size, overlap)
    return [_window(item, start, end, place == 0) for place, (start, end) in enumerate(found)]


def _window(text: Text, start: int, end: int, first: bool) -> Window:
    last = end == len(text)
    if text.tokens is None:
        return Window(
            Text(text.text[start:end]) if end - start < len(text) else text, start, end, (start, end), first, last
        )
    if first:
        head = text.head(end)
        return Window(head, 0, len(head.text), (start, end), first, last)
    begin = text.tokens[start][0]
    until = len(text.text) if last else text.tokens[end - 1][1]
    kept = tuple((left - begin, right - begin) for left, right in text.tokens[start:end])
    return Window(Text(text.text[begin:until], kept), begin, until, (start, end), first, last)


# ---------------------------------------------------------------- learning


def span_rows(example: Example, size: int, overlap: int) -> Iterator[Example]:
    """The windows of an example of kind ``spans`` as rows to learn from, each with the entities that lie wholly in it.

    An entity that crosses an edge is no entity of that window, whose part of it is no mention; it is one of the
    neighbour's where the windows share as many tokens as it has. Without overlap this is the cut.

    >>> [row.target for row in span_rows(Example("a", Text("abcdefgh"), ((3, 6, "x"),)), 5, 2)]
    [(), ((0, 3, 'x'),)]
    """
    for window in windows(example.input, size, overlap):
        held = tuple(span for span in example.target if window.margin(span[0], span[1]) >= 0)
        target = tuple((start - window.begin, end - window.begin, label) for start, end, label in held)
        yield Example(_name(example, window), window.text, target) if window.text is not example.input else example


def label_rows(example: Example, size: int, overlap: int) -> Iterator[Example]:
    """The windows of an example of kind ``label`` as rows to learn from, each with the label of the whole."""
    for window in windows(example.input, size, overlap):
        yield (
            example if window.text is example.input else Example(_name(example, window), window.text, example.target)
        )


def _name(example: Example, window: Window) -> str:
    return example.id if window.first else f"{example.id}, from token {window.tokens[0]}"


def lost(gold: Sequence[Example], size: int, overlap: int) -> tuple[int, int]:
    """How many entities lie wholly in no window of their text, and how many there are.

    >>> example = Example("a", Text("abcdefgh"), ((0, 2, "x"), (3, 6, "x"), (1, 6, "x")))
    >>> lost([example], 5, 2), lost([example], 5, 0)
    ((1, 3), (2, 3))
    """
    missed = total = 0
    for example in gold:
        if isinstance(example.input, Text):
            parts = windows(example.input, size, overlap)
            edges = _borders(parts)
            total += len(example.target)
            missed += sum(parts[owner(edges, start, end)].margin(start, end) < 0 for start, end, _ in example.target)
    return missed, total


# ---------------------------------------------------------------- answers


def _borders(parts: Sequence[Window]) -> list[int]:
    """Twice the middle of what each window shares with the next one, in code points."""
    return [one.end + two.begin for one, two in itertools.pairwise(parts)]


def owner(borders: Sequence[int], start: int, end: int) -> int:
    """The number of the window that a stretch belongs to: the one on whose side of the borders its middle lies.

    Of all windows that hold the stretch, it lies furthest from an edge of this one; on a border, the earlier counts.
    Where this one does not hold it, none does.
    """
    return bisect_left(borders, start + end)


def join_spans(parts: Sequence[Window], answers: Sequence[Iterable[Span]], flat: bool = False) -> list[Span]:
    """One answer to a whole text from the answers to its windows: each span from the window that it belongs to.

    Two windows cannot give one span twice. In a ``flat`` task they cannot give two that overlap either: of those the
    one that is further from the edges of its window stays, of equals the earlier window's. The answer to a single
    window stays as it is.

    >>> parts = windows(Text("abcdefgh"), 5, 2)
    >>> join_spans(parts, [[(0, 2, "x"), (3, 5, "x")], [(1, 5, "y"), (0, 2, "x")]])
    [(0, 2, 'x'), (3, 5, 'x'), (4, 8, 'y')]
    >>> join_spans(parts, [[(0, 2, "x"), (3, 5, "x")], [(1, 5, "y"), (0, 2, "x")]], flat=True)
    [(0, 2, 'x'), (4, 8, 'y')]
    """
    if len(parts) == 1:
        return list(answers[0])
    edges, held = _borders(parts), []
    for number, (window, spans) in enumerate(zip(parts, answers, strict=True)):
        moved = {(start + window.begin, end + window.begin, label) for start, end, label in spans}
        held += [(number, span) for span in moved if owner(edges, span[0], span[1]) == number]
    return sorted(span for _, span in (_apart(parts, held) if flat else held))


def _apart(parts: Sequence[Window], held: list[tuple[int, Span]]) -> list[tuple[int, Span]]:
    """Spans without those that overlap a better one of another window; only windows that share tokens are compared."""
    kept: list[list[Span]] = [[] for _ in parts]
    order = sorted(held, key=lambda pair: (-parts[pair[0]].margin(pair[1][0], pair[1][1]), pair))
    for number, span in order:
        near = [
            *_reaching(parts, number, range(number - 1, -1, -1)),
            *_reaching(parts, number, range(number + 1, len(parts))),
        ]
        if not any(start < span[1] and span[0] < end for other in near for start, end, _ in kept[other]):
            kept[number].append(span)
    return [(number, span) for number, spans in enumerate(kept) for span in spans]


def _reaching(parts: Sequence[Window], number: int, others: Iterable[int]) -> Iterator[int]:
    """The windows that share something with one, going away from it."""
    for other in others:
        if parts[other].end <= parts[number].begin or parts[number].end <= parts[other].begin:
            return
        yield other


def shares(parts: Sequence[Window]) -> list[float]:
    """The share of a text's tokens that lies on each window's side of the borders; the shares sum to 1.

    >>> shares(windows(Text("abcdefgh"), 5, 2))
    [0.5, 0.5]
    """
    spans = [part.tokens for part in parts]
    middles = [(one[1] + two[0] + 1) // 2 for one, two in itertools.pairwise(spans)]
    cuts = [0, *middles, max(1, spans[-1][1])]
    return [(end - start) / cuts[-1] for start, end in itertools.pairwise(cuts)]


def join_logs(parts: Sequence[Window], answers: Sequence[Sequence[float]]) -> Sequence[float]:
    """Logarithms of the mean of the windows' probabilities, each weighted by its share of the text's tokens.

    The answer to a single window stays as it is.

    >>> answer = join_logs(windows(Text("abcdefgh"), 5, 2), [[math.log(0.5), math.log(0.5)], [0.0, -50.0]])
    >>> [round(math.exp(log), 4) for log in answer]
    [0.75, 0.25]
    """
    if len(parts) == 1:
        return answers[0]
    weights = [math.log(share) for share in shares(parts)]
    return [
        _log_sum([weight + float(log) for weight, log in zip(weights, logs, strict=True)])
        for logs in zip(*answers, strict=True)
    ]


def _log_sum(logs: Sequence[float]) -> float:
    """log(sum of exp), without leaving the range of floats."""
    most = max(logs)
    if not math.isfinite(most):
        return most
    return most + math.log(math.fsum(math.exp(log - most) for log in logs))
