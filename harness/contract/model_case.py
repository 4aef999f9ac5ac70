"""A model under test: built, taught a little on a sample of each task that it serves, and asked."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Sequence
from typing import Any

from harness import protocols
from harness.contract import standin
from harness.contract.base import BrokenError, Case, Unreached, require
from harness.contract.task_case import TaskCase
from harness.kinds.base import TOKENS
from harness.registry.shelves import configure, entries
from harness.spec import Example
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
        fitting = [
            TaskCase(entry) for entry in entries("tasks") if entry.card.kind in self.card.kinds and entry.sampled
        ]
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
        """A fresh model with default settings, on the small encoder that ships or on a stand-in."""
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

    def teach(self, task: TaskCase, seed: int = SEED) -> Any:
        """Build a model and let it learn from a handful of rows: two steps, or one go."""
        model, rows = self.build(task, seed), task.sample[task.card.train_split][:EXAMPLES]
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
