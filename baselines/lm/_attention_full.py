"""Attention to every key before the query, plain or with a bias by distance. Letters as in ``_attention.py``."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.functional import scaled_dot_product_attention

ROWS = 256  # queries of a block: half or twice as many are slower on a CPU
LEARNED_ROWS = 64  # the same where biases learn: a block's weights are written then, and stay in the cache


def full(q: Tensor, k: Tensor, v: Tensor, scale: float | None = None) -> Tensor:
    """Causal attention by PyTorch's fused kernel.

    >>> v = torch.tensor([[[[1.0], [3.0], [8.0]]]])
    >>> full(torch.zeros(1, 1, 3, 1), torch.zeros(1, 1, 3, 1), v).flatten().tolist()  # means of what was seen so far
    [1.0, 2.0, 4.0]
    """
    return scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)


def biased(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float | None = None) -> Tensor:
    """Causal attention with ``bias`` (H, T) on the logits: ``bias[h, d]`` where the key is d = m - n places back.

    Differentiable in q, k, v and bias. A block of queries goes with the keys up to its last one, so that nearly half of the
    square is never computed. Within a block the queries are turned round: then the bias of row i and column j
    depends on i + j alone, and a view of one line with strides (1, 1) is the whole table (a Hankel matrix). The fused kernel
    reads it from the cache; no table of pairs is written.

    >>> v = torch.tensor([[[[1.0], [3.0], [8.0]]]])
    >>> bias = torch.tensor([[0.0, -torch.inf, 0.0]])  # the key before is not seen
    >>> biased(torch.zeros(1, 1, 3, 1), torch.zeros(1, 1, 3, 1), v, bias).flatten().tolist()
    [1.0, 3.0, 4.5]
    """
    tokens = q.shape[2]
    learns = torch.is_grad_enabled() and bias.requires_grad
    rows = min(LEARNED_ROWS if learns else ROWS, tokens)
    line = torch.cat([bias.flip(-1), bias.new_full((len(bias), rows - 1), -math.inf)], -1).to(mask_type(q))
    turned, made = q.flip(2), []
    for high in range(tokens, 0, -rows):
        low = max(high - rows, 0)
        block = turned[:, :, tokens - high : tokens - low]
        part = line[:, tokens - high : tokens - high + (high - low) + high - 1]
        k, v = k[:, :, :high], v[:, :, :high]  # ever narrower, and so are the gradients that are added up
        if learns:
            made.append(_Learned.apply(block, k, v, part, scale))  # type: ignore[no-untyped-call]
        else:
            made.append(scaled_dot_product_attention(block, k, v, attn_mask=_table(part, high), scale=scale))
    return torch.cat(made, 2).flip(2)


def mask_type(q: Tensor) -> torch.dtype:
    """What biases are added in: at least float32 on a CPU, whose kernels take that; elsewhere the type of q."""
    return torch.promote_types(q.dtype, torch.float32) if q.device.type == "cpu" else q.dtype


def _table(line: Tensor, keys: int) -> Tensor:
    """The view (1, H, R, N) of a line (H, R + N - 1) with the entry i + j in row i and column j."""
    return line.unfold(-1, keys, 1)[None]


class _Learned(torch.autograd.Function):
    """A block of ``biased`` where the biases learn too.

    PyTorch's fused kernels give no gradient to a mask. The forward pass is theirs all the same; the backward pass makes the
    block's weights again from q and k, so that none wait for it.
    """

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, line: Tensor, scale: float | None) -> Tensor:
        found = scaled_dot_product_attention(q, k, v, attn_mask=_table(line, k.shape[2]), scale=scale)
        ctx.scale = q.shape[-1] ** -0.5 if scale is None else scale
        ctx.save_for_backward(q, k, v, line, found)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, line, found = ctx.saved_tensors
        slope, found = slope.to(q.dtype), found.to(q.dtype)  # under autocast they are of another type
        weights = ((q * ctx.scale) @ k.mT).to(line.dtype).add_(_table(line, k.shape[2])).softmax(-1)
        logits = (slope @ v.mT).to(line.dtype)  # the gradient of the weights, and then of the logits
        logits.sub_((slope * found).sum(-1, keepdim=True, dtype=line.dtype)).mul_(weights)
        by_line, logits, weights = _diagonals(logits.sum(0)), logits.to(q.dtype), weights.to(q.dtype)
        return (logits @ k).mul_(ctx.scale), (logits.mT @ q).mul_(ctx.scale), weights.mT @ slope, by_line, None


def _diagonals(table: Tensor) -> Tensor:
    """Sums over i + j of a table (H, R, N), (H, R + N - 1). Rows written one longer than they are read are shifted by one each.

    >>> _diagonals(torch.tensor([[[1, 2, 3], [10, 20, 30]]])).tolist()
    [[1, 12, 23, 30]]
    """
    rows, keys = table.shape[1:]
    flat = functional.pad(table, (0, rows)).flatten(1)[:, : rows * (rows + keys - 1)]
    return flat.view(len(table), rows, -1).sum(1)
