"""GlobalPointer and its efficient form as models."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from baselines.ner import efficient_globalpointer, globalpointer
from harness.errors import UsageError

MODULES = [globalpointer, efficient_globalpointer]


def prepared(module, task, examples, **settings):
    """A model over a small encoder, prepared."""
    model = module.build(module.Config(encoder="bilstm:width=16", **settings), task, "cpu", 1)
    model.prepare(examples)
    return model


def batch():
    """Hidden vectors of texts of 5 and 2 tokens, their mask, and gold rows with nesting and a span of two labels."""
    hidden = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(3))
    mask = torch.arange(5)[None, :] < torch.tensor([5, 2])[:, None]
    return hidden, mask, [torch.tensor([(0, 3, 1), (1, 2, 0), (1, 2, 1)]), torch.zeros(0, 3, dtype=torch.int64)]


def rotated(vector, position, rope):
    """Rotary embedding of a numpy vector (d,), pair by pair."""
    if not rope:
        return vector
    angles = position * 10000.0 ** (-np.arange(0, len(vector), 2) / len(vector))
    even, odd = vector[0::2], vector[1::2]
    pairs = [even * np.cos(angles) - odd * np.sin(angles), even * np.sin(angles) + odd * np.cos(angles)]
    return np.stack(pairs, axis=1).ravel()


def dense(layer, vector):
    """W x + b in float64."""
    return layer.weight.detach().double().numpy() @ vector + layer.bias.detach().double().numpy()


def naive_score(model, one, two, i, j, label):
    """s_a(i, j) of hidden vectors h_i and h_j (D,), as the published code has it, from the model's parameters alone."""
    config, d = model.config, model.config.head_size
    one, two = dense(model.pointers, one), dense(model.pointers, two)
    scale = math.sqrt(d) if config.scale else 1.0
    if isinstance(model, globalpointer.GlobalPointer):
        q, k = one[2 * label * d : (2 * label + 1) * d], two[(2 * label + 1) * d : 2 * (label + 1) * d]
        return rotated(q, i, config.rope) @ rotated(k, j, config.rope) / scale
    shared = rotated(one[0::2], i, config.rope) @ rotated(two[1::2], j, config.rope) / scale
    return shared + dense(model.types, two)[2 * label] / 2 + dense(model.types, one)[2 * label + 1] / 2


@pytest.mark.parametrize("settings", [{}, {"rope": False}, {"scale": False}, {"head_size": 6}])
@pytest.mark.parametrize("kernel", ["fast", "plain"])
@pytest.mark.parametrize("module", MODULES)
def test_the_whole_head_is_the_published_one(module, kernel, settings, nested_task, examples):
    """Loss and spans should be those of the equations, written out span by span in float64."""
    model = prepared(module, nested_task, examples, kernel=kernel, **settings)
    hidden, mask, gold = batch()
    losses, found = [], []
    for text, size in enumerate((5, 2)):
        for label in range(2):
            true = {(int(first), int(last)) for first, last, own in gold[text] if own == label}
            sums = {True: 1.0, False: 1.0}
            for i in range(size):
                for j in range(i, size):
                    h = hidden[text].double().numpy()
                    score = naive_score(model, h[i], h[j], i, j, label)
                    sums[(i, j) in true] += math.exp(-score if (i, j) in true else score)
                    found += [[text, i, j, label]] * bool(score > 0)
            losses.append(math.log(sums[True]) + math.log(sums[False]))
    assert model.objective(hidden, mask, gold).item() == pytest.approx(np.mean(losses), rel=1e-4)
    assert model.decode(hidden, mask).tolist() == sorted(found)
    assert found


@pytest.mark.parametrize("module", MODULES)
def test_kernels_train_alike(module, nested_task, examples):
    """Both kernels should start from the same parameters and give the same loss, gradients and spans."""
    made = []
    for kernel in ("fast", "plain"):
        model = prepared(module, nested_task, examples, kernel=kernel)
        hidden, mask, gold = batch()
        loss = model.objective(hidden.requires_grad_(), mask, gold)
        head = [*model.pointers.parameters(), *(model.types.parameters() if hasattr(model, "types") else ())]
        slopes = torch.autograd.grad(loss, [hidden, *head])
        made.append([*head, loss, *slopes, torch.from_numpy(model.decode(hidden, mask))])
    for one, two in zip(*made, strict=True):
        torch.testing.assert_close(one, two, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("module", MODULES)
def test_initial_values(module, nested_task):
    """Weights should be normal with variance 1 / inputs and biases zero, so that scaled scores have variance 1."""
    model = module.build(module.Config(encoder="bilstm", rope=False), nested_task, "cpu", 1)
    torch.manual_seed(0)
    model.create(256)
    for layer in (model.pointers, *([model.types] if hasattr(model, "types") else ())):
        assert layer.weight.var().item() == pytest.approx(1 / layer.in_features, rel=0.1)
        assert not layer.bias.any()
    hidden = torch.randn(400, 1, 256)
    both = model.queries_and_keys(hidden) if module is globalpointer else model.score_parts(hidden)[:2]
    q, k = (part.detach().reshape(400, -1, 64).transpose(0, 1) for part in both)
    assert (q @ k.mT).var().item() == pytest.approx(1, rel=0.2)


@pytest.mark.parametrize("module", MODULES)
def test_settings_that_cannot_be(module, nested_task):
    """An odd head size and an unknown kernel should be refused with the setting's name."""
    with pytest.raises(UsageError, match="head_size=7: write an even number"):
        module.build(module.Config(head_size=7), nested_task, "cpu", 1)
    with pytest.raises(UsageError, match="kernel=cuda is none of fast, plain"):
        module.build(module.Config(kernel="cuda"), nested_task, "cpu", 1)


def head_size(module, task, labels, width=768):
    """Parameters of the head alone over BERT-base's width."""
    made = module.build(module.Config(encoder="bilstm"), dataclasses.replace(task, labels=labels), "cpu", 1)
    made.create(width)
    return sum(parameter.numel() for parameter in made.parameters())


@pytest.mark.parametrize(("module", "added"), [(globalpointer, 98_304 + 128), (efficient_globalpointer, 256 + 2)])
def test_parameters_of_an_added_label(module, added, nested_task):
    """A label should add 2 D d weights and 2 d biases, or in the efficient form 4 d weights and 2 biases."""
    assert head_size(module, nested_task, ("x", "y", "z")) - head_size(module, nested_task, ("x", "y")) == added


@pytest.mark.parametrize("module", MODULES)
def test_scores_depend_on_distance(module, nested_task, examples):
    """For equal hidden vectors a score should depend on the distance of the two ends with RoPE, on nothing without."""
    hidden = torch.randn(1, 1, 16).expand(1, 20, 16).contiguous()
    for rope in (True, False):
        model = prepared(module, nested_task, examples, rope=rope)
        q, k = model.queries_and_keys(hidden) if module is globalpointer else model.score_parts(hidden)[:2]
        scores = q @ k.mT
        for distance in (0, 1, 7):
            assert (scores.diagonal(distance, -2, -1).std(-1) < 1e-5).all()
        assert (scores[..., 0, :].std(-1).min() > 1e-3) == rope


def test_scaling_divides_by_the_root_of_the_head_size(nested_task, examples):
    """Scores with scaling should be an eighth of those without."""
    hidden = torch.randn(1, 5, 16)
    scores = []
    for scale in (True, False):
        model = prepared(globalpointer, nested_task, examples, scale=scale)
        q, k = model.queries_and_keys(hidden)
        scores.append(q @ k.mT)
    torch.testing.assert_close(scores[0] * 8, scores[1])


@pytest.mark.parametrize("module", MODULES)
def test_training_in_bf16(module, nested_task, examples):
    """Under bf16 autocast the loss should be a float32 near that of float32, and all gradients finite."""
    model = prepared(module, nested_task, examples)
    items = [model.encode(example) for example in examples]
    expected = model.loss(items)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = model.loss(items)
    found.backward()
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=0, rtol=0.02)
    slopes = [parameter.grad for parameter in model.parameters()]
    assert all(slope is not None and slope.isfinite().all() for slope in slopes)
