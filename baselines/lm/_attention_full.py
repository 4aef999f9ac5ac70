"""Causal attention to all earlier keys, plain or with a bias by distance. Shapes as in ``_attention.py``."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.functional import scaled_dot_product_attention

ROWS = 256  # queries of a block: half or twice as many are slower on a CPU
LEARNED_ROWS = 64  # the same for learned biases: a block's weights are stored, and should fit the processor's cache


def full_attention(q: Tensor, k: Tensor, v: Tensor, scale: float | None = None) -> Tensor:
    """softmax(q k^T scale) v over the keys n <= m, by PyTorch's fused kernel.

    >>> v = torch.tensor([[[[1.0], [3.0], [8.0]]]])
    >>> q = k = torch.zeros(1, 1, 3, 1)
    >>> full_attention(q, k, v).flatten().tolist()  # equal logits: running means
    [1.0, 2.0, 4.0]
    """
    return scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)


def biased_attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float | None = None) -> Tensor:
    """softmax(q k^T scale + bias[h, m - n]) v over the keys n <= m, with ``bias`` (H, T) by distance.

    Differentiable in q, k, v and bias. A block of queries is multiplied with the keys up to its last query only, so
    that nearly half of the T x T logits are never computed. Within a block the queries are taken in reverse order: the
    bias of row i and column j then depends on i + j alone, so that the bias matrix is a Hankel matrix and a view, with
    strides (1, 1), of one vector. The fused kernel reads that vector; no T x T bias is stored.

    >>> v = torch.tensor([[[[1.0], [3.0], [8.0]]]])
    >>> bias = torch.tensor([[0.0, -torch.inf, 0.0]])  # distance 1 is masked
    >>> biased_attention(torch.zeros(1, 1, 3, 1), torch.zeros(1, 1, 3, 1), v, bias).flatten().tolist()
    [1.0, 3.0, 4.5]
    """
    tokens = q.shape[2]
    learns = torch.is_grad_enabled() and bias.requires_grad
    rows = min(LEARNED_ROWS if learns else ROWS, tokens)
    line = torch.cat([bias.flip(-1), bias.new_full((len(bias), rows - 1), -math.inf)], -1).to(mask_type(q))
    reverse, made = q.flip(2), []
    for high in range(tokens, 0, -rows):
        low = max(high - rows, 0)
        block = reverse[:, :, tokens - high : tokens - low]
        part = line[:, tokens - high : tokens - high + (high - low) + high - 1]
        k, v = k[:, :, :high], v[:, :, :high]  # narrower views also make the gradients that are summed smaller
        if learns:
            made.append(_LearnedBias.apply(block, k, v, part, scale))  # type: ignore[no-untyped-call]
        else:
            made.append(scaled_dot_product_attention(block, k, v, attn_mask=_hankel(part, high), scale=scale))
    return torch.cat(made, 2).flip(2)


def mask_type(q: Tensor) -> torch.dtype:
    """The type of biases: at least float32 on a CPU, whose kernels accept it; elsewhere the type of q."""
    return torch.promote_types(q.dtype, torch.float32) if q.device.type == "cpu" else q.dtype


def _hankel(line: Tensor, keys: int) -> Tensor:
    """The Hankel matrix (1, H, R, N) of ``line`` (H, R + N - 1), as a view: row i and column j hold the entry i + j."""
    return line.unfold(-1, keys, 1)[None]


class _LearnedBias(torch.autograd.Function):
    """A block of ``biased_attention`` with a gradient for the biases.

    PyTorch's fused kernels compute no gradient of a mask. The forward pass uses them; the backward pass computes the
    block's attention weights again from q and k, so that none are kept between the passes.
    """

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, line: Tensor, scale: float | None) -> Tensor:
        found = scaled_dot_product_attention(q, k, v, attn_mask=_hankel(line, k.shape[2]), scale=scale)
        ctx.scale = q.shape[-1] ** -0.5 if scale is None else scale
        ctx.save_for_backward(q, k, v, line, found)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, line, found = ctx.saved_tensors
        slope, found = slope.to(q.dtype), found.to(q.dtype)  # under autocast they have another type
        weights = ((q * ctx.scale) @ k.mT).to(line.dtype).add_(_hankel(line, k.shape[2])).softmax(-1)
        logits = (slope @ v.mT).to(line.dtype)  # the gradient of the weights, and then of the logits
        logits.sub_((slope * found).sum(-1, keepdim=True, dtype=line.dtype)).mul_(weights)
        by_line, logits, weights = _diagonals(logits.sum(0)), logits.to(q.dtype), weights.to(q.dtype)
        return (logits @ k).mul_(ctx.scale), (logits.mT @ q).mul_(ctx.scale), weights.mT @ slope, by_line, None


def _diagonals(table: Tensor) -> Tensor:
    """Sums of the anti-diagonals i + j of ``table`` (H, R, N), (H, R + N - 1): the gradient of ``_hankel``.

    Rows are padded by one more entry than they are read with, which shifts each row by one against the row before.

    >>> _diagonals(torch.tensor([[[1, 2, 3], [10, 20, 30]]])).tolist()
    [[1, 12, 23, 30]]
    """
    rows, keys = table.shape[1:]
    flat = functional.pad(table, (0, rows)).flatten(1)[:, : rows * (rows + keys - 1)]
    return flat.view(len(table), rows, -1).sum(1)
