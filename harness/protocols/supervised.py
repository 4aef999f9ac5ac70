"""What training on labelled rows shares: the trial of one seed, the rows that choose an epoch, cuts and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RunError, UsageError
from harness.files import digest
from harness.machine.clock import Clock
from harness.protocols import regimes
from harness.records.store import RunFolder
from harness.spec import Example, Text, Training

ALSO_RANKS = "; they also rank"
"""What a record adds where the rows that choose the epoch are the rows that rank: the board then says so."""


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


def answer(model: Any, inputs: Sequence[Any], settings: Training) -> list[Any]:
    """Predict one batch, long texts cut."""
    heads = [item.head(settings.predict_tokens) if isinstance(item, Text) else item for item in inputs]
    outputs = model.predict(heads)
    if len(outputs) != len(heads):
        raise RunError(
            f"the model answered {len(outputs)} of {len(heads)} inputs. "
            "`predict` must give one output for each input, in order."
        )
    return list(outputs)


def batches(examples: Sequence[Example], settings: Training) -> Iterator[list[Example]]:
    """Batches of like length for prediction, with little padding; they depend on the data alone."""
    batch: list[Example] = []
    for example in sorted(examples, key=lambda example: len(example.input)):
        length = min(len(example.input), settings.predict_tokens)
        if batch and (len(batch) + 1) * length > settings.predict_batch_tokens:
            yield batch
            batch = []
        batch.append(example)
    if batch:
        yield batch
