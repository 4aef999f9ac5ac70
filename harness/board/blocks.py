"""Intervals and comparisons of timings from the seconds of their blocks, by one method whatever a record holds.

Older records hold bootstrap intervals. A board shows Yuen's for all, as the gate, ``harness compare`` and the claims do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from harness.board.runs import Run
from harness.board.values import LEVEL, Ends, Value
from harness.statistics.estimates import quantile, two_sided
from harness.statistics.pairs import holm
from harness.statistics.ranks import Place
from harness.statistics.ratios import (
    FEWEST,
    GROWTH_BATCHES,
    LEAST_BLOCKS,
    centre,
    exponents,
    logarithm,
    logarithms,
)

RANKED_BLOCKS = "train/whole/trace"
"""The measure whose blocks the ranking number comes from."""


def with_intervals(run: Run, timed: Iterable[Run]) -> Run:
    """A timing with the intervals that its blocks give; ``timed`` has the reference of its session, if that is on record."""
    values = {name: replace(value, blocks=ends(name, value, run, timed)) for name, value in run.values.items()}
    return replace(run, values=values)


def ends(name: str, value: Value, run: Run, timed: Iterable[Run]) -> Ends:
    """The interval of one number of a timing: around the number that the record says."""
    phase = name.partition("_")[0]
    if name.endswith("_tokens_per_second"):
        seconds = run.blocks.get(f"{phase}/whole/trace", ())
        return around(value.value, centre(logarithms(seconds))) if len(seconds) >= FEWEST else Ends()
    if name.endswith("_growth"):
        found = (exponents(run.blocks, f"{phase}/whole", batch) for batch in GROWTH_BATCHES)
        slopes = next((slopes for slopes in found if slopes is not None), np.zeros(0))
        if len(slopes) < FEWEST:
            return Ends()
        _, error, free = centre(slopes)
        reach = quantile(LEVEL, free) * error
        return Ends(value.value - reach, value.value + reach, error, free)
    if name.endswith("_time_ratio"):
        return of_ratio(f"{phase}/{'head' if '_head_' in name else 'whole'}/trace", value, run, timed)
    return Ends()


def of_ratio(measure: str, value: Value, run: Run, timed: Iterable[Run]) -> Ends:
    """The interval of a ratio to the reference, whose blocks were timed in turn with those of the run."""
    own = run.blocks.get(measure, ())
    for other in timed:
        name = other.model + (f" on {other.encoder}" if other.encoder else "")
        theirs = other.blocks.get(measure, ())
        if other.session != run.session or run.reference.partition(" on ")[0] not in (name, other.model):
            continue
        if len(theirs) == len(own) >= FEWEST and theirs != own:
            found = logarithm(own, theirs, paired=True)
            if math.isclose(math.exp(found[0]), value.value, rel_tol=1e-6):
                return around(value.value, found)
    return Ends(none="" if value.value == 1 else "the record of the reference is not at hand")


def around(value: float, log: tuple[float, float, float]) -> Ends:
    """The interval of a number whose logarithm has this standard error and these degrees of freedom."""
    _, error, free = log
    reach = math.exp(min(quantile(LEVEL, free) * error, 700.0))
    return Ends(value / reach, value * reach, value * error, free)


def places(runs: Sequence[Run]) -> list[Place]:
    """The places that timed models may have, by the times of their blocks; blocks timed in turn are pairs.

    Every pair is compared, and all p of a table are adjusted together (Holm). Of two sessions nothing says what changed
    between them.
    """
    places_of = [(one, two) for one in range(len(runs)) for two in range(one + 1, len(runs))]
    found = [slower(runs[one], runs[two]) for one, two in places_of]
    known = holm(np.array([p for _, p in found])) if found else np.zeros(0)
    above, below = [0] * len(runs), [0] * len(runs)
    for (one, two), (gap, _), p in zip(places_of, found, known, strict=True):
        if p <= 1 - LEVEL:
            fast, slow = (two, one) if gap > 0 else (one, two)
            above[slow] += 1
            below[fast] += 1
    return [Place(1 + up, len(runs) - down, "blocks") for up, down in zip(above, below, strict=True)]


def slower(run: Run, other: Run) -> tuple[float, float]:
    """The logarithm of the time of one over that of another, and its p; 1 where there are too few blocks."""
    one, two = run.blocks.get(RANKED_BLOCKS, ()), other.blocks.get(RANKED_BLOCKS, ())
    if min(len(one), len(two)) < LEAST_BLOCKS:
        return 0.0, 1.0
    gap, error, free = logarithm(one, two, paired=run.session == other.session and len(one) == len(two))
    return gap, two_sided(gap, error, free)
