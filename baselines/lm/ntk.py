"""NTK-aware scaling: a rotary model reads k times its training length with a larger base; nothing is retrained.

With b = base^(2 / D) the angle of plane i (from 0) at m is m / b^i. For k = max(1, T / N), T tokens of window:

    old:    m / (b k^(2 / D))^i             only almost the slowest plane reaches m / k
    fixed:  m / (l (b l)^i), l = k^(2 / D)  all planes are slowed, the slowest by k
    mixed:  m / (b^i exp(a (i + 1)^0.625)), a (D / 2)^0.625 = log k

Forms and names: Su 2023, kexue.fm/archives/9675 and 9706; the idea came up on a forum. Weights are those of `rope`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm.rope import Rope
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="RoPE read with a larger base (NTK-aware)",
    source="Su 2023, kexue.fm/archives/9706",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "form=fixed": "all planes slowed",
        "form=old": "the first form",
    },
    needs=("torch", "numpy"),
)


POWER = 0.625


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    form: str = "mixed"  # or fixed, or old


class Ntk(Rope):
    """Rope, read with other speeds."""

    def __init__(self, form: str) -> None:
        super().__init__()
        if form not in ("old", "fixed", "mixed"):
            raise UsageError(f"form={form} does not exist. It is old, fixed or mixed.")
        self.form = form

    def angles(self, tokens: int, device: torch.device) -> Tensor:
        """Angles by the form, for as much as the window is longer than training."""
        longer = max(1.0, tokens / self.length)
        plane = torch.arange(self.size // 2, dtype=torch.float64, device=device)
        ratio = longer ** (2 / self.size)
        slower = {
            "old": ratio**plane,
            "fixed": ratio ** (plane + 1),
            "mixed": torch.exp(math.log(longer) * ((plane + 1) / (self.size / 2)) ** POWER),
        }
        angles: Tensor = super().angles(tokens, device) / slower[self.form]
        return angles


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Ntk(config.form), task, device, seed)
