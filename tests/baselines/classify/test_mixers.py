"""Mixers: each against a direct computation in float64, token by token, and the promises that all of them keep."""

from __future__ import annotations

import cmath
import math

import pytest
import torch
from torch.nn import functional

from baselines.classify import (
    aft,
    amlp,
    conv,
    external_attention,
    feed_forward_only,
    fnet,
    gmlp,
    mlp_mixer,
    resmlp,
    synthesizer,
    transformer,
)
from baselines.classify._encoder import Layer
from harness.errors import UsageError
from harness.registry import shelves
from harness.spec import Example, Image, Task

N, T, W = 7, 5, 8
TASK = Task(kind="picture", title="t", source="here", licence="none", labels=("a", "b"))
ENTRIES = {entry.short: entry for entry in shelves.entries("models") if entry.path.parent.name == "classify"}
SHIPPED = [
    f"{name}:{setting}".removesuffix(":")
    for name, entry in ENTRIES.items()
    if "Embeds" in entry.card.capabilities and "picture" in entry.card.kinds
    for setting in ("", *entry.card.variants)
]
MAKERS = {
    "transformer": lambda w, n: transformer.Attention(w, n, 2),
    "fnet": fnet.Fourier,
    "gmlp": gmlp.Gate,
    "amlp": lambda w, n: amlp.TinyGate(w, n, 4),
    "mlp_mixer": lambda w, n: mlp_mixer.TwoLayers(w, n, 6),
    "feed_forward_only": lambda w, n: feed_forward_only.TwoLayers(w, n, n),
    "resmlp": resmlp.Across,
    "synthesizer": lambda w, n: synthesizer.Synthesizer(w, n, False),
    "synthesizer dense": lambda w, n: synthesizer.Synthesizer(w, n, True),
    "external_attention": lambda w, n: external_attention.Memory(w, n, 3),
    "aft full": lambda w, n: aft.AttentionFree(w, n, "full", 2),
    "aft local": lambda w, n: aft.AttentionFree(w, n, "local", 2),
    "aft simple": lambda w, n: aft.AttentionFree(w, n, "simple", 2),
    "conv": lambda w, n: conv.Convolution(w, n, "lightweight", 3, 2),
    "conv separable": lambda w, n: conv.Convolution(w, n, "separable", 3, 2),
}


def made(name, width=W, length=N):
    """A mixer in float64 with parameters that are all random, so that none hides behind a zero."""
    torch.manual_seed(len(name))
    mixer = MAKERS[name](width, length).double()
    with torch.no_grad():
        for parameter in mixer.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
    return mixer


def tokens():
    """Two texts, of five tokens and of three, and their mask; padding is zero."""
    x = torch.randn(2, T, W, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    mask = torch.arange(T)[None] < torch.tensor([5, 3])[:, None]
    return x * mask[..., None], mask


def softmax(numbers):
    """By its definition."""
    powers = [math.exp(number) for number in numbers]
    return [power / sum(powers) for power in powers]


def attention(mixer, x):
    """Head by head, token by token."""
    qkv, out = mixer.qkv(x), []
    size = W // mixer.heads
    for token in range(len(x)):
        row = []
        for head in range(mixer.heads):
            q, k, v = (qkv[:, part * W + head * size : part * W + (head + 1) * size] for part in range(3))
            weights = softmax([float(q[token] @ k[other]) / math.sqrt(size) for other in range(len(x))])
            row.append(sum(weight * v[other] for other, weight in enumerate(weights)))
        out.append(torch.cat(row))
    return mixer.out(torch.stack(out))


def fourier(mixer, x):
    """The double sum over tokens and features."""
    out = torch.zeros(len(x), W, dtype=torch.float64)
    for token in range(len(x)):
        for feature in range(W):
            total = 0j
            for other in range(len(x)):
                for part in range(W):
                    turn = -2j * cmath.pi * (token * other / N + feature * part / W)
                    total += float(x[other, part]) * cmath.exp(turn)
            out[token, feature] = total.real / math.sqrt(N * W)
    return out


def gate(mixer, x, tiny=None):
    """Every token's gate as a sum over tokens."""
    middle = functional.gelu(mixer.wide(x))
    kept, mixed = middle[:, : mixer.gated], mixer.norm(middle[:, mixer.gated :])
    rows = []
    for token in range(len(x)):
        total = sum(mixer.weight[token, other] * mixed[other] for other in range(len(x))) + mixer.bias[token]
        rows.append(kept[token] * (total if tiny is None else total + tiny[token]))
    return mixer.narrow(torch.stack(rows))


def tiny_gate(mixer, x):
    """The gate with one head's answer added."""
    q, k, v = mixer.qkv(x).chunk(3, dim=-1)
    seen = []
    for token in range(len(x)):
        weights = softmax([float(q[token] @ k[other]) / math.sqrt(mixer.tiny) for other in range(len(x))])
        seen.append(sum(weight * v[other] for other, weight in enumerate(weights)))
    return gate(mixer, x, mixer.out(torch.stack(seen)))


def two_layers(mixer, x):
    """Feature by feature."""
    out = torch.zeros(len(x), W, dtype=torch.float64)
    for feature in range(W):
        units = [
            functional.gelu(sum(mixer.into[unit, t] * x[t, feature] for t in range(len(x))) + mixer.shift_into[unit, 0])
            for unit in range(len(mixer.into))
        ]
        for token in range(len(x)):
            total = sum(mixer.back[token, unit] * value for unit, value in enumerate(units))
            out[token, feature] = total + mixer.shift_back[token, 0]
    return out


def across(mixer, x):
    """A weighted sum of all tokens for each."""
    rows = [sum(mixer.weight[i, j] * x[j] for j in range(len(x))) + mixer.bias[i] for i in range(len(x))]
    return torch.stack(rows)


def synthesized(mixer, x):
    """Weights of each token over the others."""
    values, rows = mixer.value(x), []
    for token in range(len(x)):
        found = mixer.rows(torch.relu(mixer.hidden(x[token]))) if mixer.dense else mixer.weight[token]
        weights = softmax([float(number) for number in found[: len(x)]])
        rows.append(sum(weight * values[other] for other, weight in enumerate(weights)))
    return mixer.out(torch.stack(rows))


def memory(mixer, x):
    """Softmax over tokens for each place of the memory, then shares over places."""
    scores = x @ mixer.keys.weight.T
    columns = torch.tensor(
        [softmax(scores[:, place].tolist()) for place in range(scores.shape[1])], dtype=torch.float64
    ).T
    rows = [columns[token] / columns[token].sum() for token in range(len(x))]
    return torch.stack(rows) @ mixer.values.weight.T


def attention_free(mixer, x):
    """The quotient of sums, feature by feature."""
    q, k, v = mixer.qkv(x).chunk(3, dim=-1)
    out = torch.zeros(len(x), W, dtype=torch.float64)
    for token in range(len(x)):
        for feature in range(W):
            above = below = 0.0
            for other in range(len(x)):
                pair = 0.0
                if mixer.form == "full" or (mixer.form == "local" and abs(token - other) < mixer.reach):
                    pair = float(mixer.weight[token, other])
                weight = math.exp(float(k[other, feature]) + pair)
                above, below = above + weight * float(v[other, feature]), below + weight
            out[token, feature] = above / below / (1 + math.exp(-float(q[token, feature])))
    return mixer.out(out)


def convolution(mixer, x):
    """Each token from its neighbours."""
    left, right = mixer.into(x).chunk(2, dim=-1)
    gated, rows = left * right.sigmoid(), []
    for token in range(len(x)):
        row = []
        for feature in range(W):
            kernel = mixer.weight[feature * len(mixer.weight) // W]
            weights = softmax(kernel.tolist()) if mixer.form == "lightweight" else kernel.tolist()
            near = range(token - 1, token + 2)
            row.append(sum(w * float(gated[o, feature]) for w, o in zip(weights, near, strict=True) if 0 <= o < len(x)))
        rows.append(row)
    return mixer.out(torch.tensor(rows, dtype=torch.float64))


DIRECT = {
    "transformer": attention,
    "fnet": fourier,
    "gmlp": gate,
    "amlp": tiny_gate,
    "mlp_mixer": two_layers,
    "feed_forward_only": two_layers,
    "resmlp": across,
    "synthesizer": synthesized,
    "external_attention": memory,
    "aft": attention_free,
    "conv": convolution,
}


@pytest.mark.parametrize("name", MAKERS)
@torch.no_grad()
def test_mixer_is_its_equation(name):
    """A batch with padding should give what the equation gives for each text alone, computed term by term."""
    mixer, (x, mask) = made(name), tokens()
    found = mixer(x, mask)
    for row, length in enumerate((5, 3)):
        expected = DIRECT[name.split()[0]](mixer, x[row, :length])
        # the transform and the quotients are made in float32
        near = 1e-5 if name.startswith(("fnet", "aft")) else 1e-9
        torch.testing.assert_close(found[row, :length], expected, rtol=near, atol=near)


def test_a_patch_larger_than_a_picture_is_refused():
    """A patch that is more than a picture's side is told, before anything is made of it."""
    pictures = [Example("a", Image(bytes(28 * 28), 28, 28), 0)]
    fitting, larger = (mlp_mixer.build(mlp_mixer.Config(patch=patch), TASK, "cpu", 0) for patch in (28, 29))
    fitting.prepare(pictures)
    with pytest.raises(UsageError, match="28 x 28 pixels"):
        larger.prepare(pictures)


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 5, 8, 9, 20])
def test_both_ways_to_transform_are_one(count, monkeypatch):
    """The product with few waves and the fast transform, filled with zeros to N, give the same at every length."""
    x, mask = torch.randn(2, count, W), torch.ones(2, count, dtype=torch.bool)
    product = fnet.Fourier(W, 20)(x, mask)
    monkeypatch.setattr(fnet, "PRODUCT", 0)
    torch.testing.assert_close(fnet.Fourier(W, 20)(x, mask), product, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("length", [49, 64, 256])  # patches of mnist, of cifar10, and texts
@pytest.mark.parametrize("name", SHIPPED)
def test_layers_have_one_budget(name, length):
    """As it ships, a layer should have as many parameters as 12 W^2, to within 1.5 %, whatever mixes in it."""
    name, given = shelves.split_settings(name)
    module = shelves.load(ENTRIES[name])
    model = module.build(shelves.configure(ENTRIES[name], module, given), TASK, "cpu", 0)
    layer = Layer(128, length, model.make)
    assert sum(parameter.numel() for parameter in layer.parameters()) == pytest.approx(12 * 128**2, rel=0.015)


@pytest.mark.parametrize("name", MAKERS)
@torch.no_grad()
def test_a_layer_keeps_padding_out(name):
    """A text in a batch with a longer one gives what it gives alone, whatever the norms add to the zeros of padding."""
    torch.manual_seed(0)
    layer, (x, mask) = Layer(W, N, MAKERS[name]).double(), tokens()
    for parameter in layer.parameters():
        parameter.copy_(torch.randn_like(parameter) * 0.5)
    near = 1e-4 if name.startswith(("fnet", "aft")) else 1e-9
    torch.testing.assert_close(layer(x, mask)[1, :3], layer(x[1:, :3], mask[1:, :3])[0], rtol=near, atol=near)


@pytest.mark.parametrize("name", MAKERS)
def test_gradients_reach_every_parameter(name):
    """No parameter of a layer should be left out of the loss."""
    torch.manual_seed(0)
    layer, (x, mask) = Layer(W, N, MAKERS[name]).double(), tokens()
    layer(x, mask).square().sum().backward()
    assert [key for key, value in layer.named_parameters() if value.grad is None] == []
