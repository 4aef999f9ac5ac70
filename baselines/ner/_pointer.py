"""What the span-pointing heads share: the multilabel loss, and reading spans off scores.

Letters: B texts, K labels, T tokens, d head size. Scores are (B, K, T, T): first token by last token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from harness.errors import UsageError

CELLS = 1 << 19  # scores that a loss works on at once: 2 MB, what a core's cache holds
DECODE_CELLS = 1 << 23  # scores that decoding holds at once: 32 MB


def lecun(layer: nn.Linear) -> nn.Linear:
    """The published initialisation: normal with variance 1 / inputs, and biases of zero."""
    nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
    nn.init.zeros_(layer.bias)
    return layer


def positions(gold: Sequence[Tensor], device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gold rows of a batch as four index vectors (P,): text, label, first, last."""
    texts = torch.repeat_interleave(torch.arange(len(gold)), torch.tensor([len(rows) for rows in gold]))
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


def positive_loss(values: Tensor, groups: Tensor, count: int) -> Tensor:
    """log(1 + sum of exp(-value)) for each of ``count`` groups; an empty group gives 0."""
    highest = torch.zeros(count, dtype=values.dtype, device=values.device)
    highest = highest.scatter_reduce(0, groups, -values.detach(), "amax", include_self=True)
    sums = (-highest).exp().index_add(0, groups, (-values - highest[groups]).exp())
    return highest + sums.log()


def pointer_loss(
    q: Tensor, k: Tensor, mask: Tensor, gold: tuple[Tensor, Tensor, Tensor, Tensor], triangle: bool = True
) -> Tensor:
    """The loss of ``dense_loss`` on scores q k^T, mean over texts and labels, from the gold cells' indices alone.

    ``q`` and ``k`` (B, K, T, d), ``mask`` (B, T), ``gold`` as ``positions`` gives it; ``triangle`` leaves out the
    cells whose last token comes before the first.

    The published sparse form takes the gold cells out of the total by a subtraction, log(1 - exp(b - a)), which loses
    all digits once the gold cells dominate, and is clipped there. Here they are taken out before the sum, so nothing
    is lost. The gradient is made in the same pass, a few texts at a time: no (B, K, T, T) tensor outlives the call.
    """
    result: Tensor = _PointerLoss.apply(q.float(), k.float(), mask, *gold, triangle)  # type: ignore[no-untyped-call]
    return result


class _PointerLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        q: Tensor,
        k: Tensor,
        mask: Tensor,
        text: Tensor,
        label: Tensor,
        first: Tensor,
        last: Tensor,
        triangle: bool,
    ) -> Tensor:
        texts, labels, tokens, _ = q.shape
        some = max(1, CELLS // (labels * tokens * tokens))
        learns = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        pieces_q, pieces_k = [], []
        total = q.new_zeros((), dtype=torch.float64)
        with torch.autocast(q.device.type, enabled=False):
            for low in range(0, texts, some):
                part = slice(low, low + some)
                here = ((text >= low) & (text < low + some)).nonzero()[:, 0] if some < texts else slice(None)
                cells = text[here] - low, label[here], first[here], last[here]
                value, slope = _cells(q[part] @ k[part].mT, mask[part], cells, triangle, learns)
                total += value
                if learns:
                    slope /= texts * labels
                    pieces_q.append(slope @ k[part])
                    pieces_k.append(slope.mT @ q[part])
        if learns:
            ctx.save_for_backward(torch.cat(pieces_q), torch.cat(pieces_k))
        return (total / (texts * labels)).to(q.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        slope_q, slope_k = ctx.saved_tensors
        return gradient * slope_q, gradient * slope_k, None, None, None, None, None, None


def _cells(
    scores: Tensor, mask: Tensor, cells: tuple[Tensor, ...], triangle: bool, learns: bool
) -> tuple[Tensor, Tensor]:
    """Summed loss of a few texts, and its gradient in the place of ``scores`` (b, K, T, T), which is overwritten."""
    texts, labels, tokens, _ = scores.shape
    with torch.enable_grad():
        values = scores[cells].detach().requires_grad_(learns)
        positive = positive_loss(values, cells[0] * labels + cells[1], texts * labels).sum()
    never = ~mask[:, None, :] if triangle else ~(mask[:, None, :] & mask[:, :, None])
    if triangle:
        never = never | torch.ones(tokens, tokens, dtype=torch.bool, device=mask.device).tril(-1)
    scores.masked_fill_(never[:, None], float("-inf"))
    scores[cells] = float("-inf")
    highest = scores.amax((2, 3), keepdim=True).clamp_(min=0)
    scores.sub_(highest).exp_()
    sums = scores.sum((2, 3), keepdim=True) + (-highest).exp()
    total = positive.detach().double() + (highest + sums.log()).sum(dtype=torch.float64)
    if learns:
        scores.div_(sums)
        scores[cells] = torch.autograd.grad(positive, values)[0] if len(values) else values.detach()
    return total, scores


def slices(mask: Tensor, classes: int) -> Iterator[tuple[int, int]]:
    """Ranges of first tokens, short enough that their scores with ``classes`` fit into ``DECODE_CELLS``."""
    texts, tokens = mask.shape
    rows = max(1, min(64 if tokens > 128 else tokens, DECODE_CELLS // max(1, texts * classes * tokens)))
    return ((low, min(tokens, low + rows)) for low in range(0, tokens, rows))


def extract(block: Callable[[int, int], Tensor], mask: Tensor, labels: int) -> NDArray[np.int64]:
    """Rows ``(text, first, last, label)`` of all cells with a score above zero, sorted.

    ``block(low, high)`` gives the scores (B, K, high - low, T - low) of the first tokens low to high with the last
    tokens from low on: what lies left of that cannot be a span, so about half of the square is never computed, and a
    long batch is read in slices that fit into memory.
    """
    found = []
    for low, high in slices(mask, labels):
        cells = (block(low, high) > 0).nonzero()
        text, label, first, last = cells.T
        first, last = first + low, last + low
        cells = torch.stack([text, first, last, label], dim=1)
        found.append(cells[(first <= last) & mask[text, last]].cpu().numpy())
    all_rows = np.concatenate(found)
    return all_rows[np.lexsort(all_rows.T[::-1])]


def check_size(size: int) -> None:
    """Raise ``UsageError`` unless the size is even and above zero: rotary positions turn pairs."""
    if size < 2 or size % 2:
        raise UsageError(f"head_size={size} must be an even number above zero, because rotary positions turn pairs.")


def scale_of(size: int, scale: bool) -> float:
    """What scores are divided by: the square root of the head size, or 1."""
    return math.sqrt(size) if scale else 1.0
