"""What the contract asks of kind ``label``: sound examples, and outputs that a score must tell apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.contract.base import require
from harness.spec import Example, Image, Task, Text


def check_examples(card: Task, sample: Mapping[str, Sequence[Example]]) -> None:
    """Require texts or pictures with something in them, and targets that number a label; train has two labels at least."""
    require(len(card.labels) > 1, "the card names fewer than two labels; a task of kind label needs all of them.")
    for split, examples in sample.items():
        for example in examples:
            place, item = f"split {split!r}, example {example.id!r}", example.input
            require(
                isinstance(item, Text | Image),
                f"{place}: the input is a {type(item).__name__}, not a Text or an Image.",
            )
            require(len(item), f"{place}: the input is empty.")
            if isinstance(item, Image):
                require(
                    len(item.pixels) == math.prod(item.shape),
                    f"{place}: {len(item.pixels)} bytes are no picture of shape {item.shape}.",
                )
            require(
                type(example.target) is int and example.target in range(len(card.labels)),
                f"{place}: the target {example.target!r} is not a number from 0 to {len(card.labels) - 1}.",
            )
    used = {example.target for example in sample[card.train_split]}
    require(len(used) > 1, "the sample's train split has one label alone. Nothing could learn it.")


def output(example: Example, number: int) -> dict[str, Any]:
    """The output of a model that is sure of a label, right or wrong."""
    return {"label": number, "confidence": 1.0, "nats": 0.0 if number == example.target else 50.0}


def check_probabilities(card: Task, answers: Sequence[Any]) -> None:
    """Require that each answer has the logarithm of a probability for each label, and that they sum to one."""
    for answer in answers:
        require(
            isinstance(answer, list) and len(answer) == len(card.labels),
            f"an answer is {answer!r}, not a list of {len(card.labels)} logarithms.",
        )
        require(all(math.isfinite(one) for one in answer), f"a logarithm in {answer!r} is no finite number.")
        total = math.fsum(map(math.exp, answer))
        require(abs(total - 1) < 1e-3, f"the probabilities of {answer!r} sum to {total}, not to 1.")
