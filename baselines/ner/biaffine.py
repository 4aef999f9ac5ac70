"""Biaffine span classification: one label or none for every span; at decoding, spans that clash with better ones fall.

With h_i the hidden vector of token i (D), start and end vectors of width h, and for each of K + 1 classes c, "none"
among them, a matrix U_c, a vector W_c and a number b_c (Yu, Bohnet and Poesio 2020, section 3):

    s_i = FFNN_s(h_i),    e_i = FFNN_e(h_i)
    r_c(i, j) = s_i^T U_c e_j + W_c [s_i; e_j] + b_c

The loss is the cross-entropy of softmax over c of r_c(i, j), summed over all spans i <= j. Unlike GlobalPointer's
labels, these compete. A span's prediction is its best class. Predicted spans are taken from the highest score down, and
one that clashes with a span taken before is left out: none may overlap in a flat task, none may cross in a nested one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.ner import Row, SpanModel, gold_cells, valid_spans
from baselines.ner._pointer import slices
from harness.spec import Model, Task

MODEL = Model(
    title="Biaffine span classifier",
    source="Yu, Bohnet and Poesio 2020, ACL, arXiv 2005.07150",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    needs=("torch", "numpy"),
    departures=(
        "The body is one BiLSTM over token embeddings and hashed n-grams unless another encoder is named; the published"
        " code has three with highway gates over frozen BERT features, fastText vectors and letter convolutions.",
        "Start and end layers end in a LeakyReLU of slope 0.1; in the published code they are linear.",
        "Both layers start from PyTorch's default values; the published code leaves them to TensorFlow's.",
        "Dropout is drawn for each token; the published code draws one mask for all tokens of a sentence.",
        "The loss is divided by the number of tokens of a batch; the published code takes the sum alone.",
        "A span with two gold labels counts for both, which leaves its loss without a lower bound; the published code keeps"
        " the last label.",
    ),
)

NONE = 0  # the class of spans that are no entity; label k is class k + 1


@dataclass(frozen=True)
class Config:
    """Settings of the biaffine classifier."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id
    hidden: int = 150  # h, width of the start and end vectors, as published
    dropout: float = 0.2  # on the start and end vectors, as published


def biaffine(start: Tensor, end: Tensor, weight: Tensor) -> Tensor:
    """Scores r_c(i, j) = [s_i; 1]^T M_c [e_j; 1], (B, C, T, T).

    ``start`` and ``end`` (B, T, h + 1) end in their 1, so that the matrices ``weight`` (C, h + 1, h + 1) hold all three
    terms: M_c = [[U_c, first half of W_c], [second half of W_c, b_c]].

    >>> start = torch.tensor([[[2.0, 1.0], [0.0, 1.0]]])  # two tokens, h = 1
    >>> end = torch.tensor([[[1.0, 1.0], [3.0, 1.0]]])
    >>> weight = torch.tensor([[[10.0, 1.0], [2.0, 0.5]]])  # one class: U = 10, W = [1, 2], b = 0.5
    >>> biaffine(start, end, weight)[0, 0].tolist()  # first: 20 + (2 + 2) + 0.5
    [[24.5, 68.5], [2.5, 6.5]]
    """
    return times_weight(start, weight) @ end[:, None].mT


def times_weight(start: Tensor, weight: Tensor) -> Tensor:
    """The left half of ``biaffine``, [s_i; 1]^T M_c, (B, C, T, h + 1): one matrix product for all classes."""
    classes, size, _ = weight.shape
    product = start @ weight.transpose(0, 1).reshape(size, classes * size)
    return product.reshape(*start.shape[:2], classes, size).transpose(1, 2)


class Biaffine(SpanModel):
    """Two layers from D features to start and end vectors of h, and a matrix for each of K + 1 classes."""

    config: Config

    def create(self, width: int) -> None:
        """The two layers, as PyTorch has them; the matrices at zero, as published, so that all classes start equal."""
        size = self.config.hidden
        self.starts, self.ends = nn.Linear(width, size), nn.Linear(width, size)
        self.dropout = nn.Dropout(self.config.dropout)
        self.matrix = nn.Parameter(torch.zeros(len(self.labels) + 1, size + 1, size + 1))

    def starts_and_ends(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """[s_i; 1] and [e_i; 1], each (B, T, h + 1), of hidden vectors (B, T, D)."""
        start, end = (self.dropout(F.leaky_relu(layer(hidden), 0.1)) for layer in (self.starts, self.ends))
        return F.pad(start, (0, 1), value=1.0), F.pad(end, (0, 1), value=1.0)

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """Cross-entropy summed over all spans, for each token of the batch, in nats.

        The published sum over a batch grows with its size and lengths, and a mean over spans would starve the few
        that are entities; the sum divided by tokens keeps one learning rate right for all.
        """
        scores = biaffine(*self.starts_and_ends(hidden), self.matrix).float()  # (B, K + 1, T, T)
        text, label, first, last = gold_cells(gold, mask.device)
        empty = (scores.logsumexp(1) - scores[:, NONE]) * valid_spans(mask)  # -log p("none") of every span
        gained = scores[text, label + 1, first, last] - scores[text, NONE, first, last]  # the label in place of "none"
        return (empty.sum() - gained.sum()) / mask.sum().clamp(min=1)

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """Spans whose best class is a label, the highest scores first, without those that clash with a better one."""
        start, end = self.starts_and_ends(hidden)
        start, end = times_weight(start, self.matrix), end[:, None]
        found, scores = [], []
        for low, high in slices(mask, start.shape[1]):  # never all scores of a long text at once
            best, label = (start[:, :, low:high] @ end[:, :, low:].mT).float().max(1)
            text, first, last = label.nonzero().T
            real = (first <= last) & mask[text, last + low]
            cells = text[real], first[real], last[real]
            found.append(torch.stack([cells[0], cells[1] + low, cells[2] + low, label[cells] - 1], dim=1).cpu().numpy())
            scores.append(best[cells].cpu().numpy())
        return select(np.concatenate(found), np.concatenate(scores), mask.shape[1], self.nested)

    def expressible(self, rows: list[Row]) -> list[Row]:
        """Gold spans as decoding would keep them if long ones scored higher; of a span with two labels the first.

        A span's prediction is one class, so that no training makes it give both.

        >>> task = Task(kind="spans", title="", source="", licence="", labels=("x", "y"), nested=True)
        >>> Biaffine(Config(), task, "cpu", 0).expressible([(0, 2, 0), (0, 2, 1), (1, 2, 1)])
        [(0, 2, 0), (1, 2, 1)]
        """
        labelled = {row[:2]: row for row in sorted(rows, reverse=True)}  # the first label is written last
        ranked = np.array([(0, *row) for row in labelled.values()], dtype=np.int64).reshape(-1, 4)
        size = int(ranked[:, 2].max(initial=0)) + 1
        kept = select(ranked, (ranked[:, 2] - ranked[:, 1]).astype(np.float64), size, self.nested)
        return [(int(first), int(last), int(label)) for _, first, last, label in kept]


def select(rows: NDArray[np.int64], scores: NDArray[np.floating], tokens: int, nested: bool) -> NDArray[np.int64]:
    """Rows ``(text, first, last, label)`` that are kept when the highest score is taken first (section 3 of the paper).

    A row is left out if it overlaps a better one or, where nesting is allowed, crosses it (each has a token that the
    other lacks, and they share one). Of rows with equal scores the one that sorts first counts as better.

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
