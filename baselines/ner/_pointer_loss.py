"""GlobalPointer's loss and its gradient in one pass over blocks of scores that never leave the cache.

Letters: B texts, K labels, T tokens, d head size, P gold cells; R rows and C columns of a block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from baselines.ner._pointer import Part, blocks, group_logsumexp, lower_triangle, parts

Gold = tuple[Tensor, Tensor, Tensor, Tensor]
HEADROOM = 40.0  # exp of a score stays within float32 until it is this far above the reference


def pointer_loss(q: Tensor, k: Tensor, mask: Tensor, gold: Gold, triangle: bool = True) -> Tensor:
    """The multilabel categorical cross-entropy of scores q k^T, mean over texts and labels, from gold indices alone.

    It is ``plain_loss`` of ``globalpointer.py``, equal to rounding.

    ``q`` and ``k`` (B, K, T, d), ``mask`` (B, T), ``gold`` as ``gold_cells`` gives it; ``triangle`` leaves out the
    cells whose last token comes before the first. Works in float32, or in float64 if q is; autocast is off inside.

    The published sparse form takes the gold cells out of the total by a subtraction, log(1 - exp(b - a)), which loses
    all digits once the gold cells dominate, and is clipped there. Here they are taken out before the sum, so nothing
    is lost. How it is fast:

    - The gradient of log(1 + sum of exp(s)) is exp(s) over that sum. Numerators are multiplied with q and k as soon
      as a block of them exists, and divided once the sum is known (as in Milakov and Gimelshein 2018,
      arXiv 1805.02867): one pass, and no (K, T, T) tensor exists.
    - A block has the columns from its first row on: half of the square is never computed; nor is padding.
    - The 1 under the logarithm belongs to a score of zero, so exp(s) needs no shift while scores are below 40.
    """
    if q.dtype != torch.float64:
        q, k = q.float(), k.float()
    result: Tensor = _PointerLoss.apply(q, k, mask, *gold, triangle)  # type: ignore[no-untyped-call]
    return result


class _PointerLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, mask: Tensor, *given: Any) -> Tensor:
        *gold, triangle = given
        learns = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        slopes = [torch.zeros_like(q), torch.zeros_like(k)] if learns else []
        keys, cells = _ordered(gold, mask.shape[1])
        total = torch.zeros((), dtype=torch.float64, device=q.device)
        with torch.autocast(q.device.type, enabled=False):
            for part in parts(mask, q.shape[1]):
                own_q, own_k, *own_slopes = (x[part.texts, :, : part.size] for x in (q, k, *slopes))
                scored = _scored(own_q, own_k, mask, part, keys, cells, triangle)
                total += _false_spans(own_q, own_k, scored, own_slopes)
            total += _true_spans(q, k, cells, slopes)
        count = q.shape[0] * q.shape[1]
        ctx.save_for_backward(*(slope.div_(count) for slope in slopes))
        return (total / count).to(q.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        slope_q, slope_k = ctx.saved_tensors
        return gradient * slope_q, gradient * slope_k, *[None] * 6


def _ordered(gold: Sequence[Tensor], tokens: int) -> tuple[NDArray[np.int64], list[Tensor]]:
    """Gold cells by text and first token, and the keys text * T + first by which those of a block are found."""
    keys = gold[0] * tokens + gold[2]
    order = keys.argsort()
    return keys[order].cpu().numpy(), [index[order] for index in gold]


def _scored(
    q: Tensor, k: Tensor, mask: Tensor, part: Part, keys: NDArray[np.int64], cells: list[Tensor], triangle: bool
) -> Iterator[tuple[slice, slice, Tensor]]:
    """Rows, columns, scores (b, K, R, C) of a part, block by block; gold and impossible spans score minus infinity."""
    tokens, valid = mask.shape[1], mask[part.texts, : part.size]
    for low, high in blocks(part, q.shape[1], q.device):
        left = low if triangle else 0
        block = q[:, :, low:high] @ k[:, :, left:].mT
        if triangle:
            block[..., : high - low] += lower_triangle(high - low, q)
        if part.padded:
            block.masked_fill_(~(valid[:, None, low:high, None] & valid[:, None, None, left:]), -math.inf)
        begin, end = np.searchsorted(keys, (part.texts.start * tokens + low, (part.texts.stop - 1) * tokens + high))
        text, label, first, last = (index[begin:end] for index in cells)
        block[text - part.texts.start, label, first - low, last - left] = -math.inf
        yield slice(low, high), slice(left, part.size), block


def _false_spans(
    q: Tensor, k: Tensor, scored: Iterator[tuple[slice, slice, Tensor]], slopes: Sequence[Tensor]
) -> Tensor:
    """Sum over texts and labels of log(1 + sum of exp(score)), and its gradient into ``slopes``, which are zero."""
    reference, sums = q.new_zeros(*q.shape[:2], 1, 1), q.new_ones(*q.shape[:2], 1, 1)  # of 1 = exp(0 - reference)
    for rows, columns, block in scored:
        peak = block.amax((2, 3), keepdim=True)
        if (peak > reference + HEADROOM).any():
            raised = torch.maximum(reference, peak)
            for made in (sums, *slopes):
                made *= (reference - raised).exp()
            reference = raised
        block.sub_(reference).exp_()
        sums += block.sum((2, 3), keepdim=True)
        if slopes:
            slopes[0][:, :, rows] = block @ k[:, :, columns]
            slopes[1][:, :, columns] += block.mT @ q[:, :, rows]
    for slope in slopes:
        slope /= sums
    return (reference + sums.log()).sum(dtype=torch.float64)


def _true_spans(q: Tensor, k: Tensor, cells: list[Tensor], slopes: Sequence[Tensor]) -> Tensor:
    """Sum over texts and labels of log(1 + sum of exp(-score)) over gold cells; its gradient is added to ``slopes``."""
    text, label, first, last = cells
    starts, ends = q[text, label, first], k[text, label, last]
    scores, groups = (starts * ends).sum(1), text * q.shape[1] + label
    losses = group_logsumexp(-scores, groups, q.shape[0] * q.shape[1])
    slope = -(-scores - losses[groups]).exp()[:, None]
    for made, place, other in zip(slopes, (first, last), (ends, starts), strict=False):
        made.index_put_((text, label, place), slope * other, accumulate=True)
    return losses.sum(dtype=torch.float64)
