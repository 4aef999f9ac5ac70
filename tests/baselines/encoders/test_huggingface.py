"""Hugging Face encoders, with a tiny BERT made here; no network."""

from __future__ import annotations

import socket
import time

import pytest
import torch

from baselines import encoders
from harness.errors import EnvironmentFailure, RunError

LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A BERT of width 16 and 12 positions that knows the letters, saved as save_pretrained writes it."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    path = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *("##" + letter for letter in LETTERS)]
    (path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    tokenizer = BertTokenizerFast(str(path / "vocab.txt"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=12,
    )
    tokenizer.save_pretrained(path)
    BertModel(config).save_pretrained(path)
    return path


@pytest.fixture
def encoder(folder):
    """The tiny BERT as an encoder."""
    made = encoders.build(str(folder), seed=1)
    made.prepare([LETTERS])
    return made.eval()


def test_a_folder_is_an_encoder(encoder):
    """A local folder should give a pretrained encoder of the model's width, with sdpa and without a pooler."""
    assert encoder.pretrained
    assert encoder.width == 16
    assert encoder.model.config._attn_implementation == "sdpa"
    assert not any("pooler" in name for name, _ in encoder.named_parameters())
    assert (encoder.prefix, encoder.suffix, encoder.limit) == ([2], [3], 10)


def test_equals_the_model_itself(encoder):
    """For tokens that are one piece each, the vectors should be those of the model between [CLS] and [SEP]."""
    hidden, mask = encoder([encoder.encode(list("hello"))])
    ids = torch.tensor([[2, *(5 + LETTERS.index(c) for c in "hello"), 3]])
    torch.testing.assert_close(hidden[0], encoder.model(input_ids=ids).last_hidden_state[0, 1:-1])
    assert mask.all()


def test_spaces_do_not_shift_tokens(encoder):
    """A token without word pieces should get zeros, and its neighbours what they had without it."""
    with_space, _ = encoder([encoder.encode(["a", " ", "b", "\u200b"])])
    without, _ = encoder([encoder.encode(["a", "b"])])
    torch.testing.assert_close(with_space[0, [0, 2]], without[0])
    assert (with_space[0, [1, 3]] == 0).all()


def test_first_piece_speaks_for_a_word(encoder):
    """A word of several pieces should get the vector of the first one."""
    item = encoder.encode(["ab", "c"])
    assert item["first"].tolist() == [0, 2]
    assert len(item["ids"]) == 3


def test_long_texts_are_joined_from_parts(encoder):
    """A text longer than the model's positions should give each token the vector of its own part, none lost."""
    text = (LETTERS * 2)[:27]
    hidden, mask = encoder([encoder.encode(text), encoder.encode(["q"])])
    assert mask.sum(1).tolist() == [27, 1]
    for low in (0, 10, 20):
        part, _ = encoder([encoder.encode(text[low : low + 10])])
        torch.testing.assert_close(hidden[0, low : min(27, low + 10)], part[0], atol=1e-5, rtol=1e-4)


def test_empty_texts(encoder):
    """Texts without tokens, and without pieces, should not disturb a batch."""
    hidden, mask = encoder([encoder.encode([]), encoder.encode([" "]), encoder.encode(["a"])])
    assert mask.sum(1).tolist() == [0, 1, 1]
    assert hidden[2, 0].abs().sum() > 0
    hidden, mask = encoder([encoder.encode([])])
    assert not mask.any()


def test_a_vocabulary_of_another_language_is_refused(folder):
    """When most training tokens are unknown a run should stop, with the share and examples."""
    made = encoders.build(str(folder), seed=1)
    with pytest.raises(RunError, match=r"does not know 67% of the training tokens \(such as 京 北\)"):
        made.prepare([["北", "京", "京", "a"], ["京", "b"]])
    encoders.build(f"{folder}:unknown=1", seed=1).prepare([["北"]])


def test_offline_fails_within_seconds(monkeypatch):
    """An id whose weights are not here should fail at once offline, saying what was tried and the way out."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    began = time.perf_counter()
    with pytest.raises(EnvironmentFailure, match=r"hub cannot be reached.*Bring its folder"):
        encoders.build("somebody/absent-model", seed=1)
    assert time.perf_counter() - began < 20


def test_no_network_fails_within_seconds(monkeypatch):
    """Without a network the answer should be the same as with HF_HUB_OFFLINE set."""

    def refuse(*_args, **_kwargs):
        raise OSError("no network in this test")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(EnvironmentFailure, match="hub cannot be reached"):
        encoders.build("somebody/absent-model", seed=1)


def test_a_folder_without_weights_is_explained(folder, tmp_path):
    """A folder that lacks the weights should be told apart from one that does not exist."""
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(EnvironmentFailure, match=r"needs config.json, model.safetensors"):
        encoders.build(str(tmp_path), seed=1)
    with pytest.raises(EnvironmentFailure, match="no such folder"):
        encoders.build(str(tmp_path / "absent"), seed=1)
