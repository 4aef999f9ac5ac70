"""A pretrained encoder, fine-tuned: one linear layer on the mean of its vectors.

    logits = W (1/T) sum_t h_t + b,   h = encoder(text)

Devlin et al. 2019, arXiv 1810.04805, section 4, with the mean in place of the vector of [CLS]. Training regimes
(adversarial steps, gradient penalties) are compared on it. Letters for shapes: ``B`` batch, ``T`` tokens, ``D``
features of the encoder, ``K`` labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from baselines import encoders
from baselines.classify import PooledClassifier, masked_mean
from harness.errors import DataError, UsageError
from harness.spec import Example, Model, Task, Text

MODEL = Model(
    title="A pretrained encoder, fine-tuned",
    source="Devlin et al. 2019, arXiv 1810.04805, section 4, with the mean in place of the first vector",
    kinds=("label",),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"encoder=bilstm": "an encoder trained from scratch"},
    needs=("torch",),
    departures=(
        "The mean over tokens is classified, not the vector of [CLS].",
        "There is no dropout before the linear layer.",
        "The encoder is the one that is asked for, a small one by default; BERT-base or BERT-large in the source.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the model."""

    encoder: str = "mini-zh"  # the pretrained body; --encoder sets it


class FineTuned(PooledClassifier):
    """Offers Learns, Predicts, Divides and Embeds. The linear layer begins as torch's do, from a seed of its own.

    >>> import torch
    >>> task = Task(kind="label", title="", source="", licence="", labels=("x", "y"))
    >>> model = FineTuned(Config(encoder="bilstm:width=8"), task, "cpu", seed=0)
    >>> model.prepare([Example("1", Text("ab"), 0), Example("2", Text("ba"), 1)])
    >>> items = [model.eval().tokens(Text("ab")), model.tokens(Text("a"))]
    >>> hidden, mask = model.encoder(items)  # (B, T, D) and (B, T)
    >>> hidden.shape, torch.allclose(model.pooled(items)[0], hidden[0].mean(0))
    (torch.Size([2, 2, 8]), True)
    """

    def __init__(self, config: Config, task: Task, device: str, seed: int) -> None:
        super().__init__(len(task.labels), device, seed)
        self.encoder = encoders.build(config.encoder, seed)

    @property
    def bf16_on_cpu(self) -> bool:
        """As the encoder says, which does most of the work."""
        return self.encoder.bf16_on_cpu

    def prepare(self, train: Sequence[Example]) -> None:
        """Build the encoder's vocabulary and create the parameters."""
        self.encoder.prepare(example.input.pieces() for example in train)
        with encoders.seeded(self.seed + 1000):
            self.head = nn.Linear(self.encoder.width, self.labels)
        self.to(self.device)

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]:
        """Two optimiser groups: the encoder at its own rate, or that for pretrained bodies if it is one; the head."""
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
        """What the encoder reads of a text. ``DataError`` for a text without tokens."""
        if not len(item):
            raise DataError(f"a text has no token: {item.text[:40]!r}. Leave it out, or correct the row.")
        return self.encoder.encode(item.pieces())

    def pooled(self, items: Sequence[dict[str, Tensor]]) -> Tensor:
        """The mean over the tokens of each text, (B, D)."""
        hidden, mask = self.encoder(items)
        return masked_mean(hidden, mask)


def build(config: Config, task: Task, device: str, seed: int) -> FineTuned:
    """The model, not yet prepared."""
    return FineTuned(config, task, device, seed)
