"""What the span-pointing heads share: the published loss, gold cells, and how a batch is cut into parts.

The losses themselves are in ``_pointer_loss`` and ``_pointer_factored``, reading spans off scores in ``_pointer_spans``.

Letters: B texts, K labels, T tokens, d head size, P gold cells. Scores are (B, K, T, T): first token by last token.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from harness.errors import UsageError

CELLS = {"cpu": 1 << 19, "other": 1 << 26}  # scores worked on at once: 2 MB, what caches hold; on a GPU 256 MB
DECODE_CELLS = 1 << 23  # scores that decoding of a biaffine head holds at once: 32 MB
FEWEST_ROWS = 64  # first tokens in a block; matrix products of fewer rows are slow


def lecun(layer: nn.Linear) -> nn.Linear:
    """The published initialisation: normal with variance 1 / inputs, and biases of zero."""
    nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
    nn.init.zeros_(layer.bias)
    return layer


def positions(gold: Sequence[Tensor], device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gold rows of a batch as four index vectors (P,): text, label, first, last."""
    texts = torch.from_numpy(np.repeat(np.arange(len(gold)), [len(rows) for rows in gold]))
    rows = torch.cat(list(gold)).to(device)
    return texts.to(device), rows[:, 2], rows[:, 0], rows[:, 1]


def dense_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Multilabel categorical cross-entropy of scores (..., C) with 0/1 targets (..., C), mean over the rest.

    log(1 + sum over true of exp(-s)) + log(1 + sum over others of exp(s)): every true class above zero, every other
    below (Su 2020, https://spaces.ac.cn/archives/7359). This is the published dense form and the reference for the
    faster ones; cells that do not exist have a score near -1e12 and a target of 0.

    >>> round(dense_loss(torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0])).item(), 4)
    0.4402
    """
    signed = (1 - 2 * targets) * scores
    zero = torch.zeros_like(signed[..., :1])
    negative = torch.cat([signed - targets * 1e12, zero], dim=-1)
    positive = torch.cat([signed - (1 - targets) * 1e12, zero], dim=-1)
    return (negative.logsumexp(-1) + positive.logsumexp(-1)).mean()


def group_logsumexp(values: Tensor, groups: Tensor, count: int) -> Tensor:
    """log(1 + sum of exp(value)) for each of ``count`` groups: values (P, ...) and groups (P,) to (count, ...).

    >>> group_logsumexp(torch.tensor([1.0, 2.0, 3.0]).log(), torch.tensor([0, 0, 2]), 3).exp().tolist()
    [4.0, 1.0, 4.0]
    """
    index = groups.reshape(-1, *[1] * (values.dim() - 1)).expand_as(values)
    highest = values.new_zeros(count, *values.shape[1:]).scatter_reduce(0, index, values, "amax")
    return highest + (-highest).exp().index_add(0, groups, (values - highest[groups]).exp()).log()


@dataclass(frozen=True, slots=True)
class Part:
    """Some texts of a batch, cut at the longest of them."""

    texts: slice
    size: int  # tokens of the longest, at least 1
    padded: bool  # whether some token of the part is none

    @property
    def count(self) -> int:
        """How many texts."""
        return int(self.texts.stop - self.texts.start)


def budget(device: torch.device) -> int:
    """How many scores are worked on at once."""
    return CELLS["cpu" if device.type == "cpu" else "other"]


def parts(mask: Tensor, classes: int) -> Iterator[Part]:
    """The batch (B, T), T at least 1, in parts whose squares of scores for ``classes`` fit into the budget; at least one text each.

    Long texts on a CPU come one at a time, so nothing is computed for padding; on a GPU a batch is one part.
    """
    texts, tokens = mask.shape
    place = torch.arange(1, tokens + 1, device=mask.device)
    ends, real = torch.stack([(mask * place).amax(1), mask.sum(1)]).tolist()
    some = max(1, budget(mask.device) // (classes * tokens * tokens))
    for low in range(0, texts, some):
        own = slice(low, min(texts, low + some))
        size = max(1, *ends[own])
        yield Part(own, size, min(real[own]) < size)


def blocks(part: Part, classes: int, device: torch.device) -> Iterator[tuple[int, int]]:
    """First tokens of a part, from and to, in blocks of like size whose scores fit into the budget."""
    most = max(FEWEST_ROWS, budget(device) // (part.count * classes * part.size))
    size = math.ceil(part.size / math.ceil(part.size / most))
    return ((low, min(part.size, low + size)) for low in range(0, part.size, size))


def lower(tokens: int, scores: Tensor) -> Tensor:
    """What is added to a square (T, T) so that no span ends before it starts: minus infinity below the diagonal.

    >>> lower(2, torch.ones(1))
    tensor([[0., 0.],
            [-inf, 0.]])
    """
    return scores.new_full((tokens, tokens), -math.inf).tril_(-1)


def slices(mask: Tensor, classes: int) -> Iterator[tuple[int, int]]:
    """Ranges of first tokens, short enough that their scores with ``classes`` fit into ``DECODE_CELLS``."""
    texts, tokens = mask.shape
    rows = max(1, min(64 if tokens > 128 else tokens, DECODE_CELLS // max(1, texts * classes * tokens)))
    return ((low, min(tokens, low + rows)) for low in range(0, tokens, rows))


def check_size(size: int) -> None:
    """Raise ``UsageError`` unless the size is even and above zero: rotary positions turn pairs."""
    if size < 2 or size % 2:
        raise UsageError(f"head_size={size} must be an even number above zero, because rotary positions turn pairs.")


def scale_of(size: int, scale: bool) -> float:
    """What scores are divided by: the square root of the head size, or 1."""
    return math.sqrt(size) if scale else 1.0
