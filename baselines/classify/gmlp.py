"""Gating in place of attention: half of the features, mixed over tokens, multiply the other half.

    Z = gelu(X U);  Z = [Z1, Z2];  Y = (Z1 * (A norm(Z2) + b)) V,  A (N, N), b (N)

Liu, Dai, So and Le 2021, arXiv 2105.08050, section 2. A begins near 0 and b at 1, so that gates begin open. There are no layers over
channels beside it: U and V are those. Here A is free; in the paper's models of language it is Toeplitz.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer, across, square
from harness.spec import Model, Task

MODEL = Model(
    title="gMLP: spatial gating units",
    source="Liu et al. 2021, arXiv 2105.08050, section 2",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text, for which its weights are made
    patch: int = 4  # pixels of the side of a picture's patch


class Gate(Mixer):
    """A spatial gating unit between two layers over channels."""

    channels = False

    def __init__(self, width: int, length: int) -> None:
        super().__init__(width, length)
        half = max(width // 2, self.affordable(width, length))
        self.wide, self.narrow = nn.Linear(width, 2 * half), nn.Linear(half, width)
        self.norm = nn.LayerNorm(half)
        self.weight, self.bias = square(length, 1e-3 / length), nn.Parameter(torch.ones(length, 1))
        self.gated = half

    def affordable(self, width: int, length: int) -> int:
        """Features of the gate that the budget of 12 W^2 allows, beside the table of all pairs."""
        return (12 * width**2 - length**2) // (3 * width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        kept, mixed = functional.gelu(self.wide(x)).chunk(2, dim=-1)
        gate = across(self.weight, self.norm(mixed) * mask[..., None]) + self.bias[: x.shape[1]]
        return self.close(kept, gate, x, mask)

    def close(self, kept: Tensor, gate: Tensor, x: Tensor, mask: Tensor) -> Tensor:
        """Multiply, and bring back to the width."""
        answer: Tensor = self.narrow(kept * gate)
        return answer


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, Gate, task, device, seed)
