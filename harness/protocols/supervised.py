"""What training on labelled rows shares: the trial of one seed, the rows that choose an epoch, cuts and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RunError, UsageError
from harness.files import digest
from harness.kinds.windows import Window, places, windows
from harness.machine.clock import Clock
from harness.protocols import regimes
from harness.records.store import RunFolder
from harness.spec import Example, Training

ALSO_RANKS = "; they also rank"
"""What a record adds where the rows that choose the epoch are the rows that rank: the board then says so."""


Join = Callable[[Sequence[Window], Sequence[Any]], Any]
"""Makes one answer of those to the windows of an input, as its kind says: see ``Kind.join``."""


def of_one(parts: Sequence[Window], answers: Sequence[Any]) -> Any:
    """The answer to an input that has one window."""
    (answer,) = answers
    return answer


@dataclass
class Trial:
    """One seed of one run: everything a protocol needs, and nothing that names a task or a model."""

    model: Any
    settings: Training
    device: str
    seed: int
    train: Sequence[Example]
    dev: Sequence[Example]
    ranked: Sequence[Example]
    value: Callable[[Sequence[Example], Sequence[Any]], float]  # the task's first metric
    higher_is_better: bool
    folder: RunFolder
    clock: Clock
    regime: Callable[[Any, Any], Any] = regimes.plain  # comes to the gradient of a step
    keep_weights: Path | None = None  # the folder for trained weights
    join: Join = of_one  # makes one answer of those to the windows of a text


def parts(
    settings: Training, train: Sequence[Example], dev: Sequence[Example], ranked: Sequence[Example]
) -> tuple[Sequence[Example], Sequence[Example], str]:
    """The rows to learn from, the rows that choose an epoch, and what a record says of the latter."""
    if settings.selection == "holdout":
        learning, held = hold_out(train, settings.holdout)
        return learning, held, f"{len(held)} rows held out of train"
    if settings.selection == "dev":
        return train, dev, f"{len(dev)} rows of dev, as published" + (ALSO_RANKS if dev is ranked else "")
    return train, dev, "nothing: the last epoch"


def hold_out(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Split off a share by a hash of the input, so that equal texts stay together and no seed moves the border."""
    if len(examples) < 2:
        raise UsageError(
            "one training example cannot be split into a part to learn from and a part to choose on. Raise --limit."
        )
    places = [int(digest(example.input)[:8], 16) / 0x100000000 for example in examples]
    border = max(share, sorted(places)[0])
    learning = [example for example, place in zip(examples, places, strict=True) if place > border]
    held = [example for example, place in zip(examples, places, strict=True) if place <= border]
    return learning or held, held


def answer(model: Any, inputs: Sequence[Any], settings: Training, join: Join = of_one) -> list[Any]:
    """Predict one batch: long texts cut, or read in windows whose answers ``join`` makes one.

    Windows are given to the model in turns that hold at most ``predict_batch_tokens``, padding included.
    """
    parts = [windows(item, settings.predict_tokens, settings.overlap) for item in inputs]
    flat = [window.text for own in parts for window in own]
    turns = [flat] if len(flat) == len(parts) else list(_turns(flat, settings.predict_batch_tokens))
    outputs = iter([output for turn in turns for output in _predicted(model, turn)])
    return [join(own, [next(outputs) for _ in own]) for own in parts]


def _turns(texts: Sequence[Any], budget: int) -> Iterator[list[Any]]:
    """Inputs in order, as many at once as the budget of tokens allows."""
    turn: list[Any] = []
    longest = 0
    for text in texts:
        longest = max(longest, len(text))
        if turn and (len(turn) + 1) * longest > budget:
            yield turn
            turn, longest = [], len(text)
        turn.append(text)
    if turn:
        yield turn


def _predicted(model: Any, inputs: Sequence[Any]) -> list[Any]:
    outputs = model.predict(inputs)
    if len(outputs) != len(inputs):
        raise RunError(
            f"the model answered {len(outputs)} of {len(inputs)} inputs. "
            "`predict` must give one output for each input, in order."
        )
    return list(outputs)


def batches(examples: Sequence[Example], settings: Training) -> Iterator[list[Example]]:
    """Batches of like length for prediction, with little padding; they depend on the data alone.

    A text in windows counts as all of them.
    """
    batch: list[Example] = []
    size = settings.predict_tokens
    for example in sorted(examples, key=lambda example: len(example.input)):
        length = min(len(example.input), size) * len(places(len(example.input), size, settings.overlap))
        if batch and (len(batch) + 1) * length > settings.predict_batch_tokens:
            yield batch
            batch = []
        batch.append(example)
    if batch:
        yield batch
