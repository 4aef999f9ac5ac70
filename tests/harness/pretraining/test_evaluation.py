"""What held-out documents say: baselines against plain counting, pairs as many true as random."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pretraining import evaluation, network, vocabulary
from harness.pretraining.corpus import Document
from harness.pretraining.instances import IS_NEXT, RANDOM, tokenize
from harness.pretraining.recipe import Recipe

SPECIAL = (0, 2, 3, 4)


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=8), min_size=1, max_size=8))
def test_counting_baselines_by_hand(sentences: list[list[int]]) -> None:
    """Commonest token and commonest successor are those of a plain count over sentences."""
    ids = np.array([number for sentence in sentences for number in sentence], np.uint16)
    borders = np.cumsum([0, *map(len, sentences)])
    commonest, successor = evaluation.counted(ids, borders, 6)
    counts = Counter(ids.tolist())
    assert counts[commonest] == max(counts.values())
    pairs = Counter(pair for sentence in sentences for pair in itertools.pairwise(sentence))
    for left in range(6):
        own = {right: times for (first, right), times in pairs.items() if first == left}
        if own:
            assert own[int(successor[left])] == max(own.values())
        else:
            assert successor[left] == commonest


def test_an_untrained_model_is_at_chance(documents: list[Document], recipe: Recipe) -> None:
    """Random weights answer half of the pairs, which are balanced, and the report holds every number a card needs."""
    entries = vocabulary.learn((part for item in documents for part in item.sentences), recipe)
    tokens = tokenize(documents, vocabulary.tokenizer(entries, recipe.tokens))
    rows = evaluation._balanced(tokens, recipe)
    assert (rows[:, 4] == IS_NEXT).sum() == (rows[:, 4] == RANDOM).sum() == len(rows) / 2
    model = network.create(recipe, len(entries), "cpu").eval()
    first, again = (evaluation.held_out(model, tokens, tokens, recipe, SPECIAL, len(entries), "cpu") for _ in range(2))
    assert first == again
    assert first["next_sentence_accuracy"] == pytest.approx(0.5, abs=0.1)
    assert 0 < first["masked_accuracy_unigram"] < first["masked_accuracy_bigram"] < 1
    assert first["masked_loss_nats"] == pytest.approx(np.log(len(entries)), rel=0.1)
