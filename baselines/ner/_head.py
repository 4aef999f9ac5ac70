"""What all neural entity models of this folder share: an encoder below, spans in, spans out.

A model adds three things: the parameters of its head (``create``), the loss of a batch (``objective``) and the
entities of a batch (``decode``). Everything between code points and token numbers happens here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines import encoders
from baselines.ner._tagging import Row, code_point_spans, flatten, tags_of, token_spans
from harness.spec import Example, Span, Task, Text

BATCH_TOKENS = 8192  # tokens in a batch of predictions, padding included, when a caller gives more at once


@dataclass(frozen=True, slots=True)
class Item:
    """A training example as tensors: what the encoder reads, and the gold answer in the model's own form."""

    tokens: dict[str, Tensor]
    gold: Tensor


class SpanModel(nn.Module):
    """Base of the neural models: offers Learns, Predicts, Divides and Bounded (see ``harness.capability``)."""

    def __init__(self, task: Task, device: str, seed: int, encoder: str) -> None:
        super().__init__()
        self.labels = task.labels
        self.numbers = {label: number for number, label in enumerate(task.labels)}
        self.nested = task.nested
        self.device, self.seed = torch.device(device), seed
        self.encoder = encoders.build(encoder, seed)

    @property
    def bf16_on_cpu(self) -> bool:
        """Whether training gains by bf16 on a CPU: as the encoder, which does most of the work, says."""
        return self.encoder.bf16_on_cpu

    # What a model adds.

    def create(self, width: int) -> None:
        """Create the head's parameters over hidden vectors of this width."""
        raise NotImplementedError

    def gold(self, length: int, rows: list[Row]) -> Tensor:
        """The gold answer of one text as ``objective`` wants it; rows (P, 3) unless the model says otherwise."""
        return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3)

    def nearest(self, rows: list[Row]) -> list[Row]:
        """The part of gold rows that the model's form of output can express."""
        return rows

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """The loss of a batch, a number, from hidden vectors (B, T, D) and the mask (B, T)."""
        raise NotImplementedError

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """Entities of a batch as rows ``(text, first, last, label)``."""
        raise NotImplementedError

    # What every model offers.

    def prepare(self, train: Sequence[Example]) -> None:
        """Fix the vocabulary and create all parameters, from a seed of their own, on the model's device."""
        self.encoder.prepare(example.input.pieces() for example in train)
        with encoders.seeded(self.seed + 1000):
            self.create(self.encoder.width)
        self.to(self.device)

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]:
        """The encoder at its own rate, or at that for pretrained bodies where it is one; everything else at the other."""
        body = list(self.encoder.parameters())
        known = {id(parameter) for parameter in body}
        head = [parameter for parameter in self.parameters() if id(parameter) not in known]
        rate = self.encoder.rate or (pretrained_learning_rate if self.encoder.pretrained else learning_rate)
        return [{"params": body, "lr": rate}, {"params": head, "lr": learning_rate}]

    def encode(self, example: Example) -> Item:
        """One training example as tensors."""
        text: Text = example.input
        rows = token_spans(text, example.target, self.numbers)
        return Item(self.encoder.encode(text.pieces()), self.gold(len(text), rows))

    def body(self, items: Sequence[Item]) -> tuple[Tensor, Tensor]:
        """Hidden vectors (B, T, D) and the mask (B, T)."""
        hidden, mask = self.encoder([item.tokens for item in items])
        return hidden, mask

    def head_loss(self, features: tuple[Tensor, Tensor], items: Sequence[Item]) -> Tensor:
        """The loss of a batch from what ``body`` gave."""
        return self.objective(*features, [item.gold for item in items])

    def head_answer(self, features: tuple[Tensor, Tensor]) -> NDArray[np.int64]:
        """Entities of a batch as rows ``(text, first, last, label)`` from what ``body`` gave."""
        return self.decode(*features)

    def loss(self, items: Sequence[Item]) -> Tensor:
        """The loss of a batch."""
        return self.head_loss(self.body(items), items)

    def express(self, text: Text, target: Sequence[Span]) -> list[Span]:
        """The best answer that this model could give to a text with this gold."""
        return code_point_spans(text, self.nearest(token_spans(text, target, self.numbers)), self.labels)

    @torch.no_grad()
    def predict(self, inputs: Sequence[Text]) -> list[list[Span]]:
        """Entities of each text. Any number of texts: they are cut into batches of like length here."""
        training = self.training
        self.eval()
        answers: list[list[Span]] = [[] for _ in inputs]
        try:
            for chosen in batches([len(text) for text in inputs]):
                hidden, mask = self.encoder([self.encoder.encode(inputs[place].pieces()) for place in chosen])
                rows = self.decode(hidden, mask)
                cuts = np.searchsorted(rows[:, 0], np.arange(len(chosen) + 1))
                for own, place in enumerate(chosen):
                    found = rows[cuts[own] : cuts[own + 1], 1:].tolist()
                    answers[place] = code_point_spans(inputs[place], found, self.labels)
        finally:
            self.train(training)
        return answers


class TagModel(SpanModel):
    """Base of the models whose answer is one BIO tag a token; nested gold is flattened (see ``flatten``)."""

    def gold(self, length: int, rows: list[Row]) -> Tensor:
        """Tags (T,)."""
        return torch.from_numpy(tags_of(length, rows))

    def nearest(self, rows: list[Row]) -> list[Row]:
        """The longest of entities that overlap."""
        return flatten(rows)


def batches(lengths: Sequence[int], tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Places of texts, shortest first, in groups that hold at most so many tokens with their padding.

    >>> list(batches([3, 1, 2], tokens=4))
    [[1, 2], [0]]
    """
    group: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: (lengths[place], place)):
        if group and (len(group) + 1) * max(1, lengths[place]) > tokens:
            yield group
            group = []
        group.append(place)
    if group:
        yield group
