"""The same two functions as in ``_chain``, compiled by numba: text by text, as the equations in ``crf.py`` are written.

Where a call costs nothing the plain loops win: no padding is computed, and a text's data stay in the cache from the
first recursion to its gradient. The first use compiles for some ten seconds; the result is kept on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

FLAGS = {"reassoc", "contract"}  # sums in any order, so that they can be vectorised; infinities keep their meaning


def negative_log_likelihood(
    emissions: Tensor, tags: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor
) -> Tensor:
    """log Z - score (B,) in nats: see ``_chain.negative_log_likelihood``, with the same arguments and limits."""
    loss: Tensor = _Loss.apply(emissions, tags, transitions, start, end, mask)  # type: ignore[no-untyped-call]
    return loss


class _Loss(torch.autograd.Function):
    """The gradients of each text are made on the way forward, and weighted on the way back."""

    @staticmethod
    def forward(ctx: Any, emissions: Tensor, tags: Tensor, *others: Tensor) -> Tensor:
        scores, transitions, start, end, mask = (part.detach().numpy() for part in (emissions, *others))
        lengths = mask.sum(1)
        losses, *ctx.slopes = _losses(scores, tags.numpy(), transitions, start, end, lengths)
        ctx.last = np.arange(len(lengths)), np.maximum(lengths - 1, 0)
        return torch.from_numpy(losses)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        shares, moves = (slope * gradient.numpy()[:, None, None] for slope in ctx.slopes)
        made = shares, moves.sum(0), shares[:, 0].sum(0), shares[ctx.last].sum(0)
        emissions, *chain = map(torch.from_numpy, made)
        return emissions, None, *chain, None


@njit(cache=True, fastmath=FLAGS)  # type: ignore[untyped-decorator]
def _losses(emissions, tags, transitions, start, end, lengths):  # type: ignore[no-untyped-def]
    """Losses (B,) and their gradients by emissions (B, T, K) and transitions (B, K, K), of which a text has its own.

    Vectors are float64 and divided by what the forward ones sum to (Rabiner 1989, Proceedings of the IEEE 77(2),
    section V.A): then before[t] x ahead, from the left to token t and from there to the end, are its marginals.
    """
    (texts, tokens, size), kind = emissions.shape, emissions.dtype
    losses, shares, moves = np.zeros(texts, kind), np.zeros_like(emissions), np.zeros((texts, size, size), kind)
    peak = transitions.max()
    step = np.exp(transitions.astype(np.float64) - peak)
    local, before, after = np.empty((tokens, size)), np.ones((tokens, size)), np.empty((tokens, size))
    flow, ahead, behind = np.empty((size, size)), np.empty(size), np.empty(size)
    for text in range(texts):
        length, loss = lengths[text], 0.0
        for t in range(length):
            gold, highest, total = tags[text, t], -np.inf, 0.0
            for j in range(size):
                local[t, j] = emissions[text, t, j]
                local[t, j] += (start[j] if t == 0 else 0.0) + (end[j] if t == length - 1 else 0.0)
                highest = max(highest, local[t, j])
            loss += highest - local[t, gold]
            if t:
                loss += peak - transitions[tags[text, t - 1], gold]
                before[t, :] = 0.0
                for i in range(size):
                    for j in range(size):
                        before[t, j] += after[t - 1, i] * step[i, j]
            for j in range(size):
                local[t, j] = np.exp(local[t, j] - highest)
                after[t, j] = before[t, j] * local[t, j]
                total += after[t, j]
            for j in range(size):
                after[t, j] /= total
            loss += np.log(total)
        losses[text] = loss
        behind[:], flow[:] = 1.0, 0.0  # from a tag to the text's end; sums of after[t] x ahead[t + 1]
        for t in range(length - 1, -1, -1):
            total = 0.0
            for j in range(size):
                ahead[j] = local[t, j] * behind[j]
                total += before[t, j] * ahead[j]
            for j in range(size):
                ahead[j] /= total
                shares[text, t, j] = before[t, j] * ahead[j]
            shares[text, t, tags[text, t]] -= 1.0
            if t:
                moves[text, tags[text, t - 1], tags[text, t]] -= 1.0
                for i in range(size):
                    total = 0.0
                    for j in range(size):
                        total += step[i, j] * ahead[j]
                        flow[i, j] += after[t - 1, i] * ahead[j]
                    behind[i] = total
        moves[text] += flow * step
    return losses, shares, moves


def viterbi(emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """Tags (B, T) of the best path of each text, 0 behind its end: see ``_chain.viterbi``."""
    parts = (part.detach().float().numpy() for part in (emissions, transitions, start, end))
    tags: NDArray[np.int64] = _best(*parts, mask.sum(1).numpy())
    return tags


@njit(cache=True)  # type: ignore[untyped-decorator]
def _best(emissions, transitions, start, end, lengths):  # type: ignore[no-untyped-def]
    """Best paths (B, T), with moves padded to whole vectors and compared four at a time."""
    texts, tokens, size = emissions.shape
    never, rows, wide = np.float32(-np.inf), (size + 3) // 4 * 4, (size + 15) // 16 * 16
    tags, backward = np.zeros((texts, tokens), np.int64), transitions.T.copy()
    moves, best = np.full((rows, wide), never), np.full((tokens, rows), never)
    moves[:size, :size] = transitions
    tops = np.full((rows // 4 + 1, wide), never)
    for text in range(texts):
        length = lengths[text]
        best[0, :size] = start + emissions[text, 0]
        for t in range(1, length):
            done = 0
            for i in range(0, rows, 4):
                a, b, c, d = best[t - 1, i], best[t - 1, i + 1], best[t - 1, i + 2], best[t - 1, i + 3]
                for j in range(wide):
                    one, two = a + moves[i, j], b + moves[i + 1, j]
                    three, four = c + moves[i + 2, j], d + moves[i + 3, j]
                    one = one if one > two else two
                    three = three if three > four else four
                    one = one if one > three else three
                    old = tops[done, j]  # a maximum in place becomes a masked write, which the next read waits for
                    tops[done + 1, j] = one if one > old else old
                done += 1
            for j in range(size):
                best[t, j] = tops[done, j] + emissions[text, t, j]
        for t in range(length - 1, -1, -1):
            coming = backward[tags[text, t + 1]] if t < length - 1 else end
            tag, highest = 0, best[t, 0] + coming[0]
            for i in range(1, size):
                score = best[t, i] + coming[i]
                if score > highest:
                    tag, highest = i, score
            tags[text, t] = tag
    return tags
