"""Rotary positions, gold cells, grouped sums, and how a batch is cut into parts."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.encoders import rotate
from baselines.ner import _pointer
from baselines.ner._pointer import Part, blocks, dense_loss, group_logsumexp, lower, parts, positions


def test_rotary_products_depend_on_distance_only():
    """Moving both tokens by the same shift should leave the product of their rotated vectors as it was."""
    q, k = torch.randn(8), torch.randn(8)
    a, b = (rotate(x.expand(1, 40, 8).contiguous())[0] for x in (q, k))
    products = a @ b.T
    for distance in range(-10, 11):
        torch.testing.assert_close(
            products.diagonal(distance),
            products.diagonal(distance)[:1].expand(40 - abs(distance)),
            atol=1e-5,
            rtol=1e-4,
        )
    assert products[0].std() > 0.01
    torch.testing.assert_close(a[0], q)


def test_rotary_turns_interleaved_pairs():
    """Dimensions 2i and 2i+1 should turn by position / 10000 ** (2i / d)."""
    x = torch.tensor([1.0, 0.0, 1.0, 0.0]).expand(1, 3, 4)
    angle = 2 / 10000 ** (2 / 4)
    expected = torch.tensor(
        [torch.tensor(2.0).cos(), torch.tensor(2.0).sin(), torch.tensor(angle).cos(), torch.tensor(angle).sin()]
    )
    torch.testing.assert_close(rotate(x)[0, 2], expected)


def test_positions_name_every_gold_row():
    """Text, label, first and last of every row should come out in order, and none from texts without gold."""
    gold = [torch.tensor([(1, 2, 5), (0, 4, 3)]), torch.zeros(0, 3, dtype=torch.int64), torch.tensor([(7, 7, 0)])]
    found = torch.stack(positions(gold, torch.device("cpu")), dim=1).tolist()
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


def test_dense_loss_by_hand():
    """One true class at 2 and another at -1 should cost log(1 + e^-2) + log(1 + e^-1); nothing true, the latter alone."""
    scores = torch.tensor([2.0, -1.0])
    both = math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))
    torch.testing.assert_close(dense_loss(scores, torch.tensor([1.0, 0.0])), torch.tensor(both))
    neither = math.log(1 + math.exp(2) + math.exp(-1))
    torch.testing.assert_close(dense_loss(scores, torch.zeros(2)), torch.tensor(neither))


def test_lower_triangle_is_forbidden():
    """Exactly the cells whose last token comes before the first should become minus infinity."""
    found = torch.ones(4, 4) + lower(4, torch.ones(1))
    assert [[i > j for j in range(4)] for i in range(4)] == found.isinf().tolist()
    assert (found[found.isfinite()] == 1).all()
