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
SEEDS = (3, 6, 10)


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
    def outside(self) -> bool:
        """Whether a share lies outside 93 to 97 % by more than three standard errors that such a share has in these trials.

        300 trials or fewer cannot lie above.
        """
        ends = [
            border + side * math.sqrt(border * (1 - border) / self.trials) for border, side in ((0.93, -3), (0.97, 3))
        ]
        shares = [self.items] if self.both is None else [self.items, self.both]
        return any(not ends[0] <= share <= ends[1] for share in shares)


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


def cells(world: World) -> list[tuple[int, float]]:
    """Numbers of seeds and spreads to try: spreads for which a share near 1 leaves room; few of a large world."""
    spreads = [spread for spread in SPREADS if 1.99 * spread <= world.room]
    if world.large:
        return [(1, spreads[0]), (6, spreads[min(1, len(spreads) - 1)])]
    return [(1, spreads[0]), *((seeds, spread) for spread in spreads for seeds in SEEDS)]


def markdown(found: Sequence[Coverage]) -> list[str]:
    """Lines of a table: one line a world and spread, one column a number of seeds."""
    lines = ["| metric, test set, score | spread | these checkpoints | this recipe |", "|---|---|---|---|"]
    for world in dict.fromkeys(cell.world for cell in found):
        mine = [cell for cell in found if cell.world == world]
        for spread in dict.fromkeys(cell.spread for cell in mine):
            row = [cell for cell in mine if cell.spread == spread]
            items = ", ".join(f"{cell.seeds}: {100 * cell.items:.1f}" for cell in row)
            both = ", ".join(f"{cell.seeds}: {100 * cell.both:.1f}" for cell in row if cell.both is not None)
            lines.append(f"| {world} | {100 * spread:g} | {items} | {both or '-'} |")
    return lines
