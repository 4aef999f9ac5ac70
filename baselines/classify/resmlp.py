"""One linear layer over tokens, and learned scales in place of norms.

    Y = a * (A (a1 * X + b1)) + b,  A (N, N)

Touvron et al. 2021, arXiv 2105.03404, equations 1 to 3; the scales are those of the encoder's layers, and begin at 0.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer, across, square
from harness.spec import Model, Task

MODEL = Model(
    title="ResMLP: a linear layer over tokens",
    source="Touvron et al. 2021, arXiv 2105.03404, equations 1 to 3",
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


class Across(Mixer):
    """A linear layer over tokens."""

    affine = True

    def __init__(self, width: int, length: int) -> None:
        super().__init__(width, length)
        self.weight, self.bias = square(length, length**-0.5), nn.Parameter(torch.zeros(length, 1))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        return across(self.weight, x) + self.bias[: x.shape[1]]


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, Across, task, device, seed)
