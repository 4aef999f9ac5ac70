"""A vocabulary learned from the corpus: every character above a count, and word pieces for Latin letters and digits.

Chinese characters, kana and punctuation stand alone; runs of ASCII letters and digits are cut into word pieces
(Schuster and Nakajima 2012, ICASSP). They are learned here, for the trainer of ``tokenizers`` settles ties by chance. The
files are those of any BERT tokenizer, so that ``transformers`` reads them.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from harness.pretraining.recipe import Recipe

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORD = re.compile("[a-z0-9]+")
Pair = tuple[str, str]


def learn(texts: Iterable[str], recipe: Recipe) -> list[str]:
    """The entries of a vocabulary, in order: special tokens, spare ones, characters by falling count, word pieces.

    Letters, digits and other characters that a word may be made of also have a form that continues a word (``##a``).
    """
    counts: Counter[str] = Counter()
    words: Counter[str] = Counter()
    normaliser = _normaliser()
    for text in texts:
        plain = normaliser.normalize_str(text)
        counts.update(plain)
        words.update(WORD.findall(plain))
    usual = [char for char, count in counts.items() if count >= recipe.least and not char.isspace()]
    characters = sorted(set(usual) | set("abcdefghijklmnopqrstuvwxyz0123456789"), key=lambda c: (-counts[c], c))
    continuing = [f"##{char}" for char in characters if char.isalnum() and not _stands_alone(char)]
    spare = [f"[unused{number}]" for number in range(1, recipe.unused + 1)]
    entries = [*SPECIAL, *spare, *characters, *continuing, *word_pieces(words, recipe.pieces)]
    return list(dict.fromkeys(entries))


def word_pieces(words: Mapping[str, int], size: int, least: int = 2) -> list[str]:
    """Word pieces of words with their counts: the signs, then what the most frequent pair of pieces makes, again and again.

    ``size`` is the number of pieces at most, ``least`` the count of a pair from which it is joined. Of pairs with one count
    the first in the order of their texts is joined, so that the pieces follow from the words alone. A piece that continues
    a word begins with ``##``. Sennrich et al. 2016 (ACL), algorithm 1; the departure is the rule for ties.

    >>> word_pieces({"low": 5, "lower": 2, "new": 3}, 11)
    ['##e', '##o', '##r', '##w', 'l', 'n', '##ow', 'low', '##ew', 'new', '##er']
    """
    cut = [[word[0], *(f"##{char}" for char in word[1:])] for word in sorted(words)]
    weights = [words[word] for word in sorted(words)]
    made = dict.fromkeys(sorted({piece for pieces in cut for piece in pieces}))
    pairs = _Pairs(cut, weights)
    while len(made) < size:
        pair = pairs.most(least)
        if pair is None:
            break
        made[pairs.join(pair)] = None
    return list(made)


class _Pairs:
    """How often each pair of neighbours stands in the words, kept up to date while pairs are joined."""

    def __init__(self, cut: list[list[str]], weights: list[int]) -> None:
        self.cut, self.weights = cut, weights
        self.counts: Counter[Pair] = Counter()
        self.places: defaultdict[Pair, set[int]] = defaultdict(set)
        for place in range(len(cut)):
            self._count(place, 1)
        self.queue = [(-count, pair) for pair, count in self.counts.items()]
        heapq.heapify(self.queue)

    def _count(self, place: int, sign: int) -> None:
        pieces = self.cut[place]
        for pair in itertools.pairwise(pieces):
            self.counts[pair] += sign * self.weights[place]
            self.places[pair].add(place)

    def most(self, least: int) -> Pair | None:
        """The pair with the highest count, the first in the order of texts; ``None`` below the least."""
        while self.queue:
            count, pair = heapq.heappop(self.queue)
            if -count == self.counts[pair]:  # else it was counted anew since
                return pair if -count >= least else None
        return None

    def join(self, pair: Pair) -> str:
        """Make one piece of the pair in every word, and answer the piece."""
        joined = pair[0] + pair[1].removeprefix("##")
        changed: set[Pair] = set()
        for place in sorted(self.places.pop(pair)):
            pieces = self.cut[place]
            changed.update(itertools.pairwise(pieces))
            self._count(place, -1)
            self.cut[place] = _joined(pieces, pair, joined)
            self._count(place, 1)
            changed.update(itertools.pairwise(self.cut[place]))
        for other in changed:
            heapq.heappush(self.queue, (-self.counts[other], other))
        return joined


def _joined(pieces: list[str], pair: Pair, joined: str) -> list[str]:
    made: list[str] = []
    place = 0
    while place < len(pieces):
        here = tuple(pieces[place : place + 2]) == pair
        made.append(joined if here else pieces[place])
        place += 2 if here else 1
    return made


def _stands_alone(char: str) -> bool:
    """Whether BERT's splitter makes a word of the character wherever it stands: Chinese characters.

    >>> _stands_alone("中"), _stands_alone("a"), _stands_alone("か")
    (True, False, False)
    """
    point = ord(char)
    blocks = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F))
    return any(low <= point <= high for low, high in blocks)


def _normaliser() -> Any:
    from tokenizers.normalizers import BertNormalizer

    return BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=True, lowercase=True)


def tokenizer(entries: list[str], tokens: int) -> Any:
    """The ``transformers`` tokenizer of a vocabulary."""
    from transformers import BertTokenizerFast

    return BertTokenizerFast(
        vocab={entry: number for number, entry in enumerate(entries)}, do_lower_case=True, model_max_length=tokens
    )
