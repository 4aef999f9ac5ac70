"""Sequences to learn from: drawn from the right documents, laid out and masked as the paper says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from harness.pretraining import instances, vocabulary
from harness.pretraining.corpus import Document
from harness.pretraining.instances import IS_NEXT, NO_PAIR, RANDOM, Tokens, assemble, batches, draw, order, tokenize
from harness.pretraining.recipe import Recipe

SPECIAL = (0, 2, 3, 4)


@pytest.fixture
def entries(recipe: Recipe, documents: list[Document]) -> list[str]:
    """The vocabulary of the documents."""
    return vocabulary.learn((part for item in documents for part in item.sentences), recipe)


@pytest.fixture
def tokens(recipe: Recipe, entries: list[str], documents: list[Document]) -> Tokens:
    """The documents as numbers."""
    return tokenize(documents, vocabulary.tokenizer(entries, recipe.tokens))


def document_of(tokens: Tokens, place: int) -> int:
    """The number of the document that holds a token."""
    sentence = int(np.searchsorted(tokens.sentences, place, "right")) - 1
    return int(np.searchsorted(tokens.documents, sentence, "right")) - 1


def test_the_flat_array_is_the_corpus(tokens: Tokens, entries: list[str], documents: list[Document]) -> None:
    """Decoded, the numbers are the texts again; characters are counted one by one."""
    long = [part for item in documents if len(item.sentences) > 1 for part in item.sentences]
    single = [item.sentences[0] for item in documents if len(item.sentences) == 1]
    assert sorted("".join(entries[number] for number in tokens.ids)) == sorted("".join(long + single))
    assert "".join(entries[number] for number in tokens.ids).startswith("".join(long))
    assert tokens.characters.sum() == sum(item.characters for item in documents)
    assert not tokens.pairs[-1]
    assert tokens.pairs[:-2].all()


def test_pairs_are_what_their_label_says(tokens: Tokens, recipe: Recipe) -> None:
    """True pairs follow each other in one document; random ones join two documents; nothing is too long."""
    rows = draw(tokens, recipe, np.random.default_rng(0))
    assert {IS_NEXT, RANDOM, NO_PAIR} == set(rows[:, 4].tolist())
    for a, a_end, b, b_end, label in rows.tolist():
        assert a < a_end
        assert a_end - a + b_end - b + (3 if b_end else 2) <= recipe.tokens
        owners = {document_of(tokens, place) for place in range(a, a_end)}
        assert len(owners) == 1 or label == NO_PAIR
        if label == NO_PAIR:
            assert (b, b_end) == (0, 0)
            continue
        assert b < b_end
        others = {document_of(tokens, place) for place in range(b, b_end)}
        assert len(others) == 1
        assert (others == owners) == (label == IS_NEXT)
        if label == IS_NEXT:
            assert a_end <= b


def test_a_pass_shows_every_sentence(tokens: Tokens, recipe: Recipe) -> None:
    """Where nothing has to be trimmed, each sentence of each document is part of some sequence of its own document."""
    rows = draw(tokens, replace(recipe, tokens=500, short=0.0), np.random.default_rng(3))
    seen = np.zeros(len(tokens.ids), bool)
    for a, a_end, b, b_end, label in rows.tolist():
        seen[a:a_end] = True
        if label == IS_NEXT:
            seen[b:b_end] = True
    assert seen.all()


def test_layout_by_hand(recipe: Recipe) -> None:
    """[CLS] A [SEP] B [SEP], segments 0 and 1, padding behind; one sequence without a pair."""
    made = Tokens(
        np.arange(10, 20, dtype=np.uint16), np.ones(10, np.uint8), np.array([0]), np.array([0]), np.array([True])
    )
    rows = np.array([[0, 2, 5, 8, RANDOM], [1, 4, 0, 0, NO_PAIR]])
    batch = assemble(made, rows, SPECIAL, 30, replace(recipe, masked=0.0001), (0,))
    original = batch.ids.reshape(-1).copy()
    original[batch.places] = batch.labels
    assert original.reshape(2, -1).tolist() == [[2, 10, 11, 3, 15, 16, 17, 3], [2, 11, 12, 13, 3, 0, 0, 0]]
    assert batch.segments.tolist() == [[0, 0, 0, 0, 1, 1, 1, 1], [0] * 8]
    assert batch.mask.sum(1).tolist() == [8, 5]
    assert (batch.characters, batch.next.tolist()) == (8, [RANDOM, NO_PAIR])


def test_masking_keeps_its_shares(tokens: Tokens, recipe: Recipe, entries: list[str]) -> None:
    """15 % of the text's tokens are asked for; of these 80 % are masked, 10 % replaced, 10 % left; no special token is."""
    rows = draw(tokens, recipe, np.random.default_rng(0))
    plan = order(rows, 32, np.random.default_rng(0))
    asked = text = masked = kept = 0
    for number in range(40):
        batch = assemble(tokens, rows[plan[number % len(plan)]], SPECIAL, len(entries), recipe, (7, number))
        flat = batch.ids.reshape(-1)
        chosen = rows[plan[number % len(plan)]]
        length = int((chosen[:, 1] - chosen[:, 0] + chosen[:, 3] - chosen[:, 2]).sum())
        assert len(batch.places) == round(0.15 * length)
        assert (batch.labels >= instances.len_special(recipe)).all()
        asked, text = asked + len(batch.places), text + length
        masked += int((flat[batch.places] == 4).sum())
        kept += int((flat[batch.places] == batch.labels).sum())
        assert ((flat[batch.places] == 4) | (flat[batch.places] >= instances.len_special(recipe))).all()
    assert masked / asked == pytest.approx(0.8, abs=0.02)
    assert kept / asked == pytest.approx(0.1 + 0.1 / len(entries), abs=0.02)


def test_masks_are_drawn_anew(tokens: Tokens, recipe: Recipe, entries: list[str]) -> None:
    """The same rows under another seed are masked elsewhere, under the same seed alike."""
    rows = draw(tokens, recipe, np.random.default_rng(0))[:8]
    first, again, other = (assemble(tokens, rows, SPECIAL, len(entries), recipe, (0, n)).places for n in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_an_order_has_each_instance_once_and_little_padding(tokens: Tokens, recipe: Recipe) -> None:
    """No instance comes twice, few are left out, and sequences of a batch are of like length."""
    rows = draw(tokens, replace(recipe, short=0.5), np.random.default_rng(0))
    plan = order(rows, 8, np.random.default_rng(0))
    assert len(set(plan.reshape(-1).tolist())) == plan.size > len(rows) - 8
    lengths = rows[:, 1] - rows[:, 0] + rows[:, 3] - rows[:, 2]
    spread = np.ptp(lengths[plan], axis=1).mean()
    assert spread < np.ptp(lengths) / 4


def test_the_stream_can_be_taken_up_anywhere(tokens: Tokens, recipe: Recipe) -> None:
    """Batch n is the same whether the stream began at the start or was skipped to it, across passes."""

    def stream() -> Iterator[bytes]:
        return (rows.tobytes() for rows in batches(tokens, recipe))

    whole = list(itertools.islice(stream(), 60))
    assert list(itertools.islice(stream(), 37, 60)) == whole[37:]
    assert len(set(whole)) == 60
