"""The encoders that start from random values."""

from __future__ import annotations

import pytest
import torch

from baselines import encoders
from baselines.encoders._features import bigrams, ngrams

NAMES = ["bilstm:width=16,embedding=8,features=8,layers=2", "transformer:width=16,heads=2,embedding=8,features=8"]
CHARACTERS = [list("北京天安门"), list("天安"), list("门天北京京")]
WORDS = [["Bonn", "lebt", "!"], ["Köln", "lebt"], ["Bonn", "Köln"]]


def prepared(name, texts, seed=1):
    """An encoder that has seen the texts, in evaluation mode."""
    encoder = encoders.build(name, seed)
    encoder.prepare(texts)
    return encoder.eval()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("texts", [CHARACTERS, WORDS])
def test_every_token_has_a_vector(name, texts):
    """A text of T tokens should give T vectors of the stated width, zero behind its end, empty texts included."""
    encoder = prepared(name, texts)
    hidden, mask = encoder([encoder.encode(text) for text in [*texts, []]])
    assert hidden.shape == (4, max(map(len, texts)), encoder.width)
    assert mask.sum(1).tolist() == [*map(len, texts), 0]
    assert hidden[~mask].abs().sum() == 0
    assert (hidden[mask].abs().sum(-1) > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_other_texts_in_the_batch_do_not_matter(name):
    """The vectors of a text should be the same alone and padded next to longer texts."""
    encoder = prepared(name, CHARACTERS)
    alone, _ = encoder([encoder.encode(CHARACTERS[1])])
    together, _ = encoder([encoder.encode(text) for text in CHARACTERS])
    torch.testing.assert_close(together[1, :2], alone[0], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_only_empty_texts(name):
    """A batch of empty texts should give finite zeros and an empty mask."""
    encoder = prepared(name, CHARACTERS)
    hidden, mask = encoder([encoder.encode([]), encoder.encode([])])
    assert not mask.any()
    assert (hidden == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_both_directions_are_read(name):
    """The first vector should depend on the last token, and the last vector on the first token."""
    encoder = prepared(name, CHARACTERS)
    base, end, start = (encoder([encoder.encode(list(text))])[0][0] for text in ("天安门京", "天安门天", "京安门京"))
    assert (base[0] - end[0]).abs().max() > 1e-6
    assert (base[-1] - start[-1]).abs().max() > 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_parameters(name):
    """Two encoders of one seed should be equal whatever was drawn between; another seed should differ."""
    first = prepared(name, CHARACTERS)
    torch.rand(7)
    second, third = prepared(name, list(reversed(CHARACTERS))), prepared(name, CHARACTERS, seed=2)
    for (key, one), two in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(one, two), key
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), third.parameters(), strict=True))


def test_rare_tokens_are_unknown():
    """A token seen once, and one never seen, should share the unknown number but not their hashed features."""
    encoder = prepared("bilstm", WORDS)
    items = encoder.encode(["lebt", "!", "niemals"])
    assert items["ids"].tolist()[1:] == [0, 0]
    assert items["ids"][0] != 0
    counts = items["counts"].tolist()
    assert items["bags"][counts[0] : sum(counts[:2])].tolist() != items["bags"][sum(counts[:2]) :].tolist()


def test_unknown_is_learned_from_rare_tokens():
    """In training some tokens should turn unknown, rare ones more often; in evaluation none."""
    torch.manual_seed(0)
    encoder = prepared("bilstm", [["often"] * 1000 + ["rare"] * 2])
    item = encoder.encode(["often", "rare"] * 500)
    own = encoder.inputs([item])[:, :128]
    torch.testing.assert_close(own[0], own[2])
    encoder.train()
    unknown = (encoder.inputs([item])[:, :128] == encoder.inputs.tokens.weight[0]).all(-1).view(-1, 2).float().mean(0)
    assert unknown[0] < 0.02
    assert 0.05 < unknown[1] < 0.2


def test_features_do_not_depend_on_the_process():
    """Hashed features should be the same on every machine: the very numbers are asserted."""
    assert bigrams(["a", "b"]) == [["<\0a", ">ab"], ["<ab", ">b\0"]]
    assert ngrams("x1") == ["<x", "x1", "1>", "<x1", "x1>", "<x1>", "#x9"]
    encoder = prepared("bilstm:buckets=1000", [["a", "b"]])
    assert encoder.encode(["a", "b"])["bags"].tolist() == [328, 818, 444, 333]


def test_lone_surrogates_do_not_raise():
    """Text that cannot be encoded as UTF-8 should still be encoded as tokens."""
    encoder = prepared("bilstm", [["a", "\ud800"]])
    assert len(encoder.encode(["\ud800", "\ud801"])["ids"]) == 2
