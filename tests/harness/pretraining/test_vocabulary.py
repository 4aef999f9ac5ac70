"""The vocabulary: characters above a count, word pieces for the rest, and the files that transformers reads."""

from __future__ import annotations

from dataclasses import replace
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
