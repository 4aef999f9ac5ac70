"""Cosine similarity of mean-pooled encoder states.

    u(a) = 1 / n  sum over i of h_i,   h_1 ... h_n the last hidden states of the pieces of a, special tokens left out
    score_j = u(x) . u(p_j) / (|u(x)| |u(p_j)|)

Pooling as in Reimers and Gurevych 2019, arXiv 1908.10084, section 3. x is the text, p_j the template with the word of
option j. For a pair of texts the one cosine is cut into labels by thresholds (samples-contrast, see `nsp_bert`). A text
with a blank is read without it and compared with each option by itself: the same text filled with two options would
have nearly the same mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.encoders._checkpoint import load, positions, specials
from baselines.zero_shot._inference import (
    autocast,
    batch_tokens,
    batches_by_length,
    resolve_precision,
    to_ranked,
    to_tensor,
)
from baselines.zero_shot._segments import Integers, Segments, SegmentTokenizer, ragged_indices, window_start
from baselines.zero_shot._templates import Segment, pattern_verbalizer
from baselines.zero_shot._thresholds import check_thresholds, decide_labels
from harness.errors import UsageError
from harness.spec import Model, Question, Ranked, Task

MODEL = Model(
    title="Cosine of mean-pooled encoder states",
    source="Mean pooling as in Reimers and Gurevych 2019, EMNLP, arXiv 1908.10084, without their training",
    kinds=("choice",),
    capabilities=("Ranks", "Decides"),
    deterministic=True,
    variants={
        "template=0": "the first template of a task, most often the bare option",
        "thresholds=batch": "the ranked questions are cut into equal parts themselves, and dev is not needed",
    },
    departures=(
        "The encoder is used as pretrained, without the paper's training for similarity.",
        "precision=auto runs the encoder in bf16 where the machine has it, so that a score may depend on its batch.",
    ),
    needs=("torch", "transformers", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the embedding model."""

    encoder: str = "mini-zh"  # any encoder: mini-zh, a local folder or a Hugging Face id
    template: str = "-1"  # a number into the task's templates, or a prompt of your own with {option} or {pair}
    length: int = 128  # tokens of a text, special ones included; what is beyond is cut
    thresholds: str = "dev"  # where samples are contrasted: between equal parts of dev, or of each batch
    batch: int = 0  # questions in such a batch; 0 for all ranked questions at once
    precision: str = "float32"  # or bf16, where answers may change with the batch; auto: bf16 if there is hardware
    unknown: float = 0.2  # largest share of pieces that the vocabulary may not know


def mean_pooling(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Means (B, D) of states (B, T, D) where ``mask`` (B, T) is 1.

    >>> mean_pooling(torch.tensor([[[1.0, 0.0], [3.0, 4.0], [9.0, 9.0]]]), torch.tensor([[1.0, 1.0, 0.0]]))
    tensor([[2., 2.]])
    """
    sums = torch.einsum("btd,bt->bd", states, mask)
    return sums / mask.sum(1, keepdim=True).clamp(min=1)


class Embedding:
    """The model. It has the capabilities Ranks and Decides (``harness.capability``)."""

    def __init__(self, config: Config, task: Task, device: str) -> None:
        self.precision = resolve_precision(device, config.precision)
        check_thresholds(config.thresholds, config.batch, len(task.labels))
        self.config, self.device, self.labels = config, device, len(task.labels)
        self.pvp = pattern_verbalizer(task, config.template)
        self.tokenizer, model = load(config.encoder, "body", words=True)
        self.reader = SegmentTokenizer(config.encoder, self.tokenizer, config.unknown)
        self.before, self.after = specials(self.tokenizer)
        self.max_pieces = min(config.length, positions(self.tokenizer, model)) - len(self.before) - len(self.after)
        if self.max_pieces < 1:
            raise UsageError(f"length={config.length} leaves no room beside the special tokens")
        self.model = model.to(device)

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """The cosine of the text with each option's sentence; with the pair alone for samples-contrast."""
        numbers: dict[Segment, int] = {}
        ends, counts = [], []
        for question in inputs:
            text, prompts = self.pvp.text(question), self.pvp.prompts(question)
            own = numbers.setdefault(text, len(numbers))
            ends += [(own, numbers.setdefault(prompt, len(numbers))) for prompt in prompts]
            counts.append(len(prompts))
        if not ends:
            return []
        vectors, cut = self.embed(list(numbers))
        left, right = np.array(ends).T
        cosines = np.concatenate(
            [
                (vectors[left[at : at + 2048]] * vectors[right[at : at + 2048]]).sum(1)
                for at in range(0, len(left), 2048)
            ]
        )
        return to_ranked(cosines, cut[left] | cut[right], counts)

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """All weights of the model."""
        yield from self.model.parameters()

    def embed(self, texts: Sequence[Segment]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Vectors (S, D) of length 1 (0 for a text without pieces), and whether each text was truncated."""
        segments = self.reader(texts)
        sizes = np.minimum(segments.sizes, self.max_pieces)
        starts = segments.starts + window_start(segments.sizes, segments.anchors, sizes)
        vectors = np.zeros((len(texts), int(self.model.config.hidden_size)))
        for batch in batches_by_length(sizes + len(self.before) + len(self.after), batch_tokens(self.device)):
            vectors[batch] = self.run(segments, starts[batch], sizes[batch])
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(length > 0, length, 1), sizes < segments.sizes

    @torch.inference_mode()
    def run(self, segments: Segments, starts: Integers, sizes: Integers) -> NDArray[np.float64]:
        """Mean states (B, D) of these texts, special tokens left out."""
        first = len(self.before)
        place = np.arange(first + int(sizes.max()) + len(self.after))[None, :]
        ids = np.full((len(sizes), place.shape[1]), self.tokenizer.pad_token_id or 0)
        ids[:, :first] = self.before
        row, column, source = ragged_indices(starts, sizes)
        ids[row, column + first] = segments.ids[source]
        for number, piece in enumerate(self.after):
            ids[np.arange(len(sizes)), first + sizes + number] = piece
        mask = to_tensor((place < first + sizes[:, None] + len(self.after)).astype(np.int64), self.device)
        inner = to_tensor(((place >= first) & (place < first + sizes[:, None])).astype(np.float32), self.device)
        with autocast(self.device, self.precision):
            states = self.model(input_ids=to_tensor(ids, self.device), attention_mask=mask).last_hidden_state
        means: NDArray[np.float64] = mean_pooling(states.float(), inner).double().cpu().numpy()
        return means

    def decide(self, scores: Sequence[float], reference: Sequence[float]) -> list[int]:
        """Labels of lone scores, by thresholds (``decide_labels``)."""
        return decide_labels(scores, reference, self.labels, self.config.thresholds, self.config.batch)


def build(config: Config, task: Task, device: str, seed: int) -> Embedding:
    """The model with its weights. Nothing is random, so the seed has no effect."""
    return Embedding(config, task, device)
