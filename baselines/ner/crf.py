"""A linear-chain conditional random field over BIO tags: the classic flat tagger, and GlobalPointer's comparison.

With emissions e_t = W h_t + b (2K + 1 tags) of the hidden vectors h_1 ... h_T, transitions A, and scores of the first
and the last tag, a sequence of tags y has this score and probability (Lafferty, McCallum and Pereira 2001, section 3):

    score(y) = start[y_1] + sum over t of e_t[y_t] + sum over t > 1 of A[y_{t-1}, y_t] + end[y_T]
    log p(y) = score(y) - log Z,    Z = sum over all y' of exp(score(y'))

Forward algorithm: alpha_1 = start + e_1,  alpha_t[j] = e_t[j] + log sum over i of exp(alpha_{t-1}[i] + A[i, j]), and
log Z = log sum over j of exp(alpha_T[j] + end[j]). Viterbi's is the same with max in the place of log-sum-exp.

As published, training sums over *all* tag sequences, the illegal ones too, so that the model learns to avoid them;
decoding takes the best *legal* one, so that it can never give an I that continues nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.ner import TagModel, _chain, allowed
from harness.errors import EnvironmentFailure, UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Linear-chain CRF over BIO tags",
    source="Lafferty, McCallum and Pereira 2001, ICML; learning-rate multiplier: https://spaces.ac.cn/archives/7196",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    variants={
        "transition_multiplier=1": "transitions at the rate of pretrained weights hardly move",
        "kernel=numba": "the same head compiled for a CPU, equal to rounding: loss twice as fast again, decoding ten"
        " times",
        "kernel=plain": "the equations as written, token by token: to read and to check; equal to rounding, slower",
    },
    needs=("torch", "numpy"),
    departures=(
        "The body is a BiLSTM from random values unless another encoder is named; the published script's"
        " (CMeEE_CRF.py of https://github.com/bojone/GlobalPointer) is BERT-base Chinese.",
        "Tokens are those of the task, in Chinese single characters; the script tags BERT's word pieces.",
        "Decoding forbids an I that continues nothing; the script's Viterbi allows it, and joins it to an entity that"
        " stands right before it, whatever its label.",
        "Scores of the first and the last tag are learnt; the script has none, but tags [CLS] and [SEP] as O.",
        "Transitions start at zero and the dense layer from PyTorch's default values; in the script the weights of both"
        " start from Glorot's uniform distribution.",
        "Transitions learn at 1000 times the rate for pretrained weights, at most 0.05; in the script at 0.02.",
        "A protocol's weight decay pulls transitions in proportion to that rate; the script has no weight decay.",
        "Of nested entities the longest is learnt; in the script later ones overwrite the tags of earlier ones.",
    ),
)

FASTEST = 0.05  # a cap for the transitions' learning rate
Loss = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
Viterbi = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], NDArray[np.int64]]


@dataclass(frozen=True)
class Config:
    """Settings of the CRF tagger."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id
    transition_multiplier: float = 1000  # of the rate of pretrained weights, for the transition scores
    kernel: str = "torch"  # what computes loss and best path: torch, numba (on a CPU; the extra `fast`), or plain


def negative_log_likelihood(
    emissions: Tensor, tags: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor
) -> Tensor:
    """log Z - score(y) in nats, (B,): the forward algorithm in log space, text by text and token by token.

    ``emissions`` (B, T, C), gold ``tags`` (B, T), ``transitions`` (C, C) from row to column, ``start`` and ``end``
    (C,), ``mask`` (B, T). A text without tokens has one path, the empty one, and a loss of 0.

    >>> emissions, zero = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]]), torch.zeros(2)  # one text, two tokens, two tags
    >>> transitions = torch.tensor([[0.0, -1.0], [0.0, 0.0]])
    >>> both = torch.ones(1, 2, dtype=torch.bool)
    >>> loss = negative_log_likelihood(emissions, torch.tensor([[0, 1]]), transitions, zero, zero, both)
    >>> paths = torch.tensor([1.0, 1.0 - 1.0 + 2.0, 0.0, 2.0])  # scores of the tags 00, 01, 10, 11
    >>> round(loss.item(), 4), round((paths.logsumexp(0) - paths[1]).item(), 4)
    (0.9176, 0.9176)
    """
    losses = []
    for e, y, length in zip(emissions, tags.tolist(), mask.sum(1).tolist(), strict=True):
        if not length:
            losses.append(e[:0].sum())
            continue
        alpha, score = start + e[0], start[y[0]] + e[0, y[0]]
        for t in range(1, length):
            alpha = e[t] + (alpha[:, None] + transitions).logsumexp(0)
            score = score + transitions[y[t - 1], y[t]] + e[t, y[t]]
        losses.append((alpha + end).logsumexp(0) - score - end[y[length - 1]])
    return torch.stack(losses)


def viterbi(emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """Tags (B, T) of the best path of each text, 0 behind its end; of equal paths the one with lower tags at the end.

    Shapes as in ``negative_log_likelihood``; transitions and starts that must not happen score ``-inf``.

    >>> emissions, zero = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]]), torch.zeros(2)
    >>> transitions = torch.tensor([[0.0, float("-inf")], [0.0, 0.0]])  # tag 1 must not follow tag 0
    >>> viterbi(emissions, transitions, zero, zero, torch.ones(1, 2, dtype=torch.bool)).tolist()
    [[1, 1]]
    """
    scores, moves, first, final = (x.detach().float().cpu().numpy() for x in (emissions, transitions, start, end))
    tags = np.zeros(mask.shape, dtype=np.int64)
    for e, path, length in zip(scores, tags, mask.sum(1).tolist(), strict=True):
        best = [first + e[0]]  # the score of the best path to each tag of token t
        for t in range(1, length):
            best.append(e[t] + (best[t - 1][:, None] + moves).max(0))
        for t in range(length - 1, -1, -1):  # back along the path: what led best to the tag that is known
            path[t] = (best[t] + (final if t == length - 1 else moves[:, path[t + 1]])).argmax()
    return tags


def functions(kernel: str, device: str) -> tuple[Loss, Viterbi]:
    """The loss and the search for the best path of a kernel; numba, which takes a second to import, only if asked for.

    Raises ``UsageError`` for an unknown kernel or one that cannot run on the device, and ``EnvironmentFailure`` when
    its package is missing.
    """
    if kernel == "plain":
        return negative_log_likelihood, viterbi
    if kernel == "torch":
        return _chain.negative_log_likelihood, _chain.viterbi
    if kernel != "numba":
        raise UsageError(f"kernel={kernel} is none of torch, numba, plain.")
    if device != "cpu":
        raise UsageError(f"kernel=numba runs on a CPU only, not on {device}. Choose kernel=torch, or --device cpu.")
    try:
        from baselines.ner import _chain_numba
    except ImportError as error:
        raise EnvironmentFailure(
            f"kernel=numba needs the package numba ({error}). Install it: pip install 'harness-trials[fast]'"
        ) from error
    return _chain_numba.negative_log_likelihood, _chain_numba.viterbi


class CRF(TagModel):
    """A dense layer to 2K + 1 tag scores, (2K + 1)^2 transitions, and a score for the first and the last tag."""

    config: Config
    follow: Tensor
    first: Tensor

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(config, task, device, seed)
        self.negative_log_likelihood, self.viterbi = functions(config.kernel, self.device.type)

    def create(self, width: int) -> None:
        """Transitions, start and end at zero: the first step is the softmax tagger's. The dense layer by PyTorch."""
        self.dense = nn.Linear(width, self.tag_count)
        self.transitions = nn.Parameter(torch.zeros(self.tag_count, self.tag_count))
        self.start = nn.Parameter(torch.zeros(self.tag_count))
        self.end = nn.Parameter(torch.zeros(self.tag_count))
        follow, first = allowed(len(self.labels))
        self.register_buffer("follow", torch.from_numpy(follow), persistent=False)
        self.register_buffer("first", torch.from_numpy(first), persistent=False)

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]:
        """Transitions learn at ``transition_multiplier`` times the rate of *pretrained* weights, at most 0.05.

        Published is 1000 times 2e-5, which is 0.02: a rate that suits a handful of scores which must grow to several
        nats within a few thousand steps. A thousand times the rate of weights that start from random values (1e-3)
        would be 1, so the multiplier keeps its published base whatever the encoder is, and a cap guards the rest.
        """
        groups = super().parameter_groups(learning_rate, pretrained_learning_rate)
        chain = [self.transitions, self.start, self.end]
        chosen = {id(parameter) for parameter in chain}
        groups[1]["params"] = [parameter for parameter in groups[1]["params"] if id(parameter) not in chosen]
        rate = min(FASTEST, self.config.transition_multiplier * pretrained_learning_rate)
        return [*groups, {"params": chain, "lr": rate}]

    def tag_loss(self, hidden: Tensor, mask: Tensor, tags: Tensor) -> Tensor:
        """Mean over texts of the negative log-likelihood of the gold tags, in nats."""
        emissions = self.dense(hidden).float()
        return self.negative_log_likelihood(emissions, tags, self.transitions, self.start, self.end, mask).mean()

    def best_tags(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The best legal tag sequence."""
        transitions = self.transitions.masked_fill(~self.follow, float("-inf"))
        start = self.start.masked_fill(~self.first, float("-inf"))
        return torch.from_numpy(self.viterbi(self.dense(hidden), transitions, start, self.end, mask))


def build(config: Config, task: Task, device: str, seed: int) -> CRF:
    """The model, not yet prepared. Raises as ``functions`` does."""
    return CRF(config, task, device, seed)
