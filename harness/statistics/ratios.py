"""The ratio of two series of timed blocks, with an interval.

Execution times are not normally distributed: most blocks agree within a percent, and now and then one is disturbed by
another process. So ratios are taken of logarithms, block by block where both sides were timed in turn (what slowed one
then slowed the other), and averaged without the largest and smallest fifth (a trimmed mean: Wilcox, Introduction to
Robust Estimation and Hypothesis Testing, section 3.3).

Letters for shapes: ``N`` blocks, ``B`` draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TRIM = 0.2  # share of blocks left out at either end
DRAWS = 4000
FEWEST = 2  # blocks below which nothing is known about the spread


@dataclass(frozen=True, slots=True)
class Ratio:
    """Time of a candidate divided by that of a baseline: above 1 is slower. ``blocks`` counts the smaller side."""

    value: float
    lower: float
    upper: float
    level: float
    blocks: int
    paired: bool
    standard_error: float  # of the logarithm, which is about the relative error

    @property
    def method(self) -> str:
        """What a table says about the interval."""
        return f"trimmed mean of {'paired ' if self.paired else ''}log ratios, bootstrap over blocks"

    def inverse(self) -> Ratio:
        """The same finding said as how many times faster the candidate is."""
        return Ratio(
            1 / self.value, 1 / self.upper, 1 / self.lower, self.level, self.blocks, self.paired, self.standard_error
        )


def ratio(
    candidate: Sequence[float], baseline: Sequence[float], paired: bool, level: float = 0.95, seed: int = 0
) -> Ratio:
    """Candidate over baseline from times of blocks in one unit, any unit.

    ``paired`` says that block i of both was timed in the same turn; then the lengths must agree. The interval is the
    percentile bootstrap over blocks, widened for few blocks (Hesterberg 2015, The American Statistician 69(4),
    "expanded percentile interval": the normal quantile is replaced by sqrt(n / (n - 1)) times that of Student's t).

    Raises ``ValueError`` for fewer than two blocks, for times that are not above zero, and for pairs that do not match.

    >>> found = ratio([2.0, 2.2, 2.4, 2.2], [1.0, 1.1, 1.2, 1.1], paired=True)
    >>> round(found.value, 6), round(found.lower, 6), round(found.upper, 6)
    (2.0, 2.0, 2.0)
    """
    one, two = logarithms(candidate), logarithms(baseline)
    if paired and len(one) != len(two):
        raise ValueError(f"paired blocks must match: {len(one)} of the candidate, {len(two)} of the baseline")
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, got {level}")
    rng = np.random.default_rng(seed)
    if paired:
        difference = one - two
        middle, draws = trimmed(difference), trimmed(resampled(difference, rng))
    else:
        middle = trimmed(one) - trimmed(two)
        draws = trimmed(resampled(one, rng)) - trimmed(resampled(two, rng))
    blocks = min(len(one), len(two))
    tail = expanded((1 - level) / 2, blocks)
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    return Ratio(
        math.exp(float(middle)),
        math.exp(float(lower)),
        math.exp(float(upper)),
        level,
        blocks,
        paired,
        float(draws.std(ddof=1)),
    )


def logarithms(seconds: Sequence[float]) -> Floats:
    """Natural logarithms of times, which must be finite and above zero."""
    values = np.asarray(seconds, np.float64)
    if values.ndim != 1 or len(values) < FEWEST:
        raise ValueError(f"a ratio needs at least {FEWEST} blocks on either side, got {values.size}")
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise ValueError("a time is not a number above zero")
    made: Floats = np.log(values)
    return made


def trimmed(values: Floats) -> Floats:
    """Mean over the last axis without the smallest and largest fifth.

    >>> float(trimmed(np.array([1.0, 2.0, 3.0, 4.0, 100.0])))
    3.0
    """
    size = values.shape[-1]
    cut = int(TRIM * size)
    made: Floats = np.sort(values, axis=-1)[..., cut : size - cut].mean(axis=-1)
    return made


def resampled(values: Floats, rng: np.random.Generator) -> Floats:
    """Draws (B, N) with replacement."""
    made: Floats = values[rng.integers(len(values), size=(DRAWS, len(values)))]
    return made


def expanded(tail: float, size: int) -> float:
    """The share of draws to cut at either end for a tail of this probability when there are only ``size`` values.

    >>> round(expanded(0.025, 5), 4), round(expanded(0.025, 10_000), 4)
    (0.001, 0.025)
    """
    from scipy.special import ndtr, stdtrit  # the whole of scipy.stats takes ten times as long to load

    return float(ndtr(math.sqrt(size / (size - 1)) * stdtrit(size - 1, tail)))
