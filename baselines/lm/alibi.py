"""ALiBi: a bias proportional to the distance, with a fixed slope for each head, in place of any position embedding.

    logit(m, n) = q_m . k_n / sqrt(D) - s_h (m - n),   s_h = 2^(-8 h / H),   h = 1 ... H

Press, Smith and Lewis 2022, arXiv 2108.12409, section 3: the bias is not divided by sqrt(D), and slopes are not
learned. Where H is no power of two, the slopes of the next lower power come first, then every second slope of the next
higher one (the authors' code).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._attention import alibi_attention
from baselines.lm._decoder import Decoder
from baselines.lm._positions import relative_distances
from baselines.lm._scheme import Scheme
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with linear biases (ALiBi)",
    source="Press et al. 2022, arXiv 2108.12409, section 3",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    departures=("none known",),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features


def alibi_slopes(heads: int) -> list[float]:
    """The slopes s_h of H heads.

    >>> alibi_slopes(4)
    [0.25, 0.0625, 0.015625, 0.00390625]
    >>> alibi_slopes(3)
    [0.0625, 0.00390625, 0.25]
    """
    power = 2 ** int(math.log2(heads))
    first = [2.0 ** (-8.0 * number / power) for number in range(1, power + 1)]
    return first if power == heads else first + alibi_slopes(2 * power)[0::2][: heads - power]


class Alibi(Scheme):
    """A bias by distance; it has no parameters.

    >>> scheme = Alibi()
    >>> scheme.setup(heads=2, head_dim=2, width=4, layers=1, length=8)
    >>> scheme.position_bias(3)  # slopes 1/16 and 1/256 at the distances 0, 1 and 2
    tensor([[-0.0000, -0.0625, -0.1250],
            [-0.0000, -0.0039, -0.0078]])
    """

    trained = "alibi"
    slopes: Tensor

    def setup(self, heads: int, head_dim: int, width: int, layers: int, length: int) -> None:
        """The slopes (H,), a buffer."""
        super().setup(heads, head_dim, width, layers, length)
        self.register_buffer("slopes", torch.tensor(alibi_slopes(heads)), persistent=False)

    def position_bias(self, tokens: int) -> Tensor:
        """-s_h d, (H, T)."""
        return -self.slopes[:, None] * relative_distances(tokens, self.slopes.device)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """The same by a kernel that gives heads with steep slopes a window; a sliding window goes the usual way."""
        window = self.sliding_window(layer, q.shape[-2])
        if window is not None and window < q.shape[-2]:
            return super().attend(q, k, v, layer)
        return alibi_attention(q, k, v, self.slopes)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Alibi(), task, device, seed)
