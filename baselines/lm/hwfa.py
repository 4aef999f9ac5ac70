"""HWFA: windows with rotary positions below, and on top one layer of full attention without positions and with log-n scaling.

The L - 1 lower layers see (w - 1)(L - 1) + 1 = a N tokens together, a <= 3/4 of the training length N, so that what they give does not
depend on how long the text is; the top layer knows no position that could be new. Su 2023, kexue.fm/archives/9603.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm.log_n import factors
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
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    share: float = 0.75  # a: the share of the training length that the lower layers see


class Hwfa(Rope):
    """Rope in windows, and none in the last layer."""

    def __init__(self, share: float) -> None:
        super().__init__()
        if not 0 < share <= 1:
            raise UsageError(f"share={share:g} must lie in (0, 1].")
        self.share = share

    @property
    def trained(self) -> str:  # type: ignore[override]
        """What training depends on."""
        return f"hwfa(share={self.share:g})"

    def top(self, layer: int) -> bool:
        """Whether a layer is the last one."""
        return layer + 1 == self.layers

    def window(self, layer: int, tokens: int) -> int | None:
        """w of the lower layers: the largest with (w - 1)(L - 1) + 1 <= a N."""
        return None if self.top(layer) else int((self.share * self.length - 1) // max(1, self.layers - 1)) + 1

    def turned(self, q: Tensor, k: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Positions below, none on top."""
        return (q, k) if self.top(layer) else super().turned(q, k, layer)

    def scaled(self, q: Tensor, layer: int) -> Tensor:
        """Log-n scaling on top."""
        return q * factors(q.shape[-2], self.length, q.device).to(q.dtype) if self.top(layer) else q


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Hwfa(config.share), task, device, seed)
