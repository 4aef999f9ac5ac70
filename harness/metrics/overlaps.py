"""Credit for spans that overlap: the partial and the type scheme of SemEval-2013, beside the exact ones of ``spans``.

Segura-Bedmar, Martínez and Herrero-Zazo 2013, SemEval-2013 task 9.1, aclanthology.org/S13-2056, after MUC-5
(Chinchor and Sundheim 1993). A prediction is matched with at most one gold span and a gold span with at most one
prediction, where the two share a code point. With COR and PAR counted over the corpus,

    P = (COR + PAR / 2) / predicted     R = (COR + PAR / 2) / gold     F1 = (2 COR + PAR) / (predicted + gold)

=================  ======================================  =======================================
scheme             COR: matched pairs with                 PAR: matched pairs with
=================  ======================================  =======================================
strict             the same borders and label              none: this is ``span_f1``
exact              the same borders, any label             none: this is ``untyped_span_f1``
``..._partial``    the same borders, any label             other borders, any label
``..._type``       the same label, any overlap             none
=================  ======================================  =======================================

The paper does not say which of several overlapping spans are matched. Here it is the matching that earns the most, in
flat and in nested answers alike, so that a score depends on no order: pairs with the same borders first, which can never
cost anything, then as many of the rest as can be matched (Hopcroft and Karp 1973). nervaluate 1.2.1 takes predictions in
the order they come in, and each takes the first gold span that it overlaps, also one that a later prediction has exactly;
an overlap of less than a hundredth of the gold span is none there. Where no span overlaps two of the other side, and no
entity is longer than a hundred tokens, both give the same numbers.

Letters for shapes: ``N`` documents, ``T`` gold spans and ``S`` predicted ones of all documents, ``E`` overlapping pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics._span_arrays import Integers, Line, Spans, encode, label_names, ranges
from harness.spec import Example, Metric, Score, Span

METRICS: tuple[Metric, ...] = (
    Metric(
        "span_f1_partial",
        "F1 of exact (start, end), half for an overlap, any label",
        source="Segura-Bedmar et al. 2013, SemEval-2013 task 9.1, partial",
    ),
    Metric(
        "span_f1_type",
        "F1 of overlapping spans with the same label",
        source="Segura-Bedmar et al. 2013, SemEval-2013 task 9.1, type",
    ),
)

Mask = NDArray[np.bool_]
COUNTS = ("correct", "partial", "predicted", "gold")
"""What the columns of the counts (N, 4) are."""


def overlap_f1(totals: Any) -> Any:
    """F1 of totals (..., 4) holding COR, PAR, predicted and gold; shape (...). 0/0 is 0.0.

    >>> float(overlap_f1(np.array([2, 1, 4, 3])))
    0.7142857142857143
    """
    correct, partial, predicted, gold = np.moveaxis(np.asarray(totals), -1, 0)
    whole = predicted + gold
    return np.divide(2 * correct + partial, whole, out=np.zeros(np.shape(whole)), where=whole > 0)


def score_overlaps(
    gold: Sequence[Example], outputs: Sequence[Collection[Span]], *, labels: Sequence[str]
) -> dict[str, Score]:
    """Score ``outputs[i]`` against ``gold[i].target`` in both schemes; a repeated prediction counts once.

    ``labels`` are all labels of the task. ``span_f1_type`` carries a row for each label in ``by``. Raises ``ValueError``
    for a span that cannot be scored, and for lengths that differ or are zero.

    >>> from harness.spec import Text
    >>> gold = [Example("a", Text("头痛两天"), ((0, 2, "sym"), (2, 4, "time")))]
    >>> found = score_overlaps(gold, [[(0, 2, "dis"), (2, 3, "time")]], labels=("dis", "sym", "time"))
    >>> [(name, score.value) for name, score in found.items()]  # one exact and one half; one of two labels
    [('span_f1_partial', 0.75), ('span_f1_type', 0.5)]
    >>> found["span_f1_partial"].sufficient
    {'correct': 1, 'partial': 1, 'predicted': 2, 'gold': 2}
    """
    if len(gold) != len(outputs) or not gold:
        raise ValueError(f"{len(gold)} examples and {len(outputs)} outputs cannot be scored")
    line, names = Line.of(gold), label_names(labels)
    true = encode([example.target for example in gold], gold, line, labels)
    said = encode(outputs, gold, line, labels)
    same = same_borders(true, said, len(labels))
    partial = matched_rest(true, said, *same)
    typed = matched_by_label(true, said, line.size)
    nothing = np.zeros(len(true.key), bool)
    return {
        "span_f1_partial": _score(true, said, same[0], partial, len(gold)),
        "span_f1_type": _score(true, said, typed, nothing, len(gold), _by_label(true, said, typed, names)),
    }


def same_borders(true: Spans, said: Spans, labels: int) -> tuple[Mask, Mask]:
    """Which gold spans (T,) and which predictions (S,) are matched with one of the same borders, whatever its label.

    Of several with the same borders as many are matched as the other side has.
    """
    ours, theirs = true.key // max(labels, 1), said.key // max(labels, 1)  # sorted, with repeats where labels differ
    return _place(ours) < _count(ours, theirs), _place(theirs) < _count(theirs, ours)


def _place(keys: Integers) -> Integers:
    """The place of each key among its equals, from 0; keys are sorted."""
    return np.arange(len(keys)) - np.searchsorted(keys, keys, "left")


def _count(keys: Integers, others: Integers) -> Integers:
    """How many of ``others`` equal each key; both sorted."""
    found: Integers = np.searchsorted(others, keys, "right") - np.searchsorted(others, keys, "left")
    return found


def matched_rest(true: Spans, said: Spans, true_taken: Mask, said_taken: Mask) -> Mask:
    """Which gold spans (T,) are matched with a prediction of other borders, when all that is left is matched best."""
    found = np.zeros(len(true.key), bool)
    ours, theirs = np.flatnonzero(~true_taken), np.flatnonzero(~said_taken)
    found[ours] = _matched(true.start[ours], true.end[ours], said.start[theirs], said.end[theirs])
    return found


def matched_by_label(true: Spans, said: Spans, size: int) -> Mask:
    """Which gold spans (T,) are matched with an overlapping prediction of their label; each label is a line of its own."""
    ours, theirs = (side.label * (size + 1) for side in (true, said))
    order, other = np.argsort(true.start + ours, kind="stable"), np.argsort(said.start + theirs, kind="stable")
    found = np.zeros(len(true.key), bool)
    found[order] = _matched(
        (true.start + ours)[order], (true.end + ours)[order], (said.start + theirs)[other], (said.end + theirs)[other]
    )
    return found


def _matched(start: Integers, end: Integers, other_start: Integers, other_end: Integers) -> Mask:
    """Which of some spans are matched, one to one, when as many as can be are matched with others that they overlap.

    Both sides are sorted by their starts. Which spans of a group that overlap are matched may be open, how many is not.
    """
    rows, columns = _pairs(start, end, other_start, other_end)
    if not len(rows):
        return np.zeros(len(start), bool)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    graph = csr_array((np.ones(len(rows), bool), (rows, columns)), shape=(len(start), len(other_start)))
    found: Mask = maximum_bipartite_matching(graph, perm_type="column") >= 0
    return found


def _pairs(start: Integers, end: Integers, other_start: Integers, other_end: Integers) -> tuple[Integers, Integers]:
    """The numbers (E,) of spans and others that overlap: of each pair one begins within the other one."""
    low, high = np.searchsorted(other_start, start, "left"), np.searchsorted(other_start, end, "left")
    begun, ended = np.searchsorted(start, other_start, "right"), np.searchsorted(start, other_end, "left")
    within, around = np.maximum(high - low, 0), np.maximum(ended - begun, 0)
    rows = np.concatenate([np.repeat(np.arange(len(start)), within), ranges(begun, around)])
    columns = np.concatenate([ranges(low, within), np.repeat(np.arange(len(other_start)), around)])
    return rows, columns


def _score(
    true: Spans,
    said: Spans,
    correct: Mask,
    partial: Mask,
    documents: int,
    by: Mapping[str, Mapping[str, float]] | None = None,
) -> Score:
    parts = (true.document[correct], true.document[partial], said.document, true.document)
    counts = np.stack([np.bincount(part, minlength=documents) for part in parts], axis=1)
    totals = counts.sum(0)
    return Score(
        value=float(overlap_f1(totals)),
        n=documents,
        counts=counts,
        statistic=overlap_f1,
        sufficient=dict(zip(COUNTS, totals.tolist(), strict=True)),
        by=by or {},
    )


def _by_label(true: Spans, said: Spans, correct: Mask, names: Mapping[int, str]) -> dict[str, dict[str, float]]:
    """One row a label: the corpus score with all other labels taken away."""
    parts = (true.label[correct], said.label, true.label)
    right, predicted, gold = (np.bincount(part, minlength=len(names)).tolist() for part in parts)
    rows = {}
    for place, name in names.items():
        whole = predicted[place] + gold[place]
        rows[f"label:{name}"] = {
            "value": 2 * right[place] / whole if whole else 0.0,
            "precision": right[place] / predicted[place] if predicted[place] else 0.0,
            "recall": right[place] / gold[place] if gold[place] else 0.0,
            "n": gold[place],
        }
    return rows
