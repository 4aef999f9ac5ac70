"""HWFA: windows with rotary positions in the lower layers; on top full attention without positions, scaled by log n.

    layers 1 ... L - 1:   window w with RoPE,   (w - 1)(L - 1) + 1 = alpha N
    layer L:              all keys, logit(m, n) = log(m + 1) / log(N) q_m . k_n / sqrt(D)

Su 2023, kexue.fm/archives/9603. N is the training length, L the number of layers. The lower layers see alpha N <= 3/4 N
tokens together, so that their output does not depend on how long the text is; the top layer has no positions, so that
none can be new to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm._positions import log_n_scale
from baselines.lm.rope import Rope
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Windows below, one full layer without positions on top (HWFA)",
    source="Su 2023, kexue.fm/archives/9603",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "share=0.5": "lower layers see half of the training length",
    },
    departures=(
        "Layers are pre-norm softmax attention and feed-forward blocks; the post has 24 post-norm gated "
        "attention units.",
        "With four layers alpha = 3/4 makes w a quarter of the training length; the post has w = 16 of 512 in "
        "24 layers.",
    ),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    share: float = 0.75  # alpha: the share of the training length that the lower layers see


class Hwfa(Rope):
    """RoPE in windows; the top layer has neither.

    >>> scheme = Hwfa(share=0.75)
    >>> scheme.setup(heads=1, head_dim=2, width=2, layers=4, length=256)
    >>> [scheme.sliding_window(layer, tokens=1024) for layer in range(4)]  # (64 - 1) 3 + 1 = 190 <= 192
    [64, 64, 64, None]
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        if not 0 < share <= 1:
            raise UsageError(f"share={share:g} must lie in (0, 1].")
        self.share = share

    @property
    def trained(self) -> str:
        """What training depends on."""
        return f"hwfa(share={self.share:g})"

    def is_top(self, layer: int) -> bool:
        """Whether a layer is the last one."""
        return layer + 1 == self.layers

    def sliding_window(self, layer: int, tokens: int) -> int | None:
        """The largest w with (w - 1)(L - 1) + 1 <= alpha N; none on top."""
        return None if self.is_top(layer) else int((self.share * self.length - 1) // max(1, self.layers - 1)) + 1

    def rotate(self, q: Tensor, k: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """R_m q_m and R_n k_n in the lower layers, q and k on top."""
        return (q, k) if self.is_top(layer) else super().rotate(q, k, layer)

    def scale_queries(self, q: Tensor, layer: int) -> Tensor:
        """log(m + 1) / log(N) q_m on top."""
        return q * log_n_scale(q.shape[-2], self.length, q.device).to(q.dtype) if self.is_top(layer) else q


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Hwfa(config.share), task, device, seed)
