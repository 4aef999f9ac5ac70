"""Log-n scaling: logits grow with the log of the number of keys, which keeps the entropy of attention about constant.

    logit(m, n) = s_m q'_m . k'_n / sqrt(D),   s_m = log(m + 1) / log(N)       trained with the factor
                                               s_m = max(1, that)              when reading alone (trained=false)

Su 2021, kexue.fm/archives/8823. A query at position m (from 0) sees m + 1 keys; N is the training length, so that the
factor is 1 there. q' and k' are rotated as in `rope`, whose weights the form trained=false reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from baselines.lm._decoder import Decoder
from baselines.lm._positions import log_n_scale
from baselines.lm.rope import Rope
from harness.spec import Model, Task

MODEL = Model(
    title="RoPE with logits scaled by log n",
    source="Su 2021, kexue.fm/archives/8823",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "trained=false": "the factor when reading alone",
    },
    departures=(
        "The post measures it on a bidirectional encoder, whose queries all see n keys; here n is the number of keys "
        "that a causal query sees, and the first queries of a text have a factor near 0.",
    ),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    trained: bool = True  # whether training has the factor as well


class LogN(Rope):
    """RoPE, given the factor when reading only: never below 1, and without it in training.

    >>> import torch
    >>> scheme = LogN().eval()
    >>> scheme.setup(heads=1, head_dim=2, width=2, layers=1, length=4)
    >>> scheme.scale_queries(torch.ones(1, 1, 16, 1), layer=0).flatten()[[0, 3, 15]].tolist()  # 1, 4 and 16 keys
    [1.0, 1.0, 2.0]
    """

    def scale_queries(self, q: Tensor, layer: int) -> Tensor:
        """max(1, log(m + 1) / log(N)) q_m when reading, q_m in training."""
        return q if self.training else q * log_n_scale(q.shape[-2], self.length, q.device).to(q.dtype).clamp(min=1.0)


class TrainedLogN(LogN):
    """RoPE with the factor in training and in reading.

    >>> import torch
    >>> scheme = TrainedLogN()
    >>> scheme.setup(heads=1, head_dim=2, width=2, layers=1, length=4)
    >>> scheme.scale_queries(torch.ones(1, 1, 16, 1), layer=0).flatten()[[0, 3, 15]].tolist()
    [0.0, 1.0, 2.0]
    """

    trained = "rope(base=10000),log_n"

    def scale_queries(self, q: Tensor, layer: int) -> Tensor:
        """log(m + 1) / log(N) q_m."""
        return q * log_n_scale(q.shape[-2], self.length, q.device).to(q.dtype)


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, TrainedLogN() if config.trained else LogN(), task, device, seed)
