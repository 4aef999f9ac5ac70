"""The rules of a model: it builds, learns a little from a sample, and answers the same however it is asked."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import math

from harness import kinds, protocols
from harness.capability import NAMES
from harness.contract.answers import differing, plain, tolerated
from harness.contract.base import (
    BrokenError,
    Inapplicable,
    Noted,
    Rule,
    applies,
    departures_are_told,
    imports_point_the_right_way,
    require,
    settings_are_explained,
    sound,
)
from harness.contract.model_case import EXAMPLES, RATE, SEED, ModelCase, questions
from harness.errors import EnvironmentFailure
from harness.kinds.base import Check, Kind, Tried
from harness.protocols import regimes
from harness.protocols.needs import times
from harness.registry.shelves import entries, split_settings
from harness.spec import Example, Model


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


def says_whether_it_draws(case: ModelCase) -> None:
    """Where the card says deterministic, nothing is drawn: answers are bit for bit the same under another seed."""
    if case.learns:
        require(
            not case.card.deterministic,
            "the card says deterministic, but the protocol draws the order of batches. Take it off the card.",
        )
        raise Inapplicable
    unlike = []
    for task, _, answers in case.trained:
        other = case.teach(task, SEED + 1)
        same = list(map(plain, task.kind.ask(task.card, other, questions(task)))) == list(map(plain, answers))
        unlike += [] if same else [task.entry.name]
    require(
        not (case.card.deterministic and unlike),
        f"on {', '.join(unlike)} another seed gives other answers. Take deterministic off the card, or draw nothing.",
    )
    if not case.card.deterministic and not unlike:
        raise Noted(
            "another seed gives the same answers. If nothing is drawn, write deterministic=True on the card: "
            "then one run counts as any number of seeds."
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
    says_whether_it_draws,
    expresses_consistently,
)
