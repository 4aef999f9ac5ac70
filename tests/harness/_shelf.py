"""Items for records that no run made: of each score a given error, over many groups. Tests read this file by ``runpy``."""

from __future__ import annotations

import random

import numpy as np

from harness.board.items import Shelf
from harness.statistics.influence import Influence
from harness.statistics.pairs import Row

GROUPS = 400


class Made(Shelf):
    """The items of every record at hand: independent of each other, with the standard error that its metric says."""

    def __init__(self, groups: int = GROUPS, error: float | None = None) -> None:
        super().__init__(None)
        self.groups, self.error = groups, error

    def held(self, run, metric):
        """The score of each seed as the record has it; a pattern of its own for the error."""
        value = run.values.get(metric)
        if value is None or (self.error is None and value.checkpoints.standard_error is None):
            return None
        error = value.checkpoints.standard_error if self.error is None else self.error
        return Row(run.path, influence(scores(value, run.path), error, run.path, self.groups), run.deterministic)


def scores(value, name=""):
    """Scores of the seeds with the mean and the spread that a value tells, in an order that the name decides."""
    if value.seeds == 1:
        return np.array([value.value])
    steps = np.linspace(-1, 1, value.seeds)
    spread = (value.seed_sd or 0.0) / steps.std(ddof=1)
    return value.value + spread * np.array(random.Random(name).sample(list(steps), len(steps)))


def influence(per_seed, error, name, groups=GROUPS):
    """Scores whose error over groups is ``error``, with a pattern that the name decides."""
    source = random.Random(name)
    drawn = np.array([source.gauss(0, 1) for _ in range(groups)])
    drawn -= drawn.mean()
    pattern = error * drawn / np.sqrt((drawn**2).sum()) if error else np.zeros(groups)
    rows = np.tile(pattern, (len(per_seed), 1))
    scored, strata = np.asarray(per_seed, float), np.zeros(groups, int)
    return Influence(tuple(range(len(scored))), scored, rows, strata, np.arange(groups), np.zeros(len(scored)))
