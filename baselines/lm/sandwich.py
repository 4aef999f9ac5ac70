"""Sandwich: the product of two sinusoids, which is a function of their distance, as a bias with another steepness a head.

    q_m k_n / sqrt(D) + (p_m p_n - p_m p_m) / c_h,   p_m p_n = sum over i < S / 2 of cos((m - n) / 10000^(2i / S)),   c_h = 8 h / H

Chi et al. 2023, arXiv 2212.10356, section 5; S = 128 and the ratios c_h as in the published code. That p_m p_m, a constant, is
taken off changes no softmax.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme, speeds
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with products of sinusoids as biases (Sandwich)",
    source="Chi et al. 2023, arXiv 2212.10356, section 5",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    needs=("torch", "numpy"),
)


SINES = 128


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features


class Sandwich(Scheme):
    """A fixed bias by distance."""

    trained = "sandwich"
    ratios: Tensor

    def begin(self, heads: int, size: int, width: int, layers: int, length: int) -> None:
        """The ratios c_h, (H,)."""
        super().begin(heads, size, width, layers, length)
        self.register_buffer("ratios", 8.0 * torch.arange(1, heads + 1) / heads, persistent=False)

    def bias(self, tokens: int) -> Tensor:
        """The compressed products, (H, T)."""
        steps = torch.arange(tokens, dtype=torch.float64, device=self.ratios.device)
        product = (steps[:, None] * speeds(SINES, 10000.0, self.ratios.device)).cos().sum(-1) - SINES / 2
        return product.float() / self.ratios[:, None]


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Sandwich(), task, device, seed)
