"""Input of encoders that start from random values: vocabulary, hashed features, token dropout.

Chinese characters and words of alphabetic scripts want different help beyond their own embedding:

* a text whose every token is one code point is *character input*: each token also gets its two bigrams,
  with the character to the left and with the one to the right, which is where Chinese words show;
* otherwise it is *word input*: each token also gets its character n-grams, with its ends marked and in its own
  case, so that an unseen word still has a vector (Bojanowski et al. 2017, "Enriching Word Vectors with Subword
  Information", TACL, section 3.2).

Both are hashed into a fixed number of buckets with CRC-32, which gives the same bucket on every machine;
Python's own ``hash`` of a string changes with every process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.encoders._base import UNKNOWN, seeded, vocabulary

EDGE = "\u0000"  # stands outside a text, where a bigram has no neighbour
UNSEEN = 0.25  # alpha in the dropout of tokens: a token of frequency n becomes unknown with alpha / (alpha + n)
LONGEST = 24  # code points of a word that n-grams look at


def bigrams(pieces: list[str]) -> list[list[str]]:
    """The bigram with the left and with the right neighbour of each character.

    >>> bigrams(["北", "京"])[0][1]
    '>北京'
    """
    framed = [EDGE, *pieces, EDGE]
    return [["<" + left + own, ">" + own + right] for left, own, right in zip(framed, pieces, framed[2:], strict=False)]


def ngrams(word: str) -> list[str]:
    """Character n-grams of length 2 to 4 with marked ends, and the word's shape.

    >>> ngrams("Ab")
    ['<A', 'Ab', 'b>', '<Ab', 'Ab>', '<Ab>', '#Xx']
    """
    marked = "<" + word[:LONGEST] + ">"
    grams = [marked[i : i + n] for n in (2, 3, 4) for i in range(len(marked) - n + 1)]
    shape = "".join("X" if c.isupper() else "x" if c.islower() else "9" if c.isdigit() else c for c in word[:LONGEST])
    squeezed = "".join(c for i, c in enumerate(shape) if i < 1 or c != shape[i - 1])
    return [*grams, "#" + squeezed]


class TokenFeatures(nn.Module):
    """Embeds tokens (sum over N of all texts in a batch) as (N, embedding + features)."""

    frequency: Tensor

    def __init__(self, embedding: int, features: int, buckets: int, least: int) -> None:
        super().__init__()
        self.embedding, self.features, self.buckets, self.least = embedding, features, buckets, least
        self.characters = True
        self.numbers: dict[str, int] = {}
        self._cache: dict[str, list[int]] = {}

    def prepare(self, pieces: Iterable[list[str]], seed: int) -> None:
        """Count the training tokens, then create the two tables."""
        counts: Counter[str] = Counter()
        for text in pieces:
            counts.update(text)
        self.characters = all(len(token) == 1 for token in counts)
        self.numbers = vocabulary(counts, self.least)
        frequency = [0.0, *(float(counts[token]) for token in self.numbers)]
        self.register_buffer("frequency", torch.tensor(frequency), persistent=False)
        with seeded(seed):
            self.tokens = nn.Embedding(len(frequency), self.embedding)
            self.bags = nn.EmbeddingBag(self.buckets, self.features, mode="mean")
            nn.init.normal_(self.tokens.weight, std=0.5)
            nn.init.normal_(self.bags.weight, std=0.5)

    def encode(self, pieces: list[str]) -> dict[str, Tensor]:
        """``ids`` (T,), ``bags`` (sum of counts,) and ``counts`` (T,): the hashed features of each token in a row."""
        hashed = self._hash_bigrams(pieces) if self.characters else [self._hash_word(word) for word in pieces]
        return {
            "ids": torch.tensor([self.numbers.get(token, UNKNOWN) for token in pieces], dtype=torch.int32),
            "bags": torch.tensor(list(chain.from_iterable(hashed)), dtype=torch.int32),
            "counts": torch.tensor([len(grams) for grams in hashed], dtype=torch.int32),
        }

    def _buckets(self, grams: list[str]) -> list[int]:
        return [crc32(gram.encode("utf-8", "surrogatepass")) % self.buckets for gram in grams]

    def _hash_bigrams(self, pieces: list[str]) -> list[list[int]]:
        return [self._buckets(grams) for grams in bigrams(pieces)]

    def _hash_word(self, word: str) -> list[int]:
        if word not in self._cache:
            if len(self._cache) > 500_000:  # a bound for endless streams of text
                self._cache.clear()
            self._cache[word] = self._buckets(ngrams(word))
        return self._cache[word]

    def forward(self, items: Sequence[Mapping[str, Tensor]]) -> Tensor:
        """Vectors (N, embedding + features) of all tokens of all texts, one text after the other.

        In training a token of frequency n is replaced by the unknown token with probability 0.25 / (0.25 + n)
        (Kiperwasser and Goldberg 2016, TACL, section 4.2): rare tokens teach the vector that unseen ones will get.
        """
        device = self.tokens.weight.device
        ids, bags, counts = (torch.cat([item[key] for item in items]).to(device) for key in ("ids", "bags", "counts"))
        if self.training:
            chance = UNSEEN / (UNSEEN + self.frequency[ids])
            ids = ids.masked_fill(torch.rand_like(chance) < chance, UNKNOWN)
        offsets = counts.cumsum(0, dtype=torch.int32) - counts
        return torch.cat([F.embedding(ids, self.tokens.weight), self.bags(bags, offsets)], dim=-1)
