"""Fine-tuning: learn on train, choose an epoch, answer the ranked split once.

The protocol owns every step: which rows train, in what order and batches, at which rate, what is selected on what,
how long texts are cut. A model only turns examples into a loss and inputs into answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.kinds.windows import lost, span_rows
from harness.progress import bar, say
from harness.protocols import keeping
from harness.protocols.supervised import Trial, answer, batches, parts
from harness.spec import Example, Protocol, Training

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
        title="Near the published recipe (Su 2021, spaces.ac.cn/archives/8373): BERT-base, 10 epochs, batch 16, 2e-5; the epoch is chosen on dev, as published.",
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
        departures=(
            "BERT reads single code points where the published scripts read word pieces, so that 'ct' is two tokens.",
            "Cells of [CLS] and [SEP] are left out of the scores.",
            "Tag models decode no illegal sequence of tags, where the Viterbi of the published script allows it.",
            "Overlapping gold is flattened longest entity first for tag models; the published script takes the order of the file.",
            "Training runs in bf16 where the device has it.",
            "Batches hold texts of similar length.",
        ),
    ),
)


def carry_out(trial: Trial) -> dict[str, Any]:
    """Train, then predict the ranked split into the folder's journal; both go on from where a killed run stopped.

    Returns what a record says about this seed: parameters, steps, seconds, the chosen epoch, the history.
    """
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
    return list(batches(trial.ranked, trial.settings))


def lines(trial: Trial, batch: Sequence[Example]) -> list[dict[str, Any]]:
    """The predictions of a batch as lines of the journal."""
    answers = answer(trial.model, [example.input for example in batch], trial.settings, trial.join)
    rows = zip(batch, answers, strict=True)
    return [{"id": example.id, "seed": trial.seed, "prediction": output} for example, output in rows]


def fit(trial: Trial) -> dict[str, Any]:
    """Let the model learn under the settings, by gradients or in one go."""
    if not keeping.trains(trial.model):  # nothing to choose: all of train is learned from, each text whole
        learns = hasattr(trial.model, "fit")
        if learns:
            trial.model.fit(trial.train)
        return {"parameters": 0, "rows": len(trial.train) if learns else 0, "chosen_on": "nothing"}
    learning, held, chosen_on = learned_from(trial)
    from harness.protocols.training import learn  # torch from here on

    return {**learn(trial, learning, held), **learned_rows(trial, learning), "chosen_on": chosen_on}


def learned_rows(trial: Trial, learning: Sequence[Example]) -> dict[str, int]:
    """How many texts were learned from; with windows also in how many, and how many of all entities lay in none."""
    settings = trial.settings
    if not settings.overlap:
        return {"rows": len(learning)}
    texts, _, _ = parts(settings, trial.train, trial.dev, trial.ranked)
    missed, total = lost(texts, settings.train_tokens, settings.overlap)
    if missed:
        say(f"note: {missed:,} of {total:,} entities of train lie in no window and are not learned from")
    return {"rows": len(texts), "windows": len(learning), "entities_in_no_window": missed}


def learned_from(trial: Trial) -> tuple[list[Example], Sequence[Example], str]:
    """The rows that gradients come from, the rows that choose an epoch, and what a record says of the latter.

    Long texts are cut, or are as many rows as they have windows: what is asked is a window from anywhere in a text, so
    what is learned from is one as well. A pass over the rows then has more steps; the number of passes stays.
    """
    settings = trial.settings
    learning, held, chosen_on = parts(settings, trial.train, trial.dev, trial.ranked)
    rows = [row for example in learning for row in span_rows(example, settings.train_tokens, settings.overlap)]
    return rows, held, chosen_on


def ready(trial: Trial, weights: Mapping[str, Any] | None) -> None:
    """Bring the model to where it predicts: with kept weights, or by learning in one go what takes no gradients."""
    if weights is None:
        fit(trial)
        return
    from harness.protocols.training import take_up

    take_up(trial, learned_from(trial)[0], weights)
