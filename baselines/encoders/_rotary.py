"""Rotary position embedding, for attention and for heads that point at spans."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


def rotate(x: Tensor, base: float = 10000.0) -> Tensor:
    """Rotary position embedding of x (B, T, ..., d) by the token's number, in float32.

    Dimensions 2i and 2i+1 are one plane, turned by ``position * base ** (-2i / d)``, so that the product of a rotated
    q at m and a rotated k at n depends on m - n only (Su et al. 2021, arXiv 2104.09864, section 3.2). A plane is a
    complex number here, which makes a turn one multiplication.
    """
    tokens, size = x.shape[1], x.shape[-1]
    turn = turns(1 << (tokens - 1).bit_length(), size, base, x.device)[:tokens]
    planes = torch.view_as_complex(x.float().contiguous().reshape(*x.shape[:-1], size // 2, 2))
    shape = [1, tokens, *[1] * (x.dim() - 3), size // 2]
    return torch.view_as_real(planes * turn.view(shape)).flatten(-2)


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # what is kept must serve training as well
def turns(tokens: int, size: int, base: float, device: torch.device) -> Tensor:
    """Complex numbers (T, d / 2) of length 1 that turn each plane at each position; kept, since few shapes are asked for."""
    speed = base ** (-torch.arange(0, size, 2, device=device, dtype=torch.float64) / size)
    angle = torch.arange(tokens, device=device, dtype=torch.float64)[:, None] * speed
    return torch.polar(torch.ones_like(angle), angle).to(torch.complex64)
