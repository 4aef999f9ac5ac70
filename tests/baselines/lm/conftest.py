"""A causal model in Hugging Face format: GPT-2's shape, random weights, a byte-level vocabulary of its own."""

from __future__ import annotations

import pytest
import torch

from harness.spec import Task

WORDS = "the clocks of the town had stopped, and nobody in the town knew who had stopped the clocks. " * 8


@pytest.fixture(scope="session")
def gpt2_folder(tmp_path_factory):
    """The folder of a model that reads 64 tokens."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("gpt2")
    inner = ByteLevelBPETokenizer()
    inner.train_from_iterator([WORDS], vocab_size=300, special_tokens=["<|endoftext|>"], show_progress=False)
    PreTrainedTokenizerFast(
        tokenizer_object=inner._tokenizer, eos_token="<|endoftext|>", model_max_length=64
    ).save_pretrained(folder)
    torch.manual_seed(5)
    sizes = {"vocab_size": inner.get_vocab_size(), "n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2}
    model = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0, initializer_range=0.3))
    model.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def letters() -> Task:
    """A task of bytes."""
    return Task(kind="tokens", title="letters", source="here", licence="none", units="bytes")
