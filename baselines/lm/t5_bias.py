"""T5's bias: a learned number for each head and each bucket of distances, the same in all layers.

Raffel et al. 2020, arXiv 1910.10683, section 2.1. Half of 32 buckets are the distances 0 to 15, the others grow as their
logarithm up to 128, and all beyond share the last one. T5 does not divide q k by sqrt(D); here it is divided, as in every
model of this folder, and the bias is added after.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with bucketed biases (T5)",
    source="Raffel et al. 2020, arXiv 1910.10683, section 2.1",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    needs=("torch", "numpy"),
)


BUCKETS, FURTHEST = 32, 128


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features


def buckets(tokens: int, number: int = BUCKETS, furthest: int = FURTHEST) -> Tensor:
    """The bucket of each distance, (T,).

    >>> buckets(200)[[0, 15, 16, 17, 127, 128, 199]].tolist()
    [0, 15, 16, 16, 31, 31, 31]
    """
    distance = torch.arange(tokens, dtype=torch.float64)
    exact = number // 2
    grown = exact + (distance.clamp(min=exact) / exact).log() / math.log(furthest / exact) * (number - exact)
    return torch.where(distance < exact, distance, grown.clamp(max=number - 1)).long()


class T5Bias(Scheme):
    """A table (buckets, H)."""

    trained = "t5_bias"

    def begin(self, heads: int, size: int, width: int, layers: int, length: int) -> None:
        """Begin without any preference."""
        super().begin(heads, size, width, layers, length)
        self.table = nn.Parameter(torch.zeros(BUCKETS, heads))

    def bias(self, tokens: int) -> Tensor:
        """The learned number of each distance, (H, T)."""
        return self.table[buckets(tokens).to(self.table.device)].T


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, T5Bias(), task, device, seed)
