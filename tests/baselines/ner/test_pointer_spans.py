"""Reading spans off scores, against looking at every span."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.ner import _pointer, efficient_globalpointer, globalpointer
from baselines.ner._pointer_spans import extract, factored_blocks, pointer_blocks

lengths = st.lists(st.integers(0, 9), min_size=1, max_size=5)
budgets = st.sampled_from([1, 100, 1 << 23])


def case(sizes, labels, seed, shift, width=4):
    """q and k (B, K, T, d) whose scores lie ``shift`` lower than around zero, and the mask."""
    generator, tokens = torch.Generator().manual_seed(seed), max(1, *sizes)
    q, k = (torch.randn(len(sizes), labels, tokens, width, generator=generator) for _ in range(2))
    q[..., 0], k[..., 0] = -shift, 1.0
    return q, k, torch.arange(tokens)[None, :] < torch.tensor(sizes)[:, None]


def pointer_spans(q, k, mask):
    """What is found with q and k in the place of hidden vectors, in their order."""
    hidden = torch.stack([q, k]).permute(1, 3, 0, 2, 4)  # (B, T, 2, K, d)
    return extract(hidden, mask, q.shape[1], lambda own: pointer_blocks(*own.permute(2, 0, 3, 1, 4))).tolist()


def factored_spans(q, k, first, last, mask):
    """The same of the factored form; all its scores are side by side in the hidden vectors."""
    hidden, cuts = torch.cat([q, k, first.mT, last.mT], dim=-1), [q.shape[-1]] * 2 + [first.shape[1]] * 2

    def head(own):
        q, k, first, last = own.split(cuts, dim=-1)
        return factored_blocks(q, k, first.mT, last.mT)

    return extract(hidden, mask, 1, head).tolist()


def above_zero(scores, sizes):
    """Sorted rows (text, first, last, label) of spans with a score (B, K, T, T) above zero, one by one."""
    return [
        [text, i, j, label]
        for text, size in enumerate(sizes)
        for i in range(size)
        for j in range(i, size)
        for label in range(scores.shape[1])
        if scores[text, label, i, j] > 0
    ]


def small(patch, cells):
    """Work in blocks of two rows at least, with a budget of so many cells."""
    patch.setitem(_pointer.CELLS, "cpu", cells)
    patch.setattr(_pointer, "FEWEST_ROWS", 2)


@given(lengths, st.integers(1, 3), st.integers(0, 1000), st.sampled_from([0.0, 2.0, 50.0]), budgets)
@settings(max_examples=60, deadline=None)
def test_pointer_spans_are_the_positive_cells(sizes, labels, seed, shift, cells):
    """Reading in blocks of any size should find exactly the valid cells above zero, many, few or none."""
    q, k, mask = case(sizes, labels, seed, shift)
    with pytest.MonkeyPatch.context() as patch:
        small(patch, cells)
        found = pointer_spans(q, k, mask)
    assert found == above_zero((q.double() @ k.double().mT).float(), sizes)
    assert globalpointer.plain_spans(q, k, mask).tolist() == found


@given(lengths, st.integers(1, 3), st.integers(0, 1000), st.sampled_from([0.0, 2.0, 50.0]), budgets)
@settings(max_examples=60, deadline=None)
def test_factored_spans_are_the_positive_cells(sizes, labels, seed, shift, cells):
    """The bound on a row should never hide a span, and what it lets through should still be looked at."""
    q, k, mask = case(sizes, labels, seed, shift)
    parts = q[:, 0], k[:, 0], 2 * q[..., 1], 2 * k[..., 1]
    with pytest.MonkeyPatch.context() as patch:
        small(patch, cells)
        found = factored_spans(*parts, mask)
    shared = q[:, 0].double() @ k[:, 0].double().mT
    expected = shared[:, None] + parts[2][..., None].double() + parts[3][:, :, None, :].double()
    assert found == above_zero(expected.float(), sizes)
    assert efficient_globalpointer.plain_spans(*parts, mask).tolist() == found


@pytest.mark.parametrize(("bound", "expected"), [(0.0, []), (0.5, [1] * 5)])
def test_rows_below_their_bound_are_not_formed(bound, expected):
    """Scores should be asked for only where the bound is above zero: for no row at 0, for those of label 1 at 0.5."""
    asked = []

    def block(low, high):
        bounds = torch.full((1, 2, high - low), -1.0)
        bounds[:, 1] = bound
        return bounds, lambda rows: asked.extend(rows[1].tolist()) or -torch.ones(len(rows[0]), 5 - low)

    mask = torch.ones(1, 5, dtype=torch.bool)
    assert extract(torch.zeros(1, 5, 1), mask, 2, lambda _: block).shape == (0, 4)
    assert asked == expected


def test_score_of_zero_is_no_span():
    """A span must score above zero: at zero exactly both forms should leave it out."""
    q, mask = torch.zeros(1, 1, 3, 2), torch.ones(1, 3, dtype=torch.bool)
    assert pointer_spans(q, q, mask) == []
    assert factored_spans(q[:, 0], q[:, 0], q[..., 0], q[..., 0], mask) == []
    above = torch.tensor([[[0.0, 1.0, 0.0]]])
    assert factored_spans(q[:, 0], q[:, 0], above, q[..., 0], mask) == [[0, 1, 1, 0], [0, 1, 2, 0]]


def test_heads_see_no_padding(monkeypatch):
    """Long texts should go through the head one by one, each cut at its own end."""
    monkeypatch.setitem(_pointer.CELLS, "cpu", 1)
    seen, mask = [], torch.arange(9)[None, :] < torch.tensor([9, 4, 1])[:, None]

    def head(own):
        seen.append(own.shape[:2])
        return lambda low, high: (torch.zeros(len(own), 1, high - low), lambda _: torch.zeros(0, own.shape[1] - low))

    extract(torch.zeros(3, 9, 2), mask, 1, head)
    assert seen == [(1, 9), (1, 4), (1, 1)]
