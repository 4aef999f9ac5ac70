"""Rotary position embedding, for attention and for heads that score pairs of tokens."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor


def apply_rotary(x: Tensor, base: float = 10000.0) -> Tensor:
    """Rotate each pair of dimensions of x (B, T, ..., d) by an angle that grows with the token's position, in float32.

    Su et al. 2021, arXiv 2104.09864, section 3.2. At position m, for the pair of dimensions 2i and 2i + 1,

        x'[2i]     = x[2i] cos(m f_i) - x[2i + 1] sin(m f_i)
        x'[2i + 1] = x[2i] sin(m f_i) + x[2i + 1] cos(m f_i),    f_i = base ** (-2i / d)

    so that the product of a rotated q at m and a rotated k at n depends on n - m only. A pair is a complex number here:
    its rotation is one multiplication by exp(i m f_i).

    >>> apply_rotary(torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]))  # two tokens, one pair: the angles 0 and 1
    tensor([[[1.0000, 0.0000],
             [0.5403, 0.8415]]])
    """
    tokens, size = x.shape[1], x.shape[-1]
    factors = freqs_cis(1 << (tokens - 1).bit_length(), size, base, x.device)[:tokens]
    pairs = torch.view_as_complex(x.float().contiguous().reshape(*x.shape[:-1], size // 2, 2))
    shape = [1, tokens, *[1] * (x.dim() - 3), size // 2]
    return torch.view_as_real(pairs * factors.view(shape)).flatten(-2)


def inv_freq(size: int, base: float, device: Any = None) -> Tensor:
    """The inverse frequencies base^(-2i / size), i = 0 ... size / 2 - 1, (size / 2,) in float64.

    By so many radians each pair of dimensions is rotated from one token to the next.

    >>> inv_freq(4, 10000.0).tolist()
    [1.0, 0.01]
    """
    return base ** (-torch.arange(0, size, 2, dtype=torch.float64, device=device) / size)


@lru_cache(maxsize=32)  # few shapes are ever asked for
@torch.inference_mode(False)  # what is kept must serve training as well
def freqs_cis(tokens: int, size: int, base: float, device: torch.device) -> Tensor:
    """The factors exp(i m f) of all positions m and pairs: complex numbers (T, d / 2) of length 1."""
    angles = torch.arange(tokens, device=device, dtype=torch.float64)[:, None] * inv_freq(size, base, device)
    return torch.polar(torch.ones_like(angles), angles).to(torch.complex64)
