"""GlobalPointer: every span of a text scored as a whole, for each label apart, so that nesting costs nothing.

Score of label a for the span of tokens i..j: q_a(i) . k_a(j) with rotary positions, over the square root of the head
size. Whatever scores above zero is an entity; there is no decoding beyond that.

Parameters per added label, D = 768 and head size 64: 2 * D * 64 = 98,304 weights and 2 * 64 = 128 biases.
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
from baselines.ner._pointer_loss import pointer_loss
from baselines.ner._pointer_spans import extract, pointer_blocks
from harness.spec import Model, Task

MODEL = Model(
    title="GlobalPointer",
    source="Su 2021, https://spaces.ac.cn/archives/8373; Su et al. 2022, arXiv 2208.03054",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    variants={
        "rope=false": "the published ablation: without positions the head cannot tell how far apart two ends are",
        "scale=false": "the formula of the post; its code divides by the root of the head size",
    },
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of GlobalPointer."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id
    head_size: int = 64  # d, the width of a label's q and k; even, because positions turn pairs
    rope: bool = True  # rotary positions in q and k
    scale: bool = True  # divide scores by the square root of head_size, as the published code does
    lower_mask: bool = True  # keep spans that end before they start out of the loss, as published


class GlobalPointer(SpanModel):
    """A dense layer from D features to K labels x (q, k) x d, and the multilabel loss on its products."""

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(task, device, seed, config.encoder)
        self.config = config

    def create(self, width: int) -> None:
        """The dense layer."""
        self.pointers = lecun(nn.Linear(width, len(self.labels) * 2 * self.config.head_size))

    def pointer(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """q and k, each (B, K, T, d); q already divided, both already rotated."""
        both = self.pointers(hidden)
        both = both.reshape(*hidden.shape[:2], len(self.labels), 2, self.config.head_size)
        both = rotate(both) if self.config.rope else both.float()
        q, k = both.permute(3, 0, 2, 1, 4)
        return q / scale_of(self.config.head_size, self.config.scale), k

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """Multilabel categorical cross-entropy, mean over texts and labels, in nats."""
        q, k = self.pointer(hidden)
        return pointer_loss(q, k, mask, positions(gold, mask.device), self.config.lower_mask)

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """All spans with a score above zero."""
        return extract(hidden, mask, len(self.labels), lambda own: pointer_blocks(*self.pointer(own)))


def build(config: Config, task: Task, device: str, seed: int) -> GlobalPointer:
    """The model, not yet prepared. Raises ``UsageError`` for a head size whose positions cannot turn in pairs."""
    check_size(config.head_size)
    return GlobalPointer(config, task, device, seed)
