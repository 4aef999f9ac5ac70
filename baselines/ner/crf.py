"""A linear-chain conditional random field over BIO tags: the classic flat tagger, and GlobalPointer's comparison.

As published, training sums over *all* tag sequences, the illegal ones too, so that the model learns to avoid them;
decoding takes the best *legal* one, so that it can never emit an I that continues nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from baselines.ner import _chain
from baselines.ner._head import TagModel
from baselines.ner._tagging import allowed, rows_of
from harness.errors import EnvironmentFailure, UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Linear-chain CRF over BIO tags",
    source="Lafferty, McCallum and Pereira 2001, ICML; learning-rate multiplier: https://spaces.ac.cn/archives/7196",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    variants={
        "transition_multiplier=1": "transitions at the rate of pretrained weights hardly move",
        "kernel=numba": "the same head compiled for a CPU, equal to rounding: loss twice as fast again, decoding ten times",
    },
    needs=("torch", "numpy"),
)

FASTEST = 0.05  # a cap for the transitions' learning rate
Loss = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
Search = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], NDArray[np.int64]]


@dataclass(frozen=True)
class Config:
    """Settings of the CRF tagger."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id
    transition_multiplier: float = 1000  # of the rate of pretrained weights, for the transition scores
    kernel: str = "torch"  # what computes loss and best path: torch, or numba (on a CPU; the extra `fast`)


def functions(kernel: str, device: str) -> tuple[Loss, Search]:
    """The loss and the search for the best path of a kernel. numba takes a second to import, so only when it is asked for.

    Raises ``UsageError`` for an unknown kernel or one that cannot run on the device, and ``EnvironmentFailure`` when
    its package is missing.
    """
    if kernel == "torch":
        return _chain.negative_log_likelihood, _chain.viterbi
    if kernel != "numba":
        raise UsageError(f"kernel={kernel} is none of torch, numba")
    if device != "cpu":
        raise UsageError(f"kernel=numba runs on a CPU only, not on {device}. Choose kernel=torch, or --device cpu")
    try:
        from baselines.ner import _chain_numba
    except ImportError as error:
        raise EnvironmentFailure(
            f"kernel=numba needs the package numba ({error}). Install it: pip install 'harness-trials[fast]'"
        ) from error
    return _chain_numba.negative_log_likelihood, _chain_numba.viterbi


class CRF(TagModel):
    """A dense layer to 2K+1 tag scores, (2K+1)^2 transitions, and a score for the first and the last tag."""

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(task, device, seed, config.encoder)
        self.multiplier = config.transition_multiplier
        self.negative_log_likelihood, self.viterbi = functions(config.kernel, self.device.type)

    def create(self, width: int) -> None:
        """Transitions start at zero: the first step is that of the softmax tagger."""
        size = 2 * len(self.labels) + 1
        self.tags = nn.Linear(width, size)
        self.transitions = nn.Parameter(torch.zeros(size, size))
        self.start = nn.Parameter(torch.zeros(size))
        self.end = nn.Parameter(torch.zeros(size))
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
        return [*groups, {"params": chain, "lr": min(FASTEST, self.multiplier * pretrained_learning_rate)}]

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """Mean over texts of the negative log-likelihood of the gold tags, in nats."""
        emissions = self.tags(hidden).float()
        tags = pad_sequence(list(gold), batch_first=True).to(emissions.device)
        tags = tags if tags.shape[1] else tags.new_zeros(mask.shape)  # a batch of empty texts
        return self.negative_log_likelihood(emissions, tags, self.transitions, self.start, self.end, mask).mean()

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """Entities of the best legal tag sequence."""
        never = float("-inf")
        transitions = self.transitions.masked_fill(~self.follow, never)  # type: ignore[operator]
        start = self.start.masked_fill(~self.first, never)  # type: ignore[operator]
        tags = self.viterbi(self.tags(hidden), transitions, start, self.end, mask)
        return rows_of(tags, mask.sum(1).tolist())


def build(config: Config, task: Task, device: str, seed: int) -> CRF:
    """The model, not yet prepared. Raises as ``functions`` does."""
    return CRF(config, task, device, seed)
