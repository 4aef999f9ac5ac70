"""Attention with other q and k for far keys than for near ones. Shapes as in ``_attention.py``."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from baselines.lm._attention_full import full_attention

ROWS = 64  # queries of a block, whose logits then fit the processor's cache


def two_region_attention(
    near_q: Tensor, near_k: Tensor, far_q: Tensor, far_k: Tensor, v: Tensor, window: int, scale: float | None = None
) -> Tensor:
    """Causal attention with logits near_q near_k^T where m - n < ``window`` and far_q far_k^T beyond, in one softmax.

    ReRoPE needs it (Su 2023, kexue.fm/archives/9708): far keys are rotated as if they were ``window`` positions back.
    Blocks of queries are computed in turn: far logits for the keys that are far for some query of the block, near
    logits for those that are near for some, and a choice where both exist. For gradients a block's weights are computed
    again (checkpointing).

    >>> one, v = torch.ones(1, 1, 3, 1), torch.tensor([[[[1.0], [3.0], [8.0]]]])
    >>> far = torch.full((1, 1, 3, 1), -torch.inf)  # far keys have no weight
    >>> two_region_attention(one, one, one, far, v, 2).flatten().tolist()
    [1.0, 2.0, 5.5]
    """
    tokens = v.shape[2]
    made = [full_attention(near_q[:, :, :window], near_k[:, :, :window], v[:, :, :window], scale)]
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
    """Attention of the last R of N queries; ``near_k``: last window + R - 1 keys, ``far_k``: first N - window."""
    near, far = near_q @ near_k.mT, far_q @ far_k.mT
    rows, begin = near.shape[2], v.shape[2] - near.shape[3]
    distance = torch.arange(rows, device=v.device)[:, None] - torch.arange(near.shape[3], device=v.device) + window - 1
    near = near.masked_fill(distance < 0, -math.inf)
    both = torch.where(distance[:, : rows - 1] < window, near[..., : rows - 1], far[..., begin:])
    logits = torch.cat([far[..., :begin], both, near[..., rows - 1 :]], -1)
    return logits.softmax(-1, dtype=torch.promote_types(v.dtype, torch.float32)).to(v.dtype) @ v
