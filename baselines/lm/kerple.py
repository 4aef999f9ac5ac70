"""KERPLE: a learned kernel of the distance, logarithmic or a power, inside the division by sqrt(D).

    log:    (q_m k_n - r1 log(1 + r2 (m - n))) / sqrt(D)        power:    (q_m k_n - r1 (m - n)^r2) / sqrt(D), 0 < r2 <= 2

Chi et al. 2022, arXiv 2205.09921, equations 2, 6 and 7: r1 and r2 are positive, learned for each head, the same in all layers.
They begin as in the published code: r1 uniform in (0, 2), r2 in (0, 1), and are kept above 0.01.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme, distances
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with kernelised biases (KERPLE)",
    source="Chi et al. 2022, arXiv 2205.09921, section 4",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "kernel=power": "the power kernel",
    },
    needs=("torch", "numpy"),
)


LEAST = 0.01


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    kernel: str = "log"  # or power


class Kerple(Scheme):
    """Two numbers a head."""

    def __init__(self, kernel: str) -> None:
        super().__init__()
        if kernel not in ("log", "power"):
            raise UsageError(f"kernel={kernel} does not exist. It is log or power.")
        self.kernel = kernel

    @property
    def trained(self) -> str:  # type: ignore[override]
        """What training depends on."""
        return f"kerple({self.kernel})"

    def begin(self, heads: int, size: int, width: int, layers: int, length: int) -> None:
        """Draw r1 and r2, (H,)."""
        super().begin(heads, size, width, layers, length)
        drawn = 2 * torch.rand(heads), torch.rand(heads)
        self.r1, self.r2 = (nn.Parameter(part.clamp(min=LEAST)) for part in drawn)  # below it no gradient would flow

    def bias(self, tokens: int) -> Tensor:
        """-r1 log(1 + r2 d) / sqrt(D), or -r1 d^r2 / sqrt(D), (H, T)."""
        distance = distances(tokens, self.r1.device)
        r1, r2 = self.r1.clamp(min=LEAST)[:, None], self.r2.clamp(min=LEAST)[:, None]
        if self.kernel == "log":
            grown = torch.log1p(r2 * distance)
        else:  # 0^r has no gradient in r
            grown = distance.clamp(min=1.0) ** r2.clamp(max=2.0) * (distance > 0)
        made: Tensor = -r1 * grown / self.size**0.5
        return made


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Kerple(config.kernel), task, device, seed)
