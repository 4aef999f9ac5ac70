"""Any causal language model in Hugging Face format, by id or folder, evaluated as it is.

    nats of a text = - sum over t of log p(x_t | x_0, x_1, ..., x_(t-1)),   p = softmax(logits)

x_1 ... x_T are the model's own tokens, so that models are compared in bits per byte; x_0 is its token for the beginning
of a text, or the one for the end where it has none, as in the evaluation harness of EleutherAI (loglikelihood_rolling).
A window of the protocol is one call of the model: what is before the window is not seen.
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
from baselines.lm._vocabulary import utf8, utf8_lengths
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.spec import Model, Pieces, Task

MODEL = Model(
    title="A causal language model in Hugging Face format",
    source="Wolf et al. 2020, Transformers, EMNLP demonstrations",
    kinds=("tokens",),
    capabilities=("ScoresText",),
    deterministic=True,
    variants={"longest=100000": "read beyond the positions that the checkpoint names, where its scheme allows it"},
    needs=("torch", "transformers", "numpy"),
    departures=("none known",),
)


@dataclass(frozen=True)
class Config:
    """Which model, and how long its windows may be."""

    encoder: str = ""  # a causal language model, none of which ships: a local folder or a Hugging Face id
    longest: int = 0  # tokens that it may read at once; 0 for as many as its configuration names


def token_nats(logits: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """-log softmax(logits)[target] of logits (B, T, V), and whether the target (B, T) was the likeliest; both (B, T).

    >>> logits = torch.tensor([[[0.0, 0.0], [0.0, 3.0]]]).log1p()  # p = (1/2, 1/2), then (1/5, 4/5)
    >>> nats, likeliest = token_nats(logits, torch.tensor([[1, 1]]))
    >>> (-nats).exp(), likeliest
    (tensor([[0.5000, 0.8000]]), tensor([[False,  True]]))
    """
    nats = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").reshape(targets.shape)
    return nats, logits.argmax(-1) == targets


class CausalLM:
    """A checkpoint with its tokenizer. It has the capability ScoresText (``harness.capability``)."""

    def __init__(self, config: Config, device: str) -> None:
        if not config.encoder:
            raise UsageError(
                "huggingface needs a causal language model, and none is included: give --encoder a local folder or a "
                "Hugging Face id"
            )
        self.name, self.device = config.encoder, device
        self.tokenizer, model = load(config.encoder, "continuation")
        if not self.tokenizer.is_fast:
            raise EnvironmentFailure(
                f"encoder {self.name}: its tokenizer has no fast version, and only that tells where a token ends"
            )
        special = [self.tokenizer.bos_token_id, self.tokenizer.eos_token_id]
        if special == [None, None]:
            raise UsageError(
                f"encoder {self.name} has no token for the beginning or the end of a text, so that nothing predicts "
                "the first token"
            )
        self.first = next(int(number) for number in special if number is not None)
        self.longest: int | None = config.longest or positions(self.tokenizer, model)
        self.model = model.to(device)
        self.last_logits_only = "logits_to_keep" in inspect.signature(model.forward).parameters

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """All weights of the checkpoint."""
        yield from self.model.parameters()

    def pieces(self, text: str) -> Pieces:
        """The model's own tokens. ``DataError`` where its vocabulary cannot encode the text without loss."""
        size = len(utf8(text))
        coded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ids = np.array(coded["input_ids"], np.int64)
        unknown = self.tokenizer.unk_token_id
        missed = np.flatnonzero(ids == unknown) if unknown not in (None, self.first) else ()
        parts = [text[slice(*coded["offset_mapping"][place])] for place in missed]
        lost = [part for part in parts if part != self.tokenizer.unk_token]  # a text may hold <unk>, as WikiText does
        if lost:
            raise DataError(
                f"encoder {self.name}: its vocabulary does not know {lost[0]!r}, and what it cannot encode has no bits "
                "per byte. Choose a model of bytes, or one of this language."
            )
        last = np.array([end for _, end in coded["offset_mapping"]], np.int64)
        places = np.concatenate([[0], utf8_lengths(text).cumsum()])
        ends = np.maximum.accumulate(places[last]) if len(last) else last
        ends[-1:] = size
        return Pieces(ids, ends)

    @torch.inference_mode()
    def nats(self, ids: Any, scored: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """-log p of the last tokens of ids (B, T + 1), and whether each was the likeliest; both (B, scored)."""
        given = torch.as_tensor(ids, device=self.device)
        kept = {"logits_to_keep": scored} if self.last_logits_only else {}
        logits = self.model(input_ids=given[:, :-1], use_cache=False, **kept).logits[:, -scored:].float()
        nats, likeliest = token_nats(logits, given[:, -scored:])
        return nats.double().cpu().numpy(), likeliest.cpu().numpy()


def build(config: Config, task: Task, device: str, seed: int) -> CausalLM:
    """The model with its weights. Nothing is random, so the seed has no effect."""
    return CausalLM(config, device)
