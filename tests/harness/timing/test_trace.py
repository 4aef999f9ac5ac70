"""Batches to time on: real texts, exact lengths, the same ones every time."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError
from harness.spec import Example, Text
from harness.timing.trace import grid, joined, real_trace, trace_digest

WORDS = Example("w", Text("Bonn lebt", ((0, 4), (5, 9))), ((0, 4, "LOC"),))
SIGNS = [Example(str(n), Text("北京" * n), ((0, 2, "LOC"),)) for n in range(1, 30)]


def test_a_trace_is_drawn_the_same_way_every_time(settings) -> None:
    """Equal data give equal batches, and another text gives another digest."""
    one, two = real_trace(SIGNS, settings), real_trace(SIGNS, settings)
    other = real_trace([*SIGNS[:-1], Example("x", Text("上海" * 29), ())], settings)
    assert one == two
    assert trace_digest([one]) == trace_digest([two])
    assert {example.id for batch in one.batches for example in batch} <= {example.id for example in SIGNS}
    assert trace_digest([real_trace(SIGNS[:8], settings)]) != trace_digest([real_trace(SIGNS[1:9], settings)])
    assert other.name == "trace"


def test_a_trace_cuts_and_counts(settings) -> None:
    """No text is longer than training allows, batches have their size, and tokens are counted without padding."""
    trace = real_trace(SIGNS, settings)
    lengths = [[len(example.input) for example in batch] for batch in trace.batches]
    assert [len(batch) for batch in lengths] == [4, 4]
    assert trace.longest <= settings.tokens
    assert trace.tokens == sum(map(sum, lengths)) / 2
    assert trace.examples == 4
    assert sorted(itertools.chain(*lengths)) in ([*lengths[0], *lengths[1]], [*lengths[1], *lengths[0]])


def test_a_grid_has_texts_of_exact_length(settings) -> None:
    """Every cell has two batches of its size, and every text its length."""
    cells = grid(SIGNS, settings)
    assert [cell.name for cell in cells] == ["1x16", "8x16", "1x32", "8x32"]
    for cell in cells:
        size, tokens = map(int, cell.name.split("x"))
        assert [len(batch) for batch in cell.batches] == [size, size]
        assert {len(example.input) for batch in cell.batches for example in batch} == {tokens}
        assert cell.batches[0] != cell.batches[1]


@given(st.integers(1, 60), st.sampled_from([[WORDS], SIGNS, SIGNS[:1]]))
def test_joined_texts_keep_their_entities(tokens: int, examples: list[Example]) -> None:
    """Whatever the length, each entity still spells one of the source's, and tokens are the source's."""
    spelt = {e.input.text[start:end] for e in examples for start, end, _ in e.target}
    pieces = {piece for e in examples for piece in e.input.pieces()}
    for made in itertools.islice(joined(examples, tokens), 3):
        assert len(made.input) == tokens
        assert {made.input.text[start:end] for start, end, _ in made.target} <= spelt
        assert set(made.input.pieces()) <= pieces


def test_nothing_to_time(settings) -> None:
    """A split whose texts are all empty is refused in words."""
    empty = [Example("a", Text(""), ())]
    with pytest.raises(DataError, match="nothing to time"):
        real_trace(empty, settings)
    with pytest.raises(DataError, match="nothing to time"):
        grid(empty, settings)
