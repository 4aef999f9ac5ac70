"""Attention to a small memory that all texts share, in place of the text itself.

    A = norm(X M_k'),  Y = A M_v,  M_k and M_v (S, W);  norm: softmax over tokens, then shares over the S places

Guo et al. 2021, arXiv 2105.02358, equations 5 and 6; S is 64 there, as here. Tokens meet in the softmax alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer
from harness.spec import Model, Task

MODEL = Model(
    title="External attention",
    source="Guo et al. 2021, arXiv 2105.02358, equations 5 and 6",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text
    patch: int = 4  # pixels of the side of a picture's patch
    places: int = 64  # of the memory


class Memory(Mixer):
    """Two small matrices, keys and values, with the double normalisation."""

    def __init__(self, width: int, length: int, places: int) -> None:
        super().__init__(width, length)
        self.keys, self.values = nn.Linear(width, places, bias=False), nn.Linear(places, width, bias=False)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        weights = self.keys(x).masked_fill(~mask[..., None], -torch.inf).softmax(1)
        mixed: Tensor = self.values(weights / weights.sum(-1, keepdim=True).clamp(min=1e-30))
        return mixed


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: Memory(width, length, config.places), task, device, seed)
