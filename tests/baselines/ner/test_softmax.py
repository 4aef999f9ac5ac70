"""The softmax tagger."""

from __future__ import annotations

import math

import pytest
import torch

from baselines.ner import rows_of, softmax


@pytest.fixture
def model(nested_task, examples):
    """A prepared tagger over a small encoder."""
    made = softmax.build(softmax.Config(encoder="bilstm:width=16"), nested_task, "cpu", 1)
    made.prepare(examples)
    return made


def test_initial_values(model):
    """The dense layer should be uniform within 1 / sqrt(D): large enough to differ, small enough for even odds."""
    assert model.dense.weight.shape == (5, 16)
    assert 0.2 < model.dense.weight.abs().max() <= 0.25
    assert model.dense.bias.abs().max() <= 0.25


@torch.no_grad()
def test_loss_and_tags_are_those_of_each_token(model):
    """The loss should be the mean of -log softmax over real tokens, and a token's tag its largest score."""
    hidden, gold = torch.randn(2, 4, 16), [torch.tensor([1, 2, 0, 3]), torch.tensor([0, 4])]
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    costs, tags = [], [[0] * 4, [0] * 4]
    for text, size in enumerate((4, 2)):
        for t in range(size):
            scores = [
                float(row @ hidden[text, t] + bias)
                for row, bias in zip(model.dense.weight, model.dense.bias, strict=True)
            ]
            costs.append(math.log(sum(map(math.exp, scores))) - scores[int(gold[text][t])])
            tags[text][t] = scores.index(max(scores))
    assert model.objective(hidden, mask, gold).item() == pytest.approx(sum(costs) / 6, rel=1e-5)
    assert model.decode(hidden, mask).tolist() == rows_of(torch.tensor(tags).numpy(), [4, 2]).tolist()
