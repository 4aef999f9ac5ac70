"""A window in training as in reading: a query sees the last w keys of each layer, so cost grows with length and not with its square.

L layers see (w - 1) L + 1 tokens together (Beltagy et al. 2020, arXiv 2004.05150, section 3.1: sliding windows, their width by layer).
Positions are rotary, which a window never shows a distance that it was not trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

from baselines.lm._decoder import Decoder
from baselines.lm.rope import Rope
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="RoPE with a sliding window in every layer",
    source="Beltagy et al. 2020, arXiv 2004.05150, section 3.1",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "widths=16+32+64+128": "wider from layer to layer",
    },
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    widths: str = "64"  # keys that a query sees, itself included; or one number for each layer: 32+64+64+128


class Windowed(Rope):
    """Rope within a window of each layer's own width."""

    def __init__(self, widths: str) -> None:
        super().__init__()
        parts = widths.split("+")
        if not all(part.isdecimal() and int(part) for part in parts):
            raise UsageError(
                f"widths={widths} is not one number, or one for each layer joined by +: 64 or 32+64+64+128."
            )
        self.widths = [int(part) for part in parts]

    @property
    def trained(self) -> str:  # type: ignore[override]
        """What training depends on."""
        return f"window({'+'.join(map(str, self.widths))})"

    def begin(self, heads: int, size: int, width: int, layers: int, length: int) -> None:
        """Give each layer its width. ``UsageError`` where there are not as many widths as layers."""
        super().begin(heads, size, width, layers, length)
        if len(self.widths) not in (1, layers):
            raise UsageError(f"{len(self.widths)} widths for {layers} layers. Give one for all, or one for each.")

    def window(self, layer: int, tokens: int) -> int:
        """The layer's width."""
        return self.widths[layer % len(self.widths)]


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Windowed(config.widths), task, device, seed)
