"""A learned vector for each position of the training length, added to the embeddings once.

Radford et al. 2019 (GPT-2). There is no vector for a position beyond the table, so longer windows are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with learned positions",
    source="Radford et al. 2019, Language Models are Unsupervised Multitask Learners",
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


class Learned(Scheme):
    """A table (N, W); N is the training length, and the most that can be read."""

    trained = "learned"

    def begin(self, heads: int, size: int, width: int, layers: int, length: int) -> None:
        """Draw the table, small beside the embeddings, as GPT-2 does."""
        super().begin(heads, size, width, layers, length)
        self.longest = length
        self.table = nn.Parameter(0.02 * width**0.5 * torch.randn(length, width))

    def added(self, tokens: int, device: torch.device) -> Tensor:
        """The vectors of the first T positions. ``UsageError`` beyond the table."""
        if tokens > len(self.table):
            raise UsageError(
                f"{tokens} positions were asked for, and the table has the {len(self.table)} of training. Read shorter windows."
            )
        return self.table[:tokens]


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Learned(), task, device, seed)
