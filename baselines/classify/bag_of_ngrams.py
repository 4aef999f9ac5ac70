"""A bag of n-grams, after fastText: the mean of embeddings of tokens and of pairs of neighbours, and a linear layer.

    logits = W mean_n E[hash(n)] + b,   n every token x_t and, with ``pairs``, every pair (x_t, x_{t+1})

Joulin et al. 2017, arXiv 1607.01759, section 2. The hash is CRC-32 modulo the number of rows, the same on every
machine. Letters for shapes: ``B`` batch, ``D`` features, ``K`` labels.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify import PooledClassifier, pieces
from baselines.encoders import seeded
from harness.errors import UsageError
from harness.spec import Example, Model, Task, Text

MODEL = Model(
    title="Bag of n-grams, hashed",
    source="Joulin et al. 2017, EACL, arXiv 1607.01759, section 2",
    kinds=("label",),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"pairs=false": "tokens alone"},
    needs=("torch",),
    departures=(
        "Single tokens are hashed into the table of pairs; in fastText each frequent word has a row of its own.",
        "Embeddings begin normal with deviation 0.1, W as torch's linear layers; there uniform in +-1/D and zero.",
        "All labels are in one softmax; fastText has a hierarchical one for many labels.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the bag."""

    width: int = 64  # features of a token or pair, D
    buckets: int = 65536  # rows of the hashed table
    pairs: bool = True  # whether pairs of neighbours have embeddings as well


class Bag(PooledClassifier):
    """Offers Learns, Predicts, Divides and Embeds.

    Two tokens and their pair are three rows of the table, and their mean stands for the text:

    >>> task = Task(kind="label", title="", source="", licence="", labels=("x", "y"))
    >>> bag = Bag(Config(width=2, buckets=100), task, "cpu", seed=0)
    >>> bag.prepare([])
    >>> rows = bag.tokens(Text("ab"))
    >>> rows.tolist()
    [7, 81, 99]
    >>> torch.allclose(bag.pooled([rows])[0], bag.embedding.weight[rows].mean(0))
    True
    """

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(len(task.labels), device, seed)
        if min(config.width, config.buckets) < 1:
            raise UsageError("width and buckets must be 1 or more.")
        self.config = config

    def prepare(self, train: Sequence[Example]) -> None:
        """Create the parameters; hashing needs no vocabulary."""
        with seeded(self.seed):
            self.embedding = nn.Embedding(self.config.buckets, self.config.width)
            nn.init.normal_(self.embedding.weight, std=0.1)
            self.head = nn.Linear(self.config.width, self.labels)
        self.to(self.device)

    def embedding_weight(self) -> Tensor:
        """The hashed table E."""
        return self.embedding.weight

    def tokens(self, text: Text) -> Tensor:
        """The rows of E for a text's n-grams."""
        found = pieces(text)
        grams = found + [f"{one} {two}" for one, two in itertools.pairwise(found) if self.config.pairs]
        return torch.tensor([zlib.crc32(gram.encode()) % self.config.buckets for gram in grams])

    def pooled(self, items: Sequence[Tensor]) -> Tensor:
        """The mean row of each text, (B, D)."""
        sizes, ids = torch.tensor([len(item) for item in items]), torch.cat(list(items)).to(self.device)
        if (
            not torch.is_grad_enabled()
        ):  # half the time, but it has no second derivative, which a gradient penalty needs
            starts = (sizes.cumsum(0) - sizes).to(self.device)
            return functional.embedding_bag(ids, self.embedding.weight, starts, mode="mean")
        owner = torch.arange(len(items)).repeat_interleave(sizes).to(self.device)
        total = self.embedding.weight.new_zeros(len(items), self.config.width)
        mean: Tensor = total.index_add(0, owner, self.embedding(ids)) / sizes[:, None].to(self.device)
        return mean


def build(config: Config, task: Task, device: str, seed: int) -> Bag:
    """The model, not yet prepared."""
    return Bag(config, task, device, seed)
