"""Precision, recall and F1 of typed spans: what is a hit is in the name of the metric.

A prediction is a set of half-open ``(start, end, label)``; nesting and crossing are allowed, a repeat counts once.
Hits, false alarms and misses are pooled over the corpus before dividing ("micro", as in MUC, CoNLL and CBLUE):

    P = tp / (tp + fp)        R = tp / (tp + fn)        F1 = 2 tp / (2 tp + fp + fn)

van Rijsbergen, Information Retrieval (1979), chapter 7; Tjong Kim Sang and De Meulder, CoNLL-2003, for exact spans.
Where nothing is gold and nothing is predicted, 0/0 is taken as 0.0, as ``seqeval`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from harness.metrics._span_arrays import Integers, Line, Spans, both, encode, label_names, ranges, tally
from harness.spec import Example, Metric, Score, Span

METRICS: tuple[Metric, ...] = (
    Metric("span_f1", "F1 of exact (start, end, label)", source="Tjong Kim Sang and De Meulder 2003, CoNLL"),
    Metric("span_precision", "precision of exact (start, end, label)", source="Tjong Kim Sang and De Meulder 2003"),
    Metric("span_recall", "recall of exact (start, end, label)", source="Tjong Kim Sang and De Meulder 2003"),
    Metric("untyped_span_f1", "F1 of exact (start, end), any label", source="Segura-Bedmar et al. 2013, SemEval"),
    Metric("boundary_f1", "F1 of single edges (side, position), any label", source="this project"),
    Metric("token_f1", "F1 of (token, label) pairs inside entities, O left out", source="this project"),
    Metric("seqeval_f1", "seqeval 1.2.2, strict, IOB2; flat tasks only", source="github.com/chakki-works/seqeval"),
)


def f1(totals: Any) -> Any:
    """F1 of totals (..., 3) holding tp, fp, fn; shape (...). 0/0 is 0.0.

    >>> float(f1(np.array([2, 1, 1])))
    0.6666666666666666
    """
    tp, fp, fn = np.moveaxis(np.asarray(totals), -1, 0)
    return _ratio(2 * tp, 2 * tp + fp + fn)


def precision(totals: Any) -> Any:
    """Share of the predicted that is gold, of totals (..., 3) holding tp, fp, fn. 0/0 is 0.0."""
    tp, fp, _ = np.moveaxis(np.asarray(totals), -1, 0)
    return _ratio(tp, tp + fp)


def recall(totals: Any) -> Any:
    """Share of the gold that was predicted, of totals (..., 3) holding tp, fp, fn. 0/0 is 0.0."""
    tp, _, fn = np.moveaxis(np.asarray(totals), -1, 0)
    return _ratio(tp, tp + fn)


def _ratio(part: Any, whole: Any) -> Any:
    """Divide; nothing of nothing is 0.0."""
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)


def score_spans(
    gold: Sequence[Example], outputs: Sequence[Collection[Span]], *, labels: Sequence[str], flat: bool = False
) -> dict[str, Score]:
    """Score ``outputs[i]`` against ``gold[i].target`` in every way above; ``seqeval_f1`` joins when ``flat``.

    ``labels`` are all labels of the task. ``span_f1`` carries the breakdown in ``by``: ``label:X`` is F1 on one label;
    ``structure:X`` is recall on gold entities by their place (see ``structure``).
    Raises ``ValueError`` naming the example for a span that cannot be scored, and for lengths that differ or are zero.

    >>> from harness.spec import Text
    >>> gold = [Example("a", Text("头痛两天"), ((0, 1, "bod"), (0, 2, "sym")))]
    >>> scores = score_spans(gold, [[(0, 2, "sym"), (0, 1, "dis")]], labels=("bod", "dis", "sym"))
    >>> [(name, round(score.value, 2)) for name, score in scores.items()][:4]
    [('span_f1', 0.5), ('span_precision', 0.5), ('span_recall', 0.5), ('untyped_span_f1', 1.0)]
    >>> scores["span_f1"].by["structure:inner"]["value"]
    0.0
    """
    if len(gold) != len(outputs):
        raise ValueError(_lengths(gold, outputs))
    if not gold:
        raise ValueError("nothing to score: there is no example")
    line, names = Line.of(gold), label_names(labels)
    true = encode([example.target for example in gold], gold, line, labels)
    said = encode(outputs, gold, line, labels)
    exact = tally((true.key, true.document), (said.key, said.document), len(gold))
    scores = {
        "span_f1": _score(exact, f1, {**_by_label(true, said, names), **_by_structure(true, said)}),
        "span_precision": _score(exact, precision),
        "span_recall": _score(exact, recall),
    }
    for name, view in (("untyped_span_f1", _untyped), ("boundary_f1", _edges)):
        scores[name] = _score(tally(view(true, line), view(said, line), len(gold)), f1)
    tokens = _TokenLine(gold, line)
    scores["token_f1"] = _score(tally(tokens.labelled(true), tokens.labelled(said), len(gold)), f1)
    if flat:
        from harness.metrics._iob2 import seqeval_f1

        value, counts, dropped = seqeval_f1(gold, outputs, labels)
        sufficient = {**_totals(counts), **dropped}
        scores["seqeval_f1"] = Score(value=value, n=len(gold), counts=counts, statistic=f1, sufficient=sufficient)
    return scores


def _lengths(gold: Sequence[Example], outputs: Sequence[Any]) -> str:
    """Which example is the first without an answer, or that there are answers too many."""
    message = f"{len(gold)} examples but {len(outputs)} outputs"
    return message + (f"; the first without one is {gold[len(outputs)].id!r}" if len(outputs) < len(gold) else "")


def _score(
    counts: Integers, statistic: Callable[[Any], Any], by: Mapping[str, Mapping[str, float]] | None = None
) -> Score:
    """The score of counts (N, 3), with its totals named."""
    return Score(
        value=float(statistic(counts.sum(0))),
        n=len(counts),
        counts=counts,
        statistic=statistic,
        sufficient=_totals(counts),
        by=by or {},
    )


def _totals(counts: Integers) -> dict[str, int]:
    """Counts (N, 3) summed over documents, by name."""
    return dict(zip(("tp", "fp", "fn"), counts.sum(0).tolist(), strict=True))


def _by_label(true: Spans, said: Spans, names: Mapping[int, str]) -> dict[str, dict[str, float]]:
    """One row a label: the corpus score with all other labels taken away."""
    table = tally((true.key, true.label), (said.key, said.label), len(names))
    columns = (f1(table), precision(table), recall(table), *table.T, table[:, 0] + table[:, 2])
    keys = ("value", "precision", "recall", "tp", "fp", "fn", "n")
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {f"label:{names[place]}": dict(zip(keys, row, strict=True)) for place, row in enumerate(rows)}


def structure(spans: Spans) -> dict[str, Any]:
    """Where each entity stands among the entities of its document: masks (S,) under four names.

    - ``outer`` strictly contains another.
    - ``inner`` lies inside another, or has the very span of another that differs in label (then both are inner).
    - ``crossing`` shares a part with another while neither contains the other.
    - ``flat`` shares no position with any.

    The middle of three levels is outer *and* inner, so the first three may overlap and need not sum to the whole.
    """
    order = np.lexsort((-spans.end, spans.start))
    start, end = spans.start[order], spans.end[order]
    # With starts ascending and longer first, whatever overlaps span i from its right begins before i ends.
    later = np.searchsorted(start, end, "left") - np.arange(len(start)) - 1
    left = np.repeat(np.arange(len(start)), later)
    right = ranges(np.arange(len(start)) + 1, later)
    within = end[right] <= end[left]
    same = within & (start[right] == start[left]) & (end[right] == end[left])
    places = {
        "outer": left[within & ~same],
        "inner": np.concatenate([right[within], left[same]]),
        "crossing": np.concatenate([left[~within], right[~within]]),
    }
    masks = {name: np.zeros(len(start), bool) for name in places}
    for name, members in places.items():
        masks[name][order[members]] = True
    return {**masks, "flat": ~(masks["outer"] | masks["inner"] | masks["crossing"])}


def _by_structure(true: Spans, said: Spans) -> dict[str, dict[str, float]]:
    """Recall on the gold entities of each place; a false alarm has no place, so there is no precision."""
    found, rows = both(true.key, said.key), {}
    for place, mask in structure(true).items():
        tp, n = int((found & mask).sum()), int(mask.sum())
        rows[f"structure:{place}"] = {"value": tp / n if n else 0.0, "tp": tp, "fn": n - tp, "n": n}
    return rows


def _untyped(spans: Spans, line: Line) -> tuple[Integers, Integers]:
    """The set of (start, end)."""
    return _set(spans.start * line.width + (spans.end - spans.start), spans.document)


def _edges(spans: Spans, line: Line) -> tuple[Integers, Integers]:
    """The set of (side, position): two spans that share a start have one start edge."""
    return _set(np.concatenate([2 * spans.start, 2 * spans.end + 1]), np.concatenate([spans.document, spans.document]))


def _set(keys: Integers, documents: Integers) -> tuple[Integers, Integers]:
    """Sort and drop repeats, keeping the document of each key."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    fresh = np.ones(len(keys), bool)
    fresh[1:] = keys[1:] != keys[:-1]
    return keys[fresh], documents[order][fresh]


class _TokenLine:
    """The tokens of all texts on one line, and the (token, label) pairs that spans cover.

    A span covers every token with which it shares a code point; where spans of one label overlap, a token counts once.
    """

    def __init__(self, gold: Sequence[Example], line: Line) -> None:
        self.starts = self.ends = None  # every code point is a token: positions number the tokens
        self.size = line.size
        if any(example.input.tokens is not None for example in gold):
            offsets = [example.input.offsets() for example in gold]
            count = np.fromiter(map(len, offsets), np.int64, len(gold))
            flat = np.fromiter(chain.from_iterable(chain.from_iterable(offsets)), np.int64, 2 * int(count.sum()))
            base = np.repeat(line.base, count)
            self.starts, self.ends, self.size = flat[0::2] + base, flat[1::2] + base, len(base)

    def labelled(self, spans: Spans) -> tuple[Integers, Integers]:
        """Sorted keys of the distinct pairs, and their documents."""
        first, last = spans.start, spans.end
        if self.starts is not None and self.ends is not None:
            first = np.searchsorted(self.ends, spans.start, "right")
            last = np.searchsorted(self.starts, spans.end, "left")
        # Walk each label's spans from left to right and count only what lies beyond the furthest end so far:
        # time and memory follow the tokens covered, not the (possibly quadratic) number of pairs.
        first, last = first + spans.label * (self.size + 1), last + spans.label * (self.size + 1)
        order = np.argsort(first, kind="stable")
        first, last, document = first[order], last[order], spans.document[order]
        first[1:] = np.maximum(first[1:], np.maximum.accumulate(last)[:-1])
        length = np.maximum(last - first, 0)
        return ranges(first, length), np.repeat(document, length)
