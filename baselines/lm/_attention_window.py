"""Sliding-window attention in blocks of queries. Shapes as in ``_attention.py``."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.functional import scaled_dot_product_attention

from baselines.lm._attention_full import biased_attention, full_attention, mask_type

STEP = 32  # queries of the smallest block; the largest has four times as many


def windowed_attention(
    q: Tensor, k: Tensor, v: Tensor, window: int, bias: Tensor | None = None, scale: float | None = None, sinks: int = 0
) -> Tensor:
    """Causal attention to the keys with m - n < ``window`` and to the first ``sinks`` keys, at a cost of T * window.

    ``bias`` (H, window) is added to the logits: ``bias[h, m - n]`` within the window, ``bias[h, window - 1]`` for sinks
    that are farther back. Differentiable in q, k, v and bias.

    The first window + sinks queries see all earlier keys. The others are computed in blocks, each with the keys that
    its queries see, as overlapping views of k and v, and with one small mask for all blocks.

    >>> v = torch.tensor([[[[1.0], [3.0], [8.0], [0.0]]]])
    >>> q = k = torch.zeros(1, 1, 4, 1)
    >>> windowed_attention(q, k, v, 2).flatten().tolist()
    [1.0, 2.0, 5.5, 4.0]
    >>> windowed_attention(q, k, v, 2, sinks=1).flatten().tolist()
    [1.0, 2.0, 4.0, 3.0]
    """
    shape, head = q.shape, window + sinks
    if head >= shape[2]:
        return _start(q, k, v, window, bias, scale)
    step = STEP * min(max(window // (2 * STEP), 1), 4)  # larger: more keys per query; smaller: more copies of keys
    spare = (head - shape[2]) % step
    if spare:  # padding behind the end, whose results are dropped
        q, k, v = (functional.pad(x, (0, 0, 0, spare)) for x in (q, k, v))
    first, others = torch.split_with_sizes(q.flatten(0, 1), [head, q.shape[2] - head], 1)
    (first_k, k), (first_v, v) = (_overlapping_blocks(x.flatten(0, 1), head, step, window) for x in (k, v))
    start_q, start_k, start_v = (x.view(*shape[:2], head, -1) for x in (first, first_k, first_v))
    found = _start(start_q, start_k, start_v, window, bias, scale).flatten(0, 1)
    if sinks:
        k, v = (
            torch.cat([sunk[:, None, :sinks].expand(-1, x.shape[1], -1, -1), x], 2)
            for sunk, x in ((first_k, k), (first_v, v))
        )
    by_distance = q.new_zeros(1, window) if bias is None else bias.expand(*shape[:2], window).flatten(0, 1)
    mask = _mask(by_distance.to(mask_type(q)), step, sinks)
    blocks = others.view(len(others), -1, step, shape[-1])
    blocks = scaled_dot_product_attention(blocks, k, v, attn_mask=mask, scale=scale)
    return torch.cat([found, blocks.flatten(1, 2)], 1)[:, : shape[2]].view(*shape[:3], -1)


def _start(q: Tensor, k: Tensor, v: Tensor, window: int, bias: Tensor | None, scale: float | None) -> Tensor:
    """Attention of the first window + sinks queries, which see all earlier keys; only sinks are beyond their window."""
    if bias is None:
        return full_attention(q, k, v, scale)
    distances = torch.arange(q.shape[2], device=bias.device).clamp(max=window - 1)
    return biased_attention(q, k, v, bias[:, distances], scale)


def _mask(bias: Tensor, step: int, sinks: int) -> Tensor:
    """The additive mask of a block, (N, 1, step, sinks + window + step - 1), from ``bias`` (N, window).

    >>> _mask(torch.tensor([[0.0, 7.0]]), 2, 1)[0, 0].tolist()
    [[7.0, 7.0, 0.0, -inf], [7.0, -inf, 7.0, 0.0]]
    """
    outside = bias.new_full((len(bias), step - 1), -math.inf)
    line = torch.cat([outside, bias.flip(-1), outside], -1)  # from the farthest key of a query to the latest one
    band = line.unfold(-1, bias.shape[-1] + step - 1, 1).flip(-2)
    return torch.cat([bias[:, -1:, None].expand(-1, step, sinks), band], -1)[:, None]


class _OverlappingBlocks(torch.autograd.Function):
    """The first keys (N, head, D) and the overlapping blocks (N, blocks, window + step - 1, D) of x, as views.

    The backward pass adds the gradients of overlapping blocks by a few sums of whole slices: many times faster than the
    gradient of ``unfold``, and with one tensor of zeros in place of one for each block.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, head: int, step: int, window: int) -> tuple[Tensor, Tensor]:
        ctx.shape, ctx.head, ctx.step, ctx.window = x.shape, head, step, window
        return x[:, :head], x[:, head - window + 1 :].unfold(1, window + step - 1, step).mT

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, first: Tensor, blocks: Tensor) -> tuple[Tensor | None, ...]:
        texts, tokens, size = ctx.shape
        whole = first.new_zeros(texts, tokens + ctx.step, size)  # the last slice may go beyond the end
        whole[:, : ctx.head] = first
        for at in range(0, blocks.shape[2], ctx.step):
            part = blocks[:, :, at : at + ctx.step]
            begin = ctx.head - ctx.window + 1 + at
            target = whole[:, begin : begin + blocks.shape[1] * ctx.step].view(texts, -1, ctx.step, size)
            target[:, :, : part.shape[2]] += part
        return whole[:, :tokens], None, None, None


def _overlapping_blocks(x: Tensor, head: int, step: int, window: int) -> tuple[Tensor, Tensor]:
    """``_OverlappingBlocks`` of x (N, T, D), with types."""
    views: tuple[Tensor, Tensor] = _OverlappingBlocks.apply(x, head, step, window)  # type: ignore[no-untyped-call]
    return views
