"""Spans on tokens, and BIO tags."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.ner._tagging import allowed, code_point_spans, flatten, rows_of, tags_of, token_spans
from harness.errors import DataError
from harness.spec import Text

LENGTH, LABELS = 12, 3
ends = st.tuples(st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1)).map(sorted)
some_rows = st.lists(st.tuples(ends, st.integers(0, LABELS - 1)).map(lambda row: (*row[0], row[1])), max_size=8)
some_tags = st.lists(st.lists(st.integers(0, 2 * LABELS), min_size=5, max_size=5), min_size=1, max_size=4)


def test_code_points_beyond_the_basic_plane():
    """Offsets should count code points, in texts with emoji and rare characters too."""
    text = Text("a😀𠀀b")
    rows = token_spans(text, [(1, 3, "L")], {"L": 0})
    assert rows == [(1, 2, 0)]
    assert code_point_spans(text, rows, ["L"]) == [(1, 3, "L")]


def test_spans_that_tokens_cannot_tell_are_left_out():
    """Spans that end within a token or behind a cut text, and empty ones, should be dropped."""
    text = Text("Bonn am Rhein", ((0, 4), (5, 7), (8, 13)))
    target = [(0, 4, "L"), (0, 3, "L"), (4, 7, "L"), (5, 5, "L"), (8, 13, "L")]
    assert token_spans(text, target, {"L": 0}) == [(0, 0, 0), (2, 2, 0)]
    assert token_spans(text.head(2), target, {"L": 0}) == [(0, 0, 0)]


def test_a_label_outside_the_task_is_an_error():
    """A label that the task does not list should be named, not ignored."""
    with pytest.raises(DataError, match="does not list: L"):
        token_spans(Text("ab"), [(0, 1, "M")], {"L": 0})


def test_the_longest_of_overlapping_spans_stays():
    """Of nested and of crossing spans the longest should stay, then the leftmost, then the first label."""
    assert flatten([(2, 3, 0), (0, 4, 1)]) == [(0, 4, 1)]
    assert flatten([(0, 3, 0), (3, 7, 1)]) == [(3, 7, 1)]
    assert flatten([(1, 2, 0), (0, 1, 0)]) == [(0, 1, 0)]
    assert flatten([(0, 1, 1), (0, 1, 0)]) == [(0, 1, 0)]


@given(some_rows)
def test_flat_rows_survive_tagging(rows):
    """What is left after flattening should come back from its tags unchanged, and the tags should be legal."""
    tags = tags_of(LENGTH, rows)
    assert [tuple(row[1:]) for row in rows_of(tags[None], [LENGTH]).tolist()] == flatten(rows)
    follow, first = allowed(LABELS)
    assert first[tags[0]]
    assert follow[tags[:-1], tags[1:]].all()


@given(some_rows)
def test_flattening_drops_only_what_overlaps(rows):
    """Each dropped row should overlap a kept one that is at least as long; kept ones should not overlap."""
    kept = flatten(rows)
    tokens = [set(range(first, last + 1)) for first, last, _ in kept]
    assert sum(map(len, tokens)) == len(set().union(*tokens))
    for first, last, _ in set(rows) - set(kept):
        assert any(len(own) >= last - first + 1 and own & set(range(first, last + 1)) for own in tokens)


def slow_rows(tags):
    """The rule as one would say it, token by token."""
    found, begun, inside = [], 0, 0
    for place, tag in enumerate([*tags, 0]):
        continues = tag > 0 and tag % 2 == 0 and inside == tag
        if inside and not continues:
            found.append((begun, place - 1, (inside - 1) // 2))
            inside = 0
        if tag and not continues:
            begun, inside = place, tag + tag % 2
    return found


@given(some_tags, st.data())
@settings(max_examples=200)
def test_any_tags_are_read_by_the_stated_rule(tags, data):
    """Any sequence, legal or not, should be read as the slow rule reads it, and nothing behind a text's end."""
    lengths = [data.draw(st.integers(0, 5)) for _ in tags]
    found = rows_of(np.array(tags), lengths).tolist()
    assert found == [
        [b, *row] for b, (own, n) in enumerate(zip(tags, lengths, strict=True)) for row in slow_rows(own[:n])
    ]
