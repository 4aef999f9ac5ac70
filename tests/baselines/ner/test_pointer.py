"""Rotary positions, the multilabel loss in its forms, and reading spans off scores."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.encoders import rotate
from baselines.ner import _pointer
from baselines.ner._pointer import dense_loss, extract, pointer_loss, positions
from baselines.ner.efficient_globalpointer import factored_loss


def case(lengths, labels, seed, rows=3, size=4):
    """Random q, k, a mask, and gold rows of which some repeat a span under another label."""
    generator = torch.Generator().manual_seed(seed)
    tokens = max([1, *lengths])
    q, k = (torch.randn(len(lengths), labels, tokens, size, generator=generator) for _ in range(2))
    gold = []
    for n in lengths:
        found = set()
        for _ in range(rows if n else 0):
            ends = sorted(torch.randint(0, n, (2,), generator=generator).tolist())
            found |= {(*ends, int(torch.randint(0, labels, (1,), generator=generator))), (*ends, 0)}
        gold.append(torch.tensor(sorted(found), dtype=torch.int64).reshape(-1, 3))
    mask = torch.arange(tokens)[None, :] < torch.tensor(lengths)[:, None]
    return q.requires_grad_(), k.requires_grad_(), mask, gold


def dense(scores, mask, cells, triangle=True):
    """The published form: masks of -1e12 on the whole square, and a target for each cell."""
    tokens = scores.shape[-1]
    valid = mask[:, None, :] & mask[:, :, None]
    valid = valid & torch.ones(tokens, tokens, dtype=torch.bool).triu() if triangle else valid
    scores = torch.where(valid[:, None], scores, torch.tensor(-1e12, dtype=scores.dtype))
    targets = torch.zeros_like(scores).index_put(cells, torch.ones((), dtype=scores.dtype))
    return dense_loss(scores.flatten(2), targets.flatten(2))


lengths = st.lists(st.integers(0, 9), min_size=1, max_size=5)


@given(lengths, st.integers(1, 4), st.integers(0, 1000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_sparse_loss_is_the_dense_one(sizes, labels, seed, triangle):
    """Loss and gradients from the gold cells alone should be those of the dense published form."""
    q, k, mask, gold = case(sizes, labels, seed)
    cells = positions(gold, mask.device)
    expected = dense(q @ k.mT, mask, cells, triangle)
    loss = pointer_loss(q, k, mask, cells, triangle)
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=1e-5)
    for one, two in zip(torch.autograd.grad(loss, (q, k)), torch.autograd.grad(expected, (q, k)), strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)


@given(lengths, st.integers(1, 4), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_factored_loss_is_the_dense_one(sizes, labels, seed):
    """Loss and gradients without a tensor of all scores should be those of the dense published form."""
    q, k, mask, gold = case(sizes, labels, seed)
    parts = [part.detach().requires_grad_() for part in (q[:, 0] @ k[:, 0].mT, q.sum(-1), k.sum(-1))]
    cells = positions(gold, mask.device)
    shared, first, last = parts
    expected = dense(shared[:, None] + first[..., None] + last[:, :, None, :], mask, cells)
    loss = factored_loss(*parts, mask, cells)
    torch.testing.assert_close(loss, expected, atol=1e-4, rtol=1e-5)
    for one, two in zip(torch.autograd.grad(loss, parts), torch.autograd.grad(expected, parts), strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)


def test_losses_keep_their_digits_when_gold_dominates():
    """With gold cells at +40 and others at -10 the loss should still be the dense one in float64, not a clipped one."""
    scores = torch.full((1, 1, 6, 6), -10.0)
    scores[0, 0, 1, 2] = 40.0
    mask, cells = torch.ones(1, 6, dtype=torch.bool), positions([torch.tensor([(1, 2, 0)])], scores.device)
    expected = dense(scores.double(), mask, cells).float()
    eye = torch.eye(6)[None, None]
    torch.testing.assert_close(pointer_loss(scores, eye, mask, cells), expected, rtol=1e-3, atol=0)
    zero = torch.zeros(1, 1, 6)
    torch.testing.assert_close(factored_loss(scores[:, 0], zero, zero, mask, cells), expected, rtol=1e-3, atol=0)


def test_loss_in_several_parts(monkeypatch):
    """Working on one text at a time should give what the whole batch gives at once."""
    q, k, mask, gold = case([9, 4, 0, 7], 3, seed=1)
    cells = positions(gold, mask.device)
    whole = pointer_loss(q, k, mask, cells)
    slopes = torch.autograd.grad(whole, (q, k))
    monkeypatch.setattr(_pointer, "CELLS", 1)
    parts = pointer_loss(q, k, mask, cells)
    torch.testing.assert_close(parts, whole)
    for one, two in zip(torch.autograd.grad(parts, (q, k)), slopes, strict=True):
        torch.testing.assert_close(one, two)


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


@pytest.mark.parametrize("cells", [1, 100, 1 << 23])
def test_extraction_finds_the_positive_cells(monkeypatch, cells):
    """Reading in slices of any size should find exactly the valid cells above zero."""
    monkeypatch.setattr(_pointer, "DECODE_CELLS", cells)
    q, k, mask, _ = case([9, 4, 0, 7], 3, seed=1)
    scores = (q @ k.mT).detach()
    found = extract(lambda low, high: scores[:, :, low:high, low:], mask, 3).tolist()
    expected = [
        [b, i, j, a]
        for b, n in enumerate([9, 4, 0, 7])
        for i in range(n)
        for j in range(i, n)
        for a in range(3)
        if scores[b, a, i, j] > 0
    ]
    assert found == expected
