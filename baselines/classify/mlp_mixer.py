"""Two layers over tokens, the same for every feature.

    Y = A2 gelu(A1 X),  A1 (S, N), A2 (N, S)

Tolstikhin et al. 2021, arXiv 2105.01601, section 2, equation 1; S is half of the width there, as here.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer
from harness.spec import Model, Task

MODEL = Model(
    title="MLP-Mixer: two layers over tokens",
    source="Tolstikhin et al. 2021, arXiv 2105.01601, section 2",
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


class TwoLayers(Mixer):
    """Two layers over tokens with so many units between them."""

    def __init__(self, width: int, length: int, units: int) -> None:
        super().__init__(width, length)
        self.into = nn.Parameter(torch.randn(units, length) * length**-0.5)
        self.back = nn.Parameter(torch.randn(length, units) * units**-0.5)
        self.shift_into, self.shift_back = nn.Parameter(torch.zeros(units, 1)), nn.Parameter(torch.zeros(length, 1))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        tokens = x.shape[1]
        middle = functional.gelu(self.into[:, :tokens] @ x + self.shift_into)
        return self.back[:tokens] @ middle + self.shift_back[:tokens]


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: TwoLayers(width, length, max(1, width // 2)), task, device, seed)
