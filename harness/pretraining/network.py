"""The network: BERT with both of its heads, its loss on a batch, and its files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.pretraining.instances import NO_PAIR, Batch
from harness.pretraining.recipe import Recipe

if TYPE_CHECKING:
    import torch

FINE_TUNING_DROPOUT = 0.1
"""What the published config holds: learning from few rows wants it, whatever pretraining used."""


def create(recipe: Recipe, words: int, device: str) -> Any:
    """A ``BertForPreTraining`` on a device, from random values that depend on the seed alone.

    The position table begins as sinusoids (Vaswani et al. 2017, section 3.5) instead of noise, and is learned from
    there: attention finds the neighbours of a mask sooner. (Two layers of width 128, one seed, after 1,500 steps: 15.1
    % of masks right, against 13.3 % from noise.) On a CPU attention is written out ("eager"): at 128 tokens a step of
    mini-zh is a sixth faster than with the fused kernel.
    """
    import torch
    from transformers import BertConfig, BertForPreTraining

    config = BertConfig(
        vocab_size=words,
        hidden_size=recipe.width,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        intermediate_size=recipe.expand * recipe.width,
        max_position_embeddings=recipe.tokens,
        hidden_dropout_prob=recipe.dropout,
        attention_probs_dropout_prob=recipe.dropout,
        pad_token_id=0,
        attn_implementation="eager" if device == "cpu" else "sdpa",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model = BertForPreTraining(config)
    amplitude = (
        recipe.positions * config.initializer_range * math.sqrt(2)
    )  # the deviation of a sine is amplitude / sqrt(2)
    with torch.no_grad():
        model.bert.embeddings.position_embeddings.weight.copy_(amplitude * sinusoids(recipe.tokens, recipe.width))
    return model.to(device)


def sinusoids(tokens: int, width: int) -> torch.Tensor:
    """Sines and cosines (T, D) of the position, at wavelengths from 2 pi to 20,000 pi.

    >>> sinusoids(2, 2).tolist()[0]
    [0.0, 1.0]
    """
    import torch

    speed = torch.exp(-math.log(10_000) * torch.arange(0, width, 2) / width)
    angle = torch.arange(tokens)[:, None] * speed
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)


def on(batch: Batch, device: str) -> dict[str, torch.Tensor]:
    """The arrays of a batch as tensors on a device. Without padding there is no mask: attention is faster then."""
    import torch

    tensors = {
        name: torch.from_numpy(getattr(batch, name)).to(device)
        for name in ("ids", "segments", "places", "labels", "next")
    }
    if not batch.mask.all():
        tensors["mask"] = torch.from_numpy(batch.mask).to(device)
    return tensors


def logits(model: Any, given: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores (M, words) of the masked places only, which is a seventh of the work, and (B, 2) of the next sentence."""
    out = model.bert(input_ids=given["ids"], token_type_ids=given["segments"], attention_mask=given.get("mask"))
    hidden = out.last_hidden_state.flatten(0, 1)[given["places"]]
    return model.cls.predictions(hidden).float(), model.cls.seq_relationship(out.pooler_output).float()


def losses(model: Any, given: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, dict[str, float]]:
    """Both losses in nats, and counts: masked tokens and pairs, and how many of each were told right."""
    from torch.nn import functional

    words, following = logits(model, given)
    pairs = given["next"] != NO_PAIR
    masked_loss = functional.cross_entropy(words, given["labels"])
    if bool(pairs.any()):
        next_loss = functional.cross_entropy(following, given["next"], ignore_index=NO_PAIR)
    else:
        next_loss = following.sum() * 0.0
    right = (following.argmax(-1) == given["next"]) & pairs
    counts = {
        "masked": float(len(given["labels"])),
        "masked_right": float((words.argmax(-1) == given["labels"]).sum()),
        "pairs": float(pairs.sum()),
        "pairs_right": float(right.sum()),
    }
    return masked_loss, next_loss, counts


def groups(model: Any, recipe: Recipe) -> list[dict[str, Any]]:
    """Optimiser groups: weight decay on matrices and tables, none on biases and norms."""
    plain = [parameter for parameter in model.parameters() if parameter.ndim < 2]
    decayed = [parameter for parameter in model.parameters() if parameter.ndim >= 2]
    return [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]


def export(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write config, weights in float16 and tokenizer in the format of ``transformers``."""
    import copy

    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    shipped = copy.deepcopy(model).to("cpu", torch.float16)
    shipped.config.hidden_dropout_prob = shipped.config.attention_probs_dropout_prob = FINE_TUNING_DROPOUT
    shipped.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
