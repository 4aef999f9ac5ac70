"""Hits counted on packed integers, against sets of tuples and against seqeval."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

from harness.metrics.encoded import count_spans, count_tags
from harness.metrics.spans import f1

spans = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 3), st.integers(0, 2)), max_size=12)
tag = st.sampled_from(["O", "B-x", "I-x", "B-y", "I-y", "B-long-name", "I-long-name"])
sentences = st.lists(st.lists(st.tuples(tag, tag), max_size=8), min_size=1, max_size=5)


def columns(rows):
    """Spans (sentence, start, length, label) as columns with an end."""
    return np.array([(s, start, start + n, label) for s, start, n, label in rows], np.int64).reshape(-1, 4).T


@given(spans, spans)
@settings(max_examples=100, deadline=None)
def test_counts_are_those_of_sets(gold, predicted):
    """Packed spans, in any order and repeated, should be counted as Python's sets of tuples count them."""
    true, said = set(gold), set(predicted)
    found = count_spans(columns(gold), columns(predicted)).tolist()
    assert found == [len(true & said), len(said - true), len(true - said)]


@given(sentences)
@settings(max_examples=200, deadline=None)
def test_tags_score_as_in_seqeval(pairs):
    """F1 of tags, well formed or not, should be that of seqeval in strict IOB2."""
    gold, predicted = ([[pair[side] for pair in sentence] for sentence in pairs] for side in (0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = f1_score(gold, predicted, mode="strict", scheme=IOB2)
        except ValueError:  # seqeval finds no entity at all on either side
            expected = 0.0
    assert float(f1(count_tags(gold, predicted))) == pytest.approx(expected)


def test_tags_by_hand():
    """An I that follows another label, nothing, or the border of a sentence should belong to no entity."""
    gold = [["B-x", "I-x", "I-y", "O"], ["I-x", "B-y"], [], ["I-y"]]
    predicted = [["B-x", "I-x", "O", "O"], ["B-x", "B-y"], [], ["B-y"]]
    assert count_tags(gold, predicted).tolist() == [2, 2, 0]


def test_labels_may_differ_between_the_sides():
    """A label that only the prediction knows should be a false alarm and should leave the hits alone."""
    assert count_tags([["B-x", "O"]], [["B-x", "B-new"]]).tolist() == [1, 1, 0]
    assert count_tags([["O", "B-x"]], [["B-new", "B-x"]]).tolist() == [1, 1, 0]


def test_nothing_to_count():
    """No sentence, empty sentences and empty columns should count nothing."""
    assert count_tags([], []).tolist() == count_tags([[]], [[]]).tolist() == [0, 0, 0]
    one, none = columns([(0, 0, 1, 0)]), np.zeros((4, 0))
    assert count_spans(none, none).tolist() == [0, 0, 0]
    assert count_spans(none, one).tolist() == [0, 1, 0]
    assert count_spans(one, none).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([["O"]], [["O"], ["O"]], "1 sentences of gold but 2"),
        ([["O"], ["O", "O"]], [["O"], ["O"]], "sentence 1: 2 tags of gold but 1"),
        ([["E-x"]], [["O"]], "'E-x' is no IOB2 tag"),
        ([["O"]], [["B"]], "'B' is no IOB2 tag"),
        ([["O"]], [["B-"]], "'B-' is no IOB2 tag"),
    ],
)
def test_faulty_tags(gold, predicted, message):
    """What cannot be counted should be named."""
    with pytest.raises(ValueError, match=message):
        count_tags(gold, predicted)


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        ([[0], [1], [1], [0]], r"span 0 \(0, 1, 1, 0\) is negative, empty or reversed"),
        ([[0, 0], [1, 1], [2, 2], [0, -1]], r"span 1 \(0, 1, 2, -1\) is negative"),
        ([[0.0], [1.0], [2.0], [0.0]], "four rows of integers, found float64"),
        ([[0], [1], [2]], r"four rows of integers, found int64 of shape \(3, 1\)"),
    ],
)
def test_faulty_columns(faulty, message):
    """A span that cannot be, or what is no integer, should be named with its side."""
    good = [[0], [1], [2], [0]]
    with pytest.raises(ValueError, match=f"gold: .*{message}"):
        count_spans(faulty, good)
    with pytest.raises(ValueError, match=f"predicted: .*{message}"):
        count_spans(good, faulty)


def test_integers_that_would_not_fit(monkeypatch):
    """Spans too large for 63 bits should be refused, and those that just fit be counted."""
    edge = [[2**15 - 1], [2**15 - 1], [2**16 - 1], [2**16 - 1]]
    assert count_spans(edge, edge).tolist() == [1, 0, 0]
    with pytest.raises(OverflowError, match="count in parts"):
        count_spans([[2**16], *edge[1:]], edge)
    monkeypatch.setattr("harness.metrics.encoded.LIMIT", 3)
    with pytest.raises(OverflowError, match="count in parts"):
        count_tags([["B-x"]], [["B-x"]])
