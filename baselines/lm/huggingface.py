"""Any causal language model in Hugging Face format, by id or folder, read as it is.

Its tokens are its own, so compare it with others in bits a byte. Before the first token of a text stands its token for a
beginning, or for an end where it has none, as the evaluation harness of EleutherAI does.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from baselines.encoders._checkpoint import load, positions
from baselines.lm._vocabulary import encoded, widths
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.spec import Model, Pieces, Task

MODEL = Model(
    title="A causal language model in Hugging Face format",
    source="Wolf et al. 2020, Transformers, EMNLP demonstrations",
    kinds=("tokens",),
    capabilities=("ScoresText",),
    variants={"longest=100000": "read beyond the positions that the checkpoint names, where its scheme allows it"},
    needs=("torch", "transformers", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the reading."""

    encoder: str = ""  # a causal language model, none of which ships: a local folder or a Hugging Face id
    longest: int = 0  # tokens that it may read at once; 0 for as many as its configuration names


class Continuation:
    """Offers ScoresText."""

    def __init__(self, config: Config, device: str) -> None:
        if not config.encoder:
            raise UsageError(
                "huggingface needs a causal language model, and none ships: give --encoder a local folder or a Hugging Face id"
            )
        self.name, self.device = config.encoder, device
        self.tokenizer, model = load(config.encoder, "continuation")
        if not self.tokenizer.is_fast:
            raise EnvironmentFailure(
                f"encoder {self.name}: its tokenizer has no fast version, which alone tells where a token ends"
            )
        before = [self.tokenizer.bos_token_id, self.tokenizer.eos_token_id]
        if before == [None, None]:
            raise UsageError(
                f"encoder {self.name} has no token for a beginning or an end, so nothing predicts a first token"
            )
        self.first = next(int(number) for number in before if number is not None)
        self.longest: int | None = config.longest or positions(self.tokenizer, model)
        self.model = model.to(device)
        self.short_head = "logits_to_keep" in inspect.signature(model.forward).parameters

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The weights that answer."""
        yield from self.model.parameters()

    def pieces(self, text: str) -> Pieces:
        """The model's own tokens. ``DataError`` where its vocabulary cannot write the text without loss."""
        size = len(encoded(text))
        coded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ids = np.array(coded["input_ids"], np.int64)
        unknown = self.tokenizer.unk_token_id
        missed = np.flatnonzero(ids == unknown) if unknown not in (None, self.first) else ()
        spelt = [text[slice(*coded["offset_mapping"][place])] for place in missed]
        strange = [
            part for part in spelt if part != self.tokenizer.unk_token
        ]  # which a text may hold, as WikiText does
        if strange:
            raise DataError(
                f"encoder {self.name}: its vocabulary does not know {strange[0]!r}, and what cannot be written cannot be scored in bits a byte. Choose a model of bytes, or one of this language."
            )
        last = np.array([end for _, end in coded["offset_mapping"]], np.int64)
        places = np.concatenate([[0], widths(text).cumsum()])
        ends = np.maximum.accumulate(places[last]) if len(last) else last
        ends[-1:] = size
        return Pieces(ids, ends)

    @torch.inference_mode()
    def nats(self, ids: Any, scored: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Nats (B, scored) of the last tokens of ids (B, T + 1), and whether each was the likeliest."""
        given = torch.as_tensor(ids, device=self.device)
        kept = {"logits_to_keep": scored} if self.short_head else {}
        logits = self.model(input_ids=given[:, :-1], use_cache=False, **kept).logits[:, -scored:].float()
        aims = given[:, -scored:]
        costs = functional.cross_entropy(logits.flatten(0, 1), aims.flatten(), reduction="none").reshape(aims.shape)
        return costs.double().cpu().numpy(), (logits.argmax(-1) == aims).cpu().numpy()


def build(config: Config, task: Task, device: str, seed: int) -> Continuation:
    """The model with its weights; nothing in it is random, so the seed does not matter."""
    return Continuation(config, device)
