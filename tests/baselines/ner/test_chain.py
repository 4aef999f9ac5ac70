"""The CRF's mathematics against enumeration of all paths, and against pytorch-crf."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchcrf import CRF

from baselines.ner._chain import log_partition, score_sequence, viterbi


def problem(texts, tokens, tags, seed, size=2.0):
    """Random scores in float64 that ask for gradients."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (texts, tokens, tags), (tags, tags), (tags,), (tags,)
    return [(torch.randn(*s, generator=generator, dtype=torch.float64) * size).requires_grad_() for s in shapes]


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


@pytest.mark.parametrize("tags", [1, 2, 3])
@pytest.mark.parametrize("length", range(7))
def test_enumeration_of_all_paths(length, tags):
    """Loss, all gradients and the best path should be those of an enumeration, for each length and padding to 6."""
    for tokens in range(max(1, length), 7):
        scores = problem(2, tokens, tags, seed=length * 10 + tokens)
        mask = masked([length, tokens], tokens)
        gold = torch.randint(0, tags, (2, tokens), generator=torch.Generator().manual_seed(3))
        emissions, transitions, start, end = scores
        loss = log_partition(*scores, mask) - score_sequence(emissions, gold, transitions, start, end, mask)
        enumerated = paths_of(emissions[0], transitions, start, end, length)
        own = enumerated[0].index(tuple(gold[0, :length].tolist()))
        expected = enumerated[1].logsumexp(0) - enumerated[1][own]
        torch.testing.assert_close(loss[0], expected)
        if length and tags > 1:
            got = torch.autograd.grad(loss[0], scores, retain_graph=True)
            for one, two in zip(got, torch.autograd.grad(expected, scores, allow_unused=True), strict=True):
                torch.testing.assert_close(one, torch.zeros_like(one) if two is None else two)
        best = viterbi(*scores, mask)[0]
        assert tuple(best[:length].tolist()) == enumerated[0][int(enumerated[1].argmax())]
        assert (best[length:] == 0).all()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 5), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_gradients_are_marginals(lengths, tags, seed):
    """Gradients with respect to emissions should be distributions at each token, whatever mix of lengths."""
    tokens = max([1, *lengths])
    scores = problem(len(lengths), tokens, tags, seed)
    mask = masked(lengths, tokens)
    gradients = torch.autograd.grad(log_partition(*scores, mask).sum(), scores)
    torch.testing.assert_close(gradients[0].sum(-1), mask.double())
    torch.testing.assert_close(gradients[1].sum(), mask[:, 1:].double().sum())
    assert (gradients[0] >= 0).all()


@pytest.mark.parametrize(("tokens", "tags"), [(64, 9), (256, 19)])
def test_agrees_with_pytorch_crf(tokens, tags):
    """At real sizes loss, gradients and best paths should be those of pytorch-crf."""
    scores = problem(16, tokens, tags, seed=1)
    lengths = [tokens, *torch.randint(1, tokens, (15,), generator=torch.Generator().manual_seed(0)).tolist()]
    mask = masked(lengths, tokens)
    gold = torch.randint(0, tags, (16, tokens))
    other = CRF(tags, batch_first=True).double()
    with torch.no_grad():
        for mine, theirs in zip(
            scores[1:], (other.transitions, other.start_transitions, other.end_transitions), strict=True
        ):
            theirs.copy_(mine)
    emissions, *chain = scores
    loss = (log_partition(*scores, mask) - score_sequence(emissions, gold, *chain, mask)).mean()
    reference = -other(emissions, gold, mask, reduction="mean")
    torch.testing.assert_close(loss, reference)
    theirs = torch.autograd.grad(
        reference, [emissions, other.transitions, other.start_transitions, other.end_transitions]
    )
    for one, two in zip(torch.autograd.grad(loss, scores), theirs, strict=True):
        torch.testing.assert_close(one, two, atol=1e-9, rtol=1e-7)
    best = viterbi(*scores, mask)
    assert [best[text, :n].tolist() for text, n in enumerate(lengths)] == other.decode(emissions, mask)


def test_large_scores_do_not_overflow():
    """Scores of hundreds of nats in float32 should give finite values and gradients equal to those of log space."""
    scores = [part.detach().float().mul(100).requires_grad_() for part in problem(3, 40, 5, seed=2)]
    mask = masked([40, 17, 1], 40)
    value = log_partition(*scores, mask)
    alpha = scores[0][:, 0].double() + scores[2].double()
    ends = [alpha]
    for t in range(1, 40):
        alpha = (alpha[:, :, None] + scores[1].double()).logsumexp(1) + scores[0][:, t].double()
        ends.append(alpha)
    reference = torch.stack([(ends[n - 1][b] + scores[3].double()).logsumexp(0) for b, n in enumerate((40, 17, 1))])
    torch.testing.assert_close(value.double(), reference, rtol=1e-6, atol=1e-3)
    for one, two in zip(
        torch.autograd.grad(value.sum(), scores), torch.autograd.grad(reference.sum(), scores), strict=True
    ):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)


def test_gradient_check():
    """Numerical differences should agree with the gradient, with padding and weights of texts."""
    scores = problem(3, 5, 3, seed=5, size=1.0)
    mask = masked([5, 2, 0], 5)
    weights = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda *parts: log_partition(*parts, mask) * weights, scores)
