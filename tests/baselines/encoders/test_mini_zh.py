"""The encoder that ships: its files, its card, what pretraining gave it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoTokenizer, BertForPreTraining

from baselines import encoders
from baselines.encoders import mini_zh
from harness.files import file_digest
from harness.pretraining import card

FOLDER = mini_zh.FOLDER


@pytest.fixture(scope="module")
def stored() -> dict:
    """What the card says."""
    return json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))


def test_the_files_are_those_of_the_card(stored: dict) -> None:
    """The weights are the bytes that the card describes, small enough to travel, and README.md follows from its values."""
    weights = FOLDER / "model.safetensors"
    assert file_digest(weights) == stored["model"]["sha256"]
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 20 * 2**20
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == card.text(stored)
    with safe_open(weights, "pt") as tensors:
        assert all(tensors.get_tensor(name).dtype == torch.float16 for name in tensors.keys())  # noqa: SIM118


def test_the_card_reports_what_was_asked(stored: dict) -> None:
    """No evaluation text is left in the corpus, and both heads beat what counting and chance can do."""
    assert stored["corpus"]["sentences_left"] == 0
    assert stored["training"]["characters"] >= 60_000_000
    found = stored["evaluation"]
    assert found["next_sentence_accuracy"] > 0.85
    assert found["masked_accuracy"] > found["masked_accuracy_bigram"] > found["masked_accuracy_unigram"]


def test_it_tells_sentences_that_follow_from_others() -> None:
    """Pairs written for this test: the IsNext head prefers the sentence on the same subject."""
    model = BertForPreTraining.from_pretrained(FOLDER, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    firsts = [
        "把锅烧热，倒入适量的油。",
        "这个函数返回一个列表。",
        "国家保护公民的合法权益。",
        "这家餐厅的服务态度很好。",
    ]
    seconds = [
        "然后放入葱姜蒜翻炒出香味。",
        "如果参数为空，则抛出异常。",
        "任何单位和个人不得侵犯。",
        "菜的味道也不错，下次还会再来。",
    ]
    with torch.inference_mode():
        for place, first in enumerate(firsts):
            pairs = tokenizer([first] * 4, seconds, return_tensors="pt", padding=True)
            logits = model(**pairs).seq_relationship_logits
            assert int((logits[:, 0] - logits[:, 1]).argmax()) == place


def test_pretrained_and_from_nothing_have_one_shape() -> None:
    """``pretrained=false`` is the same network with other values, different for every seed and the same for one."""
    learned, first, again, other = (
        encoders.build(name, seed)
        for name, seed in (
            ("mini-zh", 0),
            ("mini-zh:pretrained=false", 0),
            ("mini-zh:pretrained=false", 0),
            ("mini-zh:pretrained=false", 1),
        )
    )
    shapes = [
        {name: value.shape for name, value in made.state_dict().items()} for made in (learned, first, again, other)
    ]
    assert shapes[0] == shapes[1] == shapes[3]
    weights = [made.model.embeddings.word_embeddings.weight for made in (learned, first, again, other)]
    assert torch.equal(weights[1], weights[2])
    assert not torch.equal(weights[1], weights[3])
    assert not torch.equal(weights[0], weights[1])
    assert (learned.pretrained, first.pretrained) == (True, False)


def test_long_texts_are_read_whole() -> None:
    """A text beyond the positions is read in parts: as many vectors as characters."""
    encoder = encoders.build("mini-zh", 0).eval()
    text = list("今天的天气很好" * 60)
    encoder.prepare([text])
    hidden, mask = encoder([encoder.encode(text)])
    assert hidden.shape == (1, 420, 256)
    assert bool(mask.all())


def test_the_folder_is_beside_the_file() -> None:
    """The card's folder is where the package keeps it, so that a wheel carries it."""
    assert Path(mini_zh.__file__).parent / "weights" / "mini-zh" == FOLDER
