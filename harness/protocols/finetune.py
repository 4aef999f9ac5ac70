"""Fine-tuning: learn on train, choose an epoch, answer the ranked split once.

The protocol owns every step: which rows train, in what order and batches, at which rate, what is selected on what,
how long texts are cut. A model only turns examples into a loss and inputs into answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import RunError, UsageError
from harness.files import canonical, digest, write_atomically
from harness.machine.clock import Clock
from harness.progress import bar
from harness.protocols import regimes
from harness.records.store import RunFolder
from harness.spec import Example, Protocol, Text, Training

PROTOCOLS = (
    Protocol(
        name="smoke",
        version=1,
        title="The embedded sample, one seed, under a minute on two cores: does it run, does it learn?",
        kinds=("spans",),
        procedure="finetune",
        data="sample",
        seeds=1,
        encoder="bilstm",
        settings=Training(epochs=8, batch_size=16, learning_rate=3e-3, pretrained_learning_rate=5e-5),
    ),
    Protocol(
        name="mini",
        version=1,
        title="Real data, a small encoder, three seeds; a CPU is enough. The epoch is chosen on a tenth of train.",
        kinds=("spans",),
        procedure="finetune",
        data="real",
        seeds=3,
        encoder="mini-zh",
        settings=Training(
            epochs=10, batch_size=32, learning_rate=2e-3, pretrained_learning_rate=5e-5, predict_tokens=256
        ),  # the length of training: rotary positions beyond it bring false alarms by the hundred
    ),
    Protocol(
        name="paper",
        version=1,
        title="The published recipe (Su 2021, spaces.ac.cn/archives/8373): BERT-base, 10 epochs, batch 16, 2e-5; the epoch is chosen on dev, as published.",
        kinds=("spans",),
        procedure="finetune",
        data="real",
        seeds=3,
        encoder="bert-base-chinese",
        settings=Training(
            epochs=10,
            batch_size=16,
            learning_rate=2e-5,
            pretrained_learning_rate=2e-5,
            warmup=0.0,
            decay=False,
            weight_decay=0.0,
            clip=1e9,
            selection="dev",
        ),
    ),
)

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


def carry_out(trial: Trial) -> dict[str, Any]:
    """Train, then predict the ranked split into the folder's journal; both go on from where a killed run stopped.

    Returns what a record says about this seed: parameters, steps, seconds, the chosen epoch, the history.
    """
    report_path = trial.folder.seed(trial.seed) / "report.json"
    todo = trial.folder.unfinished(batches(trial.ranked, trial.settings), trial.seed)
    if todo or not report_path.exists():
        with trial.clock("train"):
            report = fit(trial)
        write_atomically(report_path, canonical(report))
        with trial.clock("predict"):
            for batch in bar(todo, f"seed {trial.seed}: predict", unit="batch"):
                answers = answer(trial.model, [example.input for example in batch], trial.settings)
                rows = zip(batch, answers, strict=True)
                trial.folder.append(
                    {"id": example.id, "seed": trial.seed, "prediction": output} for example, output in rows
                )
    report_read: dict[str, Any] = json.loads(report_path.read_text(encoding="utf-8"))
    return report_read


def fit(trial: Trial) -> dict[str, Any]:
    """Let the model learn under the settings, by gradients or in one go."""
    if not hasattr(trial.model, "loss"):  # nothing to choose: all of train is learned from, each text whole
        learns = hasattr(trial.model, "fit")
        if learns:
            trial.model.fit(trial.train)
        return {"parameters": 0, "rows": len(trial.train) if learns else 0, "chosen_on": "nothing"}
    learning, held, chosen_on = parts(trial.settings, trial.train, trial.dev, trial.ranked)
    learning = [cut(example, trial.settings.train_tokens) for example in learning]
    from harness.protocols.training import learn  # torch from here on

    return {**learn(trial, learning, held), "rows": len(learning), "chosen_on": chosen_on}


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


def cut(example: Example, tokens: int) -> Example:
    """The example with its text cut after so many tokens, and without the spans that reach beyond."""
    if not isinstance(example.input, Text) or len(example.input) <= tokens:
        return example
    head = example.input.head(tokens)
    return Example(example.id, head, tuple(span for span in example.target if span[1] <= len(head.text)))


def cut_text(example: Example, tokens: int) -> Example:
    """The example with its text cut after so many tokens; a picture, and what is asked about either, stays as it is."""
    if not isinstance(example.input, Text) or len(example.input) <= tokens:
        return example
    return Example(example.id, example.input.head(tokens), example.target)


def answer(model: Any, inputs: Sequence[Any], settings: Training) -> list[Any]:
    """Predict one batch, long texts cut."""
    heads = [item.head(settings.predict_tokens) if isinstance(item, Text) else item for item in inputs]
    outputs = model.predict(heads)
    if len(outputs) != len(heads):
        raise RunError(
            f"the model answered {len(outputs)} of {len(heads)} inputs. `predict` must give one output for each input, in order."
        )
    return list(outputs)


def batches(examples: Sequence[Example], settings: Training) -> Iterator[list[Example]]:
    """Batches of like length for prediction, so that little of a batch is padding; the plan depends on the data alone."""
    batch: list[Example] = []
    for example in sorted(examples, key=lambda example: len(example.input)):
        length = min(len(example.input), settings.predict_tokens)
        if batch and (len(batch) + 1) * length > settings.predict_batch_tokens:
            yield batch
            batch = []
        batch.append(example)
    if batch:
        yield batch
