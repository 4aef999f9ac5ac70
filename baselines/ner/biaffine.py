"""Biaffine span classification: one label or none for every span, ranked and thinned out at decoding.

Like GlobalPointer it scores all spans; unlike it, labels compete (softmax over K labels and "none"), and decoding
keeps the spans that do not clash: none may overlap in a flat task, none may cross in a nested one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.ner._head import SpanModel
from baselines.ner._pointer import positions, slices
from baselines.ner._tagging import Row
from harness.spec import Model, Task

MODEL = Model(
    title="Biaffine span classifier",
    source="Yu, Bohnet and Poesio 2020, ACL, arXiv 2005.07150",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    needs=("torch", "numpy"),
)

NONE = 0  # the class of spans that are no entity; label k is class k + 1


@dataclass(frozen=True)
class Config:
    """Settings of the biaffine classifier."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id
    hidden: int = 150  # h, width of the start and end vectors, as published
    dropout: float = 0.2  # on the start and end vectors, as published


class Biaffine(SpanModel):
    """Start and end vectors of h, and for each of K+1 classes a matrix between them.

    Published is s' U e + W [s; e] + b. With a constant 1 appended to s and e the matrix holds all three terms.
    """

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(task, device, seed, config.encoder)
        self.config = config

    def create(self, width: int) -> None:
        """Two feed-forward layers, and the matrices, zero at first: all classes start equal."""
        size = self.config.hidden
        self.starts, self.ends = nn.Linear(width, size), nn.Linear(width, size)
        self.dropout = nn.Dropout(self.config.dropout)
        self.matrix = nn.Parameter(torch.zeros(len(self.labels) + 1, size + 1, size + 1))

    def pointer(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Start vectors times the matrices (B, K+1, T, h+1), and end vectors (B, 1, T, h+1)."""
        start, end = (
            F.pad(self.dropout(F.leaky_relu(layer(hidden), 0.1)), (0, 1), value=1.0)
            for layer in (self.starts, self.ends)
        )
        classes, size, _ = self.matrix.shape
        start = (start @ self.matrix.transpose(0, 1).reshape(size, classes * size)).reshape(
            *hidden.shape[:2], classes, size
        )
        return start.transpose(1, 2), end[:, None]

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """Cross-entropy summed over all spans, for each token of the batch, in nats.

        The published sum over a batch grows with its size and lengths, and a mean over spans would starve the few
        that are entities; the sum divided by tokens keeps one learning rate right for all.
        """
        start, end = self.pointer(hidden)
        scores = (start @ end.mT).float()  # (B, K+1, T, T)
        valid = mask[:, None, :] & torch.ones(mask.shape[1], mask.shape[1], dtype=torch.bool, device=mask.device).triu()
        text, label, first, last = positions(gold, mask.device)
        empty = (scores.logsumexp(1) - scores[:, NONE]) * valid
        gained = scores[text, label + 1, first, last] - scores[text, NONE, first, last]
        return (empty.sum() - gained.sum()) / mask.sum().clamp(min=1)

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """Spans whose best class is a label, the highest scores first, without those that clash with a better one."""
        start, end = self.pointer(hidden)
        found, scores = [], []
        for low, high in slices(mask, start.shape[1]):
            best, label = (start[:, :, low:high] @ end[:, :, low:].mT).float().max(1)
            text, first, last = label.nonzero().T
            real = (first <= last) & mask[text, last + low]
            cells = text[real], first[real], last[real]
            found.append(torch.stack([cells[0], cells[1] + low, cells[2] + low, label[cells] - 1], dim=1).cpu().numpy())
            scores.append(best[cells].cpu().numpy())
        return select(np.concatenate(found), np.concatenate(scores), mask.shape[1], self.nested)

    def nearest(self, rows: list[Row]) -> list[Row]:
        """Gold spans as decoding would keep them, if long ones scored higher and each span had one label."""
        ranked = np.array([(0, *row) for row in rows], dtype=np.int64).reshape(-1, 4)
        size = int(ranked[:, 2].max(initial=0)) + 1
        kept = select(ranked, (ranked[:, 2] - ranked[:, 1]).astype(np.float64), size, self.nested)
        return [(int(first), int(last), int(label)) for _, first, last, label in kept]


def select(rows: NDArray[np.int64], scores: NDArray[np.floating], tokens: int, nested: bool) -> NDArray[np.int64]:
    """Rows ``(text, first, last, label)`` that survive when the highest score is taken first (section 3 of the paper).

    A row falls to a better one that it overlaps or, where nesting is allowed, that it crosses (each has a token that
    the other lacks, and they share one) or that covers the very same tokens. Equal scores: the row that sorts first.

    >>> three = np.array([[0, 0, 2, 0], [0, 1, 3, 0], [0, 1, 1, 1]])
    >>> select(three, np.array([3.0, 2.0, 1.0]), 4, nested=True).tolist()
    [[0, 0, 2, 0], [0, 1, 1, 1]]
    """
    kept: list[int] = []
    text = -1
    furthest = earliest = np.zeros(0, dtype=np.int64)
    for place in np.lexsort((*rows.T[::-1], -scores, rows[:, 0])).tolist():
        own, first, last, _ = rows[place].tolist()
        if own != text:
            text = own
            furthest, earliest = np.full(tokens, -1), np.full(tokens, tokens)  # of better rows that start, end here
        if not _clashes(first, last, furthest, earliest, nested):
            kept.append(place)
            if nested:
                furthest[first] = max(furthest[first], last)
                earliest[last] = min(earliest[last], first)
            else:
                furthest[first : last + 1] = last
    chosen = rows[kept]
    return chosen[np.lexsort(chosen.T[::-1])]


def _clashes(first: int, last: int, furthest: NDArray[np.int64], earliest: NDArray[np.int64], nested: bool) -> bool:
    """Whether a better row forbids this one; in a flat task ``furthest`` marks the tokens that are taken."""
    if not nested:
        return bool((furthest[first : last + 1] >= 0).any())
    later = (furthest[first + 1 : last + 1] > last).any()  # starts inside, ends beyond
    earlier = (earliest[first:last] < first).any()  # starts before, ends inside
    return bool(later or earlier)


def build(config: Config, task: Task, device: str, seed: int) -> Biaffine:
    """The model, not yet prepared."""
    return Biaffine(config, task, device, seed)
