"""The ratio of two series of timed blocks, with an interval: one method wherever times are compared.

Execution times are not normally distributed: most blocks agree within a percent, and now and then one is disturbed by
another process. So ratios are taken of logarithms, block by block where both sides were timed in turn (what slowed one
then slowed the other), and averaged without the largest and smallest fifth (a trimmed mean).

The interval is Yuen's, from the winsorised variance. It keeps its level where a percentile bootstrap does not: for few
blocks, and at levels beyond 99 %, which many benchmarks share. Of five blocks a bootstrap at 99 % leaves the truth out on
one side in 3.5 % of cases where 0.5 % is promised, and four thousand draws have no quantile beyond 3.5 standard errors
where ten blocks at 99.83 % need more than five. It is also narrower where single blocks were disturbed.

Yuen 1974, Biometrika 61(1), 165-170; Wilcox, Introduction to Robust Estimation and Hypothesis Testing, sections 3.3,
4.3.2 and 5.3. Letters for shapes: ``N`` blocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.statistics import verdicts
from harness.statistics.estimates import LEVEL, quantile

Floats = NDArray[np.float64]

METHOD = "trimmed mean of log ratios of blocks, Yuen's interval"
TRIM = 0.2  # share of blocks left out at either end
FEWEST = 2  # blocks below which nothing is known about the spread
LEAST_BLOCKS = 5  # for a verdict: below that a trimmed mean trims nothing, and one disturbed block would decide
GROWTH_BATCHES = (8, 1)  # texts in the batches whose growth with the length is fitted: the first that was timed
HUGE = 700.0  # whose exponential is still a number


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
    def verdict(self) -> str:
        """``faster``, ``slower`` or ``undecided``: on which side of 1 the whole interval of enough blocks lies."""
        side = verdicts.above(self.lower, self.upper, 1.0) if self.blocks >= LEAST_BLOCKS else verdicts.UNDECIDED
        return {verdicts.SUPPORTED: "slower", verdicts.REFUTED: "faster"}.get(side, "undecided")


def ratio(candidate: Sequence[float], baseline: Sequence[float], paired: bool, level: float = LEVEL) -> Ratio:
    """Time of the candidate over that of the baseline, from times of blocks in one unit, any unit.

    ``paired`` says that block i of both was timed in the same turn; then the lengths must agree.
    Raises ``ValueError`` for fewer than two blocks, for times that are not above zero, and for pairs that do not match.

    >>> found = ratio([2.0, 2.2, 2.4, 2.1], [1.0, 1.1, 1.2, 1.0], paired=True)
    >>> round(found.value, 2), round(found.lower, 2), round(found.upper, 2)
    (2.02, 1.95, 2.1)
    """
    middle, error, free = logarithm(candidate, baseline, paired)
    reach = quantile(level, free) * error
    low, high = math.exp(max(middle - reach, -HUGE)), math.exp(min(middle + reach, HUGE))
    return Ratio(math.exp(middle), low, high, level, min(len(candidate), len(baseline)), paired, error)


def logarithm(candidate: Sequence[float], baseline: Sequence[float], paired: bool) -> tuple[float, float, float]:
    """The logarithm of the ratio, its standard error, and the degrees of freedom of the error."""
    one, two = logarithms(candidate), logarithms(baseline)
    if paired:
        if len(one) != len(two):
            raise ValueError(f"paired blocks must match: {len(one)} of the candidate, {len(two)} of the baseline")
        return centre(one - two)
    (first, first_error, first_free), (second, second_error, second_free) = centre(one), centre(two)
    error = math.hypot(first_error, second_error)
    # Welch's degrees of freedom, which are undefined where neither side has any spread
    free = error**4 / (first_error**4 / first_free + second_error**4 / second_free) if error else first_free
    return first - second, error, free


def yuen(values: Floats, level: float = LEVEL) -> tuple[float, float, float, float]:
    """Trimmed mean of (N,), the ends of its interval, and its standard error.

    >>> [round(number, 2) for number in yuen(np.array([1.0, 2.0, 3.0, 4.0, 100.0]))]
    [3.0, -0.51, 6.51, 0.82]
    """
    middle, error, free = centre(values)
    reach = quantile(level, free) * error
    return middle, middle - reach, middle + reach, error


def centre(values: Floats) -> tuple[float, float, float]:
    """Trimmed mean of (N,), its standard error, and the degrees of freedom of the error.

    >>> middle, error, free = centre(np.array([1.0, 2.0, 3.0, 4.0, 100.0]))
    >>> middle, round(error, 3), free  # winsorised: 2, 2, 3, 4, 4
    (3.0, 0.816, 2)
    """
    size = len(values)
    kept = left(size)
    cut = (size - kept) // 2
    ordered = np.sort(values)
    winsorised = np.clip(values, ordered[cut], ordered[size - cut - 1])
    error = float(winsorised.std(ddof=1)) * math.sqrt((size - 1) / (kept * (kept - 1)))
    return float(trimmed(values)), error, kept - 1


def left(blocks: int) -> int:
    """How many of so many blocks a trimmed mean averages.

    >>> left(4), left(5), left(10), left(30)
    (4, 3, 6, 18)
    """
    return blocks - 2 * int(TRIM * blocks)


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


def exponents(blocks: Mapping[str, Sequence[float]], step: str, batch: int) -> Floats | None:
    """The exponent b of time = a * length^b for each block (N,), over the cells of the grid with this batch.

    Least squares on logarithms; ``None`` with fewer than two lengths. ``blocks`` has the seconds of each measure.

    >>> cells = {f"train/whole/8x{length}": [length**2 / 1e6] * 3 for length in (128, 256, 512)}
    >>> exponents(cells, "train/whole", 8).round(6).tolist()
    [2.0, 2.0, 2.0]
    """
    start = f"{step}/{batch}x"
    cells = {int(name.rpartition("x")[2]): seconds for name, seconds in blocks.items() if name.startswith(start)}
    if len(cells) < 2:
        return None
    lengths = np.log(np.array(sorted(cells), np.float64))
    size = min(len(seconds) for seconds in cells.values())
    times = np.log(np.array([cells[length][:size] for length in sorted(cells)]))  # (lengths, blocks)
    centred = lengths - lengths.mean()
    made: Floats = centred @ times / (centred @ centred)
    return made
