"""Base classes of the neural entity models: an encoder below, a head above it, spans of code points out.

Letters: B texts, T tokens, D features of the encoder, K labels, P gold entities of a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from baselines import encoders
from baselines.ner._tagging import OUTSIDE, Row, code_point_spans, flatten, rows_of, tags_of, token_spans
from harness.spec import Example, Span, Task, Text

BATCH_TOKENS = 8192  # tokens in a batch of predictions, padding included, when a caller gives more at once


class HasEncoder(Protocol):
    """The settings of a model: a ``Config`` with a field ``encoder``, the name of the body."""

    @property
    def encoder(self) -> str:
        """The name, as ``baselines.encoders.build`` takes it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A training example as tensors: the encoder's input, and the gold answer as the loss takes it."""

    tokens: dict[str, Tensor]
    gold: Tensor


class SpanModel(nn.Module):
    """A model that gives each text a set of labelled spans. Offers ``Learns``, ``Predicts``, ``Divides``, ``Bounded``.

    A subclass writes three methods: ``create`` (the parameters of its head), ``objective`` (the loss of a batch) and
    ``decode`` (the entities of a batch); also ``expressible`` where it cannot give every set of spans as an answer.
    Tokens, vocabulary, padding, batches, seeds, devices and code points are dealt with here.
    """

    config: HasEncoder

    def __init__(self, config: HasEncoder, task: Task, device: str, seed: int) -> None:
        super().__init__()
        self.config, self.seed, self.device = config, seed, torch.device(device)
        self.labels, self.nested = task.labels, task.nested
        self.label_ids = {label: number for number, label in enumerate(task.labels)}
        self.encoder = encoders.build(config.encoder, seed)

    # What a model writes.

    def create(self, width: int) -> None:
        """Create the parameters of the head; it gets hidden vectors of ``width`` D. Called once, under a seed."""
        raise NotImplementedError

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """The loss of a batch, a scalar.

        ``hidden`` (B, T, D), ``mask`` (B, T) of real tokens, ``gold`` for each text its entities as rows
        ``(first, last, label)`` (P, 3): inclusive token numbers and the label's number.
        """
        raise NotImplementedError

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """The entities of a batch as rows ``(text, first, last, label)`` (N, 4), sorted by text."""
        raise NotImplementedError

    def expressible(self, rows: list[Row]) -> list[Row]:
        """Gold rows as ``decode`` would give them after training has gone as well as it can; by default all of them."""
        return rows

    # What the engine calls.

    @property
    def bf16_on_cpu(self) -> bool:
        """Whether training gains by bf16 on a CPU: as the encoder, which does most of the work, says."""
        return self.encoder.bf16_on_cpu

    def prepare(self, train: Sequence[Example]) -> None:
        """Build the vocabulary and create all parameters, from a seed of their own, on the model's device."""
        self.encoder.prepare(example.input.pieces() for example in train)
        with encoders.seeded(self.seed + 1000):
            self.create(self.encoder.width)
        self.to(self.device)

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]:
        """Two groups: the encoder, then the head.

        The encoder learns at a rate of its own if it names one, at the pretrained one if it is pretrained, and at
        ``learning_rate`` otherwise; the head always at ``learning_rate``.
        """
        body = list(self.encoder.parameters())
        known = {id(parameter) for parameter in body}
        head = [parameter for parameter in self.parameters() if id(parameter) not in known]
        rate = self.encoder.rate or (pretrained_learning_rate if self.encoder.pretrained else learning_rate)
        return [{"params": body, "lr": rate}, {"params": head, "lr": learning_rate}]

    def encode(self, example: Example) -> Item:
        """One training example as tensors."""
        text: Text = example.input
        rows = token_spans(text, example.target, self.label_ids)
        return Item(self.encoder.encode(text.pieces()), self._gold(len(text), rows))

    def _gold(self, length: int, rows: list[Row]) -> Tensor:
        """The gold answer of one text, computed once for the whole training: rows (P, 3)."""
        return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3)

    def body(self, items: Sequence[Item]) -> tuple[Tensor, Tensor]:
        """Hidden vectors (B, T, D) and the mask (B, T)."""
        hidden, mask = self.encoder([item.tokens for item in items])
        return hidden, mask

    def head_loss(self, features: tuple[Tensor, Tensor], items: Sequence[Item]) -> Tensor:
        """The loss of a batch from what ``body`` gave."""
        return self.objective(*features, [item.gold for item in items])

    def head_answer(self, features: tuple[Tensor, Tensor]) -> NDArray[np.int64]:
        """The entities of a batch as rows ``(text, first, last, label)`` from what ``body`` gave."""
        return self.decode(*features)

    def loss(self, items: Sequence[Item]) -> Tensor:
        """The loss of a batch."""
        return self.head_loss(self.body(items), items)

    def express(self, text: Text, target: Sequence[Span]) -> list[Span]:
        """What this model could answer at best after learning from this gold."""
        return code_point_spans(text, self.expressible(token_spans(text, target, self.label_ids)), self.labels)

    @torch.no_grad()
    def predict(self, inputs: Sequence[Text]) -> list[list[Span]]:
        """The entities of each text. Any number of texts: they are cut into batches of like length here."""
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
    """A model that gives each token one BIO tag; nested gold is flattened, the longest entity first (see ``flatten``).

    A subclass writes ``create``, ``tag_loss`` and ``best_tags``. Tags are numbers: 0 is O, ``1 + 2k`` is B of label k
    and ``2 + 2k`` is I of label k, ``tag_count`` = 2K + 1 together.
    """

    @property
    def tag_count(self) -> int:
        """How many tags there are: 2K + 1."""
        return 2 * len(self.labels) + 1

    def tag_loss(self, hidden: Tensor, mask: Tensor, tags: Tensor) -> Tensor:
        """The loss, a scalar, of ``hidden`` (B, T, D), ``mask`` (B, T) and gold ``tags`` (B, T), O behind a text."""
        raise NotImplementedError

    def best_tags(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Tags (B, T); what stands behind a text's end is ignored, and an I that continues nothing starts an entity."""
        raise NotImplementedError

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """``tag_loss`` of the gold tags, (T,) for each text."""
        tags = pad_sequence(list(gold), batch_first=True, padding_value=OUTSIDE).to(hidden.device)
        return self.tag_loss(hidden, mask, tags if tags.shape[1] else tags.new_zeros(mask.shape))  # all texts empty

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """The entities that ``best_tags`` spell out."""
        return rows_of(self.best_tags(hidden, mask).cpu().numpy(), mask.sum(1).tolist())

    def expressible(self, rows: list[Row]) -> list[Row]:
        """The longest of entities that overlap, which is what the tags of training spell out.

        Of some nested gold other tags would spell out more entities; no such tags are learned from.
        """
        return flatten(rows)

    def _gold(self, length: int, rows: list[Row]) -> Tensor:
        return torch.from_numpy(tags_of(length, rows))


def batches(lengths: Sequence[int], tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Numbers of texts, shortest first, in groups that hold at most so many tokens with their padding.

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
