"""Reading spans off scores: only the rows that can hold one are looked at.

Letters: B texts, K labels, T tokens, d head size; b, R, C texts, rows (first tokens) and columns (last) of a block.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.ner._pointer import FEWEST_ROWS, budget, parts

Row = tuple[Tensor, Tensor, Tensor]
"""Text, label and first token of some rows (N,)."""

Block = tuple[Tensor, Callable[[Row], Tensor]]
"""Bounds (b, K, R) of the scores in each row of a block, and what gives the scores (N, C) of some rows."""


def extract(mask: Tensor, labels: int, block: Callable[[slice, slice, slice], Block]) -> NDArray[np.int64]:
    """Rows ``(text, first, last, label)`` of all spans with a score above zero, sorted.

    ``block(texts, firsts, lasts)`` gives bounds and scores of a part of the batch. Columns left of a block's first
    row cannot end a span and are never computed; a row whose bound is not above zero has no span.
    """
    found = [torch.zeros(0, 4, dtype=torch.int64, device=mask.device)]
    for part in parts(mask, labels):
        size = max(FEWEST_ROWS, budget(mask.device) // (part.count * labels * part.size))
        for low in range(0, part.size, size):
            bounds, scores = block(part.texts, slice(low, min(part.size, low + size)), slice(low, part.size))
            text, label, first = (bounds > 0).nonzero().T
            row, last = (scores((text, label, first)) > 0).nonzero().T
            text, first, label = text[row] + part.texts.start, first[row], label[row]
            spans = torch.stack([text, first + low, last + low, label], dim=1)
            found.append(spans[(first <= last) & mask[text, last + low]])
    rows = torch.cat(found).cpu().numpy()
    return rows[np.lexsort(rows.T[::-1])]


def pointer_spans(q: Tensor, k: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """Spans of the scores q(a, i) . k(a, j); ``q`` and ``k`` (B, K, T, d), ``mask`` (B, T)."""

    def block(texts: slice, firsts: slice, lasts: slice) -> Block:
        scores = q[texts, :, firsts] @ k[texts, :, lasts].mT
        return scores.amax(-1), scores.__getitem__

    return extract(mask, q.shape[1], block)


def factored_spans(q: Tensor, k: Tensor, first: Tensor, last: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """Spans of the scores q(i) . k(j) + first(a, i) + last(a, j); shapes (B, T, d), (B, K, T), and ``mask`` (B, T).

    A row's scores stay below its largest product plus the largest of ``last``: labels cost nothing where that is not
    above zero. Rounding is monotone, so a bound added up in the same order can not fall below a score.
    """

    def block(texts: slice, firsts: slice, lasts: slice) -> Block:
        shared = q[texts, firsts] @ k[texts, lasts].mT
        heads, tails = first[texts, :, firsts], last[texts, :, lasts]
        bounds = shared.amax(-1)[:, None] + heads + tails.amax(-1, keepdim=True)

        def scores(rows: Row) -> Tensor:
            text, label, start = rows
            return shared[text, start] + heads[rows][:, None] + tails[text, label]

        return bounds, scores

    return extract(mask, first.shape[1], block)
