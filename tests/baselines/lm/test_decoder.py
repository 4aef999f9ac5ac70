"""The decoder: initial values, and its layers against naive arithmetic in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from baselines.lm import Decoder, alibi, kerple, learned, nope, rope, t5_bias
from baselines.lm._decoder import _code_digest
from harness.errors import UsageError
from harness.spec import Example

TEXT = "the clocks of the town had stopped. " * 20
WIDTH, HEADS, LAYERS, LENGTH = 64, 4, 3, 16


def prepared(module, letters, seed=3, length=LENGTH, **settings):
    """A decoder of a model file, with parameters."""
    config = module.Config(layers=LAYERS, width=WIDTH, heads=HEADS, **settings)
    model = module.build(config, letters, "cpu", seed)
    model.prepare([Example("a", TEXT, ((0, len(TEXT)),))], length)
    return model.eval()


def spread(weight):
    """The standard deviation of a parameter."""
    return float(weight.detach().double().std())


def test_matrices_start_as_said(letters):
    """Deviations should be 1 / sqrt(inputs), smaller by sqrt(2 L) for output matrices; norms start as identities."""
    model = prepared(nope, letters)
    assert spread(model.embedding.weight) == pytest.approx(WIDTH**-0.5, rel=0.03)
    for block in model.blocks:
        assert spread(block.qkv.weight) == pytest.approx(WIDTH**-0.5, rel=0.03)
        assert spread(block.wide.weight) == pytest.approx(WIDTH**-0.5, rel=0.03)
        assert spread(block.out.weight) == pytest.approx((2 * LAYERS * WIDTH) ** -0.5, rel=0.05)
        assert spread(block.narrow.weight) == pytest.approx((2 * LAYERS * 4 * WIDTH) ** -0.5, rel=0.05)
        assert block.qkv.bias is None
        assert (block.norm_attention.weight == 1).all()
        assert (block.norm_attention.bias == 0).all()
    assert (prepared(rope, letters, bias=True).blocks[0].qkv.bias == 0).all()


def test_schemes_start_as_said(letters):
    """T5's table should be zero, learned positions small, and KERPLE's numbers in their ranges, for many heads."""
    assert (prepared(t5_bias, letters).scheme.table == 0).all()
    assert spread(prepared(learned, letters, length=500).scheme.table) == pytest.approx(0.02 * WIDTH**0.5, rel=0.03)
    scheme = kerple.Kerple("power")
    torch.manual_seed(0)
    scheme.setup(heads=2000, head_dim=4, width=8000, layers=1, length=8)
    for part, top in ((scheme.r1, 2.0), (scheme.r2, 1.0)):
        values = part.detach()
        assert float(values.min()) == pytest.approx(0.01)
        assert 0.99 * top < float(values.max()) <= top
        assert float(values.mean()) == pytest.approx(top / 2, rel=0.05)


def test_the_schemes_parameters_are_drawn_last(letters):
    """Models that differ in their scheme should have the same matrices from the same seed."""
    plain, other = prepared(nope, letters), prepared(learned, letters)
    for name, weight in plain.named_parameters():
        assert weight.equal(other.get_parameter(name)), name


def layer_norm(x, norm):
    """LayerNorm of the last axis."""
    weight, bias = (part.detach().double().numpy() for part in (norm.weight, norm.bias))
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + norm.eps) * weight + bias


def gelu(x):
    """x times the normal distribution function."""
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def naive(model, ids, positions, bias):
    """Nats of each next token of ids (T + 1,), one head, query and key at a time."""
    given = {name: part.detach().double().numpy() for name, part in model.named_parameters()}
    x = given["embedding.weight"][ids[:-1]] * math.sqrt(WIDTH) + positions
    size = WIDTH // HEADS
    for number, block in enumerate(model.blocks):
        own = {name: given[f"blocks.{number}.{name}.weight"] for name in ("qkv", "out", "wide", "narrow")}
        q, k, v = np.split(layer_norm(x, block.norm_attention) @ own["qkv"].T, 3, axis=-1)
        mixed = np.zeros_like(x)
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            for m in range(len(x)):
                logits = [q[m, part] @ k[n, part] / math.sqrt(size) + bias(head, m - n) for n in range(m + 1)]
                weights = np.exp(logits)
                mixed[m, part] = (weights / weights.sum()) @ v[: m + 1, part]
        x = x + mixed @ own["out"].T
        x = x + gelu(layer_norm(x, block.norm_middle) @ own["wide"].T) @ own["narrow"].T
    logits = layer_norm(x, model.norm) @ given["embedding.weight"].T
    return [math.log(np.exp(row).sum()) - row[target] for row, target in zip(logits, ids[1:], strict=True)]


@pytest.mark.parametrize("name", ["nope", "learned", "alibi"])
def test_the_whole_decoder(letters, name):
    """Costs and loss should be those of the equations: embeddings, pre-norm layers, residuals, tied output."""
    model = prepared({"nope": nope, "learned": learned, "alibi": alibi}[name], letters)
    ids = np.random.default_rng(0).integers(0, 257, LENGTH + 1)
    positions = model.scheme.table.detach().double().numpy() if name == "learned" else np.zeros((LENGTH, WIDTH))
    slopes = alibi.alibi_slopes(HEADS) if name == "alibi" else [0.0] * HEADS
    wanted = naive(model, ids, positions, lambda head, distance: -slopes[head] * distance)
    found, likeliest = model.nats(ids[None], LENGTH)
    np.testing.assert_allclose(found[0], wanted, rtol=1e-4)
    np.testing.assert_allclose(model.nats(ids[None], 5)[0], found[:, -5:], rtol=1e-5)
    assert likeliest.shape == (1, LENGTH)
    counts = np.arange(LENGTH)[None] % 3 == 0
    assert float(model.loss(ids[None], counts).detach()) == pytest.approx(
        np.mean(np.array(wanted)[counts[0]]), rel=1e-4
    )


def test_shapes_that_cannot_be(letters):
    """A width that heads cannot share evenly, and a size of none, should be refused."""
    for settings in ({"width": 30, "heads": 4}, {"width": 6, "heads": 2}, {"layers": 0}):
        with pytest.raises(UsageError):
            nope.build(nope.Config(**settings), letters, "cpu", 0)
    with pytest.raises(UsageError, match="call prepare"):
        Decoder(nope.Config(), nope.NoPE(), letters, "cpu", 0).pieces("a")


def test_weights_are_shared_by_what_trains_alike(tmp_path, monkeypatch):
    """The digest of the code should be equal for schemes that only read differently, and cover all their files."""
    from baselines.lm import hwfa, ntk, rerope, xpos

    base = _code_digest(rope.Rope())
    assert base == _code_digest(ntk.NtkRope("mixed")) == _code_digest(rerope.Rerope(0.5, 0.0))
    assert len({base, _code_digest(xpos.Xpos()), _code_digest(hwfa.Hwfa(0.75))}) == 3
    other = tmp_path / "rope.py"
    other.write_text("other code", encoding="utf-8")
    found = _code_digest(xpos.Xpos())
    monkeypatch.setattr(rope, "__file__", str(other))  # xPos trains through the file of RoPE as well
    assert _code_digest(xpos.Xpos()) != found
