"""Train short, read long: a model learns on windows of N tokens and reads texts in windows of N, 2 N, ... 16 N.

Every model sees the same windows of train in the same order and takes the same number of steps; nothing is chosen on
any split. A ranked text is then read in three ways that are three metrics and are never mixed: windows side by side, a
window that slides on by a stride, and the same last tokens with ever more context (``harness.protocols.plans``). In
each, every token of the text that is read is scored exactly once. A text of which only a part is asked about is read as
one window. On request windows are also read each after the token that begins a text (``bos``), or texts of any length
each by itself (``sentences``); these are metrics of their own names.

Press, Smith and Lewis 2022, arXiv 2108.12409; Kazemnejad et al. 2023, arXiv 2305.19466.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any

from harness.machine.clock import synchronise
from harness.progress import bar
from harness.protocols import keeping
from harness.protocols.causal import Trial
from harness.protocols.reading import Reading, counts, plan, read
from harness.protocols.windows import learned
from harness.spec import Example, Perplexity, Protocol

PROTOCOLS = (
    Protocol(
        name="smoke",
        version=1,
        title="The embedded sample, windows of 64 tokens, 40 steps: does it run?",
        kinds=("tokens",),
        procedure="perplexity",
        data="sample",
        seeds=1,
        encoder="mini-zh",
        settings=Perplexity(
            length=64,
            batch_size=8,
            steps=40,
            learning_rate=3e-3,
            windows=(1, 2, 4),
            stride=64,
            single=2,
            single_windows=(1, 2),
            targets=64,
            bins=8,
        ),
        needs="ScoresText",
    ),
    Protocol(
        name="mini",
        version=1,
        title="Windows of 256 tokens, 400 steps of 16, read up to 4,096: small models, a CPU is enough.",
        kinds=("tokens",),
        procedure="perplexity",
        data="real",
        seeds=3,
        encoder="mini-zh",
        settings=Perplexity(length=256, batch_size=16, steps=400, learning_rate=3e-3),
        needs="ScoresText",
    ),
    Protocol(
        name="small",
        version=1,
        title="Windows of 512 tokens, 1,200 steps of 32, read up to 8,192: wants a GPU and some layers=8,width=384,heads=6.",
        kinds=("tokens",),
        procedure="perplexity",
        data="real",
        seeds=1,
        encoder="mini-zh",
        settings=Perplexity(length=512, batch_size=32, steps=1200, learning_rate=1e-3, batch_tokens=65536),
        needs="ScoresText",
    ),
    Protocol(
        name="paper",
        version=1,
        title="Near ALiBi on WikiText-103 (Press et al. 2022): windows of 512, 286,000 steps of 18, Nesterov's momentum; wants a GPU and a large model.",
        kinds=("tokens",),
        procedure="perplexity",
        data="real",
        seeds=1,
        encoder="mini-zh",
        settings=Perplexity(
            length=512,
            batch_size=18,
            steps=286000,
            learning_rate=1.0,
            optimiser="nag",
            warmup=0.056,
            clip=0.1,
            weight_decay=0.0,
            windows=(1, 2, 3, 4, 6, 8, 16),
            stride=512,
            save_every=1000,
        ),
        needs="ScoresText",
        departures=(
            "Inputs and outputs are one plain embedding; the paper uses adaptive inputs and an adaptive softmax.",
            "The shape of the model is the model's own; the paper has 16 layers of width 1,024 and 247 million parameters.",
            "Training runs in bf16 where the device is faster with it; the published command trains in fp16.",
        ),
    ),
)

CHUNK, SENTENCES = 4, 256
"""Texts, and sentences, that are read between two writes: what a killed run loses at most."""


def carry_out(trial: Trial) -> dict[str, Any]:
    """Train, then read the ranked texts into the folder's journal; both go on from where a killed run stopped.

    Returns what a record says about this seed: parameters, steps, seconds, tokens read a second in the last
    attempt, windows refused.
    """
    report = keeping.report_of(trial)
    todo = trial.folder.unfinished(chunks(trial), trial.seed)
    if todo or report is None:
        with trial.clock("train"):
            report = prepare(trial)
        keeping.keep(trial)
        tokens, seconds = 0, 0.0  # of this attempt
        with trial.clock("predict"):
            for chunk in bar(todo, f"seed {trial.seed}: read", unit="chunk"):
                started = time.perf_counter()
                readings = [plan(trial, example) for example in chunk]
                tokens += read(trial, readings)
                synchronise()
                seconds += time.perf_counter() - started
                trial.folder.append(rows(trial, readings))
        speed = {"read_tokens_per_second": round(tokens / seconds, 1)} if seconds else {}
        report = keeping.note(keeping.report_path(trial), {**report, **speed, "refused": refused(trial)})
    elif keeping.lacks(trial):
        prepare(trial)  # from the cache of trained weights, or the last steps again
        keeping.keep(trial)
    return report


def chunks(trial: Trial) -> list[Sequence[Example]]:
    """What is read at once; it depends on the data alone."""
    size = SENTENCES if trial.settings.sentences else CHUNK
    return [trial.ranked[start : start + size] for start in range(0, len(trial.ranked), size)]


def lines(trial: Trial, chunk: Sequence[Example]) -> list[dict[str, Any]]:
    """The readings of a chunk as lines of the journal."""
    readings = [plan(trial, example) for example in chunk]
    read(trial, readings)
    return rows(trial, readings)


def lines_of_any(trial: Trial, chunk: Sequence[Example]) -> list[dict[str, Any]]:
    """What texts of any length cost, each by itself, as lines."""
    alone = dataclasses.replace(trial, settings=dataclasses.replace(trial.settings, sentences=True))
    return lines(alone, [Example(example.id, example.input, ((0, len(example.input)),)) for example in chunk])


def rows(trial: Trial, readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """Texts that were read as lines of the journal."""
    return [
        {"id": reading.example.id, "seed": trial.seed, "prediction": counts(trial, reading)} for reading in readings
    ]


def ready(trial: Trial, weights: Mapping[str, Any] | None) -> None:
    """Bring the model to where it reads: with kept weights, or by counting what takes no gradients."""
    if weights is None:
        prepare(trial)
        return
    trial.model.prepare(trial.train, trial.settings.length)
    trial.model.load_state_dict(weights)
    trial.model.train(False)


def prepare(trial: Trial) -> dict[str, Any]:
    """Let the model learn what it can: by gradients, by counting, or nothing."""
    if keeping.trains(trial.model):
        return learned(trial)
    counted = hasattr(trial.model, "fit")
    if counted:
        trial.model.fit(trial.train)
    given = trial.model.parameters() if hasattr(trial.model, "parameters") else ()
    return {
        "parameters": sum(parameter.numel() for parameter in given),
        "rows": len(trial.train) if counted else 0,
        "chosen_on": "nothing",
    }


def refused(trial: Trial) -> dict[str, str]:
    """Windows that the model cannot read -> why; a table shows them as refused."""
    longest = trial.model.longest
    if longest is None:
        return {}
    windows = [times * trial.settings.length for times in trial.settings.windows]
    return {str(window): f"the model reads {longest} tokens at most" for window in windows if window > longest}
