"""Each idea against its equations, written out for every pair of positions in double precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from baselines.lm import (
    Scheme,
    alibi,
    hwfa,
    kerple,
    learned,
    log_n,
    nope,
    ntk,
    position_interpolation,
    rerope,
    rope,
    sandwich,
    sinusoidal,
    super_baseline,
    t5_bias,
    window,
    xpos,
)
from harness.errors import UsageError

HEADS, SIZE, LAYERS, LENGTH = 2, 8, 3, 12
LONG = 31


def ready(scheme, length=LENGTH, layers=LAYERS):
    """A scheme set up for a small model, in reading mode."""
    torch.manual_seed(3)
    scheme.setup(HEADS, SIZE, HEADS * SIZE, layers, length)
    return scheme.eval()


def rotation(angle):
    """The rotation of one pair of features."""
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def rotated(x, position, divisor=lambda pair: 1.0, base=10000.0):
    """One vector, rotated pair by pair."""
    out = np.empty_like(x)
    for pair in range(SIZE // 2):
        part = slice(2 * pair, 2 * pair + 2)
        out[part] = rotation(position / divisor(pair) / base ** (2 * pair / SIZE)) @ x[part]
    return out


def direct(logit, q, k, v, seen=lambda m, n: True):
    """Attention of one head, a softmax written out for each query."""
    out = np.zeros_like(v)
    for m in range(len(q)):
        keys = [n for n in range(m + 1) if seen(m, n)]
        weights = np.exp([logit(m, n, q[m], k[n]) for n in keys])
        out[m] = (weights[:, None] * v[keys]).sum(0) / weights.sum()
    return out


def agrees(scheme, logit, tokens=LONG, layer=0, seen=lambda m, n: True):
    """Whether a scheme gives what an equation gives, for each head; logit takes head, m, n, q, k."""
    rng = np.random.default_rng(7)
    q, k, v = (rng.normal(size=(1, HEADS, tokens, SIZE)) for _ in range(3))
    with torch.no_grad():
        given = (torch.tensor(x, dtype=torch.float32) for x in (q, k, v))
        found = scheme.attend(*given, layer).numpy()[0]
    for head in range(HEADS):
        wanted = direct(lambda m, n, a, b, head=head: logit(head, m, n, a, b), q[0, head], k[0, head], v[0, head], seen)
        np.testing.assert_allclose(found[head], wanted, rtol=2e-4, atol=2e-5)


def dot(a, b):
    """q k / sqrt(D)."""
    return float(a @ b) / math.sqrt(SIZE)


def rotary(m, n, a, b, **more):
    """The logit of rotary positions."""
    return dot(rotated(a, m, **more), rotated(b, n, **more))


def test_nope_sees_no_distance():
    """Without positions the logit should be the product alone."""
    agrees(ready(nope.NoPE()), lambda head, m, n, a, b: dot(a, b))


def test_rope():
    """q and k should be rotated by their positions."""
    agrees(ready(rope.Rope()), lambda head, m, n, a, b: rotary(m, n, a, b))


def test_rope_knows_the_distance_alone():
    """Shifting all positions should change no logit."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, SIZE))
    assert rotary(5, 3, a, b) == pytest.approx(rotary(105, 103, a, b))


@pytest.mark.parametrize("heads", [1, 2, 3, 8, 12, 16])
def test_alibi_slopes(heads):
    """Slopes should be geometric from 2^(-8/n), and borrow from the next power where heads are no power of two."""
    found = alibi.alibi_slopes(heads)
    power = 2 ** int(math.log2(heads))
    assert found[:power] == [2 ** (-8 * (number + 1) / power) for number in range(power)]
    assert found[power:] == [2 ** (-8 * (2 * number + 1) / (2 * power)) for number in range(heads - power)]


def test_alibi_is_not_divided_by_the_root_of_d():
    """The slope times the distance should be taken off after the division."""
    agrees(ready(alibi.Alibi()), lambda head, m, n, a, b: dot(a, b) - alibi.alibi_slopes(HEADS)[head] * (m - n))


@pytest.mark.parametrize("kernel", ["log", "power"])
def test_kerple_is_divided_by_the_root_of_d(kernel):
    """The kernel should stand inside the division."""
    scheme = ready(kerple.Kerple(kernel))
    r1, r2 = (part.detach().double().clamp(min=0.01).numpy() for part in (scheme.r1, scheme.r2))

    def logit(head, m, n, a, b):
        distance = m - n
        kernels = {"log": math.log(1 + r2[head] * distance), "power": distance ** r2[head]}
        return (float(a @ b) - r1[head] * kernels[kernel]) / math.sqrt(SIZE)

    agrees(scheme, logit)


def test_kerple_learns_both_numbers():
    """The loss should have a finite gradient in r1 and r2, also at distance 0."""
    scheme = ready(kerple.Kerple("power"))
    q, k, v = torch.randn(3, 1, HEADS, 9, SIZE)
    scheme.attend(q, k, v, 0).square().sum().backward()
    assert all(torch.isfinite(part.grad).all() and (part.grad != 0).all() for part in (scheme.r1, scheme.r2))


def test_t5_buckets_as_printed():
    """Distances below 16 should have buckets of their own, later ones share them by their logarithm, up to the last."""
    found = t5_bias.relative_position_bucket(300).tolist()
    for distance in range(300):
        grown = 16 + math.floor(math.log(max(distance, 1) / 16) / math.log(128 / 16) * 16) if distance >= 16 else 0
        assert found[distance] == (distance if distance < 16 else min(31, grown)), distance


def test_t5_bias():
    """The learned number of the bucket should be added after the division."""
    scheme = ready(t5_bias.T5Bias())
    torch.nn.init.normal_(scheme.table)
    table, buckets = scheme.table.detach().double().numpy(), t5_bias.relative_position_bucket(LONG).tolist()
    agrees(scheme, lambda head, m, n, a, b: dot(a, b) + table[buckets[m - n], head])


def test_sandwich_is_a_product_of_sinusoids():
    """The bias should be the product of two positions' sinusoids over the ratio of the head, up to a constant."""

    def sinusoids(position):
        return np.array([f(position / 10000 ** (2 * i / 128)) for i in range(64) for f in (math.sin, math.cos)])

    def logit(head, m, n, a, b):
        return dot(a, b) + sinusoids(m) @ sinusoids(n) / (8 * (head + 1) / HEADS)

    agrees(ready(sandwich.Sandwich()), logit)


def test_xpos_fades():
    """Each pair of features should decay by its own zeta to the power of the distance over 512."""

    def logit(head, m, n, a, b):
        left, right, total = rotated(a, m), rotated(b, n), 0.0
        for pair in range(SIZE // 2):
            zeta = (pair / (SIZE / 2) + 0.4) / 1.4
            part = slice(2 * pair, 2 * pair + 2)
            total += float(left[part] @ right[part]) * zeta ** ((m - n) / 512)
        return total / math.sqrt(SIZE)

    agrees(ready(xpos.Xpos()), logit)


def test_xpos_by_blocks():
    """Beyond the training length a query should see its own block of half that length and the one before."""

    def logit(head, m, n, a, b):
        left, right = rotated(a, m), rotated(b, n)
        ratios = np.repeat([(pair / (SIZE / 2) + 0.4) / 1.4 for pair in range(SIZE // 2)], 2)
        return float((left * right * ratios ** ((m - n) / 512)).sum()) / math.sqrt(SIZE)

    half = LENGTH // 2
    agrees(ready(xpos.Xpos(blocks=True)), logit, seen=lambda m, n: m // half - n // half <= 1)


def test_position_interpolation():
    """Positions should be divided by the ratio of the window to the training length."""
    factor = LONG / LENGTH
    agrees(
        ready(position_interpolation.InterpolatedRope()), lambda head, m, n, a, b: rotary(m / factor, n / factor, a, b)
    )


@pytest.mark.parametrize("form", ["old", "fixed", "mixed"])
def test_ntk(form):
    """The angle of each pair should be divided as the form says; the smallest one by k, except in the old form."""
    k = LONG / LENGTH
    ratio = k ** (2 / SIZE)
    a_of = math.log(k) / (SIZE / 2) ** 0.625

    def divisor(pair):
        return {
            "old": ratio**pair,
            "fixed": ratio ** (pair + 1),
            "mixed": math.exp(a_of * (pair + 1) ** 0.625),
        }[form]

    assert form == "old" or divisor(SIZE // 2 - 1) == pytest.approx(k)
    agrees(ready(ntk.NtkRope(form)), lambda head, m, n, a, b: rotary(m, n, a, b, divisor=divisor))


@pytest.mark.parametrize("leak", [0.0, 4.0])
def test_rerope(leak):
    """Distances beyond w should count as w, or grow k times slower; below w they should be the true ones."""
    near = LENGTH // 2

    def logit(head, m, n, a, b):
        distance = m - n
        if distance >= near:
            distance = near + (distance - near) / leak if leak else near
        return rotary(distance, 0, a, b)

    agrees(ready(rerope.Rerope(0.5, leak)), logit)


def test_log_n():
    """Logits of a query with m keys should be multiplied by log m / log N; when reading alone never by less than 1."""
    trained, reading = ready(log_n.TrainedLogN()), ready(log_n.LogN())
    agrees(trained, lambda head, m, n, a, b: rotary(m, n, a, b) * math.log(m + 1) / math.log(LENGTH))
    agrees(reading, lambda head, m, n, a, b: rotary(m, n, a, b) * max(1.0, math.log(m + 1) / math.log(LENGTH)))


@pytest.mark.parametrize("sinks", [0, 2])
def test_super_baseline_sees_the_training_length(sinks):
    """A rotary model should see the last N keys when reading, and the first ones where there are sinks."""
    scheme = ready(super_baseline.make_scheme(super_baseline.Config(sinks=sinks)))
    agrees(scheme, lambda head, m, n, a, b: rotary(m, n, a, b), seen=lambda m, n: m - n < LENGTH or n < sinks)


@pytest.mark.parametrize("name", ["alibi", "kerple", "t5_bias", "sandwich"])
def test_super_baseline_on_biases(name):
    """In texts up to the training length a scheme of biases should read as without a window."""
    windowed = ready(super_baseline.make_scheme(super_baseline.Config(scheme=name)))
    plain = {"alibi": alibi.Alibi, "kerple": lambda: kerple.Kerple("log"), "t5_bias": t5_bias.T5Bias}
    whole = ready(plain.get(name, sandwich.Sandwich)())
    q, k, v = torch.randn(3, 1, HEADS, LENGTH, SIZE)
    torch.testing.assert_close(windowed.attend(q, k, v, 0), whole.attend(q, k, v, 0), rtol=1e-4, atol=1e-5)


def test_a_window_has_the_width_of_its_layer():
    """Each layer should see as many keys as its width says, in training as in reading."""
    scheme = ready(window.Windowed("3+5+40"))
    for layer, width in enumerate((3, 5, 40)):
        agrees(scheme, lambda head, m, n, a, b: rotary(m, n, a, b), layer=layer, seen=lambda m, n, w=width: m - n < w)


def test_hwfa_lower_layers_see_a_share_of_the_training_length():
    """(w - 1)(L - 1) + 1 should come as near to a N as it can, and the top layer see all keys without positions."""
    scheme = ready(hwfa.Hwfa(0.75), length=256, layers=4)
    width = scheme.sliding_window(0, 10_000)
    assert (width - 1) * 3 + 1 <= 192 < width * 3 + 1
    assert scheme.sliding_window(3, 10_000) is None
    scheme = ready(hwfa.Hwfa(0.75))
    width = scheme.sliding_window(0, LONG)
    agrees(scheme, lambda head, m, n, a, b: rotary(m, n, a, b), seen=lambda m, n: m - n < width)
    agrees(scheme, lambda head, m, n, a, b: dot(a, b) * math.log(m + 1) / math.log(LENGTH), layer=LAYERS - 1)


def test_sinusoids():
    """The vector of a position should hold sine and cosine of every frequency."""
    found = ready(sinusoidal.Sinusoidal()).embed_positions(40, torch.device("cpu")).double().numpy()
    width = HEADS * SIZE
    for position in (0, 1, 39):
        wanted = [f(position / 10000 ** (2 * i / width)) for i in range(width // 2) for f in (math.sin, math.cos)]
        np.testing.assert_allclose(found[position], wanted, atol=1e-6)


def test_a_learned_table_ends():
    """A position beyond the table should be refused, naming the size of the table."""
    scheme = ready(learned.Learned())
    assert scheme.longest == LENGTH
    assert scheme.embed_positions(LENGTH, torch.device("cpu")).shape == (LENGTH, HEADS * SIZE)
    with pytest.raises(UsageError, match=f"the table of {LENGTH} positions"):
        scheme.embed_positions(LENGTH + 1, torch.device("cpu"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ntk.NtkRope("new"),
        lambda: kerple.Kerple("sine"),
        lambda: rerope.Rerope(0.0, 0.0),
        lambda: rerope.Rerope(0.5, 0.5),
        lambda: hwfa.Hwfa(1.5),
        lambda: window.Windowed("wide"),
        lambda: ready(window.Windowed("3+5")),
        lambda: super_baseline.make_scheme(super_baseline.Config(scheme="learned")),
        lambda: super_baseline.make_scheme(super_baseline.Config(sinks=-1)),
    ],
)
def test_settings_that_cannot_be(make):
    """A setting without a meaning should be refused as one."""
    with pytest.raises(UsageError):
        make()


def test_a_scheme_says_what_its_training_depends_on():
    """A scheme without `trained` could be given the weights of another one, so it should be refused."""

    class Mine(Scheme):
        pass

    with pytest.raises(UsageError, match="Mine does not say what its training depends on"):
        _ = Mine().trained
