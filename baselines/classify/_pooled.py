"""A classifier over one vector per input: linear head, cross-entropy, log-probabilities.

    logits = W h + b,   loss = -log softmax(logits)[label]

Letters for shapes: ``B`` batch, ``T`` tokens, ``D`` features, ``K`` labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.spec import Example


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean over the real tokens of x (B, T, D), given their mask (B, T): (B, D).

    >>> masked_mean(torch.tensor([[[1.0], [3.0], [9.0]]]), torch.tensor([[True, True, False]])).tolist()
    [[2.0]]
    """
    mean: Tensor = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return mean


class PooledClassifier(nn.Module):
    """Offers Learns, Predicts and Divides to a subclass that writes three methods.

    ``prepare(train)`` creates the parameters, ``self.head = nn.Linear(D, self.labels)`` among them; ``tokens(item)``
    turns an input into what ``pooled`` reads; ``pooled(items)`` gives one vector per input, (B, D).
    """

    head: nn.Linear

    def __init__(self, labels: int, device: str, seed: int) -> None:
        super().__init__()
        self.labels, self.device, self.seed = labels, device, seed

    def tokens(self, item: Any) -> Any:
        """What ``pooled`` reads of one input."""
        raise NotImplementedError

    def pooled(self, items: Sequence[Any]) -> Tensor:
        """One vector per input, (B, D)."""
        raise NotImplementedError

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]:
        """One optimiser group at ``learning_rate``: no parameter is pretrained."""
        return [{"params": list(self.parameters()), "lr": learning_rate}]

    def encode(self, example: Example) -> tuple[Any, int]:
        """The tokens of an example and its label."""
        return self.tokens(example.input), example.target

    def body(self, items: Sequence[tuple[Any, int]]) -> tuple[Tensor]:
        """The input of the head, (B, D)."""
        return (self.pooled([item for item, _ in items]),)

    def head_answer(self, features: tuple[Tensor]) -> Tensor:
        """Logits (B, K)."""
        logits: Tensor = self.head(features[0])
        return logits

    def head_loss(self, features: tuple[Tensor], items: Sequence[tuple[Any, int]]) -> Tensor:
        """Mean cross-entropy in nats."""
        targets = torch.tensor([target for _, target in items], device=self.device)
        return functional.cross_entropy(self.head_answer(features).float(), targets)

    def loss(self, items: Sequence[tuple[Any, int]]) -> Tensor:
        """Mean cross-entropy in nats."""
        return self.head_loss(self.body(items), items)

    @torch.no_grad()
    def predict(self, inputs: Sequence[Any]) -> list[list[float]]:
        """Natural logarithms of the probabilities of the K labels, one list per input."""
        if not inputs:
            return []
        logits = self.head_answer((self.pooled([self.tokens(item) for item in inputs]),))
        answers: list[list[float]] = logits.cpu().double().log_softmax(-1).tolist()  # not every device has float64
        return answers
