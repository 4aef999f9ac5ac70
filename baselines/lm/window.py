"""Sliding-window attention in training and in reading: a query sees the last w keys, at a cost of T w in place of T^2.

    out_m = sum over m - w < n <= m of softmax_n(R_m q_m . R_n k_n / sqrt(D)) v_n

Beltagy et al. 2020, arXiv 2004.05150, section 3.1: L layers see (w - 1) L + 1 tokens together, and w may grow from
layer to layer. Positions are rotary (R: see `rope`), so that no distance is met in reading that was not met in
training.
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
    departures=(
        "Only the sliding window is the paper's: positions are rotary, without dilation and without global attention.",
    ),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    widths: str = "64"  # keys that a query sees, itself included; or one number for each layer: 32+64+64+128


class Windowed(Rope):
    """RoPE within a window of the layer's width.

    With w = 2 and equal queries and keys an output is the mean of two values:

    >>> import torch
    >>> scheme = Windowed("2")
    >>> scheme.setup(heads=1, head_dim=2, width=2, layers=3, length=8)
    >>> v = torch.tensor([1.0, 3.0, 8.0, 0.0]).reshape(1, 1, 4, 1)
    >>> scheme.attend(torch.zeros(1, 1, 4, 2), torch.zeros(1, 1, 4, 2), v, layer=0).flatten().tolist()
    [1.0, 2.0, 5.5, 4.0]
    >>> scheme.receptive_field()  # (2 - 1) 3 + 1
    4
    """

    def __init__(self, widths: str) -> None:
        super().__init__()
        parts = widths.split("+")
        if not all(part.isdecimal() and int(part) for part in parts):
            raise UsageError(
                f"widths={widths} is not one number, or one for each layer joined by +: 64 or 32+64+64+128."
            )
        self.widths = [int(part) for part in parts]

    @property
    def trained(self) -> str:
        """What training depends on."""
        return f"window({'+'.join(map(str, self.widths))})"

    def setup(self, heads: int, head_dim: int, width: int, layers: int, length: int) -> None:
        """Check the widths. ``UsageError`` where there are neither one nor as many as layers."""
        super().setup(heads, head_dim, width, layers, length)
        if len(self.widths) not in (1, layers):
            raise UsageError(f"{len(self.widths)} widths for {layers} layers. Give one for all, or one for each.")

    def sliding_window(self, layer: int, tokens: int) -> int:
        """w of the layer."""
        return self.widths[layer % len(self.widths)]


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Windowed(config.widths), task, device, seed)
