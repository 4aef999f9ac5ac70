"""Tiny models with random weights, saved as save_pretrained writes them, and a task of each form."""

from __future__ import annotations

import random

import pytest
import torch

from baselines.zero_shot import _inference
from harness.spec import Question, Task, Template

CHARACTERS = "好坏书球车房钱学军游股农电民生这是一则新闻篇论文上中下指他她它在有不了人我个来大为和国地到以说时要就出会可也你对能而子那得于着自之年过发后作里用道行所然家种事成方多经么去法"
OPENING = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {
    "vocab_size": len(OPENING) + len(CHARACTERS) + 1,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
}


@pytest.fixture(autouse=True)
def no_bf16(monkeypatch):
    """A CPU that keeps to float32: scores are held against plain loops to five digits."""
    monkeypatch.setattr(_inference, "_cpu_has_bf16", lambda: False)


def write(text: str, length: int) -> str:
    """A text of so many characters, the same for the same first argument."""
    return "".join(random.Random(text).choices(CHARACTERS, k=length))


def save(path, head):
    """A tiny BERT with this head in a folder."""
    import transformers

    vocabulary = [*OPENING, *CHARACTERS, "，"]
    assert len(set(vocabulary)) == SIZES["vocab_size"]
    (path / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(str(path / "vocab.txt"), model_max_length=64)
    tokenizer.save_pretrained(path)
    torch.manual_seed(0)
    model = getattr(transformers, head)(transformers.BertConfig(**SIZES))
    model.save_pretrained(path)
    return str(path)


@pytest.fixture(scope="session")
def bert(tmp_path_factory):
    """A BERT with both heads of its pretraining, 64 positions."""
    return save(tmp_path_factory.mktemp("bert"), "BertForPreTraining")


@pytest.fixture(scope="session")
def headless(tmp_path_factory):
    """A BERT without heads."""
    return save(tmp_path_factory.mktemp("headless"), "BertModel")


@pytest.fixture(scope="session")
def masked(tmp_path_factory):
    """A BERT that fills gaps and knows nothing of next sentences."""
    return save(tmp_path_factory.mktemp("masked"), "BertForMaskedLM")


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory):
    """A GPT-2 of two layers over single characters, with a token for the beginning."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("gpt2")
    words = {word: number for number, word in enumerate(["<s>", "<unk>", *CHARACTERS, "，"])}
    inner = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", unk_token="<unk>").save_pretrained(path)
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=len(words), n_positions=48, n_embd=32, n_layer=2, n_head=2, initializer_range=0.3)
    config.bos_token_id = config.eos_token_id = 0
    GPT2LMHeadModel(config).save_pretrained(path)
    return str(path)


@pytest.fixture
def topics():
    """A label task: three labels with words of one and two characters, two templates."""
    return Task(
        kind="choice",
        title="topics",
        source="here",
        licence="none",
        labels=("100", "101", "102"),
        words=("书", "房钱", "学军"),
        templates=(Template(prompt="{option}"), Template(prompt="这是一则{option}新闻")),
    )


@pytest.fixture
def likeness():
    """A pair task whose samples are contrasted, with a cloze for models that fill gaps."""
    return Task(
        kind="choice",
        title="likeness",
        source="here",
        licence="none",
        labels=("0", "1"),
        words=("不", "是"),
        templates=(Template(prompt="{pair}", cloze="{text}，{option}，{pair}"),),
    )


@pytest.fixture
def reference():
    """A pair task with words that are asked about, put into the text."""
    return Task(
        kind="choice",
        title="reference",
        source="here",
        licence="none",
        labels=("false", "true"),
        templates=(Template(text="{text}上文中{focus}是指", prompt="{pair}", side="suffix"),),
    )


@pytest.fixture
def idioms():
    """A task whose questions bring their own options."""
    return Task(kind="choice", title="idioms", source="here", licence="none", templates=(Template(side="suffix"),))


@pytest.fixture
def texts():
    """Questions of unlike lengths in no order, two of them the same."""
    lengths = (9, 25, 3, 40, 14, 9, 31)
    return [*(Question(write(f"text {n}", length)) for n, length in enumerate(lengths)), Question(write("text 0", 9))]


@pytest.fixture
def couples():
    """Questions with a second text."""
    return [Question(write(f"a{n}", 5 + 3 * n), write(f"b{n}", 20 - 2 * n)) for n in range(8)]


@pytest.fixture
def blanks():
    """Questions with a blank, and three options of two characters."""
    options = ("大国", "人民", "不可")
    return [Question(write(f"l{n}", 2 * n) + "____" + write(f"r{n}", 9 - n), options=options) for n in range(8)]
