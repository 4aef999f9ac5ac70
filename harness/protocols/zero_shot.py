"""Zero-shot classification: no training; a model scores each option of each question of the ranked split.

A model that counts on train may do so (``Fits``). One that gives a score for each option is right where the largest
score is. One that gives a single score for a question contrasts samples: its scores become labels by thresholds that
it takes from the distribution of the scores, its own or those of dev. No label of dev is ever shown to it.

Sun et al., NSP-BERT: A Prompt-based Few-Shot Learner Through an Original Pre-training Task (COLING 2022), section 3.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RunError
from harness.machine.clock import Clock, synchronise
from harness.progress import bar
from harness.protocols import keeping
from harness.records.store import RunFolder
from harness.spec import Example, Protocol, Ranked, ZeroShot

PROTOCOLS = (
    Protocol(
        name="smoke",
        version=1,
        title="The embedded sample, nothing is trained, the small encoder that ships: does it run?",
        kinds=("choice",),
        procedure="zero_shot",
        data="sample",
        seeds=1,
        encoder="mini-zh",
        settings=ZeroShot(),
        needs="Ranks",
    ),
    Protocol(
        name="mini",
        version=1,
        title="Real data, nothing is trained; the small encoder that ships, or a checkpoint of one's own by --encoder.",
        kinds=("choice",),
        procedure="zero_shot",
        data="real",
        seeds=1,
        encoder="mini-zh",
        settings=ZeroShot(),
        needs="Ranks",
    ),
)

BEST = 5
"""Options of a question that the predictions keep with their scores."""
DIGITS = 6
"""Significant digits of those scores. Lone scores are kept whole, since labels follow from them."""


@dataclass
class Trial:
    """One seed of one run: everything this protocol needs, and nothing that names a task or a model."""

    model: Any
    settings: ZeroShot
    seed: int
    train: Sequence[Example]
    dev: Sequence[Example]
    ranked: Sequence[Example]
    labels: Sequence[str]  # the options of questions that bring none of their own
    folder: RunFolder
    clock: Clock


def carry_out(trial: Trial) -> dict[str, Any]:
    """Rank the ranked split into the folder's journal, then decide; both go on from where a killed run stopped.

    Returns what a record says about this seed: parameters, rows learned from, questions cut, pairs and their speed.
    A pair is a question with one of its options, or a question alone where samples are contrasted.
    """
    report = keeping.report_of(trial)
    todo = trial.folder.unfinished(chunks(trial), trial.seed)
    if todo or report is None:
        learned = fit(trial)
        with trial.clock("predict"):
            rank(trial, todo)
            decided = decide(trial)
        report = keeping.note(keeping.report_path(trial), {**learned, **summary(trial), **decided})
    return report


def chunks(trial: Trial) -> list[Sequence[Example]]:
    """What is ranked at once; it depends on the data alone."""
    size = trial.settings.chunk
    return [trial.ranked[start : start + size] for start in range(0, len(trial.ranked), size)]


def lines(trial: Trial, chunk: Sequence[Example]) -> list[dict[str, Any]]:
    """The answers to a chunk as lines of the journal; lone scores are not decided yet."""
    return [as_row(trial.seed, example, answer) for example, answer in zip(chunk, ask(trial, chunk), strict=True)]


def ready(trial: Trial, weights: Mapping[str, Any] | None) -> None:
    """Bring the model to where it ranks; nothing is trained by gradients, so there are no weights to be given."""
    fit(trial)


def fit(trial: Trial) -> dict[str, Any]:
    """Let a model that counts learn from train, in one go; the parameters are those that it came with."""
    learns = hasattr(trial.model, "fit")
    if learns:
        with trial.clock("train"):
            trial.model.fit(trial.train)
    given = trial.model.parameters() if hasattr(trial.model, "parameters") else ()
    return {
        "parameters": sum(parameter.numel() for parameter in given),
        **({"precision": trial.model.precision} if hasattr(trial.model, "precision") else {}),
        "rows": len(trial.train) if learns else 0,
        "chosen_on": "nothing",
    }


# ---------------------------------------------------------------- ranking


def rank(trial: Trial, todo: Sequence[Sequence[Example]]) -> None:
    """Rank chunk by chunk, each in the journal before the next begins, with the time that it took beside it."""
    for chunk in bar(todo, f"seed {trial.seed}: rank", unit="chunk"):
        started = time.perf_counter()
        answers = ask(trial, chunk)
        synchronise()
        seconds = time.perf_counter() - started
        trial.folder.append(as_row(trial.seed, example, answer) for example, answer in zip(chunk, answers, strict=True))
        spent = time_spent(trial)
        spent["pairs"] += sum(len(answer.scores) for answer in answers)
        spent["seconds"] += seconds
        keeping.note(_spent_path(trial), spent)


def ask(trial: Trial, examples: Sequence[Example]) -> list[Ranked]:
    """The model's answers to some questions. ``RunError`` for a wrong number of answers or scores, or for a NaN."""
    answers = list(trial.model.rank([example.input for example in examples]))
    if len(answers) != len(examples):
        raise RunError(
            f"the model answered {len(answers)} of {len(examples)} questions. "
            "`rank` must give one Ranked for each question, in order."
        )
    for example, answer in zip(examples, answers, strict=True):
        options = len(example.input.options or trial.labels)
        if len(answer.scores) not in (1, options):
            raise RunError(
                f"question {example.id!r} has {options} options, and the model gave {len(answer.scores)} scores. "
                "Give one for each option, or one alone for the whole question."
            )
        wrong = [score for score in answer.scores if not math.isfinite(score)]
        if wrong:
            raise RunError(
                f"a score of question {example.id!r} is {float(wrong[0])}. "
                "Look for a logarithm or division in the model's `rank`."
            )
    return answers


def as_row(seed: int, example: Example, answer: Ranked) -> dict[str, Any]:
    """A line of the journal. The prediction of a lone score waits until all scores are there.

    >>> as_row(0, Example("a", None, 1), Ranked((0.25, 0.5, 0.25)))["best"]
    [[1, 0.5], [0, 0.25], [2, 0.25]]
    """
    scores = [float(score) for score in answer.scores]
    made: dict[str, Any] = {"id": example.id, "seed": seed, "prediction": None, "cut": bool(answer.cut)}
    if len(scores) == 1:
        return {**made, "score": scores[0]}
    order = sorted(range(len(scores)), key=lambda option: (-scores[option], option))  # the first of equals
    best = [[option, float(f"{scores[option]:.{DIGITS}g}")] for option in order[:BEST]]
    return {**made, "prediction": order[0], "best": best}


# ---------------------------------------------------------------- deciding


def decide(trial: Trial) -> dict[str, Any]:
    """Turn lone scores into labels, in the journal; how many questions of dev gave the reference, where that was
    asked."""
    rows = trial.folder.predictions()
    own = {row["id"]: row for row in rows if row["seed"] == trial.seed}
    reference = settle(trial, own)
    if reference is None:
        return {}
    trial.folder.keep(rows)
    return {"reference_rows": reference}


def settle(trial: Trial, own: Mapping[str, dict[str, Any]]) -> int | None:
    """Give rows with lone scores their labels: id -> row, of all ranked questions.

    Answers how many questions of dev gave the reference; ``None`` where there is nothing to decide.
    Raises ``RunError`` where some questions have a score for each option and others one alone, and for a model that
    gives lone scores and cannot turn them into labels.
    """
    lone = ["score" in own[example.id] for example in trial.ranked]
    if any(lone) != all(lone):
        raise RunError(
            f"the model gave one score alone for {sum(lone)} of {len(lone)} questions, "
            "and a score for each option for the others. `rank` must keep to one form on a task."
        )
    if not all(lone):
        return None
    if not hasattr(trial.model, "decide"):
        raise RunError(
            "the model gives one score for a question and cannot turn scores into labels. "
            "It needs `decide(scores, reference)`: see Decides in harness/capability.py."
        )
    reference = ask(trial, trial.dev)
    if any(len(answer.scores) != 1 for answer in reference):
        raise RunError("the model gives one score for a ranked question, but several for one of dev.")
    scores = [own[example.id]["score"] for example in trial.ranked]
    labels = list(trial.model.decide(scores, [float(answer.scores[0]) for answer in reference]))
    if len(labels) != len(scores) or not all(label in range(len(trial.labels)) for label in labels):
        raise RunError(
            f"`decide` must give a number from 0 to {len(trial.labels) - 1} for each of {len(scores)} scores; "
            f"it gave {len(labels)}: {labels[:3]}..."
        )
    for example, label in zip(trial.ranked, labels, strict=True):
        own[example.id]["prediction"] = int(label)
    return len(reference)


# ---------------------------------------------------------------- what a record says


def summary(trial: Trial) -> dict[str, Any]:
    """Questions cut, pairs, seconds. The seconds and the speed are of ranking alone, summed over attempts."""
    rows = [row for row in trial.folder.predictions() if row["seed"] == trial.seed]
    spent = time_spent(trial)
    return {
        "questions_cut": sum(row["cut"] for row in rows),
        "pairs": sum(
            1 if "score" in row else len(example.input.options or trial.labels)
            for row, example in zip(rows, trial.ranked, strict=True)
        ),
        "seconds": round(spent["seconds"], 3),
        "pairs_per_second": round(spent["pairs"] / spent["seconds"], 1) if spent["seconds"] else 0.0,
    }


def time_spent(trial: Trial) -> dict[str, float]:
    """Pairs ranked in all attempts of this seed, and the seconds they took."""
    return dict(keeping.recalled(_spent_path(trial)) or {"pairs": 0, "seconds": 0.0})


def _spent_path(trial: Trial) -> Path:
    return trial.folder.seed(trial.seed) / "spent.json"
