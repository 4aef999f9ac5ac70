"""A tiny encoder with random weights, to check models that need a form of encoder that does not ship.

It knows the characters it is given and nothing of language. That is enough to see whether answers keep to their form,
to the order of the inputs, and to themselves.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable
from pathlib import Path

POSITIONS, WIDTH = 128, 32
HELD: list[tempfile.TemporaryDirectory[str]] = []
"""Folders that last as long as the process."""


def causal(texts: Iterable[str]) -> str:
    """A folder with a causal language model of one layer over the characters of some texts."""
    return _causal("".join(sorted(set("".join(texts)))))


@functools.cache
def _causal(characters: str) -> str:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    HELD.append(tempfile.TemporaryDirectory(prefix="harness-standin-"))
    path = Path(HELD[-1].name)
    words = {word: number for number, word in enumerate(["<s>", "<unk>", *characters])}
    inner = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", unk_token="<unk>", model_max_length=POSITIONS
    ).save_pretrained(path)
    size = {"vocab_size": len(words), "n_positions": POSITIONS, "n_embd": WIDTH, "n_layer": 1, "n_head": 2}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        GPT2LMHeadModel(GPT2Config(**size, bos_token_id=0, eos_token_id=0)).save_pretrained(path)
    return str(path)
