"""The mean of embeddings of tokens and of pairs of neighbours, and a linear layer: no order beyond that.

    logits = W mean(E[token], E[hash(token, next)]) + b

Joulin et al. 2017, fastText, arXiv 1607.01759, section 2; pairs share a table by hashing, as there.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify._head import Head
from baselines.classify._pieces import pieces
from baselines.encoders._base import seeded
from harness.errors import UsageError
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


class Bag(Head):
    """Offers Learns, Predicts, Divides and Embeds."""

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(len(task.labels), device, seed)
        if min(config.width, config.buckets) < 1:
            raise UsageError("width and buckets must be 1 or more.")
        self.config = config

    def prepare(self, train: Sequence[Example]) -> None:
        """Create the parameters; there is no vocabulary to fix."""
        with seeded(self.seed):
            self.embedding = nn.Embedding(self.config.buckets, self.config.width)
            nn.init.normal_(self.embedding.weight, std=0.1)
            self.head = nn.Linear(self.config.width, self.labels)
        self.to(self.where)

    def embedding_weight(self) -> Tensor:
        """The hashed table."""
        return self.embedding.weight

    def tokens(self, text: Text) -> Tensor:
        """The rows of the table that a text touches."""
        found = pieces(text)
        grams = found + [f"{one} {two}" for one, two in itertools.pairwise(found) if self.config.pairs]
        return torch.tensor([zlib.crc32(gram.encode()) % self.config.buckets for gram in grams])

    def pooled(self, items: Sequence[Tensor]) -> Tensor:
        """The mean row of each text, (B, W)."""
        sizes, ids = torch.tensor([len(item) for item in items]), torch.cat(list(items)).to(self.where)
        if not torch.is_grad_enabled():  # half the time, but it cannot be differentiated twice, as a penalty asks
            starts = (sizes.cumsum(0) - sizes).to(self.where)
            return functional.embedding_bag(ids, self.embedding.weight, starts, mode="mean")
        owner = torch.arange(len(items)).repeat_interleave(sizes).to(self.where)
        total = self.embedding.weight.new_zeros(len(items), self.config.width)
        mean: Tensor = total.index_add(0, owner, self.embedding(ids)) / sizes[:, None].to(self.where)
        return mean


def build(config: Config, task: Task, device: str, seed: int) -> Bag:
    """The model, not yet prepared."""
    return Bag(config, task, device, seed)
