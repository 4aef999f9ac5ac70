"""Position interpolation: a rotary model reads k times its training length with all places divided by k; nothing is retrained.

    angle of plane i at m: (m / k) / base^(2i / D),  k = max(1, T / N) for a window of T tokens

Chen et al. 2023, arXiv 2306.15595, section 2.3. The paper then fine-tunes; without, this is the first rival of every extension.
Weights are those of `rope`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm.rope import Rope
from harness.spec import Model, Task

MODEL = Model(
    title="RoPE read with interpolated positions",
    source="Chen et al. 2023, arXiv 2306.15595, section 2.3",
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


class Interpolated(Rope):
    """Rope, read slower."""

    def angles(self, tokens: int, device: torch.device) -> Tensor:
        """Angles as if the window had the training length."""
        return super().angles(tokens, device) / max(1.0, tokens / self.length)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Interpolated(), task, device, seed)
