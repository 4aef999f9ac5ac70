"""Reading spans off scores: part by part, and only from the rows that can hold a span.

Letters: B texts, T tokens, D features, K labels, d head size; b texts of a part, R rows (first tokens) and C columns
(last tokens) of a block, N rows that are looked at.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.ner._pointer import blocks, parts

Rows = tuple[Tensor, Tensor, Tensor]
"""Text, label and first token of rows (N,), counted from the beginning of the part and of the block."""

Block = Callable[[int, int], tuple[Tensor, Callable[[Rows], Tensor]]]
"""Of first tokens from and to: a bound (b, K, R) on each row's scores, and a function to the scores (N, C) of rows."""


def extract(hidden: Tensor, mask: Tensor, squares: int, head: Callable[[Tensor], Block]) -> NDArray[np.int64]:
    """Rows ``(text, first, last, label)`` of all spans with a score above zero, sorted.

    ``hidden`` (B, T, D), ``mask`` (B, T), ``squares`` how many T x T the head forms for a text. ``head`` makes the
    blocks of some texts, so that whatever it computes stays in the cache and hardly any of it is padding. A block's
    columns begin with its first row, since no span ends before it starts; a row whose bound is not above zero has no
    span.
    """
    found = [torch.zeros(0, 4, dtype=torch.int64, device=mask.device)]
    for part in parts(mask, squares):
        block, real = head(hidden[part.texts, : part.size]), mask[part.texts]
        for low, high in blocks(part, squares, mask.device):
            bounds, scores = block(low, high)
            text, label, first = (bounds > 0).nonzero().T
            row, last = (scores((text, label, first)) > 0).nonzero().T
            text, label, first, last = text[row], label[row], first[row] + low, last + low
            spans = torch.stack([text + part.texts.start, first, last, label], dim=1)
            found.append(spans[(first <= last) & real[text, last]])
    rows = torch.cat(found).cpu().numpy()
    return rows[np.lexsort(rows.T[::-1])]


def pointer_blocks(q: Tensor, k: Tensor) -> Block:
    """Blocks of the scores q(a, i) . k(a, j); ``q`` and ``k`` (b, K, T, d). The bound of a row is its largest score."""

    def block(low: int, high: int) -> tuple[Tensor, Callable[[Rows], Tensor]]:
        scores = q[:, :, low:high] @ k[:, :, low:].mT
        return scores.amax(-1), scores.__getitem__

    return block


def factored_blocks(q: Tensor, k: Tensor, first: Tensor, last: Tensor) -> Block:
    """Blocks of the scores q(i) . k(j) + first(a, i) + last(a, j); shapes (b, T, d) and (b, K, T).

    The bound of a row is its largest product plus the largest of ``last``: labels cost nothing where that is not above
    zero. Rounding is monotone, so a bound added up in the order of a score cannot fall below it.
    """

    def block(low: int, high: int) -> tuple[Tensor, Callable[[Rows], Tensor]]:
        shared = q[:, low:high] @ k[:, low:].mT
        starts, ends = first[:, :, low:high], last[:, :, low:]

        def scores(rows: Rows) -> Tensor:
            text, label, start = rows
            return shared[text, start] + starts[rows][:, None] + ends[text, label]

        return shared.amax(-1)[:, None] + starts + ends.amax(-1, keepdim=True), scores

    return block
