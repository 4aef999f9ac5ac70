"""Which spans exist and are gold, initial values, grouped sums, and how a batch is cut into parts."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from baselines.ner import _pointer, gold_cells, lecun_normal, valid_spans
from baselines.ner._pointer import Part, blocks, group_logsumexp, lower_triangle, parts


def test_gold_cells_name_every_gold_row():
    """Text, label, first and last of every row should come out in order, and none from texts without gold."""
    gold = [torch.tensor([(1, 2, 5), (0, 4, 3)]), torch.zeros(0, 3, dtype=torch.int64), torch.tensor([(7, 7, 0)])]
    found = torch.stack(gold_cells(gold, torch.device("cpu")), dim=1).tolist()
    assert found == [[0, 5, 1, 2], [0, 3, 0, 4], [2, 0, 7, 7]]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1e4, 1e4)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_grouped_sums_are_those_of_each_group(pairs):
    """Every group should get the log-sum-exp of its own values and zero, whatever their size, and 0 if it has none."""
    groups = torch.tensor([group for group, _ in pairs], dtype=torch.int64)
    values = torch.tensor([value for _, value in pairs], dtype=torch.float64)
    zero = values.new_zeros(1)
    for sign, column in ((1, 0), (-1, 1)):
        expected = torch.stack([torch.cat([zero, sign * values[groups == own]]).logsumexp(0) for own in range(4)])
        torch.testing.assert_close(group_logsumexp(sign * values, groups, 4), expected, rtol=1e-12, atol=1e-12)
        two = group_logsumexp(torch.stack([values, -values], dim=1), groups, 4)
        torch.testing.assert_close(two[:, column], expected, rtol=1e-12, atol=1e-12)


def test_grouped_sums_leave_out_minus_infinity():
    """A value of minus infinity should count as if it were not there."""
    values = torch.tensor([-math.inf, 2.0, -math.inf])
    expected = torch.tensor([math.log1p(math.exp(2)), 0.0])
    torch.testing.assert_close(group_logsumexp(values, torch.tensor([0, 0, 1]), 2), expected)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 3), st.sampled_from([1, 100, 10_000]))
@settings(max_examples=60, deadline=None)
def test_parts_hold_the_batch_once(sizes, classes, cells):
    """Parts should follow each other, be as long as their longest text, know their padding and keep to the budget."""
    mask = torch.arange(max(1, *sizes))[None, :] < torch.tensor(sizes)[:, None]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(_pointer.CELLS, "cpu", cells)
        made = list(parts(mask, classes))
    assert [text for part in made for text in range(*part.texts.indices(99))] == list(range(len(sizes)))
    for part in made:
        own = sizes[part.texts]
        assert (part.count, part.size, part.padded) == (len(own), max(1, *own), min(own) < max(1, *own))
        assert part.count == 1 or part.count * classes * part.size**2 <= cells


@given(st.integers(1, 300), st.integers(1, 9), st.sampled_from([1, 10_000, 1 << 19]))
@settings(max_examples=60, deadline=None)
def test_blocks_cover_all_rows_evenly(size, classes, cells):
    """Blocks should follow each other to the end, differ by little, and keep to the budget or to the fewest rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(_pointer.CELLS, "cpu", cells)
        made = list(blocks(Part(slice(0, 1), size, False), classes, torch.device("cpu")))
    assert [row for low, high in made for row in range(low, high)] == list(range(size))
    rows = [high - low for low, high in made]
    assert max(rows) <= max(_pointer.FEWEST_ROWS, cells // (classes * size))
    assert max(rows) - min(rows) < len(rows) or len(rows) == 1


def test_parts_see_gaps_in_a_mask():
    """A token that is none amid others should be padding, and should not shorten the text."""
    (part,) = parts(torch.tensor([[True, False, True, False]]), 1)
    assert (part.size, part.padded) == (3, True)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.booleans())
def test_valid_spans_are_those_of_the_rule(sizes, triangle):
    """A span should exist where both ends are tokens and, with the triangle, the last is not before the first."""
    tokens = max(1, *sizes)
    mask = torch.arange(tokens)[None, :] < torch.tensor(sizes)[:, None]
    expected = [
        [[max(i, j) < size and (i <= j or not triangle) for j in range(tokens)] for i in range(tokens)]
        for size in sizes
    ]
    assert valid_spans(mask, triangle).tolist() == expected


def test_lecun_normal_keeps_the_variance():
    """Weights should have variance 1 / inputs, biases be zero, and outputs have the variance of the inputs."""
    torch.manual_seed(0)
    layer = lecun_normal(nn.Linear(400, 500))
    assert layer.weight.var().item() == pytest.approx(1 / 400, rel=0.02)
    assert not layer.bias.any()
    assert layer(torch.randn(500, 400)).var().item() == pytest.approx(1, rel=0.05)


def test_lower_triangle_is_forbidden():
    """Exactly the cells whose last token comes before the first should become minus infinity."""
    found = torch.ones(4, 4) + lower_triangle(4, torch.ones(1))
    assert [[i > j for j in range(4)] for i in range(4)] == found.isinf().tolist()
    assert (found[found.isfinite()] == 1).all()
