"""Sinusoidal positions: sines and cosines of the position, added to the token embeddings once.

    PE(m, 2i) = sin(m / 10000^(2i / W)),   PE(m, 2i + 1) = cos(m / 10000^(2i / W)),   i = 0 ... W / 2 - 1
    x_0 = sqrt(W) E[ids] + PE

Vaswani et al. 2017, arXiv 1706.03762, section 3.5 (sqrt(W): section 3.4). m is the position from 0, W the width of the
model. Every position has a vector, also beyond the training length; whether a model can use one that it has never met
is the question.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm._positions import sinusoidal_table
from baselines.lm._scheme import Scheme
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with sinusoidal positions",
    source="Vaswani et al. 2017, arXiv 1706.03762, section 3.5",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    departures=(
        "The decoder normalises before each layer (pre-norm) and has no dropout; the paper's normalises after it.",
    ),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features


class Sinusoidal(Scheme):
    """Absolute positions without parameters.

    >>> scheme = Sinusoidal()
    >>> scheme.setup(heads=1, head_dim=4, width=4, layers=1, length=8)
    >>> scheme.embed_positions(2, torch.device("cpu"))  # sin 0, cos 0, sin 0, cos 0; sin 1, cos 1, sin 0.01, cos 0.01
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """

    trained = "sinusoidal"

    def embed_positions(self, tokens: int, device: torch.device) -> Tensor:
        """PE of the positions 0 ... T - 1, (T, W)."""
        return sinusoidal_table(tokens, self.width, device)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Sinusoidal(), task, device, seed)
