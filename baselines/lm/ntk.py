"""NTK-aware RoPE: a RoPE model reads k times its training length with smaller angles, without training.

With beta = base^(2 / D) the angle of pair i at position m is m / beta^i, i = 0 ... D / 2 - 1. For k = max(1, T / N) and
lambda = k^(2 / D):

    old:    m / (beta lambda)^i               a base k times larger; the last pair is divided by almost k
    fixed:  m / (lambda (beta lambda)^i)      the last pair is divided by k exactly, the first by lambda
    mixed:  m / (beta^i exp(a (i + 1)^b)),    a (D / 2)^b = log k, b = 0.625

Su 2023, kexue.fm/archives/9675 and 9706, which names the forms; "NTK-aware" came up in a forum. The largest angles,
which tell neighbours apart, hardly change; the smallest stay in the range of training. T is the window, N the training
length. Weights are those of `rope`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm.rope import Rope
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="RoPE read with a larger base (NTK-aware)",
    source="Su 2023, kexue.fm/archives/9706",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "form=fixed": "the angles of all pairs divided",
        "form=old": "the first form",
    },
    departures=(
        "The default, form=mixed, divides the angle of each pair of features by a factor of its own: in spite of the "
        "title it has no larger base; form=old has one.",
        "Logits are not scaled by log n, with which the post's rows of this kind are better.",
    ),
    needs=("torch", "numpy"),
)

EXPONENT = 0.625  # b of the mixed form


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    form: str = "mixed"  # or fixed, or old


class NtkRope(Rope):
    """RoPE with angles divided by the factors of a form.

    >>> for form in ("old", "fixed", "mixed"):
    ...     scheme = NtkRope(form)
    ...     scheme.setup(heads=1, head_dim=4, width=4, layers=1, length=2)
    ...     factors = Rope.angles(scheme, 8, torch.device("cpu"))[1] / scheme.angles(8, torch.device("cpu"))[1]
    ...     print(form, [round(factor, 2) for factor in factors.tolist()])  # k = 4, lambda = 2
    old [1.0, 2.0]
    fixed [2.0, 4.0]
    mixed [2.46, 4.0]
    """

    def __init__(self, form: str) -> None:
        super().__init__()
        if form not in ("old", "fixed", "mixed"):
            raise UsageError(f"form={form} does not exist. It is old, fixed or mixed.")
        self.form = form

    def angles(self, tokens: int, device: torch.device) -> Tensor:
        """The angles of the form, (T, D / 2); those of training for T <= N."""
        k = max(1.0, tokens / self.length)
        pair = torch.arange(self.head_dim // 2, dtype=torch.float64, device=device)
        lambda_ = k ** (2 / self.head_dim)
        divisor = {
            "old": lambda_**pair,
            "fixed": lambda_ ** (pair + 1),
            "mixed": torch.exp(math.log(k) * ((pair + 1) / (self.head_dim / 2)) ** EXPONENT),
        }
        angles: Tensor = super().angles(tokens, device) / divisor[self.form]
        return angles


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, NtkRope(config.form), task, device, seed)
