"""Rotary positions: q and k are turned by angles that grow with their place, so that a product knows the distance alone.

    q_m -> R(m) q_m,  k_n -> R(n) k_n,  (R(m) q)' (R(n) k) = q' R(n - m) k,  angle of plane i at m: m / base^(2i / D)

Su et al. 2021, arXiv 2104.09864, section 3.2. A bias on q, k and v before the turn is said to help beyond the training
length (Su 2023, kexue.fm/archives/9577), and is a setting.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme, speeds, turn
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with rotary positions (RoPE)",
    source="Su et al. 2021, arXiv 2104.09864, section 3.2",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "bias=true": "a bias on q, k and v: does it help beyond the training length?",
        "base=1000": "faster turns: more of them are met in training",
    },
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    base: float = 10000.0  # the slowest plane turns once in about 2 pi base tokens
    bias: bool = False  # a bias on q, k and v


class Rope(Scheme):
    """Angles of every layer; subclasses read longer texts with other angles."""

    def __init__(self, base: float = 10000.0) -> None:
        super().__init__()
        self.base = base

    @property
    def trained(self) -> str:  # type: ignore[override]
        """What training depends on."""
        return f"rope(base={self.base:g})"

    def angles(self, tokens: int, device: torch.device) -> Tensor:
        """Angle of each plane at each position, (T, D / 2)."""
        positions = torch.arange(tokens, dtype=torch.float64, device=device)
        return positions[:, None] * speeds(self.size, self.base, device)

    def turned(self, q: Tensor, k: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """q and k turned by their positions."""
        angles = self.angles(q.shape[-2], q.device)
        return turn(q, angles), turn(k, angles)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Rope(config.base), task, device, seed, bias=config.bias)
