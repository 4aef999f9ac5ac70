"""Classification: choose a learning rate on a part of train, train, then predict the ranked split once.

Every model tries the same learning rates, each in a short training of its own; the best on rows held out of train is
kept, and all trials stand in the record. The epoch is chosen on the same rows. Models that learn in one go have nothing
to choose, and neither has a published recipe, whose one rate and whose way to choose an epoch are given.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RunError
from harness.kinds.label import cut_text, distribution_fault
from harness.kinds.windows import label_rows
from harness.machine.clock import Clock
from harness.progress import bar, say
from harness.protocols import class_rows, keeping, regimes, supervised
from harness.records.store import RunFolder
from harness.spec import Example, Labelling, Protocol, Training

PROTOCOLS = (
    Protocol(
        name="smoke",
        version=1,
        title="The embedded sample, one seed, under a minute on two cores: does it run, does it learn?",
        kinds=("label", "picture"),
        procedure="classify",
        data="sample",
        seeds=1,
        encoder="bilstm",
        settings=Labelling(rates=(3e-3,), pilot_epochs=1, epochs=4, rows=240, batch_size=16),
    ),
    Protocol(
        name="mini",
        version=1,
        title="Real data, 16,000 rows of train, 4 epochs, three rates tried by every model; a CPU is enough.",
        kinds=("label", "picture"),
        procedure="classify",
        data="real",
        seeds=3,
        encoder="mini-zh",
        settings=Labelling(rates=(3e-4, 1e-3, 3e-3), pilot_epochs=1, epochs=4, rows=16000, batch_size=64),
    ),
    Protocol(
        name="paper",
        version=1,
        title="Near the published recipe of regimes (Su 2020, kexue.fm/archives/7234): BERT-base, 50 epochs, batch 32, 2e-5, 128 tokens; the epoch is chosen on dev, as published.",
        kinds=("label",),
        procedure="classify",
        data="real",
        seeds=3,
        encoder="bert-base-chinese",
        settings=Training(
            epochs=50,
            batch_size=32,
            learning_rate=2e-5,
            pretrained_learning_rate=2e-5,
            warmup=0.0,
            decay=False,
            weight_decay=0.0,
            clip=1e9,
            train_tokens=128,
            predict_tokens=128,
            selection="dev",
        ),
        departures=(
            "A text is the mean over its tokens; the published scripts take the vector of [CLS].",
            "BERT reads single code points where the published scripts read word pieces.",
            "Training runs in bf16 where the device has it.",
            "Batches hold texts of similar length.",
        ),
    ),
)

PILOT = 0
"""The seed of the trials of rates: one for all, so that a rate is chosen once and not for each seed."""


@dataclass
class Trial:
    """One seed of one run: everything this protocol needs, and nothing that names a task or a model."""

    model: Any
    build: Callable[[int], Any]  # a fresh model of a seed
    settings: Labelling | Training  # the latter is a published recipe
    device: str
    seed: int
    train: Sequence[Example]
    dev: Sequence[Example]
    ranked: Sequence[Example]
    labels: Sequence[str]
    value: Callable[[Sequence[Example], Sequence[Any]], float]  # the task's first metric
    higher_is_better: bool
    folder: RunFolder
    clock: Clock
    regime: Callable[[Any, regimes.Loss], Any] = regimes.plain
    keep_weights: Path | None = None  # the folder for trained weights
    join: supervised.Join = supervised.of_one  # makes one answer of those to the windows of a text


def carry_out(trial: Trial) -> dict[str, Any]:
    """Choose a rate, train, then predict the ranked split into the folder's journal; each step can be resumed."""
    report = keeping.report_of(trial)
    todo = trial.folder.unfinished(chunks(trial), trial.seed)
    if todo or report is None:
        with trial.clock("train"):
            report = fit(trial)
        keeping.keep(trial)
        report = keeping.note(keeping.report_path(trial), report)
        with trial.clock("predict"):
            for batch in bar(todo, f"seed {trial.seed}: predict", unit="batch"):
                trial.folder.append(lines(trial, batch))
    elif keeping.lacks(trial):
        fit(trial)  # the checkpoints of a finished training are there
        keeping.keep(trial)
    return report


def chunks(trial: Trial) -> list[list[Example]]:
    """What is predicted at once; it depends on the data alone."""
    return list(supervised.batches(trial.ranked, training(trial.settings)))


def lines(trial: Trial, batch: Sequence[Example]) -> list[dict[str, Any]]:
    """The predictions of a batch as lines of the journal."""
    inputs = [example.input for example in batch]
    answers = supervised.answer(trial.model, inputs, training(trial.settings), trial.join)
    return [
        {"id": example.id, "seed": trial.seed, "prediction": outcome(example, logs, len(trial.labels))}
        for example, logs in zip(batch, answers, strict=True)
    ]


def training(settings: Labelling | Training, rate: float | None = None, epochs: int | None = None) -> Training:
    """The settings of one training: the first rate and all epochs where none are said."""
    if isinstance(settings, Training):
        return settings
    return Training(
        epochs=epochs or settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=rate or settings.rates[0],
        pretrained_learning_rate=settings.pretrained_learning_rate,
        warmup=settings.warmup,
        weight_decay=settings.weight_decay,
        clip=settings.clip,
        train_tokens=settings.tokens,
        predict_tokens=settings.tokens,
        holdout=settings.holdout,
        predict_batch_tokens=settings.predict_batch_tokens,
        bf16=settings.bf16,
        overlap=settings.overlap,
    )


def fit(trial: Trial) -> dict[str, Any]:
    """Let the model learn; what a record says of it."""
    settings, one, rows = trial.settings, training(trial.settings), budget(trial)
    class_rows.refuse_foreign(rows, trial.ranked)
    report: dict[str, Any] = class_rows.longer(trial.ranked, one.predict_tokens, one.overlap)
    if not keeping.trains(trial.model):
        learns = hasattr(trial.model, "fit")
        if learns:
            class_rows.refuse_one_label(rows, trial.labels)
            trial.model.fit(learned_in(rows, one))
        return {"parameters": 0, "rows": len(rows) if learns else 0, "chosen_on": "nothing", **report}
    learning, held, report["chosen_on"] = learned_from(trial)
    class_rows.refuse_one_label(learning, trial.labels)
    check_longest(trial, learning, [*held, *trial.ranked], one.predict_tokens)
    if isinstance(settings, Labelling):
        report["learning_rate"], report["trials"] = choose(trial, settings, learning, held)
        one = training(settings, report["learning_rate"])
        say(f"seed {trial.seed}: training at rate {one.learning_rate:g}")
    return {**learn(trial, trial.model, trial.seed, one, learning, held), **learned_rows(trial, learning), **report}


def learned_rows(trial: Trial, learning: Sequence[Example]) -> dict[str, int]:
    """How many texts were learned from, and with windows in how many."""
    one = training(trial.settings)
    if not one.overlap:
        return {"rows": len(learning)}
    texts, _, _ = supervised.parts(one, budget(trial), trial.dev, trial.ranked)
    return {"rows": len(texts), "windows": len(learning)}


def budget(trial: Trial) -> Sequence[Example]:
    """The rows of train that the protocol gives every model."""
    settings = trial.settings
    return class_rows.budget(trial.train, settings.rows) if isinstance(settings, Labelling) else trial.train


def learned_from(trial: Trial) -> tuple[list[Example], Sequence[Example], str]:
    """The rows that gradients come from, the rows that choose an epoch, and what a record says of the latter."""
    one = training(trial.settings)
    learning, held, chosen_on = supervised.parts(one, budget(trial), trial.dev, trial.ranked)
    return learned_in(learning, one), held, chosen_on


def learned_in(rows: Sequence[Example], one: Training) -> list[Example]:
    """The rows as they are learned from: long texts cut, or each of their windows with the label of the whole.

    What is asked is a window from anywhere in a text, so what is learned from is one as well. A pass over the rows then
    has more steps; the number of passes stays.
    """
    return [part for row in rows for part in label_rows(row, one.train_tokens, one.overlap)]


def ready(trial: Trial, weights: Mapping[str, Any] | None) -> None:
    """Bring the model to where it predicts: with kept weights, or by learning in one go what takes no gradients."""
    if weights is None:
        fit(trial)
        return
    from harness.protocols.training import take_up

    take_up(one_training(trial, trial.model, trial.seed, training(trial.settings)), learned_from(trial)[0], weights)


def check_longest(trial: Trial, learning: Sequence[Example], asked: Sequence[Example], tokens: int) -> None:
    """Let a model that is thrown away read the longest input it will be asked, so that one built too short fails before
    it is trained."""
    probe = trial.build(PILOT)
    probe.prepare(learning)
    probe.encode(cut_text(max(asked, key=lambda example: len(example.input)), tokens))


def choose(
    trial: Trial, settings: Labelling, learning: Sequence[Example], held: Sequence[Example]
) -> tuple[float, dict[str, float | None]]:
    """The rate that does best on the held-out rows after its short training, and what each came to; ``None`` where it
    broke off.

    Raises ``RunError`` with the last reason where every rate breaks off.
    """
    path = trial.folder.seed(PILOT).with_name("seed-rates") / "rates.json"
    found: dict[str, float | None] = keeping.recalled(path) or {}
    if len(settings.rates) == 1:
        return settings.rates[0], {}
    reason = "the reasons were told when they were tried"  # before a kill
    for place, rate in enumerate(settings.rates, 1):
        if f"{rate:g}" in found:
            continue
        say(f"trial of rate {rate:g}, {place} of {len(settings.rates)}")
        model = trial.build(PILOT)
        short = training(settings, rate, settings.pilot_epochs)
        pilot = dataclasses.replace(trial, folder=RunFolder(path.parent / f"{rate:g}"))
        try:
            report = learn(pilot, model, PILOT, short, learning, held)
            found[f"{rate:g}"] = report["history"][-1]["held_out"]
        except RunError as error:
            say(f"rate {rate:g}: {error}")
            reason = str(error)
            found[f"{rate:g}"] = None
        keeping.note(path, found)
    values = {rate: found[f"{rate:g}"] for rate in settings.rates}
    sound = {rate: value for rate, value in values.items() if value is not None}
    if not sound:
        raise RunError(
            f"no learning rate of {', '.join(f'{rate:g}' for rate in settings.rates)} could be tried to its end: "
            f"{reason}"
        )
    best = (max if trial.higher_is_better else min)(sound, key=lambda rate: sound[rate])
    return best, found


def learn(
    trial: Trial, model: Any, seed: int, settings: Training, learning: Sequence[Example], held: Sequence[Example]
) -> dict[str, Any]:
    """One training by ``harness.protocols.training``, judged by the task's first metric."""
    from harness.protocols.training import learn as train

    return train(one_training(trial, model, seed, settings), learning, held)


def one_training(trial: Trial, model: Any, seed: int, settings: Training) -> supervised.Trial:
    """The trial of one training, judged by the task's first metric."""

    def value(gold: Sequence[Example], outputs: Sequence[Any]) -> float:
        return trial.value(
            gold, [outcome(example, logs, len(trial.labels)) for example, logs in zip(gold, outputs, strict=True)]
        )

    return supervised.Trial(
        model=model,
        settings=settings,
        device=trial.device,
        seed=seed,
        train=(),
        dev=(),
        ranked=(),
        value=value,
        higher_is_better=trial.higher_is_better,
        folder=trial.folder,
        clock=trial.clock,
        regime=trial.regime,
        join=trial.join,
    )


def outcome(example: Example, logs: Sequence[float], labels: int) -> dict[str, Any]:
    """What is kept of an answer: the likeliest label, its probability, and the cost of the right one where it is known.

    Raises ``RunError`` for an answer that is not the logarithms of so many probabilities.

    >>> outcome(Example("a", None, 1), [math.log(0.75), math.log(0.25)], 2)
    {'label': 0, 'confidence': 0.75, 'nats': 1.3863}
    """
    fault = distribution_fault(logs, labels)
    if fault:
        raise RunError(
            f"example {example.id}: {fault}. `predict` must give the logarithms of {labels} probabilities that sum to "
            "1, for example by log_softmax."
        )
    label = max(range(len(logs)), key=logs.__getitem__)
    found = {"label": label, "confidence": round(min(1.0, math.exp(logs[label])), 4)}
    return found if example.target is None else {**found, "nats": round(max(0.0, -logs[example.target]), 4)}
