"""NSP-BERT: BERT's next-sentence head scores, for each option, a sentence about the text as the sentence beside it.

    q(x, p_j) = P(IsNext | x, p_j) = softmax(logits of [CLS] p_j [SEP] x [SEP])[0]

    candidates-contrast:   answer = argmax over j of q(x, p_j)                   one sentence p_j for each option j
    samples-contrast:      one q(x, p) per question, cut into labels at the quantiles of a reference split

Sun et al. 2022, arXiv 2109.03564, section 3. x is the text, p_j the template with the word of option j; prefix: p_j
stands first, as above; suffix: second. IsNext is output 0 of the head. The score here is the log-odds logit_0 - logit_1
= log(q / (1 - q)), which orders options as q does and does not round to 1. A text with a blank gives the option the
position ids of the blank (soft positions).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from baselines.zero_shot._inference import to_ranked
from baselines.zero_shot._pairs import PairScorer
from baselines.zero_shot._templates import PatternVerbalizer, Segment, pattern_verbalizer
from baselines.zero_shot._thresholds import check_thresholds, decide_labels
from harness.errors import UsageError
from harness.spec import Model, Question, Ranked, Task

MODEL = Model(
    title="NSP-BERT: next-sentence prediction as a zero-shot classifier",
    source="Sun et al. 2022, COLING, arXiv 2109.03564; code: https://github.com/sunyilgdx/NSP-BERT",
    kinds=("choice",),
    capabilities=("Ranks", "Decides"),
    deterministic=True,
    variants={
        "side=prefix": "the prompt first, everywhere: the published code does so for ChID and CLUEWSC too",
        "side=suffix": "the prompt second, everywhere: the paper's table has it for CSL, ChID and CLUEWSC",
        "template=0": "the first template of a task, most often the bare option",
        "soft_positions=false": "an idiom is not told where in the text it would stand",
        "thresholds=batch": "the ranked questions are cut into equal parts themselves, and dev is not needed",
    },
    departures=(
        "The default encoder is mini-zh, a small model; the paper's is a BERT-base of 102 million parameters.",
        "The score is the log-odds of IsNext; the paper's is the probability, which orders options alike but rounds "
        "to 1.",
        "Thresholds between parts of the reference scores lie midway; the published code takes the highest score of "
        "the lower part.",
        "precision=auto runs the body in bf16 where the machine has it, so that a score may depend on its batch.",
    ),
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
    precision: str = "float32"  # or bf16, where answers may change with the batch; auto: bf16 if there is hardware
    unknown: float = 0.2  # largest share of pieces that the vocabulary may not know


def sentence_pairs(pvp: PatternVerbalizer, question: Question, prefix: bool) -> list[tuple[Segment, Segment]]:
    """The pairs of segments that are scored for a question.

    >>> from harness.spec import Template
    >>> templates = (Template(prompt="这是一则{option}新闻"),)
    >>> task = Task(
    ...     kind="choice", title="", source="", licence="", labels=("1", "2"), words=("体育", "财经"), templates=templates
    ... )
    >>> sentence_pairs(pattern_verbalizer(task, "-1"), Question("球队夺冠"), prefix=True)
    [('这是一则体育新闻', '球队夺冠'), ('这是一则财经新闻', '球队夺冠')]
    """
    text, prompts = pvp.text(question), pvp.prompts(question)
    return [(prompt, text) if prefix else (text, prompt) for prompt in prompts]


class NextSentence:
    """The model. It has the capabilities Ranks and Decides (``harness.capability``)."""

    def __init__(self, config: Config, task: Task, device: str) -> None:
        if config.side not in ("auto", "prefix", "suffix"):
            raise UsageError(f"side={config.side} is none of auto, prefix, suffix")
        check_thresholds(config.thresholds, config.batch, len(task.labels))
        self.config, self.labels = config, len(task.labels)
        self.pvp = pattern_verbalizer(task, config.template)
        self.side = self.pvp.template.side if config.side == "auto" else config.side
        self.score = PairScorer(
            config.encoder, device, length=config.length, precision=config.precision, unknown=config.unknown
        )
        self.precision = self.score.precision

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """Log-odds of IsNext of each option's sentence; of the pair alone for samples-contrast."""
        pairs: list[tuple[Segment, Segment]] = []
        counts = []
        for question in inputs:
            own = sentence_pairs(self.pvp, question, prefix=self.side == "prefix")
            pairs += own
            counts.append(len(own))
        scores, cut = self.score(pairs, text=int(self.side == "prefix"), soft=self.config.soft_positions)
        return to_ranked(scores, cut, counts)

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """All weights of the model."""
        yield from self.score.model.parameters()

    def decide(self, scores: Sequence[float], reference: Sequence[float]) -> list[int]:
        """Labels of lone scores, by thresholds (``decide_labels``)."""
        return decide_labels(scores, reference, self.labels, self.config.thresholds, self.config.batch)


def build(config: Config, task: Task, device: str, seed: int) -> NextSentence:
    """The model with its weights. Nothing is random, so the seed has no effect."""
    return NextSentence(config, task, device)
