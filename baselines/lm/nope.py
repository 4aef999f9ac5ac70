"""No position at all: causal attention alone tells a decoder what came before.

Haviv et al. 2022, arXiv 2203.16634. A query's view has as many keys as its position, and that can be learned from.
"""

from __future__ import annotations

from dataclasses import dataclass

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder without positions (NoPE)",
    source="Haviv et al. 2022, arXiv 2203.16634, section 2",
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


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Scheme(), task, device, seed)
