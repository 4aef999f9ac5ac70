"""How fast the heads are beside the form that a reader would write first, both in one process, turn by turn.

Run with ``pytest tests/benchmarks/test_heads_speed.py``. The benchmark's own time is ours; ``extra_info`` holds the
medians of both sides in milliseconds and how many times faster ours is. Ratios hold elsewhere, milliseconds do not.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from baselines.ner._chain import log_partition, score_sequence, viterbi
from baselines.ner._pointer import dense_loss, extract, pointer_loss, positions
from baselines.ner.efficient_globalpointer import factored_loss

TEXTS, TOKENS, LABELS, SIZE, ROUNDS = 16, 256, 9, 64, 9


@pytest.fixture(autouse=True)
def one_thread():
    """One thread on both sides: another load on the machine then disturbs far less."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def duel(benchmark, ours: Callable[[], object], theirs: Callable[[], object], rounds: int = ROUNDS) -> None:
    """Time both sides in turn, so that another load disturbs both alike; report medians and their ratio."""
    mine, other = [], []

    def timed(side: Callable[[], object]) -> float:
        began = time.perf_counter()
        side()
        return (time.perf_counter() - began) * 1000

    ours()
    theirs()
    for _ in range(rounds):
        other.append(timed(theirs))
        mine.append(timed(ours))
    benchmark.pedantic(ours, rounds=3)
    benchmark.extra_info["ours_ms"] = round(statistics.median(mine), 3)
    benchmark.extra_info["reference_ms"] = round(statistics.median(other), 3)
    benchmark.extra_info["times_faster"] = round(statistics.median(other) / statistics.median(mine), 2)


@pytest.fixture
def mask():
    """Sixteen texts of 128 to 256 tokens, the longest full."""
    lengths = torch.linspace(TOKENS // 2, TOKENS, TEXTS).long()
    return torch.arange(TOKENS)[None, :] < lengths[:, None]


@pytest.fixture(params=[LABELS, 2 * LABELS + 1], ids=["9 tags", "19 tags"])
def chain(request, mask):
    """Scores, gold tags, and pytorch-crf with the same parameters."""
    from torchcrf import CRF

    torch.manual_seed(0)
    tags = request.param
    other = CRF(tags, batch_first=True)
    emissions = torch.randn(TEXTS, TOKENS, tags, requires_grad=True)
    return emissions, torch.randint(0, tags, (TEXTS, TOKENS)), mask, other


def test_crf_loss_and_backward(benchmark, chain):
    """Loss and gradient of a CRF at (16, 256) against pytorch-crf."""
    emissions, gold, mask, other = chain
    parts = other.transitions, other.start_transitions, other.end_transitions

    def ours():
        loss = log_partition(emissions, *parts, mask) - score_sequence(emissions, gold, *parts, mask)
        return torch.autograd.grad(loss.mean(), [emissions, *parts])

    def theirs():
        return torch.autograd.grad(-other(emissions, gold, mask, reduction="mean"), [emissions, *parts])

    for one, two in zip(ours(), theirs(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-3)
    duel(benchmark, ours, theirs)


def test_crf_decode(benchmark, chain):
    """Best paths at (16, 256) against pytorch-crf."""
    emissions, _, mask, other = chain
    parts = other.transitions, other.start_transitions, other.end_transitions
    lengths = mask.sum(1).tolist()
    best = viterbi(emissions, *parts, mask)
    assert [best[text, :n].tolist() for text, n in enumerate(lengths)] == other.decode(emissions.detach(), mask)
    duel(benchmark, lambda: viterbi(emissions, *parts, mask), lambda: other.decode(emissions.detach(), mask))


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


def test_globalpointer_loss_and_backward(benchmark, pointers):
    """The loss of GlobalPointer from gold cells alone at (16, 256) with 9 labels against the dense published form."""
    q, k, mask, cells = pointers

    def ours():
        return torch.autograd.grad(pointer_loss(q, k, mask, cells), (q, k))

    def theirs():
        return torch.autograd.grad(published(q @ k.mT, mask, cells), (q, k))

    for one, two in zip(ours(), theirs(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-3)
    duel(benchmark, ours, theirs, rounds=5)


def test_efficient_globalpointer_loss_and_backward(benchmark, pointers):
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
    duel(benchmark, ours, theirs, rounds=5)


def test_globalpointer_decode(benchmark, pointers):
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
    duel(benchmark, ours, theirs)
