"""The mean of embeddings of tokens and of pairs of neighbours, and a linear layer: no order beyond that.

    logits = W mean(E[token], E[hash(token, next)]) + b

Joulin et al. 2017, fastText, arXiv 1607.01759, section 2; pairs share a table by hashing, as there.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.encoders._base import seeded
from harness.errors import DataError, UsageError
from harness.spec import Example, Model, Task, Text

MODEL = Model(
    title="Bag of n-grams, hashed",
    source="Joulin et al. 2017, EACL, arXiv 1607.01759, section 2",
    kinds=("label",),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"pairs=false": "tokens alone"},
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the bag."""

    width: int = 64  # features of a token or pair
    buckets: int = 65536  # rows of the hashed table
    pairs: bool = True  # whether neighbours count as well


class Bag(nn.Module):
    """Offers Learns, Predicts, Divides and Embeds."""

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__()
        if min(config.width, config.buckets) < 1:
            raise UsageError("width and buckets must be 1 or more.")
        self.config, self.labels, self.where, self.seed = config, len(task.labels), device, seed

    def prepare(self, train: Sequence[Example]) -> None:
        """Create the parameters; there is no vocabulary to fix."""
        with seeded(self.seed):
            self.embedding = nn.EmbeddingBag(self.config.buckets, self.config.width, mode="mean")
            nn.init.normal_(self.embedding.weight, std=0.1)
            self.head = nn.Linear(self.config.width, self.labels)
        self.to(self.where)

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]:
        """One group: nothing comes trained."""
        return [{"params": list(self.parameters()), "lr": learning_rate}]

    def embedding_weight(self) -> Tensor:
        """The hashed table."""
        return self.embedding.weight

    def encode(self, example: Example) -> tuple[Tensor, int]:
        """Rows of the table, and the label."""
        return self.rows(example.input), example.target

    def rows(self, text: Text) -> Tensor:
        """The rows of the table that a text touches. ``DataError`` for one without a token."""
        pieces = [piece.lower() for piece in text.pieces()]
        if not pieces:
            raise DataError(f"a text has no token: {text.text[:40]!r}. Leave it out, or correct the row.")
        grams = pieces + [f"{one} {two}" for one, two in itertools.pairwise(pieces) if self.config.pairs]
        return torch.tensor([zlib.crc32(gram.encode()) % self.config.buckets for gram in grams])

    def pooled(self, items: Sequence[Tensor]) -> Tensor:
        """The mean row of each text, (B, W)."""
        starts = torch.tensor([0, *(len(item) for item in items[:-1])]).cumsum(0)
        mean: Tensor = self.embedding(torch.cat(list(items)).to(self.where), starts.to(self.where))
        return mean

    def body(self, items: Sequence[tuple[Tensor, int]]) -> tuple[Tensor]:
        """What the head reads, (B, W)."""
        return (self.pooled([item for item, _ in items]),)

    def head_answer(self, features: tuple[Tensor]) -> Tensor:
        """Logits of the labels, (B, K)."""
        answer: Tensor = self.head(features[0])
        return answer

    def head_loss(self, features: tuple[Tensor], items: Sequence[tuple[Tensor, int]]) -> Tensor:
        """Mean negative logarithm of the right label's probability."""
        targets = torch.tensor([target for _, target in items], device=self.where)
        return functional.cross_entropy(self.head_answer(features).float(), targets)

    def loss(self, items: Sequence[tuple[Tensor, int]]) -> Tensor:
        """Mean negative logarithm of the right label's probability."""
        return self.head_loss(self.body(items), items)

    @torch.no_grad()
    def predict(self, inputs: Sequence[Text]) -> list[list[float]]:
        """Logarithms of the probabilities of the labels."""
        if not inputs:
            return []
        found = self.head_answer((self.pooled([self.rows(item) for item in inputs]),)).double().log_softmax(-1)
        return [[float(number) for number in row] for row in found.cpu()]


def build(config: Config, task: Task, device: str, seed: int) -> Bag:
    """The model, not yet prepared."""
    return Bag(config, task, device, seed)
