"""Quantities with their error: a number of each seed, and how much each group of items moves it.

The jackknife gives for every score the share that each group of items has in its error (``harness.statistics.influence``).
Sums and differences of scores have the sums and differences of these shares; a ratio has them to first order:

    d (a / b) = da / b - a db / b^2

so what is hard for both sides cancels, and a quantity over several tasks has the shares of all of them. Shapes: ``S``
seeds, ``G`` groups of items of a task.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.claim import Chance, Difference, Mean, Number, Ratio, Recorded, Slope, Value
from harness.statistics import variance
from harness.statistics.estimates import too_few_groups
from harness.statistics.influence import Influence
from harness.statistics.table import Floats
from harness.statistics.variance import Parts

Read = Callable[[Any], "Form"]
"""What gives the form of a ``Value``, ``Recorded`` or ``Chance``."""


@dataclass(frozen=True)
class Form:
    """A quantity. ``seeds`` is empty for one that draws nothing, which has one row; ``moves`` holds (S, G) a task."""

    seeds: tuple[int, ...]
    per_seed: Floats  # (S,)
    moves: Mapping[str, Floats] = field(default_factory=dict)
    layout: Mapping[str, Influence] = field(default_factory=dict)  # task -> which groups there are, and their strata

    @property
    def value(self) -> float:
        """Mean over seeds."""
        return float(self.per_seed.mean())


def constant(value: float) -> Form:
    """A number without an error."""
    return Form((), np.array([value]))


def of_influence(task: str, found: Influence, deterministic: bool) -> Form:
    """The score of a side on a task; one that draws nothing is the mean of its equal rows."""
    if deterministic:
        return Form(
            (), found.per_seed.mean(keepdims=True), {task: found.by_group.mean(0, keepdims=True)}, {task: found}
        )
    return Form(found.seeds, found.per_seed, {task: found.by_group}, {task: found})


def evaluate(node: Any, read: Read) -> Form:
    """The form of a quantity. Raises ``ValueError`` for a ratio to zero."""
    if isinstance(node, Value | Recorded | Chance):
        return read(node)
    if isinstance(node, Number):
        return constant(node.value)
    if isinstance(node, Difference):
        return weighted([evaluate(node.first, read), evaluate(node.second, read)], [1.0, -1.0])
    if isinstance(node, Ratio):
        return ratio(evaluate(node.first, read), evaluate(node.second, read))
    parts = [evaluate(part, read) for part in node.of]
    if isinstance(node, Mean):
        return weighted(parts, [1 / len(parts)] * len(parts))
    assert isinstance(node, Slope)
    return weighted(parts, slope_weights(node.at))


def slope_weights(lengths: Sequence[float]) -> list[float]:
    """What least squares over the base-2 logarithm of lengths gives each value in the slope.

    >>> slope_weights([256, 512, 1024])
    [-0.5, 0.0, 0.5]
    """
    steps = [math.log2(length) for length in lengths]
    middle = sum(steps) / len(steps)
    spread = sum((step - middle) ** 2 for step in steps)
    return [(step - middle) / spread for step in steps]


def weighted(parts: Sequence[Form], weights: Sequence[Any]) -> Form:
    """A sum of quantities times weights, which are numbers or one for each seed."""
    per_seed = sum(np.asarray(weight) * part.per_seed for part, weight in zip(parts, weights, strict=True))
    moves: dict[str, Floats] = {}
    layout: dict[str, Influence] = {}
    for part, weight in zip(parts, weights, strict=True):
        for task, held in part.moves.items():
            moved = np.reshape(weight, (-1, 1)) * held
            moves[task] = moves[task] + moved if task in moves else moved
        layout |= part.layout
    return Form(max((part.seeds for part in parts), key=len), np.asarray(per_seed), moves, layout)


def ratio(first: Form, second: Form) -> Form:
    """The first divided by the second, seed by seed."""
    if not np.all(np.isfinite(second.per_seed)) or np.any(second.per_seed == 0):
        raise ValueError("a ratio to a score of zero")
    share = first.per_seed / second.per_seed
    made = weighted([first, second], [1 / second.per_seed, -share / second.per_seed])
    return replace(made, per_seed=share)


def parts_of(form: Form) -> Parts | str:
    """The sums that the variance of a quantity is made of; in words why there are none."""
    found = {
        task: replace(form.layout[task], per_seed=form.per_seed, by_group=moves, seeds=form.seeds or (0,))
        for task, moves in form.moves.items()
    }
    for task, one in found.items():
        reason = too_few_groups(one)
        if reason:
            return f"{task}: {reason}"
    if len(form.seeds) == 1:
        return "one seed: nothing is known of the spread over seeds"
    items = functools.reduce(variance.added, map(variance.over_items, found.values()))
    strata = sum(len(one.groups) - one.degrees for one in found.values())
    made = Parts(items.value, 0.0, 0.0, items.degrees, 0, 0, strata)
    if not form.seeds:
        return made
    seeds = variance.over_seeds(next(iter(found.values())))
    both = sum(map(variance.interaction, found.values()))
    return replace(made, seeds=seeds.value, both=both, seed_degrees=seeds.degrees, seeds_held=len(form.seeds))
