"""NoPE: no positional encoding. The causal mask alone tells a decoder what came before.

    out_m = sum over n <= m of softmax_n(q_m . k_n / sqrt(D)) v_n

Haviv et al. 2022, arXiv 2203.16634, section 2: a query at position m sees m + 1 keys, so that attention can count them,
and a decoder learns positions from that. m is the position of a query, n of a key, both from 0; D is the number of
features of a head.
"""

from __future__ import annotations

from dataclasses import dataclass

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder without positions (NoPE)",
    source="Haviv et al. 2022, arXiv 2203.16634, section 2",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    departures=("none known",),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features


class NoPE(Scheme):
    """The scheme without any hook; it has no parameters.

    Equal queries and keys give equal weights to all that is visible, so that the outputs are running means of the
    values:

    >>> import torch
    >>> q = k = torch.zeros(1, 1, 3, 2)
    >>> v = torch.tensor([1.0, 3.0, 8.0]).reshape(1, 1, 3, 1)
    >>> NoPE().attend(q, k, v, layer=0).flatten().tolist()
    [1.0, 2.0, 4.0]
    """

    trained = "nothing"


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, NoPE(), task, device, seed)
