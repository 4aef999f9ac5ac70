"""One table over the tasks of a folder: each model's place on every task, and the mean of its places.

Scores of different tasks have no common unit, places have. They are those of the tasks' tables on all of their data, by
one class of arithmetic. A mean is of the models that have a score on every task, ranked among themselves: the place by
value on each task, averaged. Its interval is the mean of the ends of the ranges beside it: of all models and tasks they
hold together, over items (and seeds, of rows that are ranked by their recipe), on these tasks. Others say on how many tasks they stand, and have no mean. Left out are models on fewer than
half of the tasks, tasks that fewer than half as many of the others have tried as the most tried one, tasks with too few
groups of items for any place, and suites, which have a mean of their own.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.board.values import Value
from harness.records.record import ARITHMETIC
from harness.statistics.estimates import too_few_groups
from harness.statistics.mean_places import MeanPlace, mean_places, together
from harness.statistics.nemenyi import FEWEST_TABLES, critical_difference, friedman
from harness.statistics.pairs import Row
from harness.statistics.ranks import Place

Model = tuple[str, str | None]
"""A model with its settings, and its encoder."""


@dataclass(frozen=True)
class Standing:
    """What a task's table under a protocol and arithmetic says of its learned models, by one metric."""

    task: str
    protocol: str
    arithmetic: str
    metric: str
    values: Mapping[Model, Value]
    held: Mapping[Model, Row | None] = field(default_factory=dict)

    @property
    def unsure(self) -> str:
        """Why no model has a place; empty where some has."""
        known = [row for row in self.held.values() if row is not None and row.basis]
        return too_few_groups(known[0].found) if known else "no row has items and a place"

    @property
    def rising(self) -> bool:
        """Whether more is better."""
        return next(iter(self.values.values())).higher_is_better


@dataclass(frozen=True)
class OverallRow:
    """One model. ``places`` are those among the models that have a mean; where it has none, they are empty."""

    model: str
    encoder: str | None
    mean: MeanPlace | None
    places: dict[str, Place]
    scores: dict[str, Value]
    role: str = "learned"  # as rows of other tables have it

    @property
    def basis(self) -> str:
        """What its places speak of: ``recipe``, or on any task ``checkpoints``."""
        known = {place.basis for place in self.places.values()}
        return "checkpoints" if "checkpoints" in known else "recipe" if known else ""


@dataclass(frozen=True)
class Overall:
    """The table of a folder."""

    folder: str
    protocol: str
    arithmetic: str
    tasks: list[str]
    metrics: dict[str, str]  # task -> what it is ranked by
    rows: list[OverallRow]
    left_out: list[str]  # tasks that few have tried
    unsure: dict[str, str]  # tasks without places, and why
    gap: float | None = None  # the critical difference of two mean places; none of few tasks
    friedman: float | None = None  # p of "all rows are alike"; none of few tasks

    @property
    def ranked(self) -> list[OverallRow]:
        """The rows that have a mean place."""
        return [row for row in self.rows if row.mean is not None]

    @property
    def before(self) -> str:
        """The section of the board that it stands before."""
        return min(*self.tasks, *self.left_out, *self.unsure)


def overall(standings: Iterable[Standing]) -> list[Overall]:
    """A table for each folder, protocol and arithmetic in which two models or more have a place on two tasks or more."""

    def group(standing: Standing) -> tuple[str, str, str]:
        return standing.task.partition("/")[0], standing.protocol, standing.arithmetic

    def order(one: Standing) -> tuple[Any, ...]:
        folder, protocol, name = group(one)
        return folder, protocol, name not in ARITHMETIC or ARITHMETIC.index(name), name, one.task

    ordered = sorted((one for one in standings if one.values), key=order)
    made = []
    for name, grouped in itertools.groupby(ordered, group):
        every = list(grouped)
        unsure = {one.task: one.unsure for one in every if one.unsure}
        held = [one for one in every if not one.unsure]
        usual = frequent(held)
        sizes = {one.task: len(usual & one.values.keys()) for one in held}
        tried = [one for one in held if 2 * sizes[one.task] >= max(sizes.values())]
        few = [one.task for one in held if one not in tried]
        table = _table(*name, tried, few, unsure) if len(tried) > 1 else None
        if table is not None and len(table.ranked) > 1:
            made.append(table)
    return made


def _table(
    folder: str, protocol: str, arithmetic: str, held: Sequence[Standing], few: list[str], unsure: dict[str, str]
) -> Overall:
    made = rows(held)
    ranked = [row for row in made if row.mean is not None]
    many = len(held) >= FEWEST_TABLES
    order = np.array([_order(one, [(row.model, row.encoder) for row in ranked]) for one in held])
    return Overall(
        folder,
        protocol,
        arithmetic,
        [one.task for one in held],
        {one.task: one.metric for one in held},
        made,
        few,
        unsure,
        critical_difference(len(ranked), len(held)) if many and len(ranked) > 1 else None,
        friedman(order) if many and len(ranked) > 2 else None,
    )


def _order(one: Standing, models: Sequence[Model]) -> list[float]:
    """The models' scores, turned so that more is better."""
    return [(1 if one.rising else -1) * one.values[model].value for model in models]


def frequent(held: Sequence[Standing]) -> set[Model]:
    """The models on half of the tasks or more."""
    counts = Counter(model for one in held for model in one.values)
    return {model for model, count in counts.items() if 2 * count >= len(held)}


def rows(held: Sequence[Standing]) -> list[OverallRow]:
    """One row a model: those with a mean by it, then the others by the number of their tasks."""
    models = frequent(held)
    everywhere = sorted((model for model in models if all(_placed(one, model) for one in held)), key=str)
    names = {" on ".join(filter(None, model)): model for model in everywhere}
    tables = [[_row(one, model, name) for name, model in names.items()] for one in held]
    rising = [one.rising for one in held]
    means = {names[one.name]: one for one in mean_places(tables, rising)} if names else {}
    ranges = {
        one.task: {names[name]: place for name, place in may.items()}
        for one, may in zip(held, together(tables, rising), strict=True)
    }
    made = []
    for model in models:
        own = {one.task: ranges[one.task][model] for one in held} if model in means else {}
        scores = {one.task: one.values[model] for one in held if model in one.values}
        made.append(OverallRow(*model, means.get(model), own, scores))
    return sorted(made, key=_line)


def _line(row: OverallRow) -> tuple[bool, float, str, str]:
    mean = row.mean.value if row.mean else -float(len(row.scores))
    return row.mean is None, mean, row.model, row.encoder or ""


def _placed(one: Standing, model: Model) -> bool:
    row = one.held.get(model)
    return model in one.values and row is not None and bool(row.basis)


def _row(one: Standing, model: Model, name: str) -> Row:
    row = one.held[model]
    assert row is not None
    return Row(name, row.found, row.deterministic)
