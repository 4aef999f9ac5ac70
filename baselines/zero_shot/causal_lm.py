"""Reading on: how likely a causal language model finds the question with each option in its place.

The score is the mean log-probability of the tokens of the whole running text, each given those before it. Texts differ in
the option alone, so whatever else they say counts for all alike; a normalised sum keeps a longer option from losing for
its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.encoders._checkpoint import load, positions
from baselines.zero_shot._filled import Rows, read, running
from baselines.zero_shot._running import autocast, batches, budget, ranked, resolve, tensor
from baselines.zero_shot._segments import Integers, Reader, ragged
from baselines.zero_shot._wording import wording
from harness.errors import UsageError
from harness.spec import Model, Question, Ranked, Task

MODEL = Model(
    title="A causal language model scores the question with each option filled in",
    source="Radford et al. 2019, section 3; the rows Zero-shot G of FewCLUE, Xu et al. 2021, arXiv 2107.07498",
    kinds=("choice",),
    capabilities=("Ranks",),
    variants={
        "length_normalised=false": "sums of log-probabilities, which favour options of few tokens",
        "template=0": "the first template of a task, most often the bare option",
    },
    needs=("torch", "transformers", "numpy"),
)

LOGITS = 2**26  # at most so many in a batch: 256 MiB


@dataclass(frozen=True)
class Config:
    """Settings of the causal model."""

    encoder: str = ""  # a causal language model, none of which ships: a local folder or a Hugging Face id
    template: str = "-1"  # a number into the task's templates, or a text of your own with {option}
    length_normalised: bool = True  # divide by the number of tokens that are predicted
    length: int = 512  # tokens of a row; the text is cut, never the prompt
    precision: str = "float32"  # or bf16, whose rounding of the head is coarse beside the differences between options
    unknown: float = 0.2  # largest share of tokens that the vocabulary may not know


class Continuation:
    """Offers Ranks."""

    def __init__(self, config: Config, task: Task, device: str) -> None:
        self.precision = resolve(device, config.precision)
        if not config.encoder:
            raise UsageError(
                "causal_lm needs a causal language model, and none ships: give --encoder a local folder or a Hugging Face id"
            )
        self.config, self.device = config, device
        self.wording = wording(task, config.template)
        self.tokenizer, model = load(config.encoder, "continuation")
        self.reader = Reader(config.encoder, self.tokenizer, config.unknown)
        self.limit = min(config.length, positions(self.tokenizer, model))
        self.model = model.to(device)
        self._check()
        begin = self.tokenizer.bos_token_id if self.tokenizer.bos_token_id is not None else self.tokenizer.cls_token_id
        self.begin = [] if begin is None else [begin]  # without one, nothing predicts the first token
        self.tokens = max(self.limit, min(budget(device), LOGITS // int(self.model.config.vocab_size)))

    @torch.inference_mode()
    def _check(self) -> None:
        """A model that sees what follows would read the answer off the text: transformers loads a BERT here as well."""
        ids = torch.tensor([[1, 2], [1, 3]], device=self.device)
        first, second = self.model(input_ids=ids).logits[:, 0].float()
        if not torch.allclose(first, second, rtol=1e-3, atol=1e-3):
            raise UsageError(
                f"encoder {self.config.encoder} is no causal language model: what it says about a token depends on later ones. "
                f"Give --encoder a causal one, or ask mlm_prompt"
            )

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """Log-probability of the text with each option, in nats a token (or in nats)."""
        distinct: dict[Question, int] = {}
        places = [distinct.setdefault(question, len(distinct)) for question in inputs]
        if not distinct:
            return []
        options = [self.wording.options(question) for question in distinct]
        counts = [len(own) for own in options]
        filled = [
            running(self.wording, question, option)
            for question, own in zip(distinct, options, strict=True)
            for option in own
        ]
        groups = np.repeat(np.arange(len(counts)), counts).tolist()
        rows = read(self.reader, filled, groups, self.limit, self.begin)
        scores = np.empty(len(filled))
        for batch in batches(rows.sizes, self.tokens):
            scores[batch] = self.run(rows, batch)
        if self.config.length_normalised:
            scores /= np.maximum(rows.sizes - 1, 1)
        answers = ranked(scores, rows.cut, counts)
        return [answers[place] for place in places]

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The weights that answer."""
        yield from self.model.parameters()

    @torch.inference_mode()
    def run(self, rows: Rows, batch: Integers) -> NDArray[np.float64]:
        """Log-probabilities (B,) of these rows. Padding stands behind, where a causal model does not look."""
        sizes = rows.sizes[batch]
        ids = np.zeros((len(batch), int(sizes.max())), np.int64)
        row, column, source = ragged(rows.starts[batch], sizes)
        ids[row, column] = rows.ids[source]
        known = tensor(ids, self.device)
        inside = tensor(np.arange(ids.shape[1])[None, :] < sizes[:, None], self.device)
        with autocast(self.device, self.precision):
            logits = self.model(input_ids=known, attention_mask=inside.long()).logits[:, :-1].float()
        nats = logits.gather(2, known[:, 1:, None])[..., 0] - torch.logsumexp(logits, -1)
        sums: NDArray[np.float64] = torch.where(inside[:, 1:], nats, 0).double().sum(1).cpu().numpy()
        return sums


def build(config: Config, task: Task, device: str, seed: int) -> Continuation:
    """The model with its weights; nothing in it is random, so the seed does not matter."""
    return Continuation(config, task, device)
