"""Efficient GlobalPointer: find spans once for all labels, then name them with a few parameters.

Score of label a for the span i..j: q(i) . k(j) / sqrt(d), with rotary positions and shared by all labels, plus what
label a thinks of the first token and of the last one, both linear in the unrotated [q; k].

Parameters per added label, head size 64: 4 * 64 = 256 weights and 2 biases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.encoders import rotate
from baselines.ner._head import SpanModel
from baselines.ner._pointer import check_size, lecun, positions, scale_of
from baselines.ner._pointer_factored import factored_loss
from baselines.ner._pointer_spans import extract, factored_blocks
from harness.spec import Model, Task

MODEL = Model(
    title="Efficient GlobalPointer",
    source="Su 2022, https://spaces.ac.cn/archives/8877; Su et al. 2022, arXiv 2208.03054",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    variants={"rope=false": "without positions the head cannot tell how far apart two ends are"},
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of Efficient GlobalPointer."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id
    head_size: int = 64  # d, the width of q and k; even, because positions turn pairs
    rope: bool = True  # rotary positions in q and k
    scale: bool = True  # divide the shared score by the square root of head_size, as the published code does


class EfficientGlobalPointer(SpanModel):
    """D features to (q, k) of d each, and these 2d to two scores a label."""

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(task, device, seed, config.encoder)
        self.config = config

    def create(self, width: int) -> None:
        """The two dense layers."""
        self.pointers = lecun(nn.Linear(width, 2 * self.config.head_size))
        self.types = lecun(nn.Linear(2 * self.config.head_size, 2 * len(self.labels)))

    def pointer(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """q and k (B, T, d), and each label's score of a first and of a last token (B, K, T).

        Even dimensions of the first layer are q, odd ones k; even outputs of the second speak of the last token, odd
        ones of the first; both are halved: all as in the published code.
        """
        both = self.pointers(hidden)
        halves = (self.types(both).float() / 2).transpose(1, 2)
        q, k = both[..., 0::2].float(), both[..., 1::2].float()
        if self.config.rope:
            q, k = rotate(q), rotate(k)
        return q / scale_of(self.config.head_size, self.config.scale), k, halves[:, 1::2], halves[:, 0::2]

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """Multilabel categorical cross-entropy, mean over texts and labels, in nats."""
        return factored_loss(*self.pointer(hidden), mask, positions(gold, mask.device))

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """All spans with a score above zero."""
        return extract(hidden, mask, 1, lambda own: factored_blocks(*self.pointer(own)))


def build(config: Config, task: Task, device: str, seed: int) -> EfficientGlobalPointer:
    """The model, not yet prepared. Raises ``UsageError`` for a head size whose positions cannot turn in pairs."""
    check_size(config.head_size)
    return EfficientGlobalPointer(config, task, device, seed)
