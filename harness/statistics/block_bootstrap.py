"""The bootstrap over blocks by which older timing records found their intervals; kept to prove those records.

``ratios`` has what is shown. Letters for shapes: ``N`` blocks, ``B`` draws.
"""

from __future__ import annotations

import math

import numpy as np

from harness.statistics.ratios import Floats, trimmed

DRAWS = 4000


def bootstrap(values: Floats, level: float) -> tuple[float, float, float, float]:
    """Trimmed mean of (N,), the ends of its interval, and its standard error.

    The percentile bootstrap, widened for few values (Hesterberg 2015, The American Statistician 69(4), "expanded
    percentile interval": the normal quantile is replaced by sqrt(n / (n - 1)) times that of Student's t).

    >>> bootstrap(np.full(4, 2.0), 0.95)
    (2.0, 2.0, 2.0, 0.0)
    """
    size = len(values)
    draws = trimmed(values[np.random.default_rng(0).integers(size, size=(DRAWS, size))])
    tail = expanded((1 - level) / 2, size)
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    return float(trimmed(values)), float(lower), float(upper), float(draws.std(ddof=1))


def expanded(tail: float, size: int) -> float:
    """The share of draws to cut at either end for a tail of this probability when there are only ``size`` values.

    >>> round(expanded(0.025, 5), 4), round(expanded(0.025, 10_000), 4)
    (0.001, 0.025)
    """
    from scipy.special import ndtr, stdtrit  # the whole of scipy.stats takes ten times as long to load

    return float(ndtr(math.sqrt(size / (size - 1)) * stdtrit(size - 1, tail)))
