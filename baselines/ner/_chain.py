"""The fast kernel of the CRF: ``negative_log_likelihood`` and ``viterbi`` of ``crf.py`` for whole batches.

``crf.py`` has both as equations; the results here are equal to rounding. Letters: B texts, T tokens, K tags.
``emissions`` (B, T, K), ``transitions`` (K, K) from row to column, ``start`` and ``end`` (K,), ``mask`` (B, T) true for
the first ``length`` tokens of each text; T is at least 1. A path y of n tokens has the score

    start[y_1] + sum_t emissions[t, y_t] + sum_t transitions[y_t, y_{t+1}] + end[y_n]

and a text without tokens has one path, the empty one, of score 0.

A step of the chain is little arithmetic, B K K products, so what costs is how often something is called. Four things
make it fast (PyTorch's autograd through T steps of ``logsumexp`` does none of them):

* The gradient of log Z is the marginals, known in closed form from a forward and a backward recursion. A custom
  ``autograd.Function`` hands them over; there is no graph over steps.
* In exp space a step is a matrix product and a multiplication, in place of a ``logsumexp`` over (B, K, K).
* Both recursions go through one loop, the backward one over mirrored texts, as a stack of two matrices.
* On a CPU the loop runs through numpy on the tensors' own memory, because a small call costs it a third as much.
"""

from __future__ import annotations

import math
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

DRIFT = 200.0  # nats by which a vector may grow or shrink before it is rescaled; float64 has room for 700


def negative_log_likelihood(
    emissions: Tensor, tags: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor
) -> Tensor:
    """Nats (B,) by which each path ``tags`` (B, T) falls short of all paths: log Z - score, in the emissions' dtype.

    Differentiable once, with respect to all four scores. What stands behind a text's end does not count.

    It is as exact as float64 while the transitions lie within 350 nats of one another, whatever the other scores: a tag
    that is 700 nats worse than another counts as impossible, and no path gains by it that must move there and back. A
    transition of ``-inf`` forbids a step; then and beyond 350 nats, such a tag is left out even where a path needs it.

    >>> one, both = torch.ones(1, 2, 2), torch.ones(1, 2, dtype=torch.bool)
    >>> loss = negative_log_likelihood(one, torch.tensor([[0, 1]]), torch.zeros(2, 2), one[0, 0], one[0, 0], both)
    >>> round(loss.exp().item(), 4)  # one of four equal paths
    4.0
    """
    loss: Tensor = _Loss.apply(emissions, tags, transitions, start, end, mask)  # type: ignore[no-untyped-call]
    return loss


class _Loss(torch.autograd.Function):
    """log Z - score by forward and backward recursion, and marginals - counts as its gradient. Time comes first."""

    @staticmethod
    def forward(ctx: Any, emissions: Tensor, tags: Tensor, *others: Tensor) -> Tensor:
        transitions, start, end, mask = (other.detach() for other in others)
        real, transitions = mask.T, transitions.double()
        last, texts = (mask.sum(1) - 1).clamp_(min=0), torch.arange(len(mask), device=mask.device)
        scores = emissions.detach().transpose(0, 1).to(torch.float64, copy=True, memory_format=torch.contiguous_format)
        scores[0] += start
        scores[last, texts] += end
        scores.masked_fill_(~real[..., None], 0.0)
        gold = tags.T.masked_fill(~real, 0)
        own = scores.gather(2, gold[..., None])[..., 0].sum(0)
        own += transitions[gold[:-1], gold[1:]].masked_fill_(~real[1:], 0.0).sum(0)

        highest, peak = scores.amax(-1, keepdim=True), transitions.max()
        backward = (last - torch.arange(len(real), device=mask.device)[:, None]).clamp_(min=0)
        mirror = (backward * len(mask) + texts).ravel()  # rows of (T B, K): a text's tokens from the last to the first
        local = scores.new_empty(2, *scores.shape)
        torch.sub(scores, highest, out=local[0]).exp_()
        torch.index_select(local[0].flatten(0, 1), 0, mirror, out=local[1].view(-1, scores.shape[-1]))
        step = (transitions - peak).exp_()
        spread = float(peak - transitions.min())  # infinite where a move is forbidden
        every = max(1, int(DRIFT / (spread + math.log(scores.shape[-1]) + 1))) if math.isfinite(spread) else 1
        before, after, norms = recursion(local, torch.stack([step, step.T]), every)

        log_z = after[0, last, texts].sum(-1).log_() + peak * last
        log_z += ((norms.log_() + highest[..., 0]) * real).sum(0)
        ctx.save_for_backward(before, after, step, gold, real, last, mirror)
        ctx.dtype = emissions.dtype
        return ((log_z - own) * real.any(0)).to(emissions.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        before, after, step, gold, real, last, mirror = ctx.saved_tensors
        gradient = gradient.double()
        weight = gradient * real
        ahead = after[1].flatten(0, 1)[mirror].view_as(before)  # paths from a token's tag to the text's end
        share = before * ahead  # proportional to the marginals
        scale = (gradient / share.sum(-1)).masked_fill_(~real, 0.0)[..., None]
        share *= scale
        ahead *= scale
        moves = step * (after[0, :-1].flatten(0, 1).T @ ahead[1:].flatten(0, 1))
        # Less the counts of the gold path, which are marginals of 0 and 1.
        times, texts = (torch.arange(size, device=last.device) for size in real.shape)
        share.index_put_((times[:, None], texts, gold), -weight, accumulate=True)  # in a fixed order on a GPU as well
        moves.index_put_((gold[:-1], gold[1:]), -weight[1:], accumulate=True)
        ends = share[0].sum(0), share[last, texts].sum(0)
        made = share.transpose(0, 1), None, moves, *ends, None
        return tuple(part if part is None else part.to(ctx.dtype) for part in made)


def recursion(
    local: Tensor, steps: Tensor, every: int, library: ModuleType | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """The two recursions x_t = (x_{t-1} @ steps) * local_t, in one loop.

    Args:
        local: (2, T, B, K), factors of the tags at each token: of the texts, and of their mirror images. They are
            overwritten by all x_t: fresh memory for those would cost as much as the arithmetic.
        steps: (2, K, K), factors of the moves: from left to right, and transposed.
        every: steps between two rescalings.
        library: what does the steps: numpy, or torch on a GPU; left out, what suits the tensors.

    Returns:
        ``before`` (T, B, K), the products x_{t-1} @ steps of the texts; all x_t (2, T, B, K); and ``norms`` (T, B), by
        what the texts' x_t were divided.
    """
    before, norms = torch.empty_like(local), local.new_ones(local.shape[1:3])
    before[:, 0] = 1.0
    library = library or (torch if local.is_cuda else np)
    parts: tuple[Any, ...] = (local, before, steps, norms)
    states, products, moves, sums = parts if library is torch else (part.numpy() for part in parts)
    states, products = states.swapaxes(0, 1), products.swapaxes(0, 1)
    old = states[0]
    for t, (new, product) in enumerate(zip(states[1:], products[1:], strict=True), 1):
        library.matmul(old, moves, out=product)
        new *= product
        if t % every == 0:
            total = new.sum(-1, keepdims=True)  # torch takes numpy's name of the argument as well
            new /= total
            sums[t] = total[0, :, 0]
        old = new
    return before[0], local, norms


def viterbi(emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """Tags (B, T) of the best path of each text, 0 behind its end; of equal paths the one with lower tags at the end.

    Moves that must not happen have the score ``-inf``; there must be one path without them. Wherever the scores are,
    the search runs on the CPU: a step is too small to pay for launching it on a GPU.

    Only the best scores are kept on the way forward, without what led to them: that is asked once for each token of
    the best path on the way back, and not for all K tags of it. With K as the number of the end, of which the scores
    are one more row, a text that has not begun yet on the way back needs no case of its own.
    """
    scores, moves, first, final = (
        part.detach().to("cpu", torch.float32).numpy() for part in (emissions, transitions, start, end)
    )
    real = mask.T.cpu().numpy()
    local = np.ascontiguousarray(scores.transpose(1, 0, 2))  # (T, B, K)
    best = local.copy()
    best[0] += first
    wide = np.repeat(moves[:, None], len(mask), axis=1)  # (K from, B, K to): nothing but the old score is broadcast
    sums = np.empty_like(wide)
    for old, new in pairwise(best):
        np.add(old.T[..., None], wide, out=sums)
        new += np.maximum.reduce(sums, axis=0)
    came = np.concatenate([moves.T, final[None]])
    tags = np.zeros(real.shape, dtype=np.int64)
    following = np.full(len(mask), len(first))
    for scored, running, chosen in zip(best[::-1], real[::-1], tags[::-1], strict=True):
        np.copyto(following, (scored + came[following]).argmax(1), where=running)
        np.copyto(chosen, following, where=running)
    return np.ascontiguousarray(tags.T)
