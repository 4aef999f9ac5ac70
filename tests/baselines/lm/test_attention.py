"""Every form of attention against one that lays out all pairs of places, in float64: answers and gradients."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from baselines.lm import (
    _attention_alibi,
    _attention_full,
    _attention_regions,
    _attention_window,
    alibi_attention,
    biased_attention,
    full_attention,
    two_region_attention,
    windowed_attention,
)

tokens = st.integers(1, 90)
windows = st.integers(1, 100)
scales = st.sampled_from([None, 0.3, 2.0])
seeds = st.integers(0, 1000)
blocks = st.sampled_from([1, 3, 16, 256])
SIZE = 4


def drawn(seed, length, count, heads=2, kind=torch.float64, size=SIZE, texts=2):
    """Random tensors (B, H, T, D)."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(texts, heads, length, size, generator=generator).to(kind) for _ in range(count)]


def numbers(seed, *shape):
    """Random biases in float64, other ones than the vectors of the same seed."""
    return 2 * torch.randn(shape, generator=torch.Generator().manual_seed(seed + 7777)).double()


def distances(length):
    """m - n of all pairs, (T, T)."""
    return torch.arange(length)[:, None] - torch.arange(length)


def dense(logits, v, seen=None):
    """What is expected: a softmax over all pairs (B, H, T, T) that are no future and ``seen``."""
    distance = distances(v.shape[2])
    visible = (distance >= 0) if seen is None else (distance >= 0) & seen
    return logits.masked_fill(~visible, -math.inf).softmax(-1) @ v


def products(q, k, scale=None):
    """q k^T of all pairs."""
    return q @ k.mT * (q.shape[-1] ** -0.5 if scale is None else scale)


def near(length, window, sinks=0):
    """Which pairs a window and sinks leave."""
    return (distances(length) < window) | (torch.arange(length) < sinks)


def agree(ours, expected, inputs, atol=1e-9, rtol=1e-9):
    """Answers, and gradients by every input of a random direction."""
    mine = [x.detach().clone().requires_grad_() for x in inputs]
    exact = [x.detach().double().clone().requires_grad_() for x in inputs]
    found, wanted = ours(*mine), expected(*exact)
    assert found.dtype == inputs[0].dtype
    torch.testing.assert_close(found.double(), wanted, atol=atol, rtol=rtol)
    slope = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(1)).double()
    options = {"allow_unused": True, "materialize_grads": True}
    slopes = torch.autograd.grad(found, mine, slope.to(found.dtype), **options)
    for one, two in zip(slopes, torch.autograd.grad(wanted, exact, slope, **options), strict=True):
        torch.testing.assert_close(one.double(), two, atol=atol, rtol=rtol)


@given(tokens, seeds, scales)
@settings(max_examples=15, deadline=None)
def test_full(length, seed, scale):
    """All keys before a query, and its own, should be seen."""
    agree(
        lambda q, k, v: full_attention(q, k, v, scale),
        lambda q, k, v: dense(products(q, k, scale), v),
        drawn(seed, length, 3),
    )


@given(tokens, windows, st.sampled_from([0, 0, 1, 5]), seeds, scales, st.sampled_from([1, 3, 32]))
@settings(max_examples=60, deadline=None)
def test_windowed(length, window, sinks, seed, scale, step):
    """A query should see its window and the sinks, however these and the blocks compare with the length."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_attention_window, "STEP", step)
        agree(
            lambda q, k, v: windowed_attention(q, k, v, window, scale=scale, sinks=sinks),
            lambda q, k, v: dense(products(q, k, scale), v, near(length, window, sinks)),
            drawn(seed, length, 3),
        )


@given(tokens, windows, st.sampled_from([0, 0, 1, 5]), seeds, scales, st.sampled_from([1, 3, 32]))
@settings(max_examples=60, deadline=None)
def test_windowed_with_biases(length, window, sinks, seed, scale, step):
    """Biases should go by the distance, stop at the window's last one for sinks beyond, and learn."""
    places = distances(length).clamp(0, window - 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_attention_window, "STEP", step)
        agree(
            lambda q, k, v, bias: windowed_attention(q, k, v, window, bias, scale, sinks),
            lambda q, k, v, bias: dense(products(q, k, scale) + bias[:, places], v, near(length, window, sinks)),
            [*drawn(seed, length, 3), numbers(seed, 2, window)],
        )


@given(tokens, seeds, scales, blocks)
@settings(max_examples=60, deadline=None)
def test_biased(length, seed, scale, rows):
    """Biases should go by the distance, and learn; those that do not learn should give the same."""
    inputs, places = [*drawn(seed, length, 3), numbers(seed, 2, length)], distances(length).clamp(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_attention_full, "ROWS", rows)
        patch.setattr(_attention_full, "LEARNED_ROWS", rows)
        agree(
            lambda q, k, v, bias: biased_attention(q, k, v, bias, scale),
            lambda q, k, v, bias: dense(products(q, k, scale) + bias[:, places], v),
            inputs,
        )
        bias = inputs.pop()
        agree(
            lambda q, k, v: biased_attention(q, k, v, bias, scale),
            lambda q, k, v: dense(products(q, k, scale) + bias[:, places], v),
            inputs,
        )


@given(tokens, seeds, scales, st.lists(st.sampled_from([0.0, 0.01, 0.5, 4.0, 30.0]), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_alibi(length, seed, scale, slopes):
    """The bias should be the slope times the distance, whichever heads are given a window of their own."""
    slopes = torch.tensor(slopes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_attention_alibi, "MIN_TOKENS", 1)
        patch.setattr(_attention_alibi, "MAX_SHARE", 0.9)
        agree(
            lambda q, k, v: alibi_attention(q, k, v, slopes, scale),
            lambda q, k, v: dense(products(q, k, scale) - slopes.double()[:, None, None] * distances(length), v),
            drawn(seed, length, 3, heads=len(slopes)),
        )


@given(tokens, windows, seeds, scales, st.sampled_from([1, 3, 64]))
@settings(max_examples=60, deadline=None)
def test_two_regions(length, window, seed, scale, rows):
    """Near keys should be weighed by one pair of vectors and far ones by another, under one softmax."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_attention_regions, "ROWS", rows)
        agree(
            lambda a, b, c, d, v: two_region_attention(a, b, c, d, v, window, scale),
            lambda a, b, c, d, v: dense(
                torch.where(near(length, window), products(a, b, scale), products(c, d, scale)), v
            ),
            drawn(seed, length, 5),
        )


LONG = 1101
FORMS = {
    "full": (full_attention, None),
    "windowed": (lambda q, k, v: windowed_attention(q, k, v, 100, sinks=2), near(LONG, 100, 2)),
    "biased": (lambda q, k, v: biased_attention(q, k, v, LINE), None),
    "alibi": (lambda q, k, v: alibi_attention(q, k, v, SLOPES), None),
    "two_regions": (lambda q, k, v: two_region_attention(q, k, k, q, v, 70), None),
}
SLOPES = torch.tensor([0.5, 1 / 256])
LINE = numbers(0, 2, LONG).float()


def all_pairs(name, q, k, v):
    """What a form of ``FORMS`` should give."""
    logits = products(q, k)
    if name == "two_regions":
        logits = torch.where(near(LONG, 70), logits, products(k, q))
    elif name == "biased":
        logits = logits + LINE.double()[:, distances(LONG).clamp(0)]
    elif name == "alibi":
        logits = logits - SLOPES.double()[:, None, None] * distances(LONG)
    return dense(logits, v, FORMS[name][1])


@pytest.mark.parametrize("name", FORMS)
def test_float32_is_close_enough(name):
    """At a thousand tokens, in float32 and with blocks as they are used, all should be within 1e-5."""
    agree(
        FORMS[name][0],
        lambda *given: all_pairs(name, *given),
        drawn(2, LONG, 3, kind=torch.float32, size=64, texts=1),
        atol=1e-5,
        rtol=1e-5,
    )


@pytest.mark.parametrize("name", FORMS)
def test_bf16_is_close(name):
    """In bf16 answers and gradients should be those of the same vectors to bf16's two digits."""
    inputs = drawn(3, LONG, 3, kind=torch.bfloat16, size=32, texts=1)
    agree(FORMS[name][0], lambda *given: all_pairs(name, *given), inputs, atol=0.06, rtol=0.02)


@pytest.mark.parametrize("name", FORMS)
def test_the_future_changes_nothing(name):
    """Other tokens from some place on should leave what comes before as it is."""
    given = drawn(4, LONG, 3, kind=torch.float32)
    other = [torch.cat([x[:, :, :700], y[:, :, 700:]], 2) for x, y in zip(given, drawn(5, LONG, 3), strict=True)]
    before, after = FORMS[name][0](*given), FORMS[name][0](*(x.float() for x in other))
    torch.testing.assert_close(after[:, :, :700], before[:, :, :700], atol=1e-6, rtol=1e-6)
    assert not torch.allclose(after[:, :, 700:], before[:, :, 700:])


@pytest.mark.parametrize("name", FORMS)
def test_logits_of_any_size(name):
    """Logits in the ten thousands should leave no number that is none, forward or backward."""
    inputs = [
        (x * spread).requires_grad_()
        for x, spread in zip(drawn(6, LONG, 3, kind=torch.float32), (100, 100, 1), strict=True)
    ]
    found = FORMS[name][0](*inputs)
    slopes = torch.autograd.grad(found.sum(), inputs)
    assert all(x.isfinite().all() for x in (found, *slopes))


@pytest.mark.parametrize("name", FORMS)
def test_vectors_as_a_decoder_has_them(name):
    """Heads that lie side by side in memory, as one layer makes them, should give the same."""
    given = drawn(7, LONG, 3, kind=torch.float32)
    side = torch.stack([x.transpose(1, 2) for x in given], 2).permute(2, 0, 3, 1, 4)
    assert not any(x.is_contiguous() for x in side)
    torch.testing.assert_close(FORMS[name][0](*side), FORMS[name][0](*given), atol=1e-6, rtol=1e-6)


class Largest(TorchDispatchMode):
    """Remembers how many numbers the largest tensor has that any operation made."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run it, and look at what came out."""
        found = func(*args, **(kwargs or {}))
        for x in found if isinstance(found, tuple | list) else (found,):
            self.numbers = max(self.numbers, x.numel()) if isinstance(x, torch.Tensor) else self.numbers
        return found


@pytest.mark.parametrize("learns", [False, True], ids=["fixed", "learns"])
@pytest.mark.parametrize("name", [*FORMS, "windowed with biases"])
def test_no_tensor_has_all_pairs(name, learns):
    """Neither forward nor backward should any tensor be as large as a table of all pairs, or half of one."""
    inputs = [x.requires_grad_() for x in drawn(8, LONG, 3, heads=1, kind=torch.float32, texts=1)]
    line = numbers(8, 1, LONG).float().requires_grad_(learns)
    forms = {
        **{name: form for name, (form, _) in FORMS.items()},
        "biased": lambda q, k, v: biased_attention(q, k, v, line),
        "windowed with biases": lambda q, k, v: windowed_attention(q, k, v, 100, line[:, :100], sinks=2),
        "alibi": lambda q, k, v: alibi_attention(q, k, v, SLOPES[:1]),
    }
    with Largest() as largest:
        forms[name](*inputs).sum().backward()
    assert 0 < largest.numbers < LONG**2 / 2


def test_a_window_of_one_gives_the_values():
    """A query that sees itself alone should take its own value; with a sink, of both what the softmax says."""
    q, k, v = drawn(9, 300, 3)
    torch.testing.assert_close(windowed_attention(q, k, v, 1), v)
    logits = torch.stack([(q * k[:, :, :1]).sum(-1), (q * k).sum(-1)], -1) / 2
    weights = logits[:, :, 1:].softmax(-1)
    wanted = weights[..., :1] * v[:, :, :1] + weights[..., 1:] * v[:, :, 1:]
    torch.testing.assert_close(windowed_attention(q, k, v, 1, sinks=1)[:, :, 1:], wanted)


@pytest.mark.parametrize("window", [300, 301, 5000])
def test_a_window_over_all_is_none(window):
    """A window of the whole length or more should be full attention."""
    q, k, v = drawn(10, 300, 3)
    torch.testing.assert_close(windowed_attention(q, k, v, window), full_attention(q, k, v), atol=0, rtol=0)
    torch.testing.assert_close(two_region_attention(q, k, k, q, v, window), full_attention(q, k, v), atol=0, rtol=0)


def test_steep_heads_are_given_windows(monkeypatch):
    """Heads with steep slopes should get a window, the others none, and each should get its own result."""
    widths = []
    monkeypatch.setattr(
        _attention_alibi,
        "windowed_attention",
        lambda *given: widths.append((given[3], len(given[4]))) or windowed_attention(*given),
    )
    slopes, inputs = 0.5 ** torch.arange(1, 9).flip(0), drawn(11, 1024, 3, heads=8, kind=torch.float32, texts=1)
    found = alibi_attention(*inputs, slopes)
    wanted = dense(products(*inputs[:2]).double() - slopes[:, None, None] * distances(1024), inputs[2].double())
    torch.testing.assert_close(found.double(), wanted, atol=1e-5, rtol=1e-5)
    assert 2 <= len(widths) <= 4
    assert all(1 < width < 512 and heads == 1 for width, heads in widths)


def test_numbers_that_are_none_pass_through_alibi():
    """A vector that is no number should make the answer none, not an error: a loss tells better what happened."""
    q, k, v = drawn(12, LONG, 3, kind=torch.float32)
    q[0, 0, -1] = torch.nan
    assert alibi_attention(q, k, v, SLOPES)[0, 0, -1].isnan().all()


def test_learned_biases_under_autocast():
    """Under autocast the gradients should have the types of what they belong to, and be close."""
    inputs = [x.requires_grad_() for x in (*drawn(13, 150, 3, kind=torch.float32), numbers(13, 2, 150).float())]
    wanted = torch.autograd.grad(biased_attention(*inputs).sum(), inputs)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = biased_attention(*inputs)
    assert found.dtype == torch.bfloat16
    for one, two in zip(torch.autograd.grad(found.sum(), inputs), wanted, strict=True):
        assert one.dtype == torch.float32
        torch.testing.assert_close(one, two, atol=0.1, rtol=0.1)
