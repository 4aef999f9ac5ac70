"""GlobalPointer and its efficient form as models."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from baselines.ner import efficient_globalpointer, globalpointer


def head_size(module, task, labels, width=768):
    """Parameters of the head alone over BERT-base's width."""
    made = module.build(module.Config(encoder="bilstm"), dataclasses.replace(task, labels=labels), "cpu", 1)
    made.create(width)
    return sum(parameter.numel() for parameter in made.parameters())


@pytest.mark.parametrize(("module", "added"), [(globalpointer, 98_304 + 128), (efficient_globalpointer, 256 + 2)])
def test_parameters_of_an_added_label(module, added, nested_task):
    """A label should add 2 D d weights and 2 d biases, or in the efficient form 4 d weights and 2 biases."""
    assert head_size(module, nested_task, ("x", "y", "z")) - head_size(module, nested_task, ("x", "y")) == added


@pytest.mark.parametrize("module", [globalpointer, efficient_globalpointer])
def test_scores_depend_on_distance(module, nested_task, examples):
    """For equal hidden vectors a score should depend on the distance of the two ends with RoPE, on nothing without."""
    hidden = torch.randn(1, 1, 16).expand(1, 20, 16).contiguous()
    for rope in (True, False):
        model = module.build(module.Config(encoder="bilstm:width=16", rope=rope), nested_task, "cpu", 1)
        model.prepare(examples)
        q, k = model.pointer(hidden)[:2]
        scores = q @ k.mT
        for distance in (0, 1, 7):
            assert (scores.diagonal(distance, -2, -1).std(-1) < 1e-5).all()
        assert (scores[..., 0, :].std(-1).min() > 1e-3) == rope


def test_scaling_divides_by_the_root_of_the_head_size(nested_task, examples):
    """Scores with scaling should be an eighth of those without."""
    hidden = torch.randn(1, 5, 16)
    scores = []
    for scale in (True, False):
        model = globalpointer.build(globalpointer.Config(encoder="bilstm:width=16", scale=scale), nested_task, "cpu", 1)
        model.prepare(examples)
        q, k = model.pointer(hidden)
        scores.append(q @ k.mT)
    torch.testing.assert_close(scores[0] * 8, scores[1])


def test_published_layout_of_the_efficient_form(nested_task, examples):
    """Scores should be those of the published code, written out token by token."""
    model = efficient_globalpointer.build(
        efficient_globalpointer.Config(encoder="bilstm:width=16", rope=False), nested_task, "cpu", 1
    )
    model.prepare(examples)
    hidden = torch.randn(1, 4, 16)
    q, k, first, last = model.pointer(hidden)
    both = model.pointers(hidden)[0]
    bias = model.types(both) / 2
    for i in range(4):
        for j in range(4):
            shared = sum(both[i, 2 * n] * both[j, 2 * n + 1] for n in range(64)) / 8
            torch.testing.assert_close((q @ k.mT)[0, i, j], shared, atol=1e-5, rtol=1e-4)
            for label in range(2):
                expected = bias[j, 2 * label] + bias[i, 2 * label + 1]
                torch.testing.assert_close(first[0, label, i] + last[0, label, j], expected)


@pytest.mark.parametrize("module", [globalpointer, efficient_globalpointer])
def test_training_in_bf16(module, nested_task, examples):
    """Under bf16 autocast the loss should be a float32 near that of float32, and all gradients finite."""
    model = module.build(module.Config(encoder="bilstm:width=16"), nested_task, "cpu", 1)
    model.prepare(examples)
    items = [model.encode(example) for example in examples]
    expected = model.loss(items)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = model.loss(items)
    found.backward()
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=0, rtol=0.02)
    slopes = [parameter.grad for parameter in model.parameters()]
    assert all(slope is not None and slope.isfinite().all() for slope in slopes)
