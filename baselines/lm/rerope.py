"""ReRoPE: a RoPE model reads on with relative positions that stop growing at w, without training.

    logit(m, n) = q_m . R_(-d) k_n / sqrt(D),   d = m - n              for m - n < w
                                                d = w                  beyond; leaky: d = w + (m - n - w) / k

Su 2023, kexue.fm/archives/9708. R_d rotates by the angles of `rope` at d. No distance is larger than w (leaky: hardly
larger), so all have been met in training. d is no difference of two positions any more, so that near and far keys need
a product each:

    near:  R_m q_m . R_n k_n                     far:  R_w q_m . k_n;  leaky:  R_(m / k + w - w / k) q_m . R_(n / k) k_n

Both meet in one softmax. Windows up to the training length N are read as trained. Weights are those of `rope`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.encoders import inv_freq
from baselines.lm._attention import two_region_attention
from baselines.lm._decoder import Decoder
from baselines.lm._positions import apply_rotary
from baselines.lm.rope import Rope
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="RoPE read with distances that stop growing (ReRoPE)",
    source="Su 2023, kexue.fm/archives/9708",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "leak=16": "distances beyond w go on growing, 16 times slower",
        "share=0.25": "a quarter of the training length is read as trained",
    },
    departures=("Logits are not scaled by log n, with which the post's rows of this kind are better.",),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    share: float = 0.5  # w as a share of the training length
    leak: float = 0.0  # k of the leaky form; 0 for none


class Rerope(Rope):
    """RoPE with the true distance below w and a constant (or slowly growing) one beyond.

    With one pair of features, q = k = (1, 0) and w = 2 of N = 4, logits are cos(d) / sqrt(2). The last of six queries
    has the distances 2, 2, 2, 2, 1, 0:

    >>> scheme = Rerope(share=0.5, leak=0.0)
    >>> scheme.setup(heads=1, head_dim=2, width=2, layers=1, length=4)
    >>> q = k = torch.tensor([1.0, 0.0]).expand(1, 1, 6, 2)
    >>> v = torch.eye(6)[None, None]  # values that show the weights
    >>> weights = scheme.eval().attend(q, k, v, layer=0)[0, 0, -1]
    >>> (weights / weights[-1]).log().mul(2**0.5).add(1).arccos()
    tensor([2.0000, 2.0000, 2.0000, 2.0000, 1.0000, 0.0000])
    """

    def __init__(self, share: float, leak: float) -> None:
        super().__init__()
        if not 0 < share <= 1 or (leak and leak < 1):
            raise UsageError(f"share={share:g} must lie in (0, 1], and leak={leak:g} be 0 or at least 1.")
        self.share, self.leak = share, leak

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """Attention with one product for near keys and one for far keys; RoPE's own for T <= N and in training."""
        tokens, w = q.shape[-2], max(1, round(self.share * self.length))
        if self.training or tokens <= self.length:
            return super().attend(q, k, v, layer)
        theta = inv_freq(self.head_dim, self.base, q.device)
        positions = torch.arange(tokens, dtype=torch.float64, device=q.device)[:, None]
        leaked = positions / self.leak if self.leak else positions * 0.0  # m / k, or 0
        constant = w * (1 - 1 / self.leak) if self.leak else w  # w - w / k, or w
        near_q, near_k = self.rotate(q, k, layer)
        far_q, far_k = apply_rotary(q, (leaked + constant) * theta), apply_rotary(k, leaked * theta)
        return two_region_attention(near_q, near_k, far_q, far_k, v, w)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Rerope(config.share, config.leak), task, device, seed)
