"""How fast attention in windows and with biases by distance is beside forms that have a table of all pairs.

Run with ``pytest tests/benchmarks/test_attention_speed.py``. One text, eight heads of 64 features, two threads, float32. The
tables of the dense side, masks and biases, are laid out before the clock starts. Every suite has a floor under its ratio.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from baselines.lm import alibi_attention, biased_attention, two_region_attention, windowed_attention

HEADS, SIZE, WINDOW, THREADS = 8, 64, 256, 2


@pytest.fixture(autouse=True)
def two_threads():
    """Both sides have two threads, whatever the machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


def drawn(tokens, count=3, texts=1):
    """Random vectors (B, H, T, D)."""
    torch.manual_seed(0)
    return [torch.randn(texts, HEADS, tokens, SIZE) for _ in range(count)]


def table(line):
    """What a line (H, T) of biases by distance is for all pairs, (H, T, T), with the future at minus infinity."""
    tokens = line.shape[1]
    longer = torch.cat([line.flip(-1), line.new_full((len(line), tokens - 1), -math.inf)], -1)
    return longer.unfold(-1, tokens, 1).flip(-2).contiguous()


def band(tokens, window):
    """A mask of all pairs, (1, T, T), that leaves a window."""
    line = torch.zeros(1, tokens)
    line[:, window:] = -math.inf
    return table(line)


def training(attend, *inputs):
    """A call that attends and goes backward to all inputs."""
    inputs = [x.clone().requires_grad_() for x in inputs]
    slope = torch.randn(inputs[0].shape, generator=torch.Generator().manual_seed(1))  # the same one for both sides
    return lambda: torch.autograd.grad(attend(*inputs), inputs, slope)


def reading(attend, *inputs):
    """A call that attends."""

    @torch.inference_mode()
    def call():
        return attend(*inputs)

    return call


PASSES = {"forward": reading, "with backward": training}


@pytest.fixture
def contest(duel, benchmark):
    """A function that checks two forms against each other, times them in turn, and holds the ratio to a floor."""

    def run(kind, ours, theirs, inputs, floor, rounds=5):
        mine, other = (PASSES[kind](attend, *inputs) for attend in (ours, theirs))
        for one, two in zip(mine(), other(), strict=True):
            torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)
        duel(mine, other, rounds=rounds)
        benchmark.extra_info["floor"] = floor
        assert benchmark.extra_info["times_faster"] >= floor

    return run


@pytest.mark.parametrize(("kind", "floor"), [("forward", 12), ("with backward", 10)])
def test_window_beside_a_band_mask(contest, kind, floor):
    """A window of 256 among 8,192 tokens against the fused kernel with a mask of all pairs."""
    mask = band(8192, WINDOW)
    contest(
        kind,
        lambda q, k, v: windowed_attention(q, k, v, WINDOW),
        lambda q, k, v: scaled_dot_product_attention(q, k, v, attn_mask=mask),
        drawn(8192),
        floor,
        rounds=5 if kind == "forward" else 3,
    )


@pytest.mark.parametrize(("kind", "floor"), [("forward", 4), ("with backward", 2)])
def test_window_beside_local_attention(contest, kind, floor):
    """The same window against the package local-attention, which counts a window without the query's own key."""
    peer = pytest.importorskip("local_attention").LocalAttention(
        WINDOW, causal=True, exact_windowsize=True, use_rotary_pos_emb=False
    )
    contest(kind, lambda q, k, v: windowed_attention(q, k, v, WINDOW + 1), peer, drawn(8192), floor)


@pytest.mark.parametrize("kind", PASSES)
def test_alibi_beside_a_dense_bias(contest, kind):
    """ALiBi with its published slopes over 4,096 tokens against the fused kernel with a bias for all pairs of each head."""
    slopes = 0.5 ** torch.arange(1, HEADS + 1)
    mask = table(-slopes[:, None] * torch.arange(4096))[None]
    contest(
        kind,
        lambda q, k, v: alibi_attention(q, k, v, slopes),
        lambda q, k, v: scaled_dot_product_attention(q, k, v, attn_mask=mask),
        drawn(4096),
        1.3,
    )


@pytest.mark.parametrize(("tokens", "floor"), [(512, 1), (2048, 1.3)])
def test_learned_biases_beside_a_dense_bias(contest, tokens, floor):
    """Biases by distance that learn, four texts, against a table of all pairs from which PyTorch learns them."""
    line = torch.randn(HEADS, tokens)
    contest(
        "with backward",
        biased_attention,
        lambda q, k, v, line: scaled_dot_product_attention(q, k, v, attn_mask=table(line)[None]),
        [*drawn(tokens, texts=2048 // tokens), line],
        floor,
    )


def test_two_regions_beside_all_pairs(contest):
    """Near and far vectors over 2,048 tokens against both tables of logits and a choice between them."""
    distance = torch.arange(2048)[:, None] - torch.arange(2048)

    def dense(near_q, near_k, far_q, far_k, v):
        logits = torch.where(distance < WINDOW, near_q @ near_k.mT, far_q @ far_k.mT).div_(SIZE**0.5)
        return logits.masked_fill_(distance < 0, -math.inf).softmax(-1) @ v

    contest("forward", lambda *given: two_region_attention(*given, WINDOW), dense, drawn(2048, 5), 2)


@pytest.mark.parametrize("kind", PASSES)
def test_cost_grows_with_the_length(benchmark, kind):
    """Eight times the tokens should cost a window eight times as much: the exponent of the cost lies in 0.9 to 1.1."""
    lengths = (2048, 4096, 8192, 16384)
    calls = {n: PASSES[kind](lambda q, k, v: windowed_attention(q, k, v, WINDOW), *drawn(n)) for n in lengths}
    seconds = {n: [] for n in lengths}
    for _ in range(8):
        for n, call in calls.items():
            began = time.perf_counter()
            call()
            seconds[n].append(time.perf_counter() - began)
    benchmark.pedantic(calls[2048], rounds=3)
    costs = [math.log(statistics.median(taken[1:])) for taken in seconds.values()]  # the first round warms up
    exponent = statistics.linear_regression([math.log(n) for n in lengths], costs).slope
    benchmark.extra_info["exponent"] = round(exponent, 3)
    assert 0.9 <= exponent <= 1.1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the peak that Linux keeps of a process")
def test_memory_of_a_window(benchmark):
    """A training step over 16,384 tokens should raise a fresh process by less than half of one table of their pairs.

    That table alone has 1.07 GB in float32, and a mask of the dense form is one; q, k, v, their gradients, the answer and
    its gradient have 0.27 GB, of which q, k, v and the last are there before.
    """
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}  # what is freed leaves the process at once

    def megabytes():
        command, root = [sys.executable, __file__], Path(__file__).parents[2]
        told = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
        return float(told.stdout)

    grown = benchmark.pedantic(megabytes, rounds=1)
    benchmark.extra_info.update(megabytes=round(grown), of_one_table=round(grown * 1e6 / (4 * 16384**2), 2))
    assert grown < 0.5 * 4 * 16384**2 / 1e6


def growth():
    """Peak memory of a training step beyond what the process holds before it, in megabytes."""
    torch.set_num_threads(1)
    step = training(lambda q, k, v: windowed_attention(q, k, v, WINDOW), *drawn(16384))
    (before,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    step()
    (after,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return (int(after.split()[1]) - int(before.split()[1])) * 1024 / 1e6


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    print(growth())
