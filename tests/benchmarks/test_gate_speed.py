"""The hot paths that CI guards: each is timed beside the reference kernel, and `harness gate` judges base against head.

Run with ``pytest tests/benchmarks/test_gate_speed.py --benchmark-save=NAME --benchmark-save-data``, once a version and
turn. Inputs are small and fixed, so that a round takes some milliseconds and a turn some seconds; one function called
once a round, nothing compared. ``test_crf_speed.py``, ``test_pointer_speed.py`` and ``test_metrics_speed.py`` say how
fast these are beside others.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import torch

from baselines.ner import efficient_globalpointer, globalpointer
from baselines.ner._chain import negative_log_likelihood, viterbi
from harness.metrics.spans import score_spans
from harness.spec import Example, Task, Text

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
def pointers() -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Hidden vectors (B, T, D), and four gold spans a text."""
    torch.manual_seed(0)
    hidden = torch.randn(TEXTS, TOKENS, SIZE, requires_grad=True)
    first, label = torch.randint(0, 50, (TEXTS, 4)), torch.randint(0, LABELS, (TEXTS, 4))
    gold = torch.stack([first, first + torch.randint(0, 9, (TEXTS, 4)), label], dim=2)
    return hidden, list(gold.unbind())


def head(module: Any) -> Any:
    """A model of this module with nothing but its head: what it offers stays when its insides change."""
    task = Task(kind="spans", title="", source="", licence="", labels=tuple("abcdefghi"), nested=True)
    model = module.build(module.Config(), task, "cpu", 0)
    model.create(SIZE)
    return model


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
    """Head, loss and gradient of GlobalPointer over narrow hidden vectors."""
    hidden, gold = pointers
    model = head(globalpointer)
    slopes = against_reference(lambda: torch.autograd.grad(model.objective(hidden, mask, gold), hidden))
    assert slopes[0].isfinite().all()


def test_efficient_globalpointer_loss(
    against_reference: Measure, pointers: tuple[Any, ...], mask: torch.Tensor
) -> None:
    """Head, loss and gradient of Efficient GlobalPointer over narrow hidden vectors."""
    hidden, gold = pointers
    model = head(efficient_globalpointer)
    slopes = against_reference(lambda: torch.autograd.grad(model.objective(hidden, mask, gold), hidden), rounds=15)
    assert slopes[0].isfinite().all()


@torch.no_grad()
def test_extraction(against_reference: Measure, pointers: tuple[Any, ...], mask: torch.Tensor) -> None:
    """Spans of GlobalPointer, few of them, as of a trained head."""
    model = head(globalpointer)
    q, k = model.pointers.bias.view(LABELS, 2, -1).unbind(1)
    q[:, -2], k[:, -2] = -6.0, 6.0  # dimensions that hardly turn: a constant there lowers every score
    rows = against_reference(lambda: model.decode(pointers[0], mask))
    assert rows.shape[1] == 4


def test_span_f1(against_reference: Measure) -> None:
    """Six span scores of a thousand sentences."""
    rng, labels = random.Random(0), tuple("abcdefghi")
    gold, outputs = [], []
    for number in range(1000):
        spans = [(start, start + rng.randint(1, 5), rng.choice(labels)) for start in range(0, 40, 8)]
        gold.append(Example(str(number), Text("x" * 48), tuple(spans)))
        outputs.append([span for span in spans if rng.random() < 0.7])
    assert 0.5 < against_reference(lambda: score_spans(gold, outputs, labels=labels))["span_f1"].value < 1
