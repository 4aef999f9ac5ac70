"""ReRoPE: a rotary model reads on as if no key were farther than w; nothing is retrained.

    logit = q_m' R(-min(m - n, w)) k_n          leaky: a distance d beyond w counts as w + (d - w) / k

Su 2023, kexue.fm/archives/9708. Two products, one for each region, meet in one softmax. Weights are those of `rope`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._attention import two_regions
from baselines.lm._decoder import Decoder
from baselines.lm._scheme import speeds, turn
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
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    share: float = 0.5  # w as a share of the training length
    leak: float = 0.0  # k of the leaky form; 0 for none


class Rerope(Rope):
    """Rope within w, a fixed (or slow) turn beyond; short windows are read as trained."""

    def __init__(self, share: float, leak: float) -> None:
        super().__init__()
        if not 0 < share <= 1 or (leak and leak < 1):
            raise UsageError(f"share={share:g} must lie in (0, 1], and leak={leak:g} be 0 or at least 1.")
        self.share, self.leak = share, leak

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """Attention with the true distance within w and the stopped one beyond."""
        tokens, near = q.shape[-2], max(1, round(self.share * self.length))
        if self.training or tokens <= self.length:
            return super().attend(q, k, v, layer)
        speed = speeds(self.size, self.base, q.device)
        places = torch.arange(tokens, dtype=torch.float64, device=q.device)[:, None]
        slow = places / self.leak if self.leak else places * 0.0
        stopped = near * (1 - 1 / self.leak) if self.leak else near
        near_q, near_k = self.turned(q, k, layer)
        far_q, far_k = turn(q, (slow + stopped) * speed), turn(k, slow * speed)
        return two_regions(near_q, near_k, far_q, far_k, v, near)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Rerope(config.share, config.leak), task, device, seed)
