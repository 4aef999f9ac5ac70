"""The interval that a gate decides by: Yuen's, for the trimmed mean of logarithms of times.

The number in the middle is that of ``harness.statistics.ratios``. The ends are not, because a gate works where a
percentile bootstrap does not: few blocks, and levels beyond 99 % once they are shared among many benchmarks. Of five
blocks a bootstrap at 99 % leaves the truth out on one side in 3.5 % of cases where 0.5 % is promised, and four thousand
draws have no quantile beyond 3.5 standard errors where ten blocks at 99.83 % need more than five. Yuen's interval has
its nominal coverage in both cases, and being made of a winsorised variance it is also narrower where single blocks were
disturbed.

Yuen 1974, Biometrika 61(1), 165-170; Wilcox, Introduction to Robust Estimation and Hypothesis Testing, sections 4.3.2
and 5.3. Letters for shapes: ``N`` blocks.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from harness.statistics.ratios import TRIM, Floats, Ratio, logarithms, trimmed

METHOD = "trimmed mean of log ratios of blocks, Yuen's interval"
HUGE = 700.0  # whose exponential is still a number


def interval(candidate: Sequence[float], baseline: Sequence[float], paired: bool, level: float) -> Ratio:
    """Time of the candidate over that of the baseline, from times of blocks in one unit, any unit.

    ``paired`` says that block i of both was timed in the same turn; then the lengths must agree.
    Raises ``ValueError`` for fewer than two blocks, for times that are not above zero, and for pairs that do not match.

    >>> found = interval([2.0, 2.2, 2.4, 2.1], [1.0, 1.1, 1.2, 1.0], paired=True, level=0.95)
    >>> round(found.value, 2), round(found.lower, 2), round(found.upper, 2)
    (2.02, 1.95, 2.1)
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, got {level}")
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


@functools.cache
def quantile(level: float, freedom: float) -> float:
    """Standard errors on either side of the middle that hold a share ``level`` of Student's t.

    >>> round(quantile(0.95, 17), 2), round(quantile(0.95, 1e6), 2)
    (2.11, 1.96)
    """
    from scipy.special import stdtrit  # the whole of scipy.stats takes ten times as long to load

    return float(stdtrit(freedom, (1 + level) / 2))
