"""Attention with other vectors for far keys than for near ones. Letters as in ``_attention.py``."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from baselines.lm._attention_full import full

ROWS = 64  # queries of a block, whose logits then stay in the cache


def two_regions(
    near_q: Tensor, near_k: Tensor, far_q: Tensor, far_k: Tensor, v: Tensor, window: int, scale: float | None = None
) -> Tensor:
    """Causal attention with the logits near_q near_k^T where m - n < ``window`` and far_q far_k^T beyond, and one softmax.

    What ReRoPE needs (Su 2023, kexue.fm/archives/9708): far keys are turned as if they stood ``window`` places back. It
    works by blocks of queries: far logits of the keys that are far for some query, near ones of those that are near for
    some, and a choice where they overlap. Where gradients are asked for, a block's weights are made again backward.

    >>> one, v = torch.ones(1, 1, 3, 1), torch.tensor([[[[1.0], [3.0], [8.0]]]])
    >>> far = torch.full((1, 1, 3, 1), -torch.inf)  # nothing far weighs anything
    >>> two_regions(one, one, one, far, v, 2).flatten().tolist()
    [1.0, 2.0, 5.5]
    """
    tokens = v.shape[2]
    made = [full(near_q[:, :, :window], near_k[:, :, :window], v[:, :, :window], scale)]
    scale = near_q.shape[-1] ** -0.5 if scale is None else scale
    learns = torch.is_grad_enabled() and any(x.requires_grad for x in (near_q, near_k, far_q, far_k, v))
    for low in range(window, tokens, ROWS):
        high, begin = min(low + ROWS, tokens), low - window + 1  # the first key that is near for some query
        near = near_q[:, :, low:high] * scale, near_k[:, :, begin:high]
        far = far_q[:, :, low:high] * scale, far_k[:, :, : high - window]
        given = (*near, *far, v[:, :, :high], window)
        made.append(checkpoint(_block, *given, use_reentrant=False) if learns else _block(*given))
    return torch.cat(made, 2)


def _block(near_q: Tensor, near_k: Tensor, far_q: Tensor, far_k: Tensor, v: Tensor, window: int) -> Tensor:
    """Attention of the last R queries of N: ``near_k`` has the last window + R - 1 keys, ``far_k`` the first N - window."""
    near, far = near_q @ near_k.mT, far_q @ far_k.mT
    rows, begin = near.shape[2], v.shape[2] - near.shape[3]
    distance = torch.arange(rows, device=v.device)[:, None] - torch.arange(near.shape[3], device=v.device) + window - 1
    near = near.masked_fill(distance < 0, -math.inf)
    both = torch.where(distance[:, : rows - 1] < window, near[..., : rows - 1], far[..., begin:])
    logits = torch.cat([far[..., :begin], both, near[..., rows - 1 :]], -1)
    return logits.softmax(-1, dtype=torch.promote_types(v.dtype, torch.float32)).to(v.dtype) @ v
