"""Functions that several position schemes share: distances, rotation, sinusoids, the log-n factor.

Shapes: B texts, H heads, T tokens, D features of a head, W width of the model. Positions m (query) and n (key) count
from 0.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from baselines.encoders import inv_freq


def relative_distances(tokens: int, device: Any = None) -> Tensor:
    """The distances m - n that a causal window of T tokens has: 0, 1, ..., T - 1, (T,) in float32."""
    return torch.arange(tokens, dtype=torch.float32, device=device)


def apply_rotary(x: Tensor, angles: Tensor) -> Tensor:
    """Rotate each pair of features of x (..., T, D) by its angle in ``angles`` (T, D / 2).

    The pair (x[2i], x[2i + 1]) becomes (x[2i] cos a - x[2i + 1] sin a, x[2i] sin a + x[2i + 1] cos a): features lie
    interleaved, as in the paper (Su et al. 2021, arXiv 2104.09864, equation 15). The product of two complex numbers
    does it, in float32.

    >>> apply_rotary(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0], [torch.pi / 4]]))
    tensor([[1.0000, 0.0000],
            [0.7071, 0.7071]])
    """
    pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    rotation = torch.polar(torch.ones_like(angles), angles).to(torch.complex64)
    return torch.view_as_real(pairs * rotation).flatten(-2).to(x.dtype)


def sinusoidal_table(tokens: int, width: int, device: Any = None) -> Tensor:
    """PE(m, 2i) = sin(m / 10000^(2i / W)), PE(m, 2i + 1) = cos(m / 10000^(2i / W)), (T, W).

    Vaswani et al. 2017, arXiv 1706.03762, section 3.5. Angles are computed in float64, the table is float32.

    >>> sinusoidal_table(2, 4)  # the second row is sin 1, cos 1, sin 0.01, cos 0.01
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    angles = torch.arange(tokens, dtype=torch.float64, device=device)[:, None] * inv_freq(width, 10000.0, device)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(-2).float()


def log_n_scale(tokens: int, length: int, device: Any = None) -> Tensor:
    """log(m) / log(N) for m = 1 ... T visible keys and a training length of N, (T, 1) in float32.

    >>> log_n_scale(4, 2).flatten().tolist()[1::2]  # 2 and 4 keys
    [1.0, 2.0]
    """
    keys = torch.arange(1, tokens + 1, dtype=torch.float64, device=device)
    return (keys.log() / math.log(length)).float()[:, None]
