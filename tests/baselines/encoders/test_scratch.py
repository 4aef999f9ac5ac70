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


def test_the_lstm_is_that_of_its_equations():
    """A token's vector should be both directions of the LSTM, computed cell by cell from the parameters."""
    encoder = prepared(NAMES[0].replace("layers=2", "layers=1"), CHARACTERS)
    item = encoder.encode(CHARACTERS[0])
    x, directions = encoder.inputs([item]), []
    for lstm, order in ((encoder.forwards[0], range(5)), (encoder.backwards[0], range(4, -1, -1))):
        h, c, states = torch.zeros(8), torch.zeros(8), {}
        for t in order:
            gates = lstm.weight_ih_l0 @ x[t] + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ h + lstm.bias_hh_l0
            i, f, g, o = gates.chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = states[t] = o.sigmoid() * c.tanh()
        directions.append(torch.stack([states[t] for t in range(5)]))
    torch.testing.assert_close(encoder([item])[0][0], torch.cat(directions, dim=-1), atol=1e-6, rtol=1e-5)


def test_initial_values_of_the_lstm():
    """Recurrent weights of each gate should be orthogonal columns, biases 0 but for the forget gate's, 1."""
    encoder = prepared(NAMES[0], CHARACTERS)
    for lstm in (*encoder.forwards, *encoder.backwards):
        recurrent = lstm.weight_hh_l0
        torch.testing.assert_close(recurrent.T @ recurrent, torch.eye(8), atol=1e-5, rtol=0)
        assert lstm.weight_ih_l0.abs().max() <= (6 / sum(lstm.weight_ih_l0.shape)) ** 0.5
        torch.testing.assert_close(lstm.bias_ih_l0, torch.tensor([0.0, 1.0, 0.0, 0.0]).repeat_interleave(8))
        assert not lstm.bias_hh_l0.any()


def test_the_transformer_is_that_of_its_equations():
    """A text's vectors should be those of pre-norm attention and feed-forward, computed head by head, pair by pair."""
    encoder = prepared(NAMES[1], CHARACTERS)
    x = encoder.enter(encoder.inputs([encoder.encode(CHARACTERS[0])]))
    for block in encoder.blocks:
        q, k, v = block.qkv(block.attention_norm(x)).chunk(3, dim=-1)
        mixed = torch.zeros(5, 16)
        for head in (slice(0, 8), slice(8, 16)):
            scores = torch.zeros(5, 5)
            for m in range(5):
                for n in range(5):
                    for i in range(0, 8, 2):  # a rotated pair: the product depends on n - m
                        a, b = (part[place, head][i : i + 2] for part, place in ((q, m), (k, n)))
                        angle = torch.tensor((n - m) * 10000.0 ** (-i / 8))
                        scores[m, n] += (a @ b) * angle.cos() + (a[1] * b[0] - a[0] * b[1]) * angle.sin()
            mixed[:, head] = (scores / 8**0.5).softmax(-1) @ v[:, head]
        x = x + block.out(mixed)
        first, _, second = block.feed_forward
        hidden = first(block.feed_forward_norm(x))
        x = x + second(hidden * (1 + torch.erf(hidden / 2**0.5)) / 2)
    torch.testing.assert_close(encoder([encoder.encode(CHARACTERS[0])])[0][0], encoder.norm(x), atol=1e-5, rtol=1e-4)


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
