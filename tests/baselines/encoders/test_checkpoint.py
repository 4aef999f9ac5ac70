"""From a name to a checkpoint."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
import torch

from baselines.encoders import _checkpoint
from harness.errors import EnvironmentFailure, UsageError
from harness.spec import Encoder


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A function that puts a file of ours on the shelf, with the folder of its weights."""

    def put(weights):
        module = ModuleType("baselines.encoders.mini_test")
        module.__file__ = str(tmp_path / "mini_test.py")
        module.ENCODER = Encoder(title="mini", source="here", pretrained=True, weights=weights)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(_checkpoint, "names", lambda: ("bilstm", "mini_test"))
        return tmp_path / weights

    return put


def test_a_file_of_ours_names_its_weights(own):
    """A name of ours, with either dash, should give the folder beside its file; other names stay as they are."""
    folder = own("weights/mini-test")
    folder.mkdir(parents=True)
    assert _checkpoint.locate("mini-test") == _checkpoint.locate("mini_test") == str(folder)
    assert _checkpoint.locate("./mini-test") == "./mini-test"
    assert _checkpoint.locate("somebody/mini-test") == "somebody/mini-test"


def test_what_cannot_be_used_is_explained(own):
    """Weights that are missing, an encoder without any, and settings should be refused in words."""
    own("weights/mini-test")
    with pytest.raises(EnvironmentFailure, match="its weights are missing from"):
        _checkpoint.locate("mini-test")
    with pytest.raises(UsageError, match="starts from random values"):
        _checkpoint.locate("bilstm")
    with pytest.raises(UsageError, match="settings have no meaning here"):
        _checkpoint.locate("mini-test:unknown=1")


def test_the_model_is_read_from_there(own):
    """Loading by a name of ours should read the folder, in float32, and leave torch's random state alone."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = own("weights")
    folder.mkdir()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na", encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    saved = BertModel(BertConfig(vocab_size=6, max_position_embeddings=8, **sizes))
    saved.half().save_pretrained(folder)
    before = torch.get_rng_state()
    tokenizer, model = _checkpoint.load("mini-test")
    assert torch.equal(before, torch.get_rng_state())
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert tokenizer("a")["input_ids"] == [2, 5, 3]
    assert _checkpoint.positions(tokenizer, model) == 8
    with pytest.raises(EnvironmentFailure, match=r"lacks \d+ of the weights of a model with a head for masked words"):
        _checkpoint.load("mini-test", "gap")


@pytest.mark.parametrize("words", [False, True])
def test_special_tokens_in_a_text_are_text(words):
    """A text that spells [SEP] should be read as five signs; the tokens around a text stay special."""
    tokenizer, _ = _checkpoint.load("mini-zh", words=words)
    text = ["他", "[SEP]"] if words else "他[SEP]"
    inner = tokenizer(text, is_split_into_words=words, add_special_tokens=False)["input_ids"]
    assert tokenizer.sep_token_id not in inner
    whole = tokenizer(text, is_split_into_words=words)["input_ids"]
    assert whole == [tokenizer.cls_token_id, *inner, tokenizer.sep_token_id]
    kept, _ = _checkpoint.load("mini-zh", words=words, special=True)
    assert kept.sep_token_id in kept(text, is_split_into_words=words, add_special_tokens=False)["input_ids"]
