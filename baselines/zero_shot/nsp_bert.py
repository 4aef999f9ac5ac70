"""NSP-BERT: the head that BERT was pretrained with answers whether a sentence about the text could stand beside it.

Candidates contrasted: one sentence for each option, and the option whose sentence fits best is the answer. The published
score is P(IsNext), the softmax over the two logits; here it is their difference, which orders options alike and does not
round to 1. Samples contrasted (a pair of texts and nothing to choose from): one score for each question, cut into labels
at thresholds. IsNext is output 0 of the head.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from baselines.zero_shot import _thresholds
from baselines.zero_shot._pairs import PairScorer
from baselines.zero_shot._running import ranked
from baselines.zero_shot._wording import wording
from harness.errors import UsageError
from harness.spec import Model, Question, Ranked, Task

MODEL = Model(
    title="NSP-BERT: next-sentence prediction as a zero-shot classifier",
    source="Sun et al. 2022, COLING, arXiv 2109.03564; code: https://github.com/sunyilgdx/NSP-BERT",
    kinds=("choice",),
    capabilities=("Ranks", "Decides"),
    variants={
        "side=prefix": "the prompt first, everywhere: the published code does so for ChID and CLUEWSC too",
        "side=suffix": "the prompt second, everywhere: the paper's table has it for CSL, ChID and CLUEWSC",
        "template=0": "the first template of a task, most often the bare option",
        "soft_positions=false": "an idiom is not told where in the text it would stand",
        "thresholds=batch": "the ranked questions are cut into equal parts themselves, and dev is not needed",
    },
    needs=("torch", "transformers", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of NSP-BERT."""

    encoder: str = "mini-zh"  # a BERT with its next-sentence head: mini-zh, a local folder or a Hugging Face id
    template: str = "-1"  # a number into the task's templates, or a prompt of your own with {option} or {pair}
    side: str = "auto"  # where the prompt stands: prefix, suffix, or auto, which is as the template says
    length: int = 128  # tokens of a pair, special ones included, as in the paper; the text is cut, not the prompt
    soft_positions: bool = True  # an option of a text with a blank takes the positions of the blank
    thresholds: str = "dev"  # where samples are contrasted: between equal parts of dev, or of each batch
    batch: int = 0  # questions in such a batch; 0 for all ranked questions at once
    precision: str = "auto"  # float32, bf16, or auto: bf16 on a GPU or CPU that has it
    unknown: float = 0.2  # largest share of pieces that the vocabulary may not know


class NextSentence:
    """Offers Ranks and Decides."""

    def __init__(self, config: Config, task: Task, device: str) -> None:
        if config.side not in ("auto", "prefix", "suffix"):
            raise UsageError(f"side={config.side} is none of auto, prefix, suffix")
        _thresholds.check(config.thresholds, config.batch, len(task.labels))
        self.config, self.labels = config, len(task.labels)
        self.wording = wording(task, config.template)
        self.side = self.wording.template.side if config.side == "auto" else config.side
        self.score = PairScorer(
            config.encoder, device, length=config.length, precision=config.precision, unknown=config.unknown
        )
        self.precision = self.score.precision

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """How well each option's sentence fits the text; one score alone where samples are contrasted."""
        pairs, counts = [], []
        for question in inputs:
            text, prompts = self.wording.text(question), self.wording.prompts(question)
            pairs += [(prompt, text) if self.side == "prefix" else (text, prompt) for prompt in prompts]
            counts.append(len(prompts))
        scores, cut = self.score(pairs, text=int(self.side == "prefix"), soft=self.config.soft_positions)
        return ranked(scores, cut, counts)

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The weights that answer."""
        yield from self.score.model.parameters()

    def decide(self, scores: Sequence[float], reference: Sequence[float]) -> list[int]:
        """Labels by thresholds; see ``_thresholds``."""
        return _thresholds.decide(scores, reference, self.labels, self.config.thresholds, self.config.batch)


def build(config: Config, task: Task, device: str, seed: int) -> NextSentence:
    """The model with its weights; nothing in it is random, so the seed does not matter."""
    return NextSentence(config, task, device)
