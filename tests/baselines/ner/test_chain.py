"""The kernels of the CRF, the plain one too, against enumeration, against log space, and against pytorch-crf."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torchcrf import CRF

from baselines.ner import _chain, crf

KERNELS = {name: crf.functions(name, "cpu") for name in ("torch", "numba", "plain")}


@pytest.fixture(params=KERNELS)
def kernel(request):
    """Loss and search of a kernel."""
    return KERNELS[request.param]


def problem(texts, tokens, tags, seed, size=2.0, kind=torch.float64):
    """Random scores that ask for gradients."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (texts, tokens, tags), (tags, tags), (tags,), (tags,)
    made = (torch.randn(*shape, generator=generator, dtype=torch.float64) * size for shape in shapes)
    return [part.to(kind).requires_grad_() for part in made]


def golden(texts, tokens, tags, seed=3):
    """Random paths (B, T)."""
    return torch.randint(0, tags, (texts, tokens), generator=torch.Generator().manual_seed(seed))


def masked(lengths, tokens):
    """Mask (B, T) of texts of these lengths."""
    return torch.arange(tokens)[None, :] < torch.tensor(lengths)[:, None]


def paths_of(emissions, transitions, start, end, length):
    """All paths of a text and their scores, one by one."""
    paths = list(product(range(len(start)), repeat=length))
    scores = []
    for path in paths:
        score = torch.zeros((), dtype=torch.float64)
        if path:
            score = start[path[0]] + end[path[-1]] + sum(emissions[t, tag] for t, tag in enumerate(path))
            score = score + sum((transitions[a, b] for a, b in pairwise(path)), torch.zeros(()))
        scores.append(score)
    return paths, torch.stack(scores)


def gradients(loss, inputs):
    """Gradients of a loss, zeros where it does not depend on an input: texts of one token have no transition."""
    return torch.autograd.grad(loss, inputs, retain_graph=True, materialize_grads=True)


@pytest.mark.parametrize("tags", [1, 2, 3])
@pytest.mark.parametrize("length", range(7))
def test_enumeration_of_all_paths(kernel, length, tags):
    """Loss, all gradients and the best path should be those of an enumeration, for each length and padding to 6."""
    loss_of, search = kernel
    for tokens in range(max(1, length), 7):
        for kind in (torch.float32, torch.float64):
            scores = problem(2, tokens, tags, length * 10 + tokens, kind=kind)
            mask, gold = masked([length, tokens], tokens), golden(2, tokens, tags)
            emissions, *chain = scores
            loss = loss_of(emissions, gold, *chain, mask)
            exact = [part.detach().double().requires_grad_() for part in scores]
            paths, sums = paths_of(exact[0][0], *exact[1:], length)
            expected = sums.logsumexp(0) - sums[paths.index(tuple(gold[0, :length].tolist()))]
            torch.testing.assert_close(loss[0].double(), expected, atol=1e-5, rtol=1e-5)
            if length and tags > 1:
                got = gradients(loss[0], scores)
                for one, two in zip(got, torch.autograd.grad(expected, exact, allow_unused=True), strict=True):
                    wanted = torch.zeros_like(one) if two is None else two.to(kind)
                    torch.testing.assert_close(one, wanted, atol=1e-5 if kind == torch.float32 else 1e-12, rtol=1e-5)
            best = search(*scores, mask)[0]
            assert tuple(best[:length].tolist()) == paths[int(sums.argmax())]
            assert (best[length:] == 0).all()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 5), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_gradients_are_marginals_less_counts(lengths, tags, seed):
    """With the gold counts added, gradients should be distributions at each token, whatever mix of lengths."""
    tokens = max([1, *lengths])
    emissions, *chain = problem(len(lengths), tokens, tags, seed)
    mask, gold = masked(lengths, tokens), golden(len(lengths), tokens, tags)
    for loss_of, _ in KERNELS.values():
        loss = loss_of(emissions, gold, *chain, mask)
        slopes = gradients(loss.sum(), [emissions, *chain])
        marginals = slopes[0] + torch.nn.functional.one_hot(gold, tags) * mask[..., None]
        torch.testing.assert_close(marginals.sum(-1), mask.double())
        assert (marginals >= -1e-12).all()
        for slope in slopes:  # as many are expected as are counted
            torch.testing.assert_close(slope.sum(), torch.zeros((), dtype=torch.float64), atol=1e-9, rtol=0)
        assert (loss >= -1e-9).all()


@given(
    lengths=st.lists(st.integers(0, 60), min_size=1, max_size=4),
    tags=st.integers(1, 6),
    seed=st.integers(0, 1000),
    local=st.sampled_from([0.1, 3.0, 300.0]),
    moves=st.sampled_from([0.1, 3.0, 30.0, 100.0]),
)
@example(lengths=[0, 12, 0, 55], tags=4, seed=36, local=300.0, moves=100.0)
@settings(max_examples=60, deadline=None)
def test_scores_of_any_size(lengths, tags, seed, local, moves):
    """The fast kernels' loss and gradients should be the plain one's for any scores; transitions within 350 nats."""
    tokens = max([1, *lengths])
    emissions, transitions, start, end = problem(len(lengths), tokens, tags, seed, size=1.0)
    moves = min(moves, 350.0 / max(1e-3, float(transitions.detach().max() - transitions.detach().min())))
    scores = emissions * local, transitions * moves, start * local, end * local
    gold, mask = golden(len(lengths), tokens, tags, seed), masked(lengths, tokens)
    reference = crf.negative_log_likelihood(scores[0], gold, *scores[1:], mask)
    slopes = gradients(reference.sum(), scores)
    for name in ("torch", "numba"):
        loss = KERNELS[name][0](scores[0], gold, *scores[1:], mask)
        torch.testing.assert_close(loss, reference, atol=1e-8, rtol=1e-10)
        for one, two in zip(gradients(loss.sum(), scores), slopes, strict=True):
            torch.testing.assert_close(one, two, atol=1e-8, rtol=1e-8)


def test_a_long_chain_neither_overflows_nor_vanishes(kernel):
    """Thousands of steps that all shrink, or all grow, should give the known sums of identical factors."""
    tokens, tags = 3000, 4
    shrink = torch.full((tags, tags), -3.0, dtype=torch.float64)
    shrink[0, 1] = 0.0  # the largest score, which no long path can use twice in turn
    grow = torch.zeros(tags, tags, dtype=torch.float64)
    flat, none = torch.zeros(1, tokens, tags, dtype=torch.float64), torch.zeros(tags, dtype=torch.float64)
    gold, mask = torch.zeros(1, tokens, dtype=torch.int64), masked([tokens], tokens)
    assert kernel[0](flat, gold, grow, none, none, mask).item() == pytest.approx(tokens * math.log(tags), rel=1e-12)
    expected = crf.negative_log_likelihood(flat, gold, shrink, none, none, mask)
    torch.testing.assert_close(kernel[0](flat, gold, shrink, none, none, mask), expected, rtol=1e-12, atol=0)


def test_forbidden_moves(kernel):
    """Transitions of minus infinity should leave the paths without them, in loss, gradients and the best path."""
    emissions, transitions, start, end = problem(2, 6, 3, seed=4)
    ban = torch.tensor([[False, False, True], [True, False, False], [False, False, False]])
    scores = [emissions, transitions.masked_fill(ban, float("-inf")), start, end]
    gold = torch.tensor([[0, 1, 1, 2, 0, 0], [2, 1, 1, 0, 0, 0]])
    loss = kernel[0](emissions, gold, *scores[1:], masked([6, 3], 6))
    slopes = torch.autograd.grad(loss.sum(), [emissions, transitions, start, end])
    assert not slopes[1][ban].any()
    assert all(slope.isfinite().all() for slope in slopes)
    best = kernel[1](*scores, masked([6, 3], 6))
    for text, length in enumerate((6, 3)):
        paths, sums = paths_of(emissions[text], *scores[1:], length)
        own = paths.index(tuple(gold[text, :length].tolist()))
        torch.testing.assert_close(loss[text], sums.logsumexp(0) - sums[own])
        assert tuple(best[text, :length].tolist()) == paths[int(sums.argmax())]


@pytest.mark.parametrize(("tokens", "tags"), [(64, 9), (256, 21)])
def test_agrees_with_pytorch_crf(kernel, tokens, tags):
    """At real sizes loss, gradients and best paths should be those of pytorch-crf."""
    scores = problem(16, tokens, tags, seed=1)
    lengths = [tokens, *torch.randint(1, tokens, (15,), generator=torch.Generator().manual_seed(0)).tolist()]
    mask, gold = masked(lengths, tokens), golden(16, tokens, tags)
    other = CRF(tags, batch_first=True).double()
    theirs = other.transitions, other.start_transitions, other.end_transitions
    with torch.no_grad():
        for own, copy in zip(scores[1:], theirs, strict=True):
            copy.copy_(own)
    emissions, *chain = scores
    loss = kernel[0](emissions, gold, *chain, mask).mean()
    reference = -other(emissions, gold, mask, reduction="mean")
    torch.testing.assert_close(loss, reference)
    expected = torch.autograd.grad(reference, [emissions, *theirs])
    for one, two in zip(gradients(loss, scores), expected, strict=True):
        torch.testing.assert_close(one, two, atol=1e-9, rtol=1e-7)
    best = kernel[1](*scores, mask)
    assert [best[text, :n].tolist() for text, n in enumerate(lengths)] == other.decode(emissions, mask)


def test_what_stands_behind_the_end_does_not_count(kernel):
    """Scores that are not numbers and tags that do not exist should change nothing behind a text's end."""
    emissions, *chain = problem(3, 8, 4, seed=6)
    mask, gold = masked([8, 5, 0], 8), golden(3, 8, 4)
    spoiled = emissions.detach().masked_fill(~mask[..., None], float("nan")).requires_grad_()
    found = []
    for scores, tags in ((emissions, gold), (spoiled, gold.masked_fill(~mask, -100))):
        loss = kernel[0](scores, tags, *chain, mask)
        found.append([loss, *torch.autograd.grad(loss.sum(), [scores, *chain])])
        found[-1].append(torch.from_numpy(kernel[1](scores, *chain, mask)))
    for one, two in zip(*found, strict=True):
        torch.testing.assert_close(one, two, atol=0, rtol=0)


@given(
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=4),
    tags=st.integers(1, 5),
    seed=st.integers(0, 1000),
    whole=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_best_paths_of_all_kernels_are_one(lengths, tags, seed, whole):
    """Fast and plain search should give the same tags, also where paths tie, as they do with small whole numbers."""
    tokens = max([1, *lengths])
    scores = [part.detach() for part in problem(len(lengths), tokens, tags, seed, kind=torch.float32)]
    scores = [part.round() for part in scores] if whole else scores
    found = [search(*scores, masked(lengths, tokens)).tolist() for _, search in KERNELS.values()]
    assert found[0] == found[1] == found[2]


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 6), st.integers(1, 9), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_torch_takes_the_same_steps_as_numpy(tokens, texts, tags, every, seed):
    """The recursion as it runs on a GPU should give what it gives on a CPU, and equal the plain product of steps."""
    generator = torch.Generator().manual_seed(seed)
    local = torch.rand(2, tokens, texts, tags, generator=generator, dtype=torch.float64)
    steps = torch.rand(2, tags, tags, generator=generator, dtype=torch.float64)
    one = _chain.recursion(local.clone(), steps, every, np)
    two = _chain.recursion(local.clone(), steps, every, torch)
    for left, right in zip(one, two, strict=True):
        torch.testing.assert_close(left, right, atol=0, rtol=1e-12)
    plain = local[0, 0]
    for t in range(1, tokens):
        plain = (plain @ steps[0]) * local[0, t]
    torch.testing.assert_close(one[1][0, -1] * one[2].prod(0)[:, None], plain)


def test_gradient_check(kernel):
    """Numerical differences should agree with the gradient, with padding and weights of texts."""
    emissions, *chain = problem(3, 5, 3, seed=5, size=1.0)
    mask, gold = masked([5, 2, 0], 5), golden(3, 5, 3)
    weights = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda emissions, *chain: kernel[0](emissions, gold, *chain, mask) * weights, (emissions, *chain)
    )
