"""Log-n scaling: logits grow with the logarithm of how many keys there are, so that attention stays as sharp.

    q_m' k_n log(m) / (log(N) sqrt(D)),  m keys seen          read only: max(1, log(m) / log(N))

Su 2021, kexue.fm/archives/8823: the factor keeps the entropy of attention about where it was at N keys. On top of rotary positions; trained
with the factor, or given it when reading alone, with the weights of `rope`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm.rope import Rope
from harness.spec import Model, Task

MODEL = Model(
    title="RoPE with logits scaled by log n",
    source="Su 2021, kexue.fm/archives/8823",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "trained=false": "the factor when reading alone",
    },
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    trained: bool = True  # whether training has the factor as well


def factors(tokens: int, length: int, device: torch.device) -> Tensor:
    """log(m) / log(N) of m = 1 ... T visible keys, (T, 1).

    >>> factors(4, 2, torch.device("cpu")).flatten().tolist()[1::2]
    [1.0, 2.0]
    """
    keys = torch.arange(1, tokens + 1, dtype=torch.float64, device=device)
    return (keys.log() / math.log(length)).float()[:, None]


class LogN(Rope):
    """Rope with scaled logits."""

    def __init__(self, learned: bool) -> None:
        super().__init__()
        self.learned = learned

    def scaled(self, q: Tensor, layer: int) -> Tensor:
        """q times its factor; read only: never below 1, and nothing in training."""
        factor = factors(q.shape[-2], self.length, q.device).to(q.dtype)
        if self.learned:
            return q * factor
        return q if self.training else q * factor.clamp(min=1.0)


class Learned(LogN):
    """Trained with the factor; the other form reads the weights of rope."""

    trained = "rope(base=10000),log_n"


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Learned(True) if config.trained else LogN(False), task, device, seed)
