"""The classifier around the layers: patches, seeds, vocabulary, positions, what it computes, own layers."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import baselines.classify
from baselines.classify import Classifier, _classifier, aft, mlp_mixer, patches
from harness.capability import Divides, Embeds, Learns, Predicts
from harness.errors import DataError, UsageError
from harness.spec import Example, Image, Task, Text
from tasks.classify.listops import offsets

TASK = Task(kind="label", title="t", source="here", licence="none", language="en", labels=("a", "b", "c"))
WORDS = ["red", "green", "blue", "red", "green", "red"]


def text(*words):
    """Words with single spaces between them."""
    return Text(" ".join(words), offsets(words))


ROWS = [Example("1", text(*WORDS), 0), Example("2", text(*WORDS[::-1]), 1)]


def prepared(module, seed=0, **changed):
    """A small model that has seen each word twice or more."""
    model = module.build(module.Config(layers=1, width=16, length=6, **changed), TASK, "cpu", seed)
    model.prepare(ROWS)
    return model.eval()


class Scaled(nn.Module):
    """A layer of a user's own: each feature is scaled and shifted."""

    def __init__(self, width, length):
        super().__init__()
        self.scale = nn.Parameter(torch.randn(width))

    def forward(self, x, mask):
        """(B, T, D), (B, T) -> (B, T, D)."""
        return x * self.scale + 1


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3]), st.integers(1, 3), st.randoms())
def test_patches_are_squares(height, width, channels, side, source):
    """Patch by patch and pixel by pixel, channels last, from -1 to 1; what lies beyond an edge should be black."""
    pixels = bytes(source.randrange(256) for _ in range(height * width * channels))
    found = patches(Image(pixels, height, width, channels), side)
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


def test_a_patch_larger_than_a_picture_is_refused():
    """A patch larger than a picture should be an error that names the picture's size."""
    pictures = [Example("a", Image(bytes(28 * 28), 28, 28), 0)]
    fitting, larger = (mlp_mixer.build(mlp_mixer.Config(patch=patch), TASK, "cpu", 0) for patch in (28, 29))
    fitting.prepare(pictures)
    with pytest.raises(UsageError, match="28 x 28 pixels"):
        larger.prepare(pictures)


def test_inputs_that_do_not_fit_are_refused():
    """A text longer than the model, a picture of another shape, and a text before prepare should be errors in words."""
    with pytest.raises(UsageError, match="built for 6"):
        prepared(mlp_mixer).tokens(text(*WORDS, "red"))
    model = mlp_mixer.build(mlp_mixer.Config(width=16), TASK, "cpu", 0)
    with pytest.raises(UsageError, match="call prepare"):
        model.tokens(text("red"))
    model.prepare([Example("a", Image(bytes(64), 8, 8), 0)])
    with pytest.raises(DataError, match="learned from"):
        model.tokens(Image(bytes(16), 4, 4))
    with pytest.raises(UsageError, match="layers=0"):
        mlp_mixer.build(mlp_mixer.Config(layers=0), TASK, "cpu", 0)


def test_a_seed_is_a_model():
    """Weights should be those of the seed: equal for equal seeds, others for another."""
    first, again, other = (prepared(mlp_mixer, seed).position for seed in (0, 0, 1))
    assert first.equal(again)
    assert not first.equal(other)


def test_order_is_seen_by_its_positions_alone():
    """A layer that treats all places alike should tell texts in another order apart by positions, and not without."""
    model = prepared(aft, form="simple")
    forth, back = (model.pooled([model.tokens(text(*words))]) for words in (WORDS[:3], WORDS[2::-1]))
    assert not torch.allclose(forth, back)
    torch.nn.init.zeros_(model.position)
    forth, back = (model.pooled([model.tokens(text(*words))]) for words in (WORDS[:3], WORDS[2::-1]))
    torch.testing.assert_close(forth, back)


def test_the_vocabulary_keeps_what_is_frequent(monkeypatch):
    """Tokens beyond the largest size of a vocabulary, the rarest, should be unknown."""
    monkeypatch.setattr(_classifier, "MAX_TOKENS", 2)
    assert set(prepared(mlp_mixer).vocabulary) == {"red", "green"}


def test_initial_values():
    """Embeddings and positions should begin normal with deviation D^-0.5, the head at zero: the first loss is log K."""
    model = mlp_mixer.build(mlp_mixer.Config(layers=1, width=64, length=200), TASK, "cpu", 0)
    words = [f"w{number}" for number in range(200)]
    model.prepare([Example("1", text(*words), 0), Example("2", text(*words), 1)])
    for weight in (model.embedding.weight, model.position):
        assert weight.std().item() == pytest.approx(1 / 8, rel=0.05)
        assert abs(weight.mean().item()) < 0.01
    items = [model.encode(Example("3", text(*words[:20]), label)) for label in range(3)]
    assert model.loss(items).item() == pytest.approx(math.log(3))


@pytest.mark.parametrize("kind", ["texts", "pictures"])
@torch.no_grad()
def test_what_the_classifier_computes(kind):
    """Embedding plus position, each layer in turn, LayerNorm, mean over tokens, head: token by token."""
    config = mlp_mixer.Config(layers=2, width=4, length=6, patch=2)
    model = Classifier(config, Scaled, TASK, "cpu", 0)
    rows = ROWS if kind == "texts" else [Example("1", Image(bytes(range(12)), 3, 4), 0)]
    model.prepare(rows)
    for parameter in model.parameters():
        parameter.copy_(torch.randn_like(parameter))
    inputs = [text(*WORDS[:5]), text("blue", "red")] if kind == "texts" else [rows[0].input]
    for item, answer in zip(inputs, model.predict(inputs), strict=True):
        total = torch.zeros(4)
        units = model.tokens(item)
        for place, unit in enumerate(units):
            if kind == "texts":
                x = model.embedding.weight[unit]
            else:
                x = model.patch_projection.weight @ unit + model.patch_projection.bias
            x = x + model.position[place]
            for layer in model.layers:
                x = x * layer.scale + 1
            x = (x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt() * model.norm.weight + model.norm.bias
            total += x / len(units)
        expected = (model.head.weight @ total + model.head.bias).log_softmax(-1)
        torch.testing.assert_close(torch.tensor(answer), expected, rtol=1e-4, atol=1e-4)


def test_a_layer_of_ones_own_makes_a_model():
    """A module made from D and N should be enough for a model with all capabilities that learns by gradients."""
    model = Classifier(mlp_mixer.Config(layers=1, width=4, length=6), Scaled, TASK, "cpu", 0)
    model.prepare(ROWS)
    assert all(isinstance(model, capability) for capability in (Learns, Predicts, Divides, Embeds))
    items = [model.encode(Example("3", text(word), label)) for label, word in enumerate(("red", "green", "blue"))]
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = model.loss(items)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_public_names_load_torch_when_they_are_used():
    """A model that needs no torch should not load it through the package, and a wrong name should be an error."""
    code = (
        "import sys; from baselines.classify import pieces, tfidf_logistic; print('torch' in sys.modules);"
        "from baselines.classify import Classifier; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
    assert all(getattr(baselines.classify, name) for name in baselines.classify.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Mixer'"):
        _ = baselines.classify.Mixer
