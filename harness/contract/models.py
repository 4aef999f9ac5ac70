"""The contract of a model: it builds, learns a little from a sample, and answers the same however it is asked."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import math
from collections.abc import Sequence
from typing import Any

from harness import kinds, protocols
from harness.capability import NAMES
from harness.contract import standin
from harness.contract.answers import differing, tolerated
from harness.contract.base import (
    BrokenError,
    Case,
    Rule,
    Unreached,
    applies,
    departures_are_told,
    imports_point_the_right_way,
    require,
    settings_are_explained,
    sound,
)
from harness.contract.tasks import TaskCase
from harness.errors import EnvironmentFailure
from harness.kinds.base import TOKENS, Check, Kind, Tried
from harness.protocols import regimes
from harness.protocols.needs import times
from harness.registry.shelves import configure, entries, split_settings
from harness.spec import Example, Model
from harness.trial.planning import needs_a_named_encoder

EXAMPLES = 24
STEPS = 2
SEED = 3
RATE = 3e-3


class ModelCase(Case):
    """A model with tasks of its kinds to try it on, and what it learned there."""

    broken = False  # whether a rule has found that it cannot be trained, or does not answer

    @property
    def learns(self) -> bool:
        """Whether it learns by gradients."""
        return bool({"Learns", "ReadsOn"} & {*self.card.capabilities})

    @functools.cached_property
    def tasks(self) -> list[TaskCase]:
        """One task of each form that its kinds have, nested ones and those with few labels first."""
        fitting = [TaskCase(entry) for entry in entries("tasks") if entry.card.kind in self.card.kinds]
        require(
            fitting,
            f"no task is of kind {', '.join(self.card.kinds)}: the model cannot be tried on any. `harness list tasks` shows the kinds.",
        )
        chosen: dict[str, TaskCase] = {}
        for task in sorted(fitting, key=difficulty):
            with contextlib.suppress(BrokenError):  # a task whose sample fails says so when it is checked itself
                if form(task) not in chosen and task.sample:
                    chosen[form(task)] = task
        require(chosen, f"no task of kind {', '.join(self.card.kinds)} has a sample: `harness check` on them says why.")
        return list(chosen.values())

    def build(self, task: TaskCase, seed: int = SEED, settings: dict[str, str] | None = None) -> Any:
        """A fresh model with default settings, on the small encoder that ships, or on a stand-in for one that cannot."""
        given = dict(settings or {})
        if any(setting.name == "precision" for setting in self.entry.settings):
            given.setdefault("precision", "float32")  # rounding is not what the rules are about
        if needs_a_named_encoder(self.entry):
            given.setdefault("encoder", standin.causal(task.kind.texts(task.card, questions(task))))
        elif any(setting.name == "encoder" for setting in self.entry.settings):
            given.setdefault("encoder", protocols.find("smoke", task.card.kind).encoder)
        return self.module.build(configure(self.entry, self.module, given), task.card, "cpu", seed)

    @functools.cached_property
    def trained(self) -> list[tuple[TaskCase, Any, list[Any]]]:
        """For each task the task, the model after a few steps, and its answers to rows it has not seen.

        Raises ``Unreached`` for the rules after the one that has found that it cannot be had.
        """
        if self.broken:
            raise Unreached
        self.broken, made = True, []
        for task in self.tasks:
            model = self.teach(task)
            made.append((task, model, task.kind.ask(task.card, model, questions(task))))
        self.broken = False
        return made

    def teach(self, task: TaskCase) -> Any:
        """Build a model and let it learn from a handful of rows: two steps, or one go."""
        model, rows = self.build(task), task.sample[task.card.train_split][:EXAMPLES]
        if not self.learns:
            if "Fits" in self.card.capabilities:
                model.fit(rows)
            return model
        import torch

        torch.manual_seed(SEED)
        given = self.prepare(model, rows)
        reads = "ReadsOn" in self.card.capabilities
        optimiser = torch.optim.AdamW(model.parameters() if reads else model.parameter_groups(RATE, RATE), lr=RATE)
        model.train()
        for _ in range(STEPS):
            loss = model.loss(*given)
            require(
                loss.ndim == 0 and math.isfinite(float(loss.detach())),
                f"the loss on {task.entry.name} is {loss}, not one finite number.",
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        getattr(model, "eval", lambda: model.train(False))()
        return model

    def prepare(self, model: Any, rows: Sequence[Example]) -> tuple[Any, ...]:
        """Prepare a model on some rows; what its ``loss`` takes."""
        if "ReadsOn" not in self.card.capabilities:
            model.prepare(rows)
            return ([model.encode(row) for row in rows],)
        import numpy as np

        model.prepare(rows, TOKENS)
        ids = np.array([[model.first, *model.pieces(row.input).ids[:TOKENS]] for row in rows], np.int64)
        return ids, np.ones(ids[:, 1:].shape, bool)


def difficulty(task: TaskCase) -> tuple[bool, int]:
    """What puts tasks in order: nested ones first, then those that cost little."""
    return not task.card.nested, task.kind.difficulty(task.card)


def form(task: TaskCase) -> str:
    """What differs between tasks for a model, such as tokens that are characters or words."""
    return task.kind.form(task.card, task.ranked[0].input)


def questions(task: TaskCase) -> list[Any]:
    """Inputs that the model has not learned from, of unlike lengths and in no order of length."""
    return [example.input for example in task.ranked[:EXAMPLES]]


def card_fits_a_protocol(case: ModelCase) -> None:
    """The card names known kinds and capabilities, enough of them to be run, and packages that are here."""
    card: Model = case.card
    wrong = [name for name in card.capabilities if name not in NAMES]
    require(not wrong, f"no capability is called {', '.join(wrong)}; there are {', '.join(NAMES)}.")
    trials = [trial for trial in protocols.cards() if not times(trial)]  # no model must be timed
    needed = sorted({trial.needs for trial in trials if {*trial.kinds} & {*card.kinds}} or {"Predicts"})
    require(
        set(needed) <= set(card.capabilities),
        f"the card needs {' and '.join(needed)} among its capabilities, and Fits or Learns where the model learns from train.",
    )
    known = {entry.card.kind for entry in entries("tasks")}
    require(
        card.kinds and set(card.kinds) <= known,
        f"the card serves kinds {', '.join(card.kinds) or '(none)'}; tasks are of kind {', '.join(sorted(known))}.",
    )
    absent = [package for package in card.needs if importlib.util.find_spec(package) is None]
    require(not absent, f"the package {', '.join(absent)} is missing. Install it: pip install {' '.join(absent)}")


def variants_can_be_built(case: ModelCase) -> None:
    """Every variant on the card is a setting of Config with a value of its type, and builds."""
    applies(case.card.variants)
    for text in case.card.variants:
        _, settings = split_settings(f"{case.entry.name}:{text}")
        with contextlib.suppress(EnvironmentFailure):  # an optional package that is not here; a run that asks says so
            case.build(case.tasks[0], settings=settings)


def offers_what_it_promises(case: ModelCase) -> None:
    """What build gives has the methods of every capability on the card."""
    model = case.build(case.tasks[0])
    for name in case.card.capabilities:
        lacking = [method for method in vars(NAMES[name]) if not method.startswith("_") and not hasattr(model, method)]
        require(
            isinstance(model, NAMES[name]),
            f"the card promises {name}, but the model has no method {', '.join(lacking)}.",
        )


def learns(case: ModelCase) -> None:
    """It learns from two dozen rows: the loss is finite, and every parameter belongs to just one optimiser group."""
    for task, model, _ in case.trained:
        if "Learns" in case.card.capabilities:
            groups = model.parameter_groups(RATE, RATE)
            grouped = [id(parameter) for group in groups for parameter in group["params"]]
            free = [id(parameter) for parameter in model.parameters() if parameter.requires_grad]
            require(
                sorted(grouped) == sorted(free),
                f"on {task.entry.name} the optimiser groups hold {len(grouped)} parameters, the model {len(free)}: give each to just one group.",
            )
            require(
                all("lr" in group for group in groups),
                "an optimiser group has no lr. The protocol scales each group's own rate.",
            )


def trains_under_every_regime(case: ModelCase) -> None:
    """Where it learns by gradients: a step under each training regime that its card allows has a finite loss."""
    applies("Learns" in case.card.capabilities)
    task = case.tasks[0]
    model = case.build(task)
    given = case.prepare(model, task.sample[task.card.train_split][:EXAMPLES])
    for name, regime in regimes.REGIMES.items():
        if name in regimes.EMBEDDED and "Embeds" not in case.card.capabilities:
            continue
        for parameter in model.parameters():
            parameter.grad = None
        try:
            value = float(regime.step(model, lambda: model.loss(*given)))
        except (RuntimeError, NotImplementedError) as error:
            raise BrokenError(
                f"on {task.entry.name} a step of --regime {name} fails: {error}. Mend it, or take Embeds off the card."
            ) from error
        require(math.isfinite(value), f"on {task.entry.name} the loss under --regime {name} is {value}.")


def answers_every_input(case: ModelCase) -> None:
    """There is one sound answer for each input, in order: spans inside the text, or scores of the options."""
    for task, model, answers in case.trained:
        asked = questions(task)
        method = task.kind.method
        require(len(answers) == len(asked), f"{method} gave {len(answers)} answers to {len(asked)} inputs.")
        sound(task.kind.answer_faults(task.card, asked, answers))
        require(task.kind.ask(task.card, model, []) == [], f"{method}([]) is not an empty list.")
        turned = task.kind.ask(task.card, model, list(reversed(asked)))
        require(
            differing(list(reversed(turned)), answers) <= tolerated(len(asked)),
            "answers do not follow the order of the inputs: asked in reverse, the model answers otherwise.",
        )


def answers_alone_as_in_a_batch(case: ModelCase) -> None:
    """An input gets the same answer alone and among others: padding does not leak into answers."""
    for task, model, answers in case.trained:
        alone = [task.kind.ask(task.card, model, [item])[0] for item in questions(task)]
        count = differing(alone, answers)
        require(
            count <= tolerated(len(alone)),
            f"{count} of {len(alone)} answers on {task.entry.name} differ when asked alone. Look for padding that reaches a sum, a mean or a softmax.",
        )


def state_can_be_restored(case: ModelCase) -> None:
    """A fresh model that is given the state of a trained one answers the same, so that runs can be resumed."""
    applies(case.learns)
    for task, model, answers in case.trained:
        fresh = case.build(task)
        case.prepare(fresh, task.sample[task.card.train_split][:EXAMPLES])
        fresh.load_state_dict(model.state_dict())
        fresh.train(False)
        require(
            differing(task.kind.ask(task.card, fresh, questions(task)), answers) == 0,
            f"on {task.entry.name} a model with the restored state answers otherwise: something that matters is not in state_dict.",
        )


def equal_seeds_give_equal_models(case: ModelCase) -> None:
    """Two models built and taught with one seed are equal."""
    for task, model, answers in case.trained:
        again = case.teach(task)
        if case.learns:
            first, second = model.state_dict(), again.state_dict()
            require(first.keys() == second.keys(), "two builds with one seed have different parameters.")
            unlike = [name for name in first if not bool((first[name] == second[name]).all())]
            require(
                not unlike,
                f"on {task.entry.name} two models of one seed differ in {', '.join(unlike[:3])}. Create parameters under the seed given to build.",
            )
        require(
            differing(task.kind.ask(task.card, again, questions(task)), answers) == 0,
            f"on {task.entry.name} two models of one seed answer differently.",
        )


def expresses_consistently(case: ModelCase) -> None:
    """Bounded.express gives valid answers, and expressing them again changes nothing."""
    applies("Bounded" in case.card.capabilities)
    for task, model, _ in case.trained:
        gold: list[Example] = task.ranked[:EXAMPLES]
        nearest = [model.express(example.input, example.target) for example in gold]
        sound(task.kind.answer_faults(task.card, [example.input for example in gold], nearest))
        again = [model.express(example.input, answer) for example, answer in zip(gold, nearest, strict=True)]
        if differing(nearest, again):
            raise BrokenError(
                "express(text, express(text, gold)) is not express(text, gold): the first answer was not expressible."
            )


def promised(kind: Kind, check: Check) -> Rule:
    """A promise of the models of one kind as a rule; it says nothing of models of other kinds."""

    @functools.wraps(check)
    def rule(case: ModelCase) -> None:
        applies(kind.name in case.card.kinds)
        for task, model, answers in case.trained:
            if task.kind is kind:
                tried = Tried(task.card, case.card, model, task.ranked, answers)
                sound(check(tried), f"on {task.entry.name} ")

    return rule


STATIC: tuple[Rule, ...] = (
    card_fits_a_protocol,
    departures_are_told,
    settings_are_explained,
    imports_point_the_right_way,
)
"""The rules that a model's source alone can keep; those after them build it, and most let it learn."""
RULES: tuple[Rule, ...] = (
    *STATIC,
    variants_can_be_built,
    offers_what_it_promises,
    learns,
    trains_under_every_regime,
    answers_every_input,
    *(promised(kind, check) for kind in kinds.every().values() for check in kind.checks),
    answers_alone_as_in_a_batch,
    state_can_be_restored,
    equal_seeds_give_equal_models,
    expresses_consistently,
)
