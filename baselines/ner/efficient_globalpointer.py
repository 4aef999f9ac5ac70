"""Efficient GlobalPointer: find spans once for all labels, then name them with a few parameters.

Score of label a for the span i..j: q(i) . k(j) / sqrt(d), with rotary positions and shared by all labels, plus what
label a thinks of the first token and of the last one, both linear in the unrotated [q; k].

Parameters per added label, head size 64: 4 * 64 = 256 weights and 2 biases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.encoders import rotate
from baselines.ner._head import SpanModel
from baselines.ner._pointer import check_size, extract, lecun, positions, positive_loss, scale_of
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
        q, k, first, last = self.pointer(hidden)
        return factored_loss(q @ k.mT, first, last, mask, positions(gold, mask.device))

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """All spans with a score above zero."""
        q, k, first, last = self.pointer(hidden)

        def block(low: int, high: int) -> Tensor:
            shared = q[:, None, low:high] @ k[:, None, low:].mT
            return shared + first[:, :, low:high, None] + last[:, :, None, low:]

        return extract(block, mask, len(self.labels))


def factored_loss(
    shared: Tensor, first: Tensor, last: Tensor, mask: Tensor, gold: tuple[Tensor, Tensor, Tensor, Tensor]
) -> Tensor:
    """The multilabel loss of the scores shared(i, j) + first(a, i) + last(a, j), without ever forming them.

    ``shared`` (B, T, T), ``first`` and ``last`` (B, K, T), ``mask`` (B, T), ``gold`` as ``positions`` gives it.

    The sum of exp(score) over cells is u_a' S v_a with S = exp(shared), u = exp(first), v = exp(last): for all labels
    together one product of T x T with T x K. Cells that are gold for some label are zero in S, and are added one by
    one for the labels for which they are not gold; so nothing is ever subtracted, and no digits are lost. Sums are
    float64, each factor divided by its largest value beforehand.
    """
    texts, labels, tokens = first.shape
    text, label, start, end = gold
    shared, first, last = shared.double(), first.double(), last.double()
    valid = mask[:, None, :] & torch.ones(tokens, tokens, dtype=torch.bool, device=mask.device).triu()
    top = torch.where(valid, shared, -torch.inf).detach().amax((1, 2)).clamp(min=-1e9)
    top_first, top_last = (_top(part, mask) for part in (first, last))
    highest = top[:, None] + top_first + top_last  # (B, K), at least the score of any cell

    cells, number = torch.unique((text * tokens + start) * tokens + end, return_inverse=True)
    cell_text, cell_start, cell_end = cells // tokens**2, cells // tokens % tokens, cells % tokens
    free = valid.index_put((cell_text, cell_start, cell_end), valid.new_zeros(()))
    weights = torch.where(free, shared - top[:, None, None], -torch.inf).exp()
    u = torch.where(mask[:, None, :], first - top_first[..., None], -torch.inf).exp()
    v = torch.where(mask[:, None, :], last - top_last[..., None], -torch.inf).exp()
    sums = ((weights @ v.mT) * u.mT).sum(1)  # (B, K)

    scores = (
        shared[cell_text, cell_start, cell_end, None] + first[cell_text, :, cell_start] + last[cell_text, :, cell_end]
    )
    wrong = torch.ones_like(scores, dtype=torch.bool).index_put((number, label), valid.new_zeros(()))
    others = torch.where(wrong, scores - highest[cell_text], -torch.inf).exp()
    sums = sums.index_add(0, cell_text, others)

    negative = torch.logaddexp(torch.zeros_like(sums), highest + sums.clamp(min=1e-300).log())
    positive = positive_loss(scores[number, label], text * labels + label, texts * labels)
    return ((negative.sum() + positive.sum()) / (texts * labels)).float()


def _top(scores: Tensor, mask: Tensor) -> Tensor:
    """The largest score (B, K) among real tokens."""
    return torch.where(mask[:, None, :], scores, -torch.inf).detach().amax(-1).clamp(min=-1e9)


def build(config: Config, task: Task, device: str, seed: int) -> EfficientGlobalPointer:
    """The model, not yet prepared. Raises ``UsageError`` for a head size whose positions cannot turn in pairs."""
    check_size(config.head_size)
    return EfficientGlobalPointer(config, task, device, seed)
