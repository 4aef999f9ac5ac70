"""A vocabulary learned from the corpus: every character above a count, and word pieces for Latin letters and digits.

Chinese characters, kana and punctuation stand alone; runs of ASCII letters and digits are cut into word pieces
(Schuster and Nakajima 2012, ICASSP). The files are those of any BERT tokenizer, so that ``transformers`` reads them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from harness.pretraining.recipe import Recipe

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORD = re.compile("[a-z0-9]+")


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
    entries = [*SPECIAL, *spare, *characters, *continuing, *_pieces(words, recipe.pieces)]
    return list(dict.fromkeys(entries))


def _pieces(words: Counter[str], size: int) -> list[str]:
    """Word pieces of the words, the most useful ones."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(vocab_size=size, min_frequency=2, show_progress=False)

    def lines() -> Iterator[str]:
        for word in sorted(words):
            for _ in range(0, words[word], 64):
                yield " ".join([word] * min(64, words[word]))

    tokenizer.train_from_iterator(lines(), trainer)
    learned = tokenizer.get_vocab()
    return sorted(learned, key=lambda piece: (learned[piece], piece))


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
