"""ALiBi: every logit loses a fixed slope times the distance, and nothing else knows the position.

    softmax(q_m k_n / sqrt(D) - s_h (m - n)),   s_h = 2^(-8 h / H), h = 1 ... H

Press, Smith and Lewis 2022, arXiv 2108.12409, section 3: the bias is not divided by sqrt(D), slopes are not learned. Where H is
no power of two, the slopes of the next lower power come first, then every second one of the next higher.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._attention import alibi
from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme, distances
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with linear biases (ALiBi)",
    source="Press et al. 2022, arXiv 2108.12409, section 3",
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


def slopes(heads: int) -> list[float]:
    """The slopes of the heads.

    >>> slopes(4)
    [0.25, 0.0625, 0.015625, 0.00390625]
    >>> slopes(3)
    [0.0625, 0.00390625, 0.25]
    """
    power = 2 ** int(math.log2(heads))
    first = [2.0 ** (-8.0 * number / power) for number in range(1, power + 1)]
    return first if power == heads else first + slopes(2 * power)[0::2][: heads - power]


class Alibi(Scheme):
    """A bias by distance that is never laid out as a table."""

    trained = "alibi"
    slopes: Tensor

    def begin(self, heads: int, size: int, width: int, layers: int, length: int) -> None:
        """The slopes, (H,)."""
        super().begin(heads, size, width, layers, length)
        self.register_buffer("slopes", torch.tensor(slopes(heads)), persistent=False)

    def bias(self, tokens: int) -> Tensor:
        """-s d, (H, T): what a window adds."""
        return -self.slopes[:, None] * distances(tokens, self.slopes.device)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """All keys by a form that needs no table of biases; a window as every scheme does."""
        seen = self.window(layer, q.shape[-2])
        if seen is not None and seen < q.shape[-2]:
            return super().attend(q, k, v, layer)
        return alibi(q, k, v, self.slopes)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Alibi(), task, device, seed)
