"""Every scheme on a GPU against the same model on the CPU; skipped where there is no GPU."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from harness.registry import shelves
from harness.spec import Example, Task

ENTRIES = {entry.short: entry for entry in shelves.entries("models") if entry.name.startswith("lm/")}
OWN = [
    f"{name}:{setting}".removesuffix(":")
    for name, entry in ENTRIES.items()
    if name != "huggingface"
    for setting in ("", *entry.card.variants)
]
TASK = Task(kind="tokens", title="letters", source="here", licence="none", units="bytes")
LENGTH, LONG = 128, 1280
"""Long enough that ALiBi's steep heads get windows of their own."""


@pytest.fixture(scope="module")
def device():
    """A GPU, or no test."""
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    return "cuda"


@pytest.fixture(params=OWN)
def decoders(request, device):
    """The same model on both devices."""
    text = "the clocks of the town had stopped. " * 40
    name, given = shelves.split_settings(request.param)
    module = shelves.load(ENTRIES[name])
    config = shelves.configure(ENTRIES[name], module, given)
    made = []
    for where in ("cpu", device):
        model = module.build(config, TASK, where, 1)
        model.prepare([Example("a", text, ((0, len(text)),))], LENGTH)
        made.append(model)
    made[1].load_state_dict(made[0].state_dict())
    return made


def letters(texts, tokens):
    """Token numbers (texts, tokens + 1)."""
    return np.random.default_rng(0).integers(97, 123, (texts, tokens + 1))


def test_reading_agrees(decoders):
    """The nats of a text ten times as long as the windows of training are those of the CPU."""
    tokens = min(LONG, decoders[0].longest or LONG)
    ids = letters(2, tokens)
    wanted, found = (model.train(False).nats(ids, 64)[0] for model in decoders)
    torch.testing.assert_close(torch.tensor(found), torch.tensor(wanted), rtol=1e-3, atol=1e-3)


def test_learning_agrees(decoders):
    """Loss and gradients are those of the CPU; in bf16 the loss is near it."""
    ids, counts = letters(4, LENGTH), np.ones((4, LENGTH), bool)
    losses = [model.loss(ids, counts) for model in decoders]
    for loss in losses:
        loss.backward()
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=1e-4)
    for (name, one), other in zip(decoders[0].named_parameters(), decoders[1].parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None), name
        if one.grad is not None:
            torch.testing.assert_close(other.grad.cpu(), one.grad, rtol=1e-3, atol=1e-5, msg=name)
    half = copy.deepcopy(decoders[1])
    with torch.autocast("cuda", dtype=torch.bfloat16):
        loss = half.loss(ids, counts)
    loss.backward()
    assert loss.item() == pytest.approx(losses[0].item(), rel=0.02)
