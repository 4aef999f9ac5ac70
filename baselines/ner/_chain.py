"""The mathematics of a linear-chain CRF, apart from any model: partition function, score of a path, best path.

Letters: B texts, T tokens, K tags. ``emissions`` (B, T, K), ``transitions`` (K, K) from row to column, ``start`` and
``end`` (K,), ``mask`` (B, T) true for the first ``length`` tokens of each text. A path y of n tokens has the score

    start[y_1] + sum_t emissions[t, y_t] + sum_t transitions[y_t, y_{t+1}] + end[y_n]

(Lafferty, McCallum and Pereira 2001, ICML, section 3). A text without tokens has one path, the empty one, of score 0.
The three functions agree on nothing but these arguments, so each can be replaced by a faster one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable


def score_sequence(
    emissions: Tensor, tags: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor
) -> Tensor:
    """Scores (B,) of the paths ``tags`` (B, T); what stands behind a text's end does not count.

    >>> one = torch.ones(1, 2, 2)
    >>> score_sequence(one, torch.tensor([[0, 1]]), torch.eye(2), one[0, 0], one[0, 0], one[..., 0] > 0).item()
    4.0
    """
    lengths = mask.sum(1)
    tags = tags * mask
    local = (emissions.gather(2, tags[..., None])[..., 0] * mask).sum(1)
    steps = (transitions[tags[:, :-1], tags[:, 1:]] * mask[:, 1:]).sum(1)
    last = tags.gather(1, (lengths - 1).clamp(min=0)[:, None])[:, 0]
    return local + steps + (start[tags[:, 0]] + end[last]) * (lengths > 0)


def log_partition(emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor) -> Tensor:
    """Logarithm (B,) of the sum of exp(score) over all paths, in the dtype of ``emissions``.

    Differentiable once, with respect to all four scores.
    """
    result: Tensor = _LogPartition.apply(emissions, transitions, start, end, mask)  # type: ignore[no-untyped-call]
    return result


class _LogPartition(torch.autograd.Function):
    """Forward and backward recursion in exp space, whose marginals are the gradient; no graph over steps.

    In log space a step costs a logsumexp over (B, K, K). In exp space it is one product (B, K) x (K, K): the scores
    of a step are divided by their largest, the recursion is divided by its sum, and the logarithms of both are
    carried along. Done in float64, whose range of 700 nats between the best and the worst tag of one step a CRF that
    still learns does not reach; the cost is that of the calls, not of the digits.

    Texts are sorted by length, so that at step t those still running are the first ``alive[t]`` rows.
    """

    @staticmethod
    def forward(ctx: Any, emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor) -> Tensor:
        order, alive, lengths = _by_length(mask)
        local = emissions.detach()[order].transpose(0, 1).double()  # (T, B, K)
        highest = local.amax(-1, keepdim=True)
        local = (local - highest).exp_()
        step = transitions.detach().double()
        step_highest = step.max()
        step = (step - step_highest).exp_()
        first, final = start.detach().double(), end.detach().double()
        alpha, log_norm = _forward(local, step, (first - first.max()).exp(), alive)
        last = alpha[(lengths - 1).clamp(min=0), torch.arange(len(order), device=order.device)]  # (B, K)
        closing = (final - final.max()).exp()
        real = mask[order].transpose(0, 1)
        constant = ((log_norm + highest[..., 0]) * real).sum(0) + step_highest * (lengths - 1)
        value = (last @ closing).log() + constant + first.max() + final.max()
        value = torch.where(lengths > 0, value, 0.0)
        ctx.save_for_backward(order, local, step, closing, alpha, lengths)
        ctx.alive, ctx.dtype = alive, emissions.dtype
        return torch.empty_like(value).index_copy_(0, order, value).to(emissions.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        order, local, step, closing, alpha, lengths = ctx.saved_tensors
        weight = gradient[order].double() * (lengths > 0)
        beta = _backward(local, step, closing, ctx.alive)
        marginals = alpha * beta
        marginals = marginals / _divisor(marginals) * weight[:, None]  # (T, B, K), zero behind a text's end
        ahead = local[1:] * beta[1:]
        # alpha[t, i] step[i, j] ahead[t + 1, j] sums to alpha[t] . (step @ ahead[t + 1]) over i and j.
        norm = _divisor(alpha[:-1] * (ahead @ step.T))
        moves = step * (alpha[:-1] * (weight[:, None] / norm)).flatten(0, 1).T.matmul(ahead.flatten(0, 1))
        rows = torch.arange(len(order), device=order.device)
        emissions = torch.empty_like(marginals).index_copy_(1, order, marginals).transpose(0, 1)
        endings = marginals[(lengths - 1).clamp(min=0), rows].sum(0)
        kind = ctx.dtype
        return emissions.to(kind), moves.to(kind), marginals[0].sum(0).to(kind), endings.to(kind), None


def _divisor(values: Tensor) -> Tensor:
    """Sums over the last axis, with 1 for a sum of zero (behind a text's end)."""
    sums = values.sum(-1, keepdim=True)
    return sums + (sums == 0)


def _by_length(mask: Tensor) -> tuple[Tensor, list[int], Tensor]:
    """Order of falling length, how many texts have more than t tokens for each t, and the sorted lengths."""
    lengths, order = mask.sum(1).sort(descending=True, stable=True)
    return order, mask.sum(0).tolist(), lengths


def _forward(local: Tensor, step: Tensor, first: Tensor, alive: list[int]) -> tuple[Tensor, Tensor]:
    """Normalised forward vectors (T, B, K), zero behind a text's end, and the logarithms (T, B) of their norms."""
    alpha = torch.zeros_like(local)
    norms = torch.ones_like(local[..., :1])
    for t, running in enumerate(alive):
        now = alpha[t, :running]
        if t:
            torch.mm(alpha[t - 1, :running], step, out=now)
            now *= local[t, :running]
        else:
            torch.mul(local[0, :running], first, out=now)
        torch.sum(now, -1, keepdim=True, out=norms[t, :running])
        now /= norms[t, :running]
    return alpha, norms[..., 0].log()


def _backward(local: Tensor, step: Tensor, closing: Tensor, alive: list[int]) -> Tensor:
    """Backward vectors (T, B, K), each divided by its own sum; zero behind a text's end."""
    beta = torch.zeros_like(local)
    turned = step.T.contiguous()
    for t in range(len(alive) - 1, -1, -1):
        going_on = alive[t + 1] if t + 1 < len(alive) else 0
        beta[t, going_on : alive[t]] = closing
        if going_on:
            now = beta[t, :going_on]
            torch.mm(local[t + 1, :going_on] * beta[t + 1, :going_on], turned, out=now)
            now /= now.sum(-1, keepdim=True)
    return beta


def viterbi(emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """Tags (B, T) of the best path of each text, 0 behind its end; of equal paths the one with lower tags at the end.

    Moves that must not happen have the score ``-inf``; there must be one path without them.
    """
    order, alive, _ = _by_length(mask)
    local = emissions.detach()[order].transpose(0, 1).float()
    came = transitions.detach().float().T.contiguous()  # (K to, K from): the maximum runs over the last axis
    best = local[0] + start.detach().float()
    back = torch.zeros(local.shape, dtype=torch.int64, device=local.device)
    for t, running in enumerate(alive[1:], start=1):
        if not running:
            break
        top, back[t, :running] = (best[:running, None, :] + came).max(-1)
        best = torch.cat([top + local[t, :running], best[running:]]) if running < len(best) else top + local[t]
    tag = (best + end.detach().float()).argmax(-1).cpu().numpy()  # of each text's last token
    pointers, rows = back.cpu().numpy(), np.arange(len(tag))
    tags = np.zeros((len(tag), len(alive)), dtype=np.int64)
    for t in range(len(alive) - 1, -1, -1):
        following = alive[t + 1] if t + 1 < len(alive) else 0
        tag[:following] = pointers[t + 1, rows[:following], tag[:following]] if following else tag[:following]
        tags[: alive[t], t] = tag[: alive[t]]
    answer = np.empty_like(tags)
    answer[order.cpu().numpy()] = tags
    return answer
