"""The CRF as a model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from baselines.ner import crf
from baselines.ner._tagging import allowed


@pytest.fixture
def model(nested_task, examples):
    """A prepared CRF with large random transitions."""
    made = crf.build(crf.Config(encoder="bilstm:width=16"), nested_task, "cpu", 1)
    made.prepare(examples)
    torch.nn.init.normal_(made.transitions, std=5.0)
    return made


def test_never_emits_an_illegal_sequence(model, monkeypatch):
    """Whatever the scores, decoding should give legal tags, also where the best path overall is illegal."""
    seen = []
    monkeypatch.setattr(crf, "viterbi", lambda *given: seen.append(found := viterbi(*given)) or found)
    hidden = torch.randn(50, 30, 16) * 20
    lengths = torch.randint(1, 31, (50,))
    mask = torch.arange(30)[None, :] < lengths[:, None]
    with torch.no_grad():
        model.start[2] = 50.0
        model.transitions[0, 2] = 50.0
        model.decode(hidden, mask)
    follow, first = allowed(2)
    for tags, length in zip(seen[0], lengths.tolist(), strict=True):
        own = tags[:length]
        assert first[own[0]]
        assert follow[own[:-1], own[1:]].all()
    assert len(np.unique(seen[0])) > 1


viterbi = crf.viterbi


@pytest.mark.parametrize(("multiplier", "rate", "expected"), [(1000, 2e-5, 0.02), (1, 2e-5, 2e-5), (1000, 1e-3, 0.05)])
def test_transitions_have_their_own_rate(nested_task, examples, multiplier, rate, expected):
    """The multiplier should count from the rate of pretrained weights, and stop at 0.05."""
    config = dataclasses.replace(crf.Config(), encoder="bilstm:width=16", transition_multiplier=multiplier)
    model = crf.build(config, nested_task, "cpu", 1)
    model.prepare(examples)
    assert model.parameter_groups(1e-3, rate)[2]["lr"] == pytest.approx(expected)
    assert {id(p) for p in model.parameter_groups(1e-3, rate)[2]["params"]} == {
        id(model.transitions),
        id(model.start),
        id(model.end),
    }


def test_parameters_of_an_added_label(nested_task, examples):
    """A label should add two tags: 2 (D + 1) for the dense layer, and the transitions between more tags."""
    sizes = []
    for labels in (("x", "y"), ("x", "y", "z")):
        model = crf.build(
            crf.Config(encoder="bilstm:width=16"), dataclasses.replace(nested_task, labels=labels), "cpu", 1
        )
        model.create(768)
        sizes.append((sum(p.numel() for p in model.tags.parameters()), model.transitions.numel()))
    assert sizes[1][0] - sizes[0][0] == 2 * 769
    assert [size[1] for size in sizes] == [25, 49]
