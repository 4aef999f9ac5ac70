"""Learned positions: a trained vector for each position of the training length, added to the token embeddings once.

    x_0 = sqrt(W) E[ids] + P[0 ... T - 1],   P (N, W)

Radford et al. 2019 (GPT-2). N is the training length, W the width. P has no row for a position beyond N, so that longer
windows are refused.

Initial values: P is normal with deviation 0.02 sqrt(W), E with 1 / sqrt(W). After the factor sqrt(W) a token embedding
has entries of deviation 1 and a position of 0.02 sqrt(W), 0.23 at W = 128: positions begin small beside tokens.
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
    departures=(
        "Initial values are not GPT-2's: a position starts with 0.02 sqrt(width) times the size of a token (0.23 at "
        "width 128); in the published code it has half the size of a token (deviations 0.01 and 0.02).",
        "Token embeddings are multiplied by sqrt(width), which GPT-2 does not do; q, k, v and the feed-forward layers "
        "have no bias, which GPT-2 has.",
    ),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features


class Learned(Scheme):
    """Absolute positions from a table.

    >>> scheme = Learned()
    >>> scheme.setup(heads=1, head_dim=4, width=4, layers=1, length=3)
    >>> scheme.embed_positions(2, torch.device("cpu")).equal(scheme.table[:2])
    True
    >>> scheme.embed_positions(4, torch.device("cpu"))
    Traceback (most recent call last):
    ...
    harness.errors.UsageError: windows of 4 tokens are longer than the table of 3 positions. Read shorter windows.
    """

    trained = "learned"

    def setup(self, heads: int, head_dim: int, width: int, layers: int, length: int) -> None:
        """Draw the table P (N, W)."""
        super().setup(heads, head_dim, width, layers, length)
        self.longest = length
        self.table = nn.Parameter(0.02 * width**0.5 * torch.randn(length, width))

    def embed_positions(self, tokens: int, device: torch.device) -> Tensor:
        """P[0 ... T - 1], (T, W). ``UsageError`` where T is larger than N."""
        if tokens > len(self.table):
            raise UsageError(
                f"windows of {tokens} tokens are longer than the table of {len(self.table)} positions. Read shorter "
                "windows."
            )
        return self.table[:tokens]


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Learned(), task, device, seed)
