"""Attention whose weights do not ask: they are learned for places, or made by each token on its own.

    random:  Y = softmax(B) X W_v,  B (N, N);    dense:  Y = softmax(W2 relu(W1 x_i)) X W_v,  a row for each token i

Tay et al. 2020, arXiv 2005.00743, section 3; one head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer, square
from harness.spec import Model, Task

MODEL = Model(
    title="Synthesizer: attention without comparing tokens",
    source="Tay et al. 2020, arXiv 2005.00743, section 3",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"dense=true": "weights are made by each token on its own"},
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text, for which its weights are made
    patch: int = 4  # pixels of the side of a picture's patch
    dense: bool = False  # a row of weights is made by its token; else it is learned for its place


class Synthesizer(Mixer):
    """Weights from places or from single tokens, over real tokens."""

    def __init__(self, width: int, length: int, dense: bool) -> None:
        super().__init__(width, length)
        self.value, self.out, self.dense = nn.Linear(width, width), nn.Linear(width, width), dense
        if dense:
            self.hidden, self.rows = nn.Linear(width, width), nn.Linear(width, length)
        else:
            self.weight = square(length, 1.0)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        tokens = x.shape[1]
        found = (
            self.rows(torch.relu(self.hidden(x)))[..., :tokens] if self.dense else self.weight[None, :tokens, :tokens]
        )
        weights = found.masked_fill(~mask[:, None, :], -torch.inf).softmax(-1)
        mixed: Tensor = self.out(weights.to(x.dtype) @ self.value(x))
        return mixed


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: Synthesizer(width, length, config.dense), task, device, seed)
