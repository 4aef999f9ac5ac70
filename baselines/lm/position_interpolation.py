"""Position interpolation: a RoPE model reads k times its training length with positions divided by k, without training.

    angle of pair i at position m:   (m / k) base^(-2i / D),   k = max(1, T / N) for a window of T tokens

Chen et al. 2023, arXiv 2306.15595, section 2.3. N is the training length, D the number of features of a head, i = 0 ...
D / 2 - 1. All angles then lie in the range of training, but neighbours are closer together than they were there.
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
    departures=(
        "The paper fine-tunes the model on interpolated positions; nothing is fine-tuned here.",
        "k follows the length of each window; the paper fixes it for the longest length.",
    ),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features


class InterpolatedRope(Rope):
    """RoPE with k times smaller angles in windows longer than N.

    >>> scheme = InterpolatedRope()
    >>> scheme.setup(heads=1, head_dim=2, width=2, layers=1, length=2)
    >>> for tokens in (2, 4):
    ...     scheme.angles(tokens, torch.device("cpu")).flatten().tolist()
    [0.0, 1.0]
    [0.0, 0.5, 1.0, 1.5]
    """

    def angles(self, tokens: int, device: torch.device) -> Tensor:
        """(m / k) theta_i, (T, D / 2)."""
        return super().angles(tokens, device) / max(1.0, tokens / self.length)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, InterpolatedRope(), task, device, seed)
