"""What the contract of a model asks of kind ``tokens``: no byte left out, and no look ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.contract.answers import READ, costs, differing
from harness.contract.base import applies, require
from harness.spec import Ranked

if TYPE_CHECKING:
    from harness.contract.models import ModelCase


def accounts_for_every_byte(case: ModelCase) -> None:
    """Of kind ``tokens``: the tokens of a text end at ascending bytes, the last one where the text ends."""
    applies("tokens" in case.card.kinds)
    for task, model, _ in case.trained:
        for example in task.ranked if task.card.kind == "tokens" else ():
            text, pieces = example.input, model.pieces(example.input)
            ends = [0, *(int(end) for end in pieces.ends)]
            require(
                len(pieces.ids) == len(pieces.ends) and ends == sorted(ends) and ends[-1] == len(text.encode()),
                f"in {text[:30]!r} the tokens do not account for every byte: their ends are {ends[:5]} ... {ends[-1]}.",
            )


def reads_forward_only(case: ModelCase) -> None:
    """Of kind ``tokens``: what a token costs depends on nothing that comes after it."""
    applies("tokens" in case.card.kinds)
    for task, model, _ in case.trained:
        if task.card.kind != "tokens":
            continue
        ids, half = model.pieces(task.ranked[0].input).ids.tolist(), READ // 2
        row, other = [model.first, *ids[:READ]], [model.first, *ids[:half], *ids[-half:]]
        one, two = (Ranked(answer.scores[:half]) for answer in costs(model, [row, other]))
        require(
            not differing([one], [two]),
            f"on {task.entry.name} the cost of a token changes with later ones: look for an attention without a causal mask.",
        )
