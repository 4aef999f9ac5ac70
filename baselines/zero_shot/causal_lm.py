"""A causal language model scores the question with each option filled in.

    x_j = the template with the word of option j in its place, of T_j scored tokens
    score_j = 1 / T_j  sum over t of log p(x_t | x_0, ..., x_(t-1))      (length_normalised=false: without 1 / T_j)

Radford et al. 2019, section 3. x_0 is the token for the beginning of a text; without one the first token is not scored.
Texts of one question differ in the option alone; the mean keeps an option of many tokens from losing by its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.encoders._checkpoint import load, positions
from baselines.zero_shot._cloze import TokenRows, fill_cloze, tokenize_clozes
from baselines.zero_shot._inference import (
    autocast,
    batch_tokens,
    batches_by_length,
    resolve_precision,
    to_ranked,
    to_tensor,
)
from baselines.zero_shot._segments import Integers, SegmentTokenizer, ragged_indices
from baselines.zero_shot._templates import pattern_verbalizer
from harness.errors import UsageError
from harness.spec import Model, Question, Ranked, Task

MODEL = Model(
    title="A causal language model scores the question with each option filled in",
    source="Radford et al. 2019, section 3; the rows Zero-shot G of FewCLUE, Xu et al. 2021, arXiv 2107.07498",
    kinds=("choice",),
    capabilities=("Ranks",),
    deterministic=True,
    variants={
        "length_normalised=false": "sums of log-probabilities, which favour options of few tokens",
        "template=0": "the first template of a task, most often the bare option",
    },
    departures=(
        "The score is the mean over all tokens of the filled text, a choice made here: the first source sums the "
        "choice and what follows it, and how the rows Zero-shot G were scored could not be found.",
    ),
    needs=("torch", "transformers", "numpy"),
)

LOGITS = 2**26  # most logits of a batch: 256 MiB


@dataclass(frozen=True)
class Config:
    """Settings of the causal model."""

    encoder: str = ""  # a causal language model, none of which ships: a local folder or a Hugging Face id
    template: str = "-1"  # a number into the task's templates, or a text of your own with {option}
    length_normalised: bool = True  # divide by the number of tokens that are predicted
    length: int = 512  # tokens of a row; the text is cut, never the prompt
    precision: str = "float32"  # or bf16, whose rounding of the head is coarse beside the differences between options
    unknown: float = 0.2  # largest share of tokens that the vocabulary may not know


def log_likelihoods(logits: torch.Tensor, ids: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """sum over t of log p(x_t | x_<t), (B,) in float64: logits (B, T - 1, V), ids (B, T), the mask of tokens (B, T).

    >>> logits = torch.tensor([[[0.0, 3.0], [1.0, 0.0]]]).log1p()  # p(x_1) = (1/5, 4/5), p(x_2) = (2/3, 1/3)
    >>> ids, inside = torch.tensor([[0, 1, 0]]), torch.tensor([[True, True, True]])
    >>> [round(p, 4) for p in log_likelihoods(logits, ids, inside).exp().tolist()]  # 4/5 times 2/3
    [0.5333]
    """
    nats = logits.gather(2, ids[:, 1:, None])[..., 0] - torch.logsumexp(logits, -1)
    return torch.where(inside[:, 1:], nats, 0).double().sum(1)


class CausalLM:
    """The model. It has the capability Ranks (``harness.capability``)."""

    def __init__(self, config: Config, task: Task, device: str) -> None:
        self.precision = resolve_precision(device, config.precision)
        if not config.encoder:
            raise UsageError(
                "causal_lm needs a causal language model, and none is included: give --encoder a local folder or a "
                "Hugging Face id"
            )
        self.config, self.device = config, device
        self.pvp = pattern_verbalizer(task, config.template)
        self.tokenizer, model = load(config.encoder, "continuation")
        self.reader = SegmentTokenizer(config.encoder, self.tokenizer, config.unknown)
        self.limit = min(config.length, positions(self.tokenizer, model))
        self.model = model.to(device)
        self._check()
        begin = self.tokenizer.bos_token_id if self.tokenizer.bos_token_id is not None else self.tokenizer.cls_token_id
        self.begin = [] if begin is None else [begin]  # without one nothing predicts the first token
        self.tokens = max(self.limit, min(batch_tokens(device), LOGITS // int(self.model.config.vocab_size)))

    @torch.inference_mode()
    def _check(self) -> None:
        """Refuse a model that sees later tokens, and so the answer: transformers loads a BERT for this head as well."""
        ids = torch.tensor([[1, 2], [1, 3]], device=self.device)
        first, second = self.model(input_ids=ids).logits[:, 0].float()
        if not torch.allclose(first, second, rtol=1e-3, atol=1e-3):
            raise UsageError(
                f"encoder {self.config.encoder} is no causal language model: what it says about a token depends on "
                f"later ones. Give --encoder a causal one, or ask mlm_prompt"
            )

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """Log-probability of the text with each option, in nats per token (or in nats)."""
        distinct: dict[Question, int] = {}
        places = [distinct.setdefault(question, len(distinct)) for question in inputs]
        if not distinct:
            return []
        options = [self.pvp.options(question) for question in distinct]
        counts = [len(own) for own in options]
        filled = [
            fill_cloze(self.pvp, question, option)
            for question, own in zip(distinct, options, strict=True)
            for option in own
        ]
        groups = np.repeat(np.arange(len(counts)), counts).tolist()
        rows = tokenize_clozes(self.reader, filled, groups, self.limit, self.begin)
        scores = np.empty(len(filled))
        for batch in batches_by_length(rows.sizes, self.tokens):
            scores[batch] = self.run(rows, batch)
        if self.config.length_normalised:
            scores /= np.maximum(rows.sizes - 1, 1)
        answers = to_ranked(scores, rows.cut, counts)
        return [answers[place] for place in places]

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """All weights of the model."""
        yield from self.model.parameters()

    @torch.inference_mode()
    def run(self, rows: TokenRows, batch: Integers) -> NDArray[np.float64]:
        """Log-probabilities (B,) of these rows. Padding is at the end, where a causal model does not look."""
        sizes = rows.sizes[batch]
        ids = np.zeros((len(batch), int(sizes.max())), np.int64)
        row, column, source = ragged_indices(rows.starts[batch], sizes)
        ids[row, column] = rows.ids[source]
        known = to_tensor(ids, self.device)
        inside = to_tensor(np.arange(ids.shape[1])[None, :] < sizes[:, None], self.device)
        with autocast(self.device, self.precision):
            logits = self.model(input_ids=known, attention_mask=inside.long()).logits[:, :-1].float()
        sums: NDArray[np.float64] = log_likelihoods(logits, known, inside).cpu().numpy()
        return sums


def build(config: Config, task: Task, device: str, seed: int) -> CausalLM:
    """The model with its weights. Nothing is random, so the seed has no effect."""
    return CausalLM(config, task, device)
