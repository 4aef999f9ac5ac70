"""One table over the tasks of a folder: each model's rank on every task, and the mean of its ranks.

Scores of different tasks have no common unit, ranks have. They are those of the tasks' tables on all of their data:
models that a task does not tell apart share a rank. Mean ranks are of the models that have a score on every task,
ranked among themselves; the others say on how many tasks they stand, and have none. Left out are models on fewer than
half of the tasks, tasks that fewer than half as many of the others have tried as the most tried one, and suites, which
have a mean of their own.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.board.ranks import places
from harness.board.values import Value

Model = tuple[str, str | None]
"""A model with its settings, and its encoder."""


@dataclass(frozen=True)
class Standing:
    """What a task's table under a protocol says of its learned models, best first."""

    task: str
    protocol: str
    values: Mapping[Model, Value]


@dataclass(frozen=True)
class OverallRow:
    """One model. ``ranks`` are its places among the models that have a mean; where it has none, they are empty."""

    model: str
    encoder: str | None
    mean: float | None
    ranks: dict[str, int]
    scores: dict[str, Value]
    role: str = "learned"  # as rows of other tables have it


@dataclass(frozen=True)
class Overall:
    """The table of a folder."""

    folder: str
    protocol: str
    tasks: list[str]
    rows: list[OverallRow]
    left_out: list[str]  # tasks that few have tried

    @property
    def before(self) -> str:
        """The section of the board that it stands before."""
        return min(*self.tasks, *self.left_out)


def overall(standings: Sequence[Standing]) -> list[Overall]:
    """A table for each folder of which two tasks or more have learned models under one protocol.

    >>> table = {("a", None): Value(0.9, standard_error=0.01), ("b", None): Value(0.7, standard_error=0.01)}
    >>> (made,) = overall([Standing("x/one", "mini@1", table), Standing("x/two", "mini@1", table)])
    >>> [(row.model, row.mean) for row in made.rows]
    [('a', 1.0), ('b', 2.0)]
    """

    def group(standing: Standing) -> tuple[str, str]:
        return standing.task.partition("/")[0], standing.protocol

    ordered = sorted((one for one in standings if one.values), key=lambda one: (*group(one), one.task))
    grouped = [(name, list(held)) for name, held in itertools.groupby(ordered, group)]
    made = []
    for (folder, protocol), held in grouped:
        usual = frequent(held)
        sizes = {one.task: len(usual & one.values.keys()) for one in held}
        tried = [one for one in held if 2 * sizes[one.task] >= max(sizes.values())]
        few = [one.task for one in held if one not in tried]
        if len(tried) > 1 and frequent(tried):
            made.append(Overall(folder, protocol, [one.task for one in tried], rows(tried), few))
    return made


def frequent(held: Sequence[Standing]) -> set[Model]:
    """The models on half of the tasks or more."""
    counts = Counter(model for one in held for model in one.values)
    return {model for model, count in counts.items() if 2 * count >= len(held)}


def rows(held: Sequence[Standing]) -> list[OverallRow]:
    """One row a model: those with a mean by it, then the others by the number of their tasks."""
    models = frequent(held)
    everywhere = {model for model in models if all(model in one.values for one in held)}
    made = []
    for model in models:
        own = [one for one in held if model in one.values]
        ranks = {one.task: _place(one, model, everywhere) for one in own} if model in everywhere else {}
        mean = statistics.fmean(ranks.values()) if ranks else None
        made.append(OverallRow(*model, mean, ranks, {one.task: one.values[model] for one in own}))
    return sorted(made, key=lambda row: (row.mean is None, row.mean or -len(row.scores), row.model, row.encoder or ""))


def _place(standing: Standing, model: Model, among: set[Model]) -> int:
    """The place of a model on a task among some."""
    kept = [one for one in standing.values if one in among]
    return places([standing.values[one] for one in kept])[kept.index(model)]
