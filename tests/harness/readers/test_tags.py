"""Tags to spans and back, for both schemes, on everything hypothesis thinks of."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.readers import tags
from harness.readers.tags import ORPHAN, SCHEMES, UNFINISHED, TokenSpan, decode, encode


@st.composite
def flat_spans(draw: st.DrawFn) -> tuple[list[TokenSpan], int]:
    """Spans that do not overlap, in order, and the number of tokens."""
    spans, position = [], 0
    for gap, size, label in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(["A", "B-C"])), max_size=6)
    ):
        spans.append((position + gap, position + gap + size, label))
        position += gap + size
    return spans, position + draw(st.integers(0, 3))


@pytest.mark.parametrize("scheme", SCHEMES)
@given(case=flat_spans())
def test_round_trip(scheme: str, case: tuple[list[TokenSpan], int]) -> None:
    """Spans written as tags and read again are the same, without a repair."""
    spans, length = case
    surprises: Counter[str] = Counter()
    assert decode(encode(spans, length, scheme), scheme, surprises) == spans
    assert not surprises


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_any_tags_give_spans(scheme: str, data: st.DataObject) -> None:
    """Whatever the tags, spans come out in order, apart, and cover exactly the tags that are not O."""
    alphabet = ["O"] + [f"{prefix}-{label}" for prefix in SCHEMES[scheme] for label in ("A", "B")]
    tags = data.draw(st.lists(st.sampled_from(alphabet), max_size=12))
    spans = decode(tags, scheme, Counter())
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert {i for start, end, _ in spans for i in range(start, end)} == {i for i, tag in enumerate(tags) if tag != "O"}
    assert all(tags[i].partition("-")[2] == label for start, end, label in spans for i in range(start, end))


@pytest.mark.parametrize(
    ("tags", "scheme", "spans", "repairs"),
    [
        ("I-A I-A O", "BIO", [(0, 2, "A")], {ORPHAN: 1}),
        ("B-A I-B", "BIO", [(0, 1, "A"), (1, 2, "B")], {ORPHAN: 1}),
        ("B-A B-A", "BIO", [(0, 1, "A"), (1, 2, "A")], {}),
        ("M-A E-A O", "BMES", [(0, 2, "A")], {ORPHAN: 1}),
        ("E-A B-A E-A", "BMES", [(0, 1, "A"), (1, 3, "A")], {ORPHAN: 1}),
        ("B-A M-A O", "BMES", [(0, 2, "A")], {UNFINISHED: 1}),
        ("S-A S-A", "BMES", [(0, 1, "A"), (1, 2, "A")], {}),
    ],
)
def test_one_rule_for_malformed_tags(tags: str, scheme: str, spans: list[TokenSpan], repairs: dict[str, int]) -> None:
    """A tag that continues nothing starts an entity; an entity without an end tag ends where its tags end; both are counted."""
    surprises: Counter[str] = Counter()
    assert decode(tags.split(), scheme, surprises) == spans
    assert dict(surprises) == repairs


def test_worked_examples() -> None:
    """The examples in the docstrings are true."""
    import doctest

    assert doctest.testmod(tags).failed == 0
