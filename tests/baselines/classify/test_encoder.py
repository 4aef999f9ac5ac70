"""The encoder under the mixers: patches, seeds, positions, vocabulary, sizes, and how a layer begins."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from baselines.classify import _encoder, aft, feed_forward_only, fine_tuned, gmlp, mlp_mixer, resmlp
from harness.spec import Example, Image, Task, Text
from tasks.classify.listops import offsets

TASK = Task(kind="label", title="t", source="here", licence="none", language="en", labels=("a", "b"))
WORDS = ["red", "green", "blue", "red", "green", "red"]


def text(*words):
    """Words with single spaces between them."""
    return Text(" ".join(words), offsets(words))


def prepared(module, seed=0, **changed):
    """A small model that has seen each word twice or more."""
    model = module.build(module.Config(layers=1, width=16, length=6, **changed), TASK, "cpu", seed)
    model.prepare([Example("1", text(*WORDS), 0), Example("2", text(*WORDS[::-1]), 1)])
    return model.eval()


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3]), st.integers(1, 3), st.randoms())
def test_patches_are_squares(height, width, channels, side, source):
    """Patch by patch and pixel by pixel, channels last, from -1 to 1; what lies beyond an edge is black."""
    pixels = bytes(source.randrange(256) for _ in range(height * width * channels))
    found = _encoder.patches(Image(pixels, height, width, channels), side)
    expected = [
        [
            pixels[(y * width + x) * channels + channel] / 127.5 - 1 if y < height and x < width else -1.0
            for y in range(top, top + side)
            for x in range(left, left + side)
            for channel in range(channels)
        ]
        for top in range(0, height, side)
        for left in range(0, width, side)
    ]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_a_seed_is_a_model():
    """Weights are those of the seed: equal for equal seeds, others for another."""
    first, again, other = (prepared(mlp_mixer, seed).position for seed in (0, 0, 1))
    assert first.equal(again)
    assert not first.equal(other)


def test_order_is_seen_by_its_positions_alone():
    """A mixer that treats all places alike tells texts of the same words in another order apart, by their positions."""
    model = prepared(aft, form="simple")
    forth, back = (model.pooled([model.tokens(text(*words))]) for words in (WORDS[:3], WORDS[2::-1]))
    assert not torch.allclose(forth, back)
    torch.nn.init.zeros_(model.position)
    forth, back = (model.pooled([model.tokens(text(*words))]) for words in (WORDS[:3], WORDS[2::-1]))
    torch.testing.assert_close(forth, back)


def test_the_vocabulary_keeps_what_is_frequent(monkeypatch):
    """Beyond so many words the rarest are unknown."""
    monkeypatch.setattr(_encoder, "WORDS", 2)
    assert set(prepared(mlp_mixer).known) == {"red", "green"}


@pytest.mark.parametrize(
    ("module", "changed", "units"),
    [(mlp_mixer, {}, 8), (feed_forward_only, {}, 6), (feed_forward_only, {"expansion": 2}, 12)],
)
def test_units_between_two_layers_over_tokens(module, changed, units):
    """MLP-Mixer has half as many as features, DYENA as many as tokens or a multiple."""
    mixer = prepared(module, **changed).layers[0].mixer
    assert mixer.into.shape == (units, 6)
    assert mixer.back.shape == (6, units)


def test_gates_begin_open():
    """Before it has learned, gMLP's gate lets half of the features through as they are: A is near 0 and b is 1."""
    torch.manual_seed(0)
    gate, x = gmlp.Gate(16, 6), torch.randn(2, 6, 16)
    kept = functional.gelu(gate.wide(x))[..., : gate.gated]
    torch.testing.assert_close(gate(x, torch.ones(2, 6, dtype=torch.bool)), gate.narrow(kept), rtol=0, atol=1e-2)


def test_layers_without_norms_begin_small():
    """What a layer of ResMLP adds is scaled by 0.1 at first, as in its paper for up to 18 layers."""
    layer = prepared(resmlp).layers[0]
    assert layer.after.scale.unique().tolist() == layer.after_channels.scale.unique().tolist() == [pytest.approx(0.1)]


@pytest.mark.parametrize(("own", "pretrained", "rate"), [(None, True, 2e-5), (None, False, 1e-3), (3e-4, True, 3e-4)])
def test_a_body_learns_at_its_own_rate(own, pretrained, rate):
    """That which it names; else the one for pretrained bodies where it is pretrained; the head at the other."""
    model = fine_tuned.build(fine_tuned.Config("mini-zh"), TASK, "cpu", 0)
    model.prepare([Example("1", Text("北京"), 0), Example("2", Text("上海"), 1)])
    model.encoder.rate, model.encoder.pretrained = own, pretrained
    body, head = model.parameter_groups(1e-3, 2e-5)
    assert (body["lr"], head["lr"]) == (rate, 1e-3)
    assert len(body["params"]) + len(head["params"]) == len([*model.parameters()])
