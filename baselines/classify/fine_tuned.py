"""An encoder with one linear layer on the mean of its vectors: what a pretrained body is worth, and the ground for regimes.

logits = W mean over tokens of h + b
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines import encoders
from harness.errors import DataError, UsageError
from harness.spec import Example, Model, Task, Text

MODEL = Model(
    title="A pretrained encoder, fine-tuned",
    source="Devlin et al. 2019, arXiv 1810.04805, section 4, with the mean in place of the first vector",
    kinds=("label",),
    capabilities=("Predicts", "Learns", "Embeds"),
    variants={"encoder=bilstm": "a body from nothing"},
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the model."""

    encoder: str = "mini-zh"  # the body; --encoder sets it


class FineTuned(nn.Module):
    """Offers Learns, Predicts and Embeds."""

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__()
        self.labels, self.device, self.seed = len(task.labels), torch.device(device), seed
        self.encoder = encoders.build(config.encoder, seed)

    @property
    def bf16_on_cpu(self) -> bool:
        """As the encoder, which does most of the work, says."""
        return self.encoder.bf16_on_cpu

    def prepare(self, train: Sequence[Example]) -> None:
        """Fix the vocabulary and create the parameters."""
        self.encoder.prepare(example.input.pieces() for example in train)
        with encoders.seeded(self.seed + 1000):
            self.head = nn.Linear(self.encoder.width, self.labels)
        self.to(self.device)

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]:
        """The encoder at its own rate, or at that for pretrained bodies where it is one; the head at the other."""
        rate = self.encoder.rate or (pretrained_learning_rate if self.encoder.pretrained else learning_rate)
        return [
            {"params": list(self.encoder.parameters()), "lr": rate},
            {"params": list(self.head.parameters()), "lr": learning_rate},
        ]

    def embedding_weight(self) -> Tensor:
        """The matrix of the encoder's token embeddings. ``UsageError`` where it has none."""
        for module in self.encoder.modules():
            if isinstance(module, nn.Embedding):
                return module.weight
        raise UsageError("the encoder has no matrix of token embeddings.")

    def encode(self, example: Example) -> tuple[dict[str, Tensor], int]:
        """What the encoder reads, and the label."""
        return self.read(example.input), example.target

    def read(self, text: Text) -> dict[str, Tensor]:
        """What the encoder reads of a text. ``DataError`` for one without a token."""
        if not len(text):
            raise DataError(f"a text has no token: {text.text[:40]!r}. Leave it out, or correct the row.")
        return self.encoder.encode(text.pieces())

    def logits(self, items: Sequence[dict[str, Tensor]]) -> Tensor:
        """(B, K)."""
        hidden, mask = self.encoder(items)
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        answer: Tensor = self.head(mean)
        return answer

    def loss(self, items: Sequence[tuple[dict[str, Tensor], int]]) -> Tensor:
        """Mean negative logarithm of the right label's probability."""
        targets = torch.tensor([target for _, target in items], device=self.device)
        return functional.cross_entropy(self.logits([item for item, _ in items]).float(), targets)

    @torch.no_grad()
    def predict(self, inputs: Sequence[Text]) -> list[list[float]]:
        """Logarithms of the probabilities of the labels."""
        if not inputs:
            return []
        found = self.logits([self.read(item) for item in inputs]).double().log_softmax(-1)
        return [[float(number) for number in row] for row in found.cpu()]


def build(config: Config, task: Task, device: str, seed: int) -> FineTuned:
    """The model, not yet prepared."""
    return FineTuned(config, task, device, seed)
