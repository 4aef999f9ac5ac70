"""An encoder with one linear layer on the mean of its vectors: what a pretrained body is worth, and the ground for regimes.

logits = W mean over tokens of h + b
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from baselines import encoders
from baselines.classify._head import Head
from harness.errors import DataError, UsageError
from harness.spec import Example, Model, Task, Text

MODEL = Model(
    title="A pretrained encoder, fine-tuned",
    source="Devlin et al. 2019, arXiv 1810.04805, section 4, with the mean in place of the first vector",
    kinds=("label",),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"encoder=bilstm": "a body from nothing"},
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the model."""

    encoder: str = "mini-zh"  # the body; --encoder sets it


class FineTuned(Head):
    """Offers Learns, Predicts, Divides and Embeds."""

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(len(task.labels), device, seed)
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
        self.to(self.where)

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

    def tokens(self, item: Text) -> dict[str, Tensor]:
        """What the encoder reads of a text. ``DataError`` for one without a token."""
        if not len(item):
            raise DataError(f"a text has no token: {item.text[:40]!r}. Leave it out, or correct the row.")
        return self.encoder.encode(item.pieces())

    def pooled(self, items: Sequence[dict[str, Tensor]]) -> Tensor:
        """The mean over a text's tokens of what the encoder makes of them, (B, W)."""
        hidden, mask = self.encoder(items)
        mean: Tensor = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return mean


def build(config: Config, task: Task, device: str, seed: int) -> FineTuned:
    """The model, not yet prepared."""
    return FineTuned(config, task, device, seed)
