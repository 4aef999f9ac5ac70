"""The hot paths that CI guards: each is timed beside the reference kernel, and `harness gate` judges base against head.

Run with ``pytest tests/benchmarks/test_gate_speed.py --benchmark-save=NAME --benchmark-save-data``, once a version and
turn. Inputs are small and fixed, so that a round takes some milliseconds and a turn some seconds; one function called
once a round, nothing compared. ``test_heads_speed.py`` and ``test_metrics_speed.py`` say how fast these are beside others.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import torch

from baselines.ner._chain import negative_log_likelihood, viterbi
from baselines.ner._pointer import extract, pointer_loss, positions
from baselines.ner.efficient_globalpointer import factored_loss
from harness.metrics.spans import score_spans
from harness.spec import Example, Text

TEXTS, TOKENS, LABELS, SIZE = 8, 128, 9, 64
Measure = Callable[..., Any]


@pytest.fixture
def mask() -> torch.Tensor:
    """Eight texts of 64 to 128 tokens."""
    lengths = torch.linspace(TOKENS // 2, TOKENS, TEXTS).long()
    return torch.arange(TOKENS)[None, :] < lengths[:, None]


@pytest.fixture
def chain() -> tuple[torch.Tensor, ...]:
    """Emissions of 19 tags and the three scores of a CRF."""
    torch.manual_seed(0)
    tags = 2 * LABELS + 1
    shapes = (TEXTS, TOKENS, tags), (tags, tags), (tags,), (tags,)
    return tuple(torch.randn(shape).div(3).requires_grad_() for shape in shapes)


@pytest.fixture
def pointers() -> tuple[torch.Tensor, torch.Tensor, tuple[torch.Tensor, ...]]:
    """q and k (B, K, T, d), and four gold spans a text as cells."""
    torch.manual_seed(0)
    q, k = (torch.randn(TEXTS, LABELS, TOKENS, SIZE).div(3).requires_grad_() for _ in range(2))
    first, label = torch.randint(0, 50, (TEXTS, 4)), torch.randint(0, LABELS, (TEXTS, 4))
    gold = torch.stack([first, first + torch.randint(0, 9, (TEXTS, 4)), label], dim=2)
    return q, k, positions(list(gold.unbind()), gold.device)


def test_crf_loss(against_reference: Measure, chain: tuple[torch.Tensor, ...], mask: torch.Tensor) -> None:
    """Loss and gradient of a CRF."""
    emissions, *parts = chain
    tags = torch.randint(0, 2 * LABELS + 1, (TEXTS, TOKENS))

    def step() -> tuple[torch.Tensor, ...]:
        return torch.autograd.grad(negative_log_likelihood(emissions, tags, *parts, mask).mean(), chain)

    assert all(slope.isfinite().all() for slope in against_reference(step))


def test_crf_decode(against_reference: Measure, chain: tuple[torch.Tensor, ...], mask: torch.Tensor) -> None:
    """Best paths of a CRF."""
    emissions, *parts = (part.detach() for part in chain)
    assert against_reference(lambda: viterbi(emissions, *parts, mask)).shape == (TEXTS, TOKENS)


def test_globalpointer_loss(against_reference: Measure, pointers: tuple[Any, ...], mask: torch.Tensor) -> None:
    """Loss and gradient of GlobalPointer."""
    q, k, cells = pointers
    slopes = against_reference(lambda: torch.autograd.grad(pointer_loss(q, k, mask, cells), (q, k)))
    assert all(slope.isfinite().all() for slope in slopes)


def test_efficient_globalpointer_loss(
    against_reference: Measure, pointers: tuple[Any, ...], mask: torch.Tensor
) -> None:
    """Loss and gradient of Efficient GlobalPointer."""
    q, k, cells = pointers
    parts = [part.detach().requires_grad_() for part in (q[:, 0], k[:, 0], q.sum(-1) / 8, k.sum(-1) / 8)]
    q, k, first, last = parts
    slopes = against_reference(
        lambda: torch.autograd.grad(factored_loss(q @ k.mT, first, last, mask, cells), parts), rounds=15
    )
    assert all(slope.isfinite().all() for slope in slopes)


def test_extraction(against_reference: Measure, pointers: tuple[Any, ...], mask: torch.Tensor) -> None:
    """Spans off the scores of GlobalPointer, few of them above zero, as of a trained head."""
    q, k = (part.detach().clone() for part in pointers[:2])
    k[..., 0], q[..., 0] = 1.0, -4.0
    rows = against_reference(lambda: extract(lambda low, high: q[:, :, low:high] @ k[:, :, low:].mT, mask, LABELS))
    assert rows.shape[1] == 4


def test_span_f1(against_reference: Measure) -> None:
    """Six span scores of a thousand sentences."""
    dice, labels = random.Random(0), tuple("abcdefghi")
    gold, outputs = [], []
    for number in range(1000):
        spans = [(start, start + dice.randint(1, 5), dice.choice(labels)) for start in range(0, 40, 8)]
        gold.append(Example(str(number), Text("x" * 48), tuple(spans)))
        outputs.append([span for span in spans if dice.random() < 0.7])
    assert 0.5 < against_reference(lambda: score_spans(gold, outputs, labels=labels))["span_f1"].value < 1
