"""The contract of a model: it builds, learns a little from a sample, and answers the same however it is asked."""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Sequence
from typing import Any

from harness import protocols
from harness.capability import NAMES
from harness.contract_base import BrokenError, Case, Rule, imports_point_the_right_way, require, settings_are_explained
from harness.contract_tasks import TaskCase, span_faults
from harness.registry import configure, entries, split_settings
from harness.spec import Example, Model, Task, Text

EXAMPLES = 24
STEPS = 2
SEED = 3
RATE = 3e-3


class ModelCase(Case):
    """A model with tasks of its kinds to try it on, and what it learned there."""

    @property
    def learns(self) -> bool:
        """Whether it learns by gradients."""
        return "Learns" in self.card.capabilities

    @functools.cached_property
    def tasks(self) -> list[TaskCase]:
        """One task whose tokens are characters and one whose tokens are words, nested ones first, where there are such."""
        fitting = [TaskCase(entry) for entry in entries("tasks") if entry.card.kind in self.card.kinds]
        require(
            fitting,
            f"no task is of kind {', '.join(self.card.kinds)}: the model cannot be tried on any. `harness list tasks` shows the kinds.",
        )
        chosen: dict[bool, TaskCase] = {}
        for task in sorted(fitting, key=lambda task: not task.card.nested):
            chosen.setdefault(task.card.language == "zh", task)
        return list(chosen.values())

    def build(self, task: TaskCase, seed: int = SEED, settings: dict[str, str] | None = None) -> Any:
        """A fresh model with default settings, on the small encoder that ships."""
        given = dict(settings or {})
        if any(setting.name == "encoder" for setting in self.entry.settings):
            given.setdefault("encoder", protocols.find("smoke", task.card.kind).encoder)
        return self.module.build(configure(self.entry, self.module, given), task.card, "cpu", seed)

    @functools.cached_property
    def trained(self) -> list[tuple[TaskCase, Any, list[Any]]]:
        """For each task the task, the model after a few steps, and its answers to rows it has not seen."""
        made = []
        for task in self.tasks:
            model = self.teach(task)
            made.append((task, model, model.predict(questions(task))))
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
        model.prepare(rows)
        items = [model.encode(row) for row in rows]
        optimiser = torch.optim.AdamW(model.parameter_groups(RATE, RATE))
        model.train()
        for _ in range(STEPS):
            loss = model.loss(items)
            require(
                loss.ndim == 0 and math.isfinite(float(loss.detach())),
                f"the loss on {task.entry.name} is {loss}, not one finite number.",
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        getattr(model, "eval", lambda: model.train(False))()
        return model


def questions(task: TaskCase) -> list[Text]:
    """Inputs that the model has not learned from, of unlike lengths and in no order of length."""
    return [example.input for example in task.ranked[:EXAMPLES]]


def card_fits_a_protocol(case: ModelCase) -> None:
    """The card names known kinds and capabilities, enough of them to be run, and packages that are here."""
    card: Model = case.card
    wrong = [name for name in card.capabilities if name not in NAMES]
    require(not wrong, f"no capability is called {', '.join(wrong)}; there are {', '.join(NAMES)}.")
    require(
        "Predicts" in card.capabilities,
        "the card needs Predicts among its capabilities, and Fits or Learns where the model learns from train.",
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
    for text in case.card.variants:
        _, settings = split_settings(f"{case.entry.name}:{text}")
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
        if case.learns:
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


def answers_every_input(case: ModelCase) -> None:
    """There is one answer for each input, in order, made of spans inside the text with labels of the task."""
    for task, model, answers in case.trained:
        asked = questions(task)
        require(len(answers) == len(asked), f"predict gave {len(answers)} answers to {len(asked)} inputs.")
        if task.card.kind == "spans":
            check_spans(task.card, asked, answers)
        require(list(model.predict([])) == [], "predict([]) is not an empty list.")
        turned = model.predict(list(reversed(asked)))
        require(
            differing(list(reversed(turned)), answers) <= tolerated(len(asked)),
            "answers do not follow the order of the inputs: asked in reverse, the model answers otherwise.",
        )


def check_spans(card: Task, asked: Sequence[Text], answers: Sequence[Any]) -> None:
    """Require that each answer is a list of sound spans."""
    for text, answer in zip(asked, answers, strict=True):
        require(
            isinstance(answer, list | tuple) and all(len(span) == 3 for span in answer),
            f"an answer is {answer!r}, not a list of (start, end, label).",
        )
        require(
            all(type(edge) is int for span in answer for edge in span[:2]),
            f"an edge in {answer!r} is no Python int, and cannot be written as JSON.",
        )
        fault = next(span_faults(text, answer, card.labels), "")
        require(not fault, f"in {text.text[:30]!r}: {fault}.")


def answers_alone_as_in_a_batch(case: ModelCase) -> None:
    """An input gets the same answer alone and among others: padding does not leak into answers."""
    for task, model, answers in case.trained:
        alone = [model.predict([text])[0] for text in questions(task)]
        count = differing(alone, answers)
        require(
            count <= tolerated(len(alone)),
            f"{count} of {len(alone)} answers on {task.entry.name} differ when asked alone. Look for padding that reaches a sum, a mean or a softmax.",
        )


def differing(first: Sequence[Any], second: Sequence[Any]) -> int:
    """How many answers are not the same set."""
    return sum(plain(one) != plain(other) for one, other in zip(first, second, strict=True))


def plain(answer: Any) -> Any:
    """An answer that can be compared."""
    return sorted(map(tuple, answer)) if isinstance(answer, list | tuple) else answer


def tolerated(answers: int) -> int:
    """Answers that may flip because another batch shape rounds differently: scores right at a border do."""
    return answers // 12


def state_can_be_restored(case: ModelCase) -> None:
    """A fresh model that is given the state of a trained one answers the same, so that runs can be resumed."""
    if not case.learns:
        return
    for task, model, answers in case.trained:
        fresh = case.build(task)
        fresh.prepare(task.sample[task.card.train_split][:EXAMPLES])
        fresh.load_state_dict(model.state_dict())
        fresh.train(False)
        require(
            differing(fresh.predict(questions(task)), answers) == 0,
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
            differing(again.predict(questions(task)), answers) == 0,
            f"on {task.entry.name} two models of one seed answer differently.",
        )


def expresses_consistently(case: ModelCase) -> None:
    """What Bounded.express gives is sound and can be expressed again unchanged."""
    if "Bounded" not in case.card.capabilities:
        return
    for task, model, _ in case.trained:
        gold: list[Example] = task.ranked[:EXAMPLES]
        nearest = [model.express(example.input, example.target) for example in gold]
        check_spans(task.card, [example.input for example in gold], nearest)
        again = [model.express(example.input, answer) for example, answer in zip(gold, nearest, strict=True)]
        if differing(nearest, again):
            raise BrokenError(
                "express(text, express(text, gold)) is not express(text, gold): the first answer was not expressible."
            )


RULES: tuple[Rule, ...] = (
    card_fits_a_protocol,
    settings_are_explained,
    imports_point_the_right_way,
    variants_can_be_built,
    offers_what_it_promises,
    learns,
    answers_every_input,
    answers_alone_as_in_a_batch,
    state_can_be_restored,
    equal_seeds_give_equal_models,
    expresses_consistently,
)
