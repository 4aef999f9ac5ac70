"""What is above the mean of a text or picture: one matrix, its loss and its answers, the same for every model here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.spec import Example


class Head(nn.Module):
    """Offers Learns, Predicts and Divides over ``tokens`` and ``pooled``, once ``prepare`` has made a ``head``.

    Letters for shapes: ``B`` batch, ``W`` width, ``K`` labels.
    """

    head: nn.Linear

    def __init__(self, labels: int, device: str, seed: int) -> None:
        super().__init__()
        self.labels, self.where, self.seed = labels, device, seed

    def tokens(self, item: Any) -> Any:
        """What ``pooled`` reads of an input."""
        raise NotImplementedError

    def pooled(self, items: Sequence[Any]) -> Tensor:
        """One vector an input, (B, W)."""
        raise NotImplementedError

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]:
        """One group: nothing comes trained."""
        return [{"params": list(self.parameters()), "lr": learning_rate}]

    def encode(self, example: Example) -> tuple[Any, int]:
        """What is read, and the label."""
        return self.tokens(example.input), example.target

    def body(self, items: Sequence[tuple[Any, int]]) -> tuple[Tensor]:
        """What the head reads, (B, W)."""
        return (self.pooled([item for item, _ in items]),)

    def head_answer(self, features: tuple[Tensor]) -> Tensor:
        """Logits of the labels, (B, K)."""
        answer: Tensor = self.head(features[0])
        return answer

    def head_loss(self, features: tuple[Tensor], items: Sequence[tuple[Any, int]]) -> Tensor:
        """Mean negative logarithm of the right label's probability."""
        targets = torch.tensor([target for _, target in items], device=self.where)
        return functional.cross_entropy(self.head_answer(features).float(), targets)

    def loss(self, items: Sequence[tuple[Any, int]]) -> Tensor:
        """Mean negative logarithm of the right label's probability."""
        return self.head_loss(self.body(items), items)

    @torch.no_grad()
    def predict(self, inputs: Sequence[Any]) -> list[list[float]]:
        """Logarithms of the probabilities of the labels."""
        if not inputs:
            return []
        found = self.head_answer((self.pooled([self.tokens(item) for item in inputs]),))
        answers: list[list[float]] = found.cpu().double().log_softmax(-1).tolist()  # not every device has float64
        return answers
