"""Sines and cosines of the position, added to the embeddings once.

    p(m, 2i) = sin(m / 10000^(2i / W))        p(m, 2i + 1) = cos(m / 10000^(2i / W))

Vaswani et al. 2017, arXiv 1706.03762, section 3.5. Any position has a vector; that a model can use one which it has
never met does not follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme, sines
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with sinusoidal positions",
    source="Vaswani et al. 2017, arXiv 1706.03762, section 3.5",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features


class Sinusoidal(Scheme):
    """Absolute positions, (T, W)."""

    trained = "sinusoidal"

    def added(self, tokens: int, device: torch.device) -> Tensor:
        """The sinusoids of the first T positions."""
        return sines(tokens, self.width, device)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Sinusoidal(), task, device, seed)
