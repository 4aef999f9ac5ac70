"""How often the intervals of mean places hold the true mean places, of all models at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.influence import Influence
from harness.statistics.mean_places import mean_places
from harness.statistics.pairs import Row
from tests.simulations.worlds import Rng, logits, sigmoid

MODELS, TABLES, ITEMS = 15, 2, 1_000
STEPS = (0.0005, 0.002, 0.005, 0.01)
"""How far neighbours lie apart, as a share."""


@dataclass(frozen=True)
class Held:
    """Shares of trials whose intervals hold all true mean places, and that of the best model; ``wide`` is the mean width."""

    step: float
    together: float
    best: float
    wide: float
    trials: int

    @property
    def outside(self) -> bool:
        """Whether fewer than 95 %, less three standard errors, hold all."""
        return self.together < 0.95 - 3 * math.sqrt(0.95 * 0.05 / self.trials)


def board(rng: Rng, step: float) -> list[Row]:
    """Models that draw nothing, the best first, each so much better than the next, on common items."""
    qualities = 0.7 + step * (MODELS / 2 - np.arange(MODELS))
    luck = 1.5 * rng.standard_normal(ITEMS) + 1.5 * rng.standard_normal((MODELS, ITEMS))
    right = rng.random((MODELS, ITEMS)) < sigmoid(logits(qualities, 1.5 * math.sqrt(2))[:, None] + luck)
    zeros, items, made = np.zeros(ITEMS, int), np.arange(ITEMS), []
    for number, answers in enumerate(right):
        by_group = (answers - answers.mean())[None] / math.sqrt(ITEMS * (ITEMS - 1))
        found = Influence((0,), answers.mean(keepdims=True), by_group, zeros, items, np.zeros(1))
        made.append(Row(f"{number:02}", found, deterministic=True))
    return made


def mean_places_held(step: float, trials: int, seed: int = 0) -> Held:
    """Fifteen models on two tables of 1,000 items each; the true mean place of the n-th is n."""
    rng, every, best, wide = np.random.default_rng([seed, int(1e5 * step)]), 0, 0, 0.0
    for _ in range(trials):
        found = {row.name: row for row in mean_places([board(rng, step) for _ in range(TABLES)], [True] * TABLES)}
        held = [row.lower <= int(name) + 1 <= row.upper for name, row in sorted(found.items())]
        every, best = every + all(held), best + held[0]
        wide += float(np.mean([row.upper - row.lower for row in found.values()]))
    return Held(step, every / trials, best / trials, wide / trials, trials)


def markdown(found: Sequence[Held]) -> list[str]:
    """Lines of a table."""
    lines = ["| neighbours apart | all 15 held | the best held | mean width, of 14 |", "|---|---|---|---|"]
    return lines + [
        f"| {100 * one.step:g} points | {100 * one.together:.1f} % | {100 * one.best:.1f} % | {one.wide:.1f} |"
        for one in found
    ]
