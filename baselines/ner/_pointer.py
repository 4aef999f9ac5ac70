"""What the models that score spans share: which spans exist and are gold, initial values, a batch cut into parts.

The fast losses are in ``_pointer_loss`` and ``_pointer_factored``, fast decoding is in ``_pointer_spans``.

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


def lecun_normal(layer: nn.Linear) -> nn.Linear:
    """Set weights to normal values with variance 1 / inputs and biases to zero; give the layer back.

    Outputs then have the variance of the inputs (LeCun et al. 1998, "Efficient BackProp", section 4.6).
    """
    nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
    nn.init.zeros_(layer.bias)
    return layer


def gold_cells(gold: Sequence[Tensor], device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gold rows ``(first, last, label)`` of each text as four index vectors (P,): text, label, first, last.

    >>> [x.tolist() for x in gold_cells([torch.tensor([[0, 1, 2]]), torch.tensor([[3, 3, 0]])], torch.device("cpu"))]
    [[0, 1], [2, 0], [0, 3], [1, 3]]
    """
    texts = torch.from_numpy(np.repeat(np.arange(len(gold)), [len(rows) for rows in gold]))
    rows = torch.cat(list(gold)).to(device)
    return texts.to(device), rows[:, 2], rows[:, 0], rows[:, 1]


def valid_spans(mask: Tensor, triangle: bool = True) -> Tensor:
    """Which spans exist (B, T, T), first token by last token: both ends are tokens, and the last not before the first.

    With ``triangle=False`` spans that end before they start count as well.

    >>> valid_spans(torch.tensor([[True, True, False]])).int().tolist()
    [[[1, 1, 0], [0, 1, 0], [0, 0, 0]]]
    """
    both = mask[:, :, None] & mask[:, None, :]
    return both.triu() if triangle else both


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
    """The batch (B, T), T at least 1, in parts whose squares of scores for ``classes`` fit into the budget.

    A part has at least one text. Long texts on a CPU come one at a time, so nothing is computed for padding; on a GPU a
    batch is one part.
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


def lower_triangle(tokens: int, scores: Tensor) -> Tensor:
    """What is added to a square (T, T) so that no span ends before it starts: minus infinity below the diagonal.

    >>> lower_triangle(2, torch.ones(1))
    tensor([[0., 0.],
            [-inf, 0.]])
    """
    return scores.new_full((tokens, tokens), -math.inf).tril_(-1)


def slices(mask: Tensor, classes: int) -> Iterator[tuple[int, int]]:
    """Ranges of first tokens, short enough that their scores with ``classes`` fit into ``DECODE_CELLS``."""
    texts, tokens = mask.shape
    rows = max(1, min(64 if tokens > 128 else tokens, DECODE_CELLS // max(1, texts * classes * tokens)))
    return ((low, min(tokens, low + rows)) for low in range(0, tokens, rows))


def check_head_size(size: int) -> None:
    """Raise ``UsageError`` unless the size is even and above zero: rotary embedding takes dimensions in pairs."""
    if size < 2 or size % 2:
        raise UsageError(
            f"head_size={size}: write an even number above zero, because rotary position embedding takes dimensions "
            "in pairs."
        )


def check_kernel(kernel: str, known: Sequence[str]) -> None:
    """Raise ``UsageError`` for a kernel that the model does not have."""
    if kernel not in known:
        raise UsageError(f"kernel={kernel} is none of {', '.join(known)}.")
