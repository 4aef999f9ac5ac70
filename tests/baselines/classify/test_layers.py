"""The layers of the classifiers: each whole layer against loops in float64, initial values, and what all promise."""

from __future__ import annotations

import cmath
import itertools
import math

import pytest
import torch
from torch import nn
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
from harness.registry import shelves
from harness.spec import Task

N, T, D = 7, 5, 8
TASK = Task(kind="picture", title="t", source="here", licence="none", labels=("a", "b"))
ENTRIES = {entry.short: entry for entry in shelves.entries("models") if entry.path.parent.name == "classify"}
SHIPPED = [
    f"{name}:{setting}".removesuffix(":")
    for name, entry in ENTRIES.items()
    if "Embeds" in entry.card.capabilities and "picture" in entry.card.kinds
    for setting in ("", *entry.card.variants)
]
MAKERS = {
    "transformer": lambda d, n: transformer.Layer(d, n, heads=2),
    "fnet": fnet.Layer,
    "gmlp": gmlp.Layer,
    "amlp": lambda d, n: amlp.Layer(d, n, tiny=4),
    "mlp_mixer": mlp_mixer.Layer,
    "feed_forward_only": lambda d, n: feed_forward_only.Layer(d, n, expansion=2),
    "resmlp": resmlp.Layer,
    "synthesizer": lambda d, n: synthesizer.Layer(d, n, dense=False),
    "synthesizer dense": lambda d, n: synthesizer.Layer(d, n, dense=True),
    "external_attention": lambda d, n: external_attention.Layer(d, n, units=3),
    "aft full": lambda d, n: aft.Layer(d, n, "full", reach=2),
    "aft local": lambda d, n: aft.Layer(d, n, "local", reach=2),
    "aft simple": lambda d, n: aft.Layer(d, n, "simple", reach=2),
    "conv": lambda d, n: conv.Layer(d, n, "lightweight", kernel=3, groups=2),
    "conv separable": lambda d, n: conv.Layer(d, n, "separable", kernel=3, groups=2),
}


def made(name):
    """A layer in float64 whose parameters are all random, so that none is hidden by a zero."""
    torch.manual_seed(len(name))
    layer = MAKERS[name](D, N).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
    return layer


def batch():
    """Two texts, of five tokens and of three, and their mask; padding is zero."""
    x = torch.randn(2, T, D, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    mask = torch.arange(T)[None] < torch.tensor([5, 3])[:, None]
    return x * mask[..., None], mask


def near(name):
    """The largest difference allowed: transforms and quotients are computed in float32."""
    return 1e-4 if name.startswith(("fnet", "aft")) else 1e-9


# ------------------------------ the layers by hand, on lists of rows, one row of numbers for each token


def add(one, other):
    """The sum, number by number."""
    return [[a + b for a, b in zip(left, right, strict=True)] for left, right in zip(one, other, strict=True)]


def gelu(rows):
    """x times the standard normal distribution function at x."""
    return [[x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in row] for row in rows]


def softmax(numbers):
    """By its definition."""
    powers = [math.exp(number) for number in numbers]
    return [power / sum(powers) for power in powers]


def sigmoid(x):
    """The logistic function."""
    return 1 / (1 + math.exp(-x))


def linear(module, rows):
    """Every row times the transposed weight, plus the bias where there is one."""
    weight = module.weight.tolist()
    bias = module.bias.tolist() if module.bias is not None else [0.0] * len(weight)
    return [
        [sum(w * x for w, x in zip(line, row, strict=True)) + b for line, b in zip(weight, bias, strict=True)]
        for row in rows
    ]


def norm(module, rows):
    """LayerNorm: mean 0 and variance 1 over the features of a token, then weight and bias."""
    found = []
    for row in rows:
        mean = sum(row) / len(row)
        deviation = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + 1e-5)
        pairs = zip(row, module.weight.tolist(), module.bias.tolist(), strict=True)
        found.append([(x - mean) / deviation * w + b for x, w, b in pairs])
    return found


def mlp(module, rows):
    """Two linear layers with a GELU between them."""
    return linear(module[2], gelu(linear(module[0], rows)))


def weighted(weights, rows):
    """The sum of rows by weights, feature by feature."""
    return [sum(w * row[feature] for w, row in zip(weights, rows, strict=True)) for feature in range(len(rows[0]))]


def dot(one, other):
    """The sum of products."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def attend(q, k, v):
    """softmax(Q K^T / sqrt(d)) V, row by row."""
    return [weighted(softmax([dot(row, key) / math.sqrt(len(row)) for key in k]), v) for row in q]


def self_attention(module, rows):
    """Head by head; queries, keys and values of all heads follow each other in the features."""
    qkv, size = linear(module.qkv, rows), D // module.heads
    heads = []
    for head in range(module.heads):
        q, k, v = ([row[part * D + head * size : part * D + (head + 1) * size] for row in qkv] for part in range(3))
        heads.append(attend(q, k, v))
    return linear(module.out, [list(itertools.chain(*parts)) for parts in zip(*heads, strict=True)])


def fourier(module, rows):
    """The double sum over tokens and features, in which the tokens that are not there are zero."""
    found = []
    for token in range(len(rows)):
        line = []
        for feature in range(D):
            total = 0j
            for other, row in enumerate(rows):
                for part, x in enumerate(row):
                    total += x * cmath.exp(-2j * cmath.pi * (token * other / N + feature * part / D))
            line.append(total.real / math.sqrt(N * D))
        found.append(line)
    return found


def over_tokens(weight, bias, rows):
    """weight (outputs, N) and bias (outputs, 1) over tokens, feature by feature; further columns are left out."""
    lines = [[x + b for x in weighted(line[: len(rows)], rows)] for line, (b,) in zip(weight, bias, strict=True)]
    return lines


def token_mlp(module, rows):
    """Two layers over tokens with a GELU between them."""
    hidden = gelu(over_tokens(module.weight_1.tolist(), module.bias_1.tolist(), rows))
    return over_tokens(module.weight_2.tolist(), module.bias_2.tolist(), hidden)[: len(rows)]


def synthesized(module, rows):
    """Weights of each token, from a table or made by the token, over the real tokens."""
    if isinstance(module, synthesizer.DenseSynthesizer):
        table = linear(module.rows, [[max(0.0, x) for x in row] for row in linear(module.hidden, rows)])
    else:
        table = module.weight.tolist()[: len(rows)]
    values = linear(module.value, rows)
    return linear(module.out, [weighted(softmax(line[: len(rows)]), values) for line in table])


def external(module, rows):
    """Softmax over tokens for each memory unit, then shares over memory units for each token."""
    scores = linear(module.M_k, rows)
    columns = [softmax([row[unit] for row in scores]) for unit in range(len(scores[0]))]
    shares = [[x / sum(row) for x in row] for row in zip(*columns, strict=True)]
    return linear(module.M_v, shares)


def attention_free(module, rows):
    """The quotient of two sums over tokens, feature by feature."""
    qkv, mixed = linear(module.qkv, rows), []
    for token in range(len(rows)):
        line = []
        for feature in range(D):
            above = below = 0.0
            for other in range(len(rows)):
                pair = 0.0
                if module.form == "full" or (module.form == "local" and abs(token - other) < module.reach):
                    pair = module.position_bias[token, other].item()
                weight = math.exp(qkv[other][D + feature] + pair)
                above, below = above + weight * qkv[other][2 * D + feature], below + weight
            line.append(sigmoid(qkv[token][feature]) * above / below)
        mixed.append(line)
    return linear(module.out, mixed)


def convolution(module, rows):
    """Gate, then a sum over the token and its two neighbours with the kernel of the feature's group."""
    kernels = module.weight.tolist()
    if module.form == "lightweight":
        kernels = [softmax(kernel) for kernel in kernels]
    gated = [[row[f] * sigmoid(row[D + f]) for f in range(D)] for row in linear(module.linear_in, rows)]
    found = []
    for token in range(len(rows)):
        near = [(j, token + j - 1) for j in range(3) if 0 <= token + j - 1 < len(rows)]
        found.append([sum(kernels[f * len(kernels) // D][j] * gated[o][f] for j, o in near) for f in range(D)])
    return linear(module.linear_out, found)


def pre_norm(layer, rows, mixer, mix, feed_forward):
    """x + mix(LN(x)), then x + MLP(LN(x))."""
    rows = add(rows, mix(mixer, norm(layer.norm_1, rows)))
    return add(rows, mlp(feed_forward, norm(layer.norm_2, rows)))


def gated_layer(layer, rows):
    """x + V (z_1 * (W LN(z_2) + b)), with attention added in the gate if the layer has it."""
    normalised = norm(layer.norm, rows)
    z = gelu(linear(layer.proj_in, normalised))
    half, unit = len(z[0]) // 2, layer.spatial_gating_unit
    z_2 = norm(layer.gate_norm, [row[half:] for row in z])
    gate = over_tokens(unit.weight.tolist(), unit.bias.tolist(), z_2)[: len(rows)]
    if isinstance(layer, amlp.Layer):
        q, k, v = ([row[p * 4 : p * 4 + 4] for row in linear(layer.tiny_attention.qkv, normalised)] for p in range(3))
        gate = add(gate, linear(layer.tiny_attention.out, attend(q, k, v)))
    gated = [[a * b for a, b in zip(row[:half], line, strict=True)] for row, line in zip(z, gate, strict=True)]
    return add(rows, linear(layer.proj_out, gated))


def affine(module, rows):
    """alpha x + beta, feature by feature."""
    return [
        [x * a + b for x, a, b in zip(row, module.alpha.tolist(), module.beta.tolist(), strict=True)] for row in rows
    ]


def residual_mlp(layer, rows):
    """x + Aff(A Aff(x)), then x + Aff(C gelu(B Aff(x)))."""
    linear_layer = layer.cross_patch
    crossed = over_tokens(linear_layer.weight.tolist(), linear_layer.bias.tolist(), affine(layer.affine_1, rows))
    rows = add(rows, affine(layer.layer_scale_1, crossed[: len(rows)]))
    return add(rows, affine(layer.layer_scale_2, mlp(layer.cross_channel, affine(layer.affine_2, rows))))


BY_HAND = {
    "transformer": lambda layer, x: pre_norm(layer, x, layer.attention, self_attention, layer.feed_forward),
    "fnet": lambda layer, x: pre_norm(layer, x, layer.fourier, fourier, layer.feed_forward),
    "gmlp": gated_layer,
    "amlp": gated_layer,
    "mlp_mixer": lambda layer, x: pre_norm(layer, x, layer.token_mixing, token_mlp, layer.channel_mixing),
    "feed_forward_only": lambda layer, x: pre_norm(layer, x, layer.over_tokens, token_mlp, layer.over_features),
    "resmlp": residual_mlp,
    "synthesizer": lambda layer, x: pre_norm(layer, x, layer.attention, synthesized, layer.feed_forward),
    "external_attention": lambda layer, x: pre_norm(layer, x, layer.attention, external, layer.feed_forward),
    "aft": lambda layer, x: pre_norm(layer, x, layer.attention_free, attention_free, layer.feed_forward),
    "conv": lambda layer, x: pre_norm(layer, x, layer.convolution, convolution, layer.feed_forward),
}


@pytest.mark.parametrize("name", MAKERS)
@torch.no_grad()
def test_layer_is_its_equations(name):
    """A padded batch should give for each text what the equations of the whole layer give, number by number."""
    layer, (x, mask) = made(name), batch()
    found = layer(x, mask)
    for row, length in enumerate((5, 3)):
        expected = torch.tensor(BY_HAND[name.split()[0]](layer, x[row, :length].tolist()), dtype=torch.float64)
        torch.testing.assert_close(found[row, :length], expected, rtol=near(name), atol=near(name))


@pytest.mark.parametrize("name", MAKERS)
@torch.no_grad()
def test_a_layer_keeps_padding_out(name):
    """A text in a batch with a longer one should give what it gives alone."""
    layer, (x, mask) = made(name), batch()
    alone = layer(x[1:, :3], mask[1:, :3])[0]
    torch.testing.assert_close(layer(x, mask)[1, :3], alone, rtol=near(name), atol=near(name))


@pytest.mark.parametrize("name", MAKERS)
def test_gradients_reach_every_parameter(name):
    """No parameter of a layer should be left out of the loss."""
    layer, (x, mask) = made(name), batch()
    layer(x, mask).square().sum().backward()
    assert [key for key, value in layer.named_parameters() if value.grad is None] == []


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 5, 8, 9, 20])
def test_both_ways_to_transform_agree(count, monkeypatch):
    """The product with the matrix and the fast transform, filled with zeros to N, should agree at every length."""
    x = torch.randn(2, count, D)
    product = fnet.FourierMixing(20)(x)
    monkeypatch.setattr(fnet, "DENSE_BELOW", 0)
    torch.testing.assert_close(fnet.FourierMixing(20)(x), product, rtol=1e-5, atol=1e-5)


# -------------------------------------------------------------------------------- sizes and initial values

OWN = {  # parameters that are no linear layer's and no norm's: their mean and deviation for N tokens and D features
    "gmlp": {"spatial_gating_unit.weight": (0, 1e-3 / 60), "spatial_gating_unit.bias": (1, 0)},
    "amlp": {"spatial_gating_unit.weight": (0, 1e-3 / 60), "spatial_gating_unit.bias": (1, 0)},
    "mlp_mixer": {
        "token_mixing.weight_1": (0, 60**-0.5),
        "token_mixing.weight_2": (0, 24**-0.5),  # of D / 2 hidden units
        "token_mixing.bias_1": (0, 0),
        "token_mixing.bias_2": (0, 0),
    },
    "feed_forward_only": {
        "over_tokens.weight_1": (0, 60**-0.5),
        "over_tokens.weight_2": (0, 120**-0.5),  # of 2 N hidden units
        "over_tokens.bias_1": (0, 0),
        "over_tokens.bias_2": (0, 0),
    },
    "resmlp": {
        "cross_patch.weight": (0, 60**-0.5),
        "cross_patch.bias": (0, 0),
        **{f"affine_{number}.alpha": (1, 0) for number in (1, 2)},
        **{f"layer_scale_{number}.alpha": (0.1, 0) for number in (1, 2)},
        **{f"{part}_{number}.beta": (0, 0) for part in ("affine", "layer_scale") for number in (1, 2)},
    },
    "synthesizer": {"attention.weight": (0, 1)},
    "aft full": {"attention_free.position_bias": (0, 0.1)},
    "aft local": {"attention_free.position_bias": (0, 0.1)},
    "conv": {"convolution.weight": (0, 3**-0.5)},
    "conv separable": {"convolution.weight": (0, 3**-0.5)},
}


@pytest.mark.parametrize("name", MAKERS)
def test_initial_values(name):
    """Linear layers should begin uniform in +-1/sqrt(inputs), norms as the identity, the rest as documented."""
    torch.manual_seed(0)
    layer = MAKERS[name](48, 60)
    expected = dict(OWN.get(name, {}))
    for key, module in layer.named_modules():
        if isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            assert module.weight.abs().max() <= bound
            expected[f"{key}.weight"] = (0, bound / math.sqrt(3))
            if module.bias is not None:
                assert module.bias.abs().max() <= bound
                expected[f"{key}.bias"] = (0, bound / math.sqrt(3))
        elif isinstance(module, nn.LayerNorm):
            expected[f"{key}.weight"], expected[f"{key}.bias"] = (1, 0), (0, 0)
    assert {key for key, _ in layer.named_parameters()} == set(expected)
    for key, value in layer.named_parameters():
        mean, deviation = expected[key]
        if deviation:  # within five standard errors of that many normal numbers
            error = 5 / math.sqrt(value.numel())
            assert abs(value.mean().item() - mean) < error * deviation, key
            assert value.std().item() == pytest.approx(deviation, rel=error), key
        else:
            torch.testing.assert_close(value, torch.full_like(value, mean), rtol=0, atol=0)


@torch.no_grad()
def test_gates_begin_open():
    """gMLP's gate should let half of the features through as they are at first, W being near 0 and b 1."""
    torch.manual_seed(0)
    layer, x, mask = gmlp.Layer(16, 6), torch.randn(2, 6, 16), torch.ones(2, 6, dtype=torch.bool)
    z_1, _ = functional.gelu(layer.proj_in(layer.norm(x))).chunk(2, dim=-1)
    torch.testing.assert_close(layer(x, mask), x + layer.proj_out(z_1), rtol=0, atol=1e-2)


@torch.no_grad()
def test_layers_without_norms_begin_near_the_identity():
    """A branch of ResMLP should add a tenth of what it would add without LayerScale."""
    torch.manual_seed(0)
    layer, x, mask = resmlp.Layer(16, 6), torch.randn(2, 6, 16), torch.ones(2, 6, dtype=torch.bool)
    after = x + 0.1 * layer.cross_patch(x)
    torch.testing.assert_close(layer(x, mask), after + 0.1 * layer.cross_channel(after))


@pytest.mark.parametrize("make", [gmlp.Layer, lambda d, n: amlp.Layer(d, n, 4)])
def test_the_seed_gives_u_and_v_before_w(make):
    """U, V and W should be drawn in this order and listed as W, b, U, V: the numbers of records rest on it."""
    torch.manual_seed(3)
    layer = make(D, N)
    size = layer.gate_norm.normalized_shape[0]
    torch.manual_seed(3)
    u, v, w = nn.Linear(D, 2 * size), nn.Linear(size, D), torch.randn(N, N) * (1e-3 / N)
    expected = [w, torch.ones(N, 1), u.weight, u.bias, v.weight, v.bias]
    assert all(one.equal(other) for one, other in zip(layer.parameters(), expected, strict=False))


@pytest.mark.parametrize(
    ("module", "part", "settings", "units"),
    [
        (mlp_mixer, "token_mixing", (), 8),
        (feed_forward_only, "over_tokens", (1,), 6),
        (feed_forward_only, "over_tokens", (2,), 12),
    ],
)
def test_hidden_units_over_tokens(module, part, settings, units):
    """MLP-Mixer should have half as many as features, DYENA as many as tokens or a multiple."""
    mixing = getattr(module.Layer(16, 6, *settings), part)
    assert mixing.weight_1.shape == (units, 6)
    assert mixing.weight_2.shape == (6, units)


@pytest.mark.parametrize("length", [49, 64, 256])  # patches of mnist, of cifar10, and texts
@pytest.mark.parametrize("name", SHIPPED)
def test_layers_have_one_budget(name, length):
    """As it ships, a layer should have 12 D^2 parameters to within 1.5 %, whatever mixes its tokens."""
    name, given = shelves.split_settings(name)
    module = shelves.load(ENTRIES[name])
    model = module.build(shelves.configure(ENTRIES[name], module, given), TASK, "cpu", 0)
    layer = model.make_layer(128, length)
    assert sum(parameter.numel() for parameter in layer.parameters()) == pytest.approx(12 * 128**2, rel=0.015)
