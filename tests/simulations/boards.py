"""How often a board tells equal models apart, and how often `compare` does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.differences import between
from harness.statistics.influence import Influence
from harness.statistics.pairs import Row
from harness.statistics.ranks import places
from harness.statistics.table import Floats
from tests.simulations.worlds import Rng, logits, sigmoid

ITEMS = 2_000
LEVEL = 0.7
BOARDS = tuple((size, seeds, tenfold) for size in (15, 30) for seeds in (6, 10) for tenfold in (True, False))
PAIRS = tuple((spread, seeds) for spread in (0.005, 0.02, 0.05) for seeds in (6, 10))


@dataclass(frozen=True)
class Share:
    """A share of tables or pairs in which equal models were told apart."""

    models: int
    seeds: int
    spreads: str
    value: float
    trials: int

    @property
    def outside(self) -> bool:
        """Whether more than 5 % and three standard errors are told apart."""
        return self.value > 0.05 + 3 * math.sqrt(0.05 * 0.95 / self.trials)


def models(rng: Rng, spreads: Sequence[float], seeds: int, alike: float = 1.5, own: float = 1.5) -> list[Influence]:
    """Models of one expected accuracy on 2,000 common items; each seed of each has a quality of its own.

    ``alike`` is the deviation of an item's luck that all models share, ``own`` that of what a model has of its own.
    """
    common, made = alike * rng.standard_normal(ITEMS), []
    for spread in spreads:
        qualities = LEVEL + spread * rng.standard_normal(seeds)
        luck = common + own * rng.standard_normal(ITEMS)
        chance = sigmoid(logits(qualities, float(np.hypot(alike, own)))[:, None] + luck)
        right = rng.random(chance.shape) < chance
        means = right.mean(1)
        by_group: Floats = (right - means[:, None]) / np.sqrt(ITEMS * (ITEMS - 1))  # the jackknife of a mean
        zeros = np.zeros(ITEMS, int)
        made.append(Influence(tuple(range(seeds)), means, by_group, zeros, np.arange(ITEMS), np.zeros(seeds)))
    return made


def false_boards(size: int, seeds: int, trials: int, tenfold: bool = True, seed: int = 0) -> Share:
    """Tables of equal models that hold a difference; spreads run from 0.3 to 3 points, or are all one point."""
    rng = np.random.default_rng([seed, size, seeds, tenfold])
    spreads = np.geomspace(0.003, 0.03, size) if tenfold else np.full(size, 0.01)
    false = 0
    for _ in range(trials):
        rows = [Row(str(number), found) for number, found in enumerate(models(rng, spreads.tolist(), seeds))]
        false += any((place.first, place.last) != (1, size) for place in places(rows))
    return Share(size, seeds, "0.3 to 3 points" if tenfold else "1 point", false / trials, trials)


def false_differences(spread: float, seeds: int, trials: int, seed: int = 0) -> Share:
    """Pairs of equal recipes that ``compare`` tells apart."""
    rng = np.random.default_rng([seed, int(1e4 * spread), seeds])
    false = 0
    for _ in range(trials):
        found = between(*models(rng, [spread, spread], seeds))
        false += found.p is not None and found.p < 0.05
    return Share(2, seeds, f"{100 * spread:g} points", false / trials, trials)


def markdown(found: Sequence[Share]) -> list[str]:
    """Lines of a table."""
    lines = ["| equal models | seeds | spread over seeds | told apart |", "|---|---|---|---|"]
    return lines + [f"| {one.models} | {one.seeds} | {one.spreads} | {100 * one.value:.1f} % |" for one in found]
