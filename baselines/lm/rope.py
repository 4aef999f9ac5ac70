"""RoPE: q and k are rotated by angles proportional to their positions, so that q . k depends on the distance alone.

    q'_m = R_m q_m,   k'_n = R_n k_n,   q'_m . k'_n = q_m . R_(n - m) k_n
    R_m rotates the features 2i and 2i + 1 by the angle m theta_i,   theta_i = base^(-2i / D),   i = 0 ... D / 2 - 1

Su et al. 2021, arXiv 2104.09864, section 3.2. m and n are positions from 0, D is the number of features of a head.
There are no parameters. A bias on q, k and v (before the rotation) is said to help beyond the training length (Su 2023,
kexue.fm/archives/9577) and is a setting; it starts at zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.encoders import inv_freq
from baselines.lm._decoder import Decoder
from baselines.lm._positions import apply_rotary
from baselines.lm._scheme import Scheme
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with rotary positions (RoPE)",
    source="Su et al. 2021, arXiv 2104.09864, section 3.2",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "bias=true": "a bias on q, k and v: does it help beyond the training length?",
        "base=1000": "larger angles: more of them are met in training",
    },
    departures=(
        "bias=true adds a bias to q, k and v of a Transformer with softmax attention; the post measures it on a gated "
        "attention unit (GAU), where it is on q and k.",
    ),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    base: float = 10000.0  # of the angles; the smallest one makes a full turn in about 2 pi base tokens
    bias: bool = False  # a bias on q, k and v


class Rope(Scheme):
    """Rotary positions; subclasses read longer texts with other angles.

    >>> scheme = Rope()
    >>> scheme.setup(heads=1, head_dim=4, width=4, layers=1, length=8)
    >>> scheme.angles(3, torch.device("cpu")).tolist()  # theta_0 = 1, theta_1 = 0.01
    [[0.0, 0.0], [1.0, 0.01], [2.0, 0.02]]
    >>> x = torch.ones(1, 1, 3, 4)
    >>> q, k = scheme.rotate(x, x, layer=0)
    >>> (q @ k.mT)[0, 0]  # each diagonal is one distance: 2 cos(m - n) + 2 cos(0.01 (m - n))
    tensor([[4.0000, 3.0805, 1.1673],
            [3.0805, 4.0000, 3.0805],
            [1.1673, 3.0805, 4.0000]])
    """

    def __init__(self, base: float = 10000.0) -> None:
        super().__init__()
        self.base = base

    @property
    def trained(self) -> str:
        """What training depends on."""
        return f"rope(base={self.base:g})"

    def angles(self, tokens: int, device: torch.device) -> Tensor:
        """m theta_i, (T, D / 2)."""
        positions = torch.arange(tokens, dtype=torch.float64, device=device)
        return positions[:, None] * inv_freq(self.head_dim, self.base, device)

    def rotate(self, q: Tensor, k: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """R_m q_m and R_n k_n."""
        angles = self.angles(q.shape[-2], q.device)
        return apply_rotary(q, angles), apply_rotary(k, angles)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Rope(config.base), task, device, seed, bias=config.bias)
