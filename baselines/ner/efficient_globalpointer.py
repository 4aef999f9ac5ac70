"""Efficient GlobalPointer: find spans once for all labels, then name them with a few parameters.

With h_i the hidden vector of token i (D), for each label a (Su 2022; Su et al. 2022):

    q_i = W_q h_i + b_q,    k_i = W_k h_i + b_k                              (d each, shared by all labels)
    s_a(i, j) = q_i^T k_j + w_a^T [q_i; k_i; q_j; k_j]

In the published code the shared product has rotary positions R and is divided by sqrt(d); the typing term reads q and k
without positions, through one dense layer with two outputs a label, one for each end, both halved:

    s_a(i, j) = (R_i q_i)^T (R_j k_j) / sqrt(d) + (u_a^T [q_i; k_i] + b_a) / 2 + (v_a^T [q_j; k_j] + c_a) / 2

Loss and decoding are GlobalPointer's: with P_a the gold spans of label a and Q_a all other spans i <= j, the mean over
labels of the multilabel categorical cross-entropy (Su 2020, https://spaces.ac.cn/archives/7359)

    log(1 + sum over P_a of exp(-s_a(i, j))) + log(1 + sum over Q_a of exp(s_a(i, j)))

and every span with a score above zero is an entity.

Parameters per added label, d = 64: 4 d = 256 weights and 2 biases.
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
from baselines.ner._pointer_factored import factored_loss
from baselines.ner._pointer_spans import extract, factored_blocks
from harness.spec import Model, Task

MODEL = Model(
    title="Efficient GlobalPointer",
    source="Su 2022, https://spaces.ac.cn/archives/8877; Su et al. 2022, arXiv 2208.03054",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    variants={
        "rope=false": "without positions the head cannot tell how far apart two ends are",
        "kernel=plain": "the equations as written, all scores at once: to read and to check; equal to rounding, slower",
    },
    needs=("torch", "numpy"),
    departures=(
        "The body is a BiLSTM from random values unless another encoder is named; published: BERT-base Chinese.",
        "Tokens are those of the task, in Chinese single characters; the published scripts score BERT's word pieces.",
        "[CLS] and [SEP] are no tokens here; the published scripts count spans from or to them in the training loss.",
        "Initial weights are drawn from a normal distribution; the published code draws them from a truncated one.",
        "Scores follow the code: scaling, halved typing terms and biases are not in the post's formula.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of Efficient GlobalPointer."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id
    head_size: int = 64  # d, the width of q and k; even, because rotary embedding takes dimensions in pairs
    rope: bool = True  # rotary positions in q and k
    scale: bool = True  # divide the shared score by the square root of head_size, as the published code does
    kernel: str = "fast"  # what computes loss and spans: fast (without all scores), or plain (the equations as written)


def span_scores(q: Tensor, k: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """s_a(i, j) = q(i)^T k(j) + first_a(i) + last_a(j), of (B, T, d) twice and (B, K, T) twice to (B, K, T, T).

    >>> q = k = torch.tensor([[[1.0], [2.0]]])  # one text, two tokens, d = 1
    >>> first, last = torch.tensor([[[0.0, 0.5]]]), torch.tensor([[[0.0, -3.0]]])  # one label
    >>> span_scores(q, k, first, last)[0, 0].tolist()  # spans 0..0 and 0..1; then 1..0, which does not exist, and 1..1
    [[1.0, -1.0], [2.5, 1.5]]
    """
    return (q @ k.mT)[:, None] + first[..., None] + last[:, :, None, :]


def multilabel_categorical_crossentropy(scores: Tensor, targets: Tensor) -> Tensor:
    """log(1 + sum over true of exp(-s)) + log(1 + sum over others of exp(s)), as in the published code.

    ``scores`` and 0/1 ``targets`` (..., C) give (...); a class that does not exist scores near -1e12, with target 0.

    >>> scores, targets = torch.tensor([1.0, -1.0, -1e12, 1.5]), torch.tensor([1.0, 0.0, 0.0, 1.0])
    >>> true, others = math.log(1 + math.exp(-1) + math.exp(-1.5)), math.log(1 + math.exp(-1))
    >>> round(multilabel_categorical_crossentropy(scores, targets).item(), 4), round(true + others, 4)
    (0.7776, 0.7776)
    """
    signed = (1 - 2 * targets) * scores
    zero = torch.zeros_like(signed[..., :1])
    others = torch.cat([signed - targets * 1e12, zero], dim=-1)
    true = torch.cat([signed - (1 - targets) * 1e12, zero], dim=-1)
    return others.logsumexp(-1) + true.logsumexp(-1)


def plain_loss(q: Tensor, k: Tensor, first: Tensor, last: Tensor, mask: Tensor, gold: tuple[Tensor, ...]) -> Tensor:
    """What ``factored_loss`` computes without forming all scores: the mean loss over texts and labels, in nats."""
    with torch.autocast(q.device.type, enabled=False):  # bf16 has too few digits for a loss
        scores = span_scores(q, k, first, last).masked_fill(~valid_spans(mask)[:, None], -1e12)
    targets = torch.zeros_like(scores).index_put(gold, scores.new_ones(()))
    return multilabel_categorical_crossentropy(scores.flatten(2), targets.flatten(2)).mean()


def plain_spans(q: Tensor, k: Tensor, first: Tensor, last: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """What ``extract`` finds block by block: rows ``(text, first, last, label)`` of all spans that score above zero."""
    found = (span_scores(q, k, first, last) > 0) & valid_spans(mask)[:, None]
    return found.permute(0, 2, 3, 1).nonzero().cpu().numpy()


class EfficientGlobalPointer(SpanModel):
    """One dense layer from D features to q and k of d each, and one from these 2d to two scores a label."""

    config: Config

    def create(self, width: int) -> None:
        """The two dense layers: normal weights of variance 1 / inputs and biases 0, as in the published code.

        So for hidden vectors of variance 1 the entries of q and k, the scaled product and each label's two outputs have
        variance 1 as well.
        """
        self.pointers = lecun_normal(nn.Linear(width, 2 * self.config.head_size))
        self.types = lecun_normal(nn.Linear(2 * self.config.head_size, 2 * len(self.labels)))

    def score_parts(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """q and k (B, T, d) of the shared score, and each label's score of a first and of a last token (B, K, T).

        Even dimensions of the first layer are q, odd ones k; even outputs of the second layer score the last token, odd
        ones the first; both are halved: all as in the published code.
        """
        both = self.pointers(hidden)
        halves = (self.types(both).float() / 2).transpose(1, 2)
        q, k = both[..., 0::2].float(), both[..., 1::2].float()
        if self.config.rope:
            q, k = apply_rotary(q), apply_rotary(k)
        scale = math.sqrt(self.config.head_size) if self.config.scale else 1.0
        return q / scale, k, halves[:, 1::2], halves[:, 0::2]

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """Multilabel categorical cross-entropy, mean over texts and labels, in nats."""
        loss = plain_loss if self.config.kernel == "plain" else factored_loss
        return loss(*self.score_parts(hidden), mask, gold_cells(gold, mask.device))

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """All spans with a score above zero."""
        if self.config.kernel == "plain":
            return plain_spans(*self.score_parts(hidden), mask)
        return extract(hidden, mask, 1, lambda part: factored_blocks(*self.score_parts(part)))


def build(config: Config, task: Task, device: str, seed: int) -> EfficientGlobalPointer:
    """The model, not yet prepared. Raises ``UsageError`` for an odd head size and for an unknown kernel."""
    check_head_size(config.head_size)
    check_kernel(config.kernel, ("fast", "plain"))
    return EfficientGlobalPointer(config, task, device, seed)
