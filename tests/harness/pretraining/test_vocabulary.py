"""The vocabulary: characters above a count, word pieces for the rest, and the files that transformers reads."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from transformers import AutoTokenizer

from harness.pretraining import vocabulary
from harness.pretraining.recipe import Recipe

TEXTS = ["北京的 Python 课程，第2023期。", "北京有Python课。", "ＰＹＴＨＯＮ 和 python3 在北京", "罕"] * 3


def test_characters_above_the_count_are_entries(recipe: Recipe) -> None:
    """A character is an entry when the corpus shows it often enough, and only then."""
    entries = vocabulary.learn(TEXTS, replace(recipe, least=4))
    assert "北" in entries
    assert "罕" not in entries
    assert "罕" in vocabulary.learn(TEXTS, replace(recipe, least=3))


def test_entries_are_in_their_places(recipe: Recipe) -> None:
    """Special tokens come first, then the spare ones; no entry twice, and the same in every call."""
    entries = vocabulary.learn(TEXTS, recipe)
    assert entries[:5] == list(vocabulary.SPECIAL)
    assert entries[5:8] == ["[unused1]", "[unused2]", "[unused3]"]
    assert len(set(entries)) == len(entries)
    assert entries == vocabulary.learn(TEXTS, recipe)


def test_latin_words_and_digits_are_never_unknown(recipe: Recipe) -> None:
    """Frequent words are pieces of their own; others fall apart into letters and digits, never into [UNK]."""
    tokenizer = vocabulary.tokenizer(vocabulary.learn(TEXTS, recipe), recipe.tokens)
    assert tokenizer.tokenize("Python") == ["python"]
    assert tokenizer.unk_token not in tokenizer.tokenize("zebra9xq 北京")
    assert tokenizer.tokenize("北京") == ["北", "京"]
    assert tokenizer.tokenize("峯") == ["[UNK]"]


def test_saved_files_give_the_same_numbers(recipe: Recipe, tmp_path: Path) -> None:
    """What transformers loads from the folder cuts texts as the tokenizer that was saved."""
    tokenizer = vocabulary.tokenizer(vocabulary.learn(TEXTS, recipe), recipe.tokens)
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again(TEXTS)["input_ids"] == tokenizer(TEXTS)["input_ids"]
    assert again.model_max_length == recipe.tokens


def test_word_pieces_are_those_of_counting_anew() -> None:
    """Pairs that are kept up to date give the pieces that counting all of them before every step gives."""
    for seed in range(20):
        rng = random.Random(seed)
        words = {"".join(rng.choices("aab0", k=rng.randint(1, 8))): rng.randint(1, 4) for _ in range(60)}
        assert vocabulary.word_pieces(words, 40) == counted_anew(words, 40)


def counted_anew(words: dict[str, int], size: int) -> list[str]:
    """The same pieces by the plainest means."""
    cut = {word: [word[0], *(f"##{char}" for char in word[1:])] for word in words}
    made = dict.fromkeys(sorted({piece for pieces in cut.values() for piece in pieces}))
    while len(made) < size:
        counts: Counter[tuple[str, str]] = Counter()
        for word, pieces in cut.items():
            for pair in pairwise(pieces):
                counts[pair] += words[word]
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        made[best[0] + best[1].removeprefix("##")] = None
        for word, pieces in cut.items():
            text = "\0".join(["", *pieces, ""])
            old, new = "\0".join(["", *best, ""]), f"\0{best[0]}{best[1].removeprefix('##')}\0"
            while old in text:
                text = text.replace(old, new, 1)
            cut[word] = text.split("\0")[1:-1]
    return list(made)


def test_the_order_of_the_texts_is_no_matter() -> None:
    """The vocabulary follows from the counts: the same texts in another order give the same entries."""
    texts = ["abc abd bcd", "bcd cde abd", "xyz zyx"]
    recipe = Recipe(least=1, pieces=30, unused=2)
    assert vocabulary.learn(texts, recipe) == vocabulary.learn(texts[::-1], recipe)
