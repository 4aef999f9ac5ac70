"""How fast the heads are beside the form that a reader would write first, both in one process, turn by turn.

Run with ``pytest tests/benchmarks/test_heads_speed.py``. The benchmark's own time is ours; ``extra_info`` holds the
medians of both sides in milliseconds and how many times faster ours is. Ratios hold elsewhere, milliseconds do not.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.ner._pointer import dense_loss, extract, pointer_loss, positions
from baselines.ner.efficient_globalpointer import factored_loss

TEXTS, TOKENS, LABELS, SIZE = 16, 256, 9, 64


@pytest.fixture(autouse=True)
def one_thread():
    """One thread on both sides: another load on the machine then disturbs far less."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def mask():
    """Sixteen texts of 128 to 256 tokens, the longest full."""
    lengths = torch.linspace(TOKENS // 2, TOKENS, TEXTS).long()
    return torch.arange(TOKENS)[None, :] < lengths[:, None]


@pytest.fixture
def pointers(mask):
    """q, k (B, K, T, d), the mask, and four gold spans a text as cells."""
    torch.manual_seed(0)
    q, k = (torch.randn(TEXTS, LABELS, TOKENS, SIZE).div(3).requires_grad_() for _ in range(2))
    first, label = torch.randint(0, 100, (TEXTS, 4)), torch.randint(0, LABELS, (TEXTS, 4))
    gold = list(torch.stack([first, first + torch.randint(0, 9, (TEXTS, 4)), label], dim=2).unbind())
    return q, k, mask, positions(gold, mask.device)


def published(scores: torch.Tensor, mask: torch.Tensor, cells: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """The dense loss of the published code: masks, targets and signs over the whole square."""
    valid = (mask[:, None, :] & mask[:, :, None] & torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu())[:, None]
    targets = torch.zeros_like(scores).index_put(cells, torch.ones(()))
    return dense_loss(torch.where(valid, scores, -1e12).flatten(2), targets.flatten(2))


def test_globalpointer_loss_and_backward(duel, pointers):
    """The loss of GlobalPointer from gold cells alone at (16, 256) with 9 labels against the dense published form."""
    q, k, mask, cells = pointers

    def ours():
        return torch.autograd.grad(pointer_loss(q, k, mask, cells), (q, k))

    def theirs():
        return torch.autograd.grad(published(q @ k.mT, mask, cells), (q, k))

    for one, two in zip(ours(), theirs(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-3)
    duel(ours, theirs, rounds=5)


def test_efficient_globalpointer_loss_and_backward(duel, pointers):
    """The factored loss of Efficient GlobalPointer at (16, 256) with 9 labels against the dense published form."""
    q, k, mask, cells = pointers
    parts = [part.detach().requires_grad_() for part in (q[:, 0], k[:, 0], q.sum(-1) / 8, k.sum(-1) / 8)]
    q, k, first, last = parts

    def ours():
        return torch.autograd.grad(factored_loss(q @ k.mT, first, last, mask, cells), parts)

    def theirs():
        scores = (q @ k.mT)[:, None] + first[..., None] + last[:, :, None, :]
        return torch.autograd.grad(published(scores, mask, cells), parts)

    for one, two in zip(ours(), theirs(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-3)
    duel(ours, theirs, rounds=5)


def test_globalpointer_decode(duel, pointers):
    """Spans of GlobalPointer at (16, 256) with 9 labels against reading the whole masked square."""
    q, k, mask, _ = pointers
    q, k = q.detach() * 1.5, k.detach()
    k[..., 0], q[..., 0] = 1.0, -30.0  # a trained head finds few spans

    def ours():
        return extract(lambda low, high: q[:, :, low:high] @ k[:, :, low:].mT, mask, LABELS)

    def theirs():
        valid = (mask[:, None, :] & mask[:, :, None] & torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu())[:, None]
        scores = torch.where(valid, q @ k.mT, -1e12).numpy()
        return [np.argwhere(own > 0) for own in scores]

    assert len(ours()) == sum(map(len, theirs()))
    duel(ours, theirs)
