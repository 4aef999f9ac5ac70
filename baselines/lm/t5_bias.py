"""T5's relative position bias: a learned number for each head and each bucket of distances, shared by all layers.

    logit(m, n) = q_m . k_n / sqrt(D) + table[bucket(m - n), h]
    bucket(d) = d                                                        for d < 16
                min(31, 16 + floor(16 log(d / 16) / log(128 / 16)))      beyond

Raffel et al. 2020, arXiv 1910.10683, section 2.1, with the causal buckets of the published code: 32, of which 16 are
single distances, the others grow logarithmically up to 128, and all larger distances share the last.

Initial values: the table (32, H) is zero, so that a model starts without positions.
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
    departures=(
        "q k is divided by sqrt(D), as in every decoder of this folder; T5 does not divide.",
        "The table starts at zero; the Transformers library draws it with deviation 1 / sqrt(width).",
        "The table has the learning rate of all matrices, at which the protocol's few steps move it far less than the "
        "several nats that it needs, and weight decay applies to it, since it is a matrix.",
    ),
    needs=("torch", "numpy"),
)

BUCKETS, MAX_DISTANCE = 32, 128


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features


def relative_position_bucket(tokens: int, buckets: int = BUCKETS, max_distance: int = MAX_DISTANCE) -> Tensor:
    """The bucket of the distances 0 ... T - 1, (T,).

    >>> relative_position_bucket(200)[[0, 15, 16, 17, 127, 128, 199]].tolist()
    [0, 15, 16, 16, 31, 31, 31]
    """
    distance = torch.arange(tokens, dtype=torch.float64)
    exact = buckets // 2
    log = exact + (distance.clamp(min=exact) / exact).log() / math.log(max_distance / exact) * (buckets - exact)
    return torch.where(distance < exact, distance, log.clamp(max=buckets - 1)).long()


class T5Bias(Scheme):
    """A learned bias by bucket of the distance.

    >>> scheme = T5Bias()
    >>> scheme.setup(heads=2, head_dim=2, width=4, layers=1, length=8)
    >>> with torch.no_grad():
    ...     _ = scheme.table[:3].copy_(torch.tensor([[0.0, 0.5], [-1.0, 0.0], [-2.0, 3.0]]))  # buckets of d = 0, 1, 2
    >>> scheme.position_bias(3).tolist()
    [[0.0, -1.0, -2.0], [0.5, 0.0, 3.0]]
    """

    trained = "t5_bias"

    def setup(self, heads: int, head_dim: int, width: int, layers: int, length: int) -> None:
        """The table (buckets, H), zero."""
        super().setup(heads, head_dim, width, layers, length)
        self.table = nn.Parameter(torch.zeros(BUCKETS, heads))

    def position_bias(self, tokens: int) -> Tensor:
        """table[bucket(d), h], (H, T)."""
        return self.table[relative_position_bucket(tokens).to(self.table.device)].T


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, T5Bias(), task, device, seed)
