"""Sandwich: the product of two sinusoidal position embeddings as a bias, with a compression ratio for each head.

    logit(m, n) = q_m . k_n / sqrt(D) + (p_m . p_n - p_m . p_m) / c_h,   c_h = 8 h / H,   h = 1 ... H
    p_m . p_n = sum over i < S / 2 of cos((m - n) / 10000^(2i / S)),     S = 128

Chi et al. 2023, arXiv 2212.10356, section 5; p is the sinusoidal embedding of `sinusoidal` with S features. p_m . p_m =
S / 2 is the same for all keys, so that subtracting it changes no softmax. There are no parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.encoders import inv_freq
from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with products of sinusoids as biases (Sandwich)",
    source="Chi et al. 2023, arXiv 2212.10356, section 5",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    departures=(
        "The index i of the sinusoids runs from 0; whether the authors' starts at 0 or at 1 could not be settled.",
    ),
    needs=("torch", "numpy"),
)

SINUSOID_DIM = 128  # S


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features


class Sandwich(Scheme):
    """A fixed bias by distance.

    >>> scheme = Sandwich()
    >>> scheme.setup(heads=2, head_dim=2, width=4, layers=1, length=8)
    >>> scheme.position_bias(3)  # c = 4 and 8
    tensor([[ 0.0000, -0.4766, -1.6545],
            [ 0.0000, -0.2383, -0.8273]])
    """

    trained = "sandwich"
    ratios: Tensor

    def setup(self, heads: int, head_dim: int, width: int, layers: int, length: int) -> None:
        """The compression ratios c_h (H,), a buffer."""
        super().setup(heads, head_dim, width, layers, length)
        self.register_buffer("ratios", 8.0 * torch.arange(1, heads + 1) / heads, persistent=False)

    def position_bias(self, tokens: int) -> Tensor:
        """(p_m . p_n - p_m . p_m) / c_h by the distance m - n, (H, T)."""
        distance = torch.arange(tokens, dtype=torch.float64, device=self.ratios.device)
        angles = distance[:, None] * inv_freq(SINUSOID_DIM, 10000.0, self.ratios.device)
        product = angles.cos().sum(-1) - SINUSOID_DIM / 2
        return product.float() / self.ratios[:, None]


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Sandwich(), task, device, seed)
