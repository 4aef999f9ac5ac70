"""How often an interval holds the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.estimates import checkpoints, recipe
from harness.statistics.influence import influence
from tests.simulations.worlds import World

SPREADS = (0.005, 0.02, 0.05)


@dataclass(frozen=True)
class Coverage:
    """Shares of test sets whose interval holds the truth; ``half`` is half its mean width."""

    world: str
    seeds: int
    spread: float
    items: float
    both: float | None
    half: float
    trials: int

    @property
    def error(self) -> float:
        """The standard error of a share near 95 %."""
        return math.sqrt(0.95 * 0.05 / self.trials)


def cover(world: World, seeds: int, spread: float, trials: int, seed: int = 0) -> Coverage:
    """Intervals of both kinds over so many test sets and trainings."""
    rng, held, wide = np.random.default_rng([seed, seeds, int(1e4 * spread)]), np.zeros(2), 0.0
    truth = world.recipe(spread)
    for _ in range(trials):
        qualities = world.qualities(rng, seeds, spread)
        table = world.draw(rng, qualities)
        found = influence(table)
        made = checkpoints(table, found=found)
        assert made.lower is not None
        assert made.upper is not None
        held[0] += made.lower <= float(world.expected(qualities).mean()) <= made.upper
        wide += (made.upper - made.lower) / 2
        if seeds > 1:
            made = recipe(table, False, found=found)
            assert made.lower is not None
            assert made.upper is not None
            held[1] += made.lower <= truth <= made.upper
    shares = held / trials
    return Coverage(
        world.name, seeds, spread, float(shares[0]), float(shares[1]) if seeds > 1 else None, wide / trials, trials
    )


def spreads(world: World) -> Sequence[float]:
    """Those spreads for which a share near 1 leaves room."""
    return [spread for spread in SPREADS if 2 * spread <= world.room]
