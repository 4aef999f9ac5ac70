"""GlobalPointer: every span of a text gets a score for each label, as a whole, so that nested entities cost nothing.

With h_i the hidden vector of token i (D), for each label a (Su 2021; Su et al. 2022):

    q_{i,a} = W_{q,a} h_i + b_{q,a},    k_{i,a} = W_{k,a} h_i + b_{k,a}              (d each)
    s_a(i, j) = (R_i q_{i,a})^T (R_j k_{j,a}) = q_{i,a}^T R_{j-i} k_{j,a}            (R: rotary position embedding)

and in the published code s_a(i, j) / sqrt(d). With P_a the gold spans of label a and Q_a all other spans i <= j, the
loss of a text is the mean over labels of the multilabel categorical cross-entropy (Su 2020,
https://spaces.ac.cn/archives/7359)

    log(1 + sum over P_a of exp(-s_a(i, j))) + log(1 + sum over Q_a of exp(s_a(i, j)))

which pushes gold spans above zero and all others below. So whatever scores above zero is an entity.

Parameters per added label, D = 768 and d = 64: 2 D d = 98,304 weights and 2 d = 128 biases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.encoders import apply_rotary
from baselines.ner import SpanModel, gold_cells, lecun_normal, valid_spans
from baselines.ner._pointer import check_head_size, check_kernel
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
        "kernel=plain": "the equations as written, all scores at once: to read and to check; equal to rounding, slower",
    },
    needs=("torch", "numpy"),
    departures=(
        "The body is a BiLSTM from random values unless another encoder is named; published: BERT-base Chinese.",
        "Tokens are those of the task, in Chinese single characters; the published scripts score BERT's word pieces.",
        "[CLS] and [SEP] are no tokens here; the published scripts count spans from or to them in the training loss.",
        "Initial weights are drawn from a normal distribution; the published code draws them from a truncated one.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of GlobalPointer."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id
    head_size: int = 64  # d, the width of a label's q and k; even, because rotary embedding takes dimensions in pairs
    rope: bool = True  # rotary positions in q and k
    scale: bool = True  # divide scores by the square root of head_size, as the published code does
    lower_mask: bool = True  # keep spans that end before they start out of the loss, as published
    kernel: str = "fast"  # what computes loss and spans: fast (block by block), or plain (the equations as written)


def span_scores(q: Tensor, k: Tensor) -> Tensor:
    """s_a(i, j) = q_a(i)^T k_a(j), of q and k (B, K, T, d) to (B, K, T, T): first token by last token.

    >>> q = torch.tensor([[[[1.0, 0.0], [0.0, 2.0]]]])  # one text, one label, two tokens, d = 2
    >>> k = torch.tensor([[[[3.0, 1.0], [1.0, -1.0]]]])
    >>> span_scores(q, k)[0, 0].tolist()  # the spans 0..0 and 0..1; then 1..0, which does not exist, and 1..1
    [[3.0, 1.0], [2.0, -2.0]]
    """
    return q @ k.mT


def multilabel_categorical_crossentropy(scores: Tensor, targets: Tensor) -> Tensor:
    """log(1 + sum over true of exp(-s)) + log(1 + sum over others of exp(s)), as in the published code.

    ``scores`` and 0/1 ``targets`` (..., C) give (...); a class that does not exist scores near -1e12, with target 0.

    >>> scores, targets = torch.tensor([3.0, 1.0, -1e12, -2.0]), torch.tensor([1.0, 0.0, 0.0, 0.0])
    >>> true, others = math.log(1 + math.exp(-3)), math.log(1 + math.exp(1) + math.exp(-2))
    >>> round(multilabel_categorical_crossentropy(scores, targets).item(), 4), round(true + others, 4)
    (1.3976, 1.3976)
    """
    signed = (1 - 2 * targets) * scores
    zero = torch.zeros_like(signed[..., :1])
    others = torch.cat([signed - targets * 1e12, zero], dim=-1)
    true = torch.cat([signed - (1 - targets) * 1e12, zero], dim=-1)
    return others.logsumexp(-1) + true.logsumexp(-1)


def plain_loss(q: Tensor, k: Tensor, mask: Tensor, gold: tuple[Tensor, ...], triangle: bool = True) -> Tensor:
    """What ``pointer_loss`` computes without forming all scores: the mean loss over texts and labels, in nats."""
    with torch.autocast(q.device.type, enabled=False):  # bf16 has too few digits for a loss
        scores = span_scores(q, k).masked_fill(~valid_spans(mask, triangle)[:, None], -1e12)
    targets = torch.zeros_like(scores).index_put(gold, scores.new_ones(()))
    return multilabel_categorical_crossentropy(scores.flatten(2), targets.flatten(2)).mean()


def plain_spans(q: Tensor, k: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """What ``extract`` finds block by block: rows ``(text, first, last, label)`` of all spans that score above zero."""
    found = (span_scores(q, k) > 0) & valid_spans(mask)[:, None]
    return found.permute(0, 2, 3, 1).nonzero().cpu().numpy()


class GlobalPointer(SpanModel):
    """One dense layer from D features to K labels x (q, k) x d, the products of q and k, and the multilabel loss."""

    config: Config

    def create(self, width: int) -> None:
        """The dense layer: normal weights of variance 1 / D and biases 0, as in the published code.

        So for hidden vectors of variance 1 the entries of q and k, and the scaled scores, have variance 1 as well.
        """
        self.pointers = lecun_normal(nn.Linear(width, len(self.labels) * 2 * self.config.head_size))

    def queries_and_keys(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """R_i q_{i,a} / sqrt(d) and R_j k_{j,a}, each (B, K, T, d), of hidden vectors (B, T, D)."""
        both = self.pointers(hidden).reshape(*hidden.shape[:2], len(self.labels), 2, self.config.head_size)
        both = apply_rotary(both) if self.config.rope else both.float()
        q, k = both.permute(3, 0, 2, 1, 4)
        return q / (math.sqrt(self.config.head_size) if self.config.scale else 1.0), k

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """Multilabel categorical cross-entropy, mean over texts and labels, in nats."""
        loss = plain_loss if self.config.kernel == "plain" else pointer_loss
        return loss(*self.queries_and_keys(hidden), mask, gold_cells(gold, mask.device), self.config.lower_mask)

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """All spans with a score above zero."""
        if self.config.kernel == "plain":
            return plain_spans(*self.queries_and_keys(hidden), mask)
        return extract(hidden, mask, len(self.labels), lambda part: pointer_blocks(*self.queries_and_keys(part)))


def build(config: Config, task: Task, device: str, seed: int) -> GlobalPointer:
    """The model, not yet prepared. Raises ``UsageError`` for an odd head size and for an unknown kernel."""
    check_head_size(config.head_size)
    check_kernel(config.kernel, ("fast", "plain"))
    return GlobalPointer(config, task, device, seed)
