"""Nearness in the vector space of an encoder: the cosine of two texts, each the mean of its pieces' states.

The text is held against one sentence for each option; of a pair of texts the one cosine is cut into labels at thresholds,
as NSP-BERT's lone scores are. A text with a blank is read without it and held against each option: what is compared is the
context and the option, since the same text filled with two options would have nearly the same mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.encoders._checkpoint import load, positions, specials
from baselines.zero_shot import _thresholds
from baselines.zero_shot._running import autocast, batches, budget, ranked, resolve, tensor
from baselines.zero_shot._segments import Integers, Reader, Segments, ragged, window
from baselines.zero_shot._wording import Segment, wording
from harness.errors import UsageError
from harness.spec import Model, Question, Ranked, Task

MODEL = Model(
    title="Cosine of mean-pooled encoder states",
    source="Mean pooling as in Reimers and Gurevych 2019, EMNLP, arXiv 1908.10084, without their training",
    kinds=("choice",),
    capabilities=("Ranks", "Decides"),
    variants={
        "template=0": "the first template of a task, most often the bare option",
        "thresholds=batch": "the ranked questions are cut into equal parts themselves, and dev is not needed",
    },
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
    precision: str = "auto"  # float32, bf16, or auto: bf16 on a GPU or CPU that has it
    unknown: float = 0.2  # largest share of pieces that the vocabulary may not know


class Embedding:
    """Offers Ranks and Decides."""

    def __init__(self, config: Config, task: Task, device: str) -> None:
        self.precision = resolve(device, config.precision)
        _thresholds.check(config.thresholds, config.batch, len(task.labels))
        self.config, self.device, self.labels = config, device, len(task.labels)
        self.wording = wording(task, config.template)
        self.tokenizer, model = load(config.encoder, "body", words=True)
        self.reader = Reader(config.encoder, self.tokenizer, config.unknown)
        self.before, self.after = specials(self.tokenizer)
        self.room = min(config.length, positions(self.tokenizer, model)) - len(self.before) - len(self.after)
        if self.room < 1:
            raise UsageError(f"length={config.length} leaves no room beside the special tokens")
        self.model = model.to(device)

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """The cosine of the text with each option's sentence; with the pair alone where samples are contrasted."""
        numbers: dict[Segment, int] = {}
        ends, counts = [], []
        for question in inputs:
            text, prompts = self.wording.text(question), self.wording.prompts(question)
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
        return ranked(cosines, cut[left] | cut[right], counts)

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The weights that answer."""
        yield from self.model.parameters()

    def embed(self, texts: Sequence[Segment]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Vectors (S, D) of length 1, and whether each text was cut. A text without pieces has the zero vector."""
        segments = self.reader(texts)
        sizes = np.minimum(segments.sizes, self.room)
        starts = segments.starts + window(segments.sizes, segments.anchors, sizes)
        vectors = np.zeros((len(texts), int(self.model.config.hidden_size)))
        for batch in batches(sizes + len(self.before) + len(self.after), budget(self.device)):
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
        row, column, source = ragged(starts, sizes)
        ids[row, column + first] = segments.ids[source]
        for number, piece in enumerate(self.after):
            ids[np.arange(len(sizes)), first + sizes + number] = piece
        mask = tensor((place < first + sizes[:, None] + len(self.after)).astype(np.int64), self.device)
        inner = tensor(((place >= first) & (place < first + sizes[:, None])).astype(np.float32), self.device)
        with autocast(self.device, self.precision):
            states = self.model(input_ids=tensor(ids, self.device), attention_mask=mask).last_hidden_state
        sums = torch.einsum("btd,bt->bd", states.float(), inner)
        means: NDArray[np.float64] = (sums / inner.sum(1, keepdim=True).clamp(min=1)).double().cpu().numpy()
        return means

    def decide(self, scores: Sequence[float], reference: Sequence[float]) -> list[int]:
        """Labels by thresholds; see ``_thresholds``."""
        return _thresholds.decide(scores, reference, self.labels, self.config.thresholds, self.config.batch)


def build(config: Config, task: Task, device: str, seed: int) -> Embedding:
    """The model with its weights; nothing in it is random, so the seed does not matter."""
    return Embedding(config, task, device)
