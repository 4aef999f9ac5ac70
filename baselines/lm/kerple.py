"""KERPLE: a learned bias by a kernel of the distance, logarithmic or a power, inside the division by sqrt(D).

    logit(m, n) = (q_m . k_n - b_h(m - n)) / sqrt(D)
    log:    b_h(d) = r1_h log(1 + r2_h d)              power:    b_h(d) = r1_h d^r2_h,   0 < r2_h <= 2

Chi et al. 2022, arXiv 2205.09921, equations 2, 6 and 7: r1 and r2 are positive, learned for each head and shared by all
layers.

Initial values: r1 is uniform in (0, 2), r2 in (0, 1), for both kernels, and both are kept at 0.01 or above: heads start
with different decays. D is the number of features of a head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.lm._decoder import Decoder
from baselines.lm._positions import relative_distances
from baselines.lm._scheme import Scheme
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
    departures=(
        "The bias is divided by sqrt(D) as in the paper's equation 2, but starts in the ranges of the published code, "
        "which adds it after the division: with 32 features a head it starts 5.7 times weaker than in that code.",
        "kernel=power starts with the coefficient r1 in (0, 2) and the exponent r2 in (0, 1); the published code "
        "starts with the coefficient in (0, 1) and the exponent in (0, 2).",
        "r1 and r2 have the learning rate of the matrices, at which the protocol's few steps hardly move them.",
        "Values below 0.01 are clamped where they are used and get no gradient there; the published code sets the "
        "parameter itself to 0.01, from where it can grow again.",
    ),
    needs=("torch", "numpy"),
)

MINIMUM = 0.01  # of r1 and r2


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    kernel: str = "log"  # or power


class Kerple(Scheme):
    """A bias by distance with two learned numbers for each head.

    >>> scheme = Kerple("log")
    >>> scheme.setup(heads=1, head_dim=4, width=4, layers=1, length=8)
    >>> with torch.no_grad():
    ...     _ = scheme.r1.fill_(2.0), scheme.r2.fill_(1.0)
    >>> scheme.position_bias(4).detach()  # -2 log(1 + d) / sqrt(4)
    tensor([[-0.0000, -0.6931, -1.0986, -1.3863]])
    """

    def __init__(self, kernel: str) -> None:
        super().__init__()
        if kernel not in ("log", "power"):
            raise UsageError(f"kernel={kernel} does not exist. It is log or power.")
        self.kernel = kernel

    @property
    def trained(self) -> str:
        """What training depends on."""
        return f"kerple({self.kernel})"

    def setup(self, heads: int, head_dim: int, width: int, layers: int, length: int) -> None:
        """Draw r1 and r2, (H,)."""
        super().setup(heads, head_dim, width, layers, length)
        drawn = 2 * torch.rand(heads), torch.rand(heads)
        self.r1, self.r2 = (nn.Parameter(part.clamp(min=MINIMUM)) for part in drawn)  # below it there is no gradient

    def position_bias(self, tokens: int) -> Tensor:
        """-b_h(d) / sqrt(D), (H, T)."""
        distance = relative_distances(tokens, self.r1.device)
        r1, r2 = self.r1.clamp(min=MINIMUM)[:, None], self.r2.clamp(min=MINIMUM)[:, None]
        if self.kernel == "log":
            kernel = torch.log1p(r2 * distance)
        else:  # at d = 0 the power has no gradient in its exponent, so it is computed at 1 and multiplied by 0
            kernel = distance.clamp(min=1.0) ** r2.clamp(max=2.0) * (distance > 0)
        bias: Tensor = -r1 * kernel / self.head_dim**0.5
        return bias


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Kerple(config.kernel), task, device, seed)
