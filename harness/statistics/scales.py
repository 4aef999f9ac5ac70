"""On which scale a score has its interval.

A share of right answers near 0 or 1 is not spread evenly on both sides: its interval is taken on the scale of
log(p / (1 - p)) and brought back (the delta method: Agresti, Categorical Data Analysis, section 1.4), so it stays between
0 and 1. Other numbers have theirs on their own scale.
"""

from __future__ import annotations

import math

from harness.metrics import bits, choice, labels, spans
from harness.statistics.table import Statistic

SHARES: tuple[Statistic, ...] = (
    spans.f1,
    spans.precision,
    spans.recall,
    choice.accuracy,
    choice.macro_f1,
    bits.share,
)
"""Statistics between 0 and 1 that count what is right."""
GAPS: tuple[Statistic, ...] = (labels.calibration_error,)
"""Sums of absolute gaps: never below 0, and pushed upwards by chance."""


def ends(value: float, reach: float, statistic: Statistic) -> tuple[float, float]:
    """The interval of so much on either side, on the scale that suits the statistic.

    >>> [round(end, 3) for end in ends(0.99, 0.01, choice.accuracy)], ends(3.0, 0.5, bits.bits)
    ([0.973, 0.996], (2.5, 3.5))
    """
    if statistic in SHARES and 0 < value < 1:
        middle, wide = math.log(value / (1 - value)), reach / (value * (1 - value))
        return _share(middle - wide), _share(middle + wide)
    if statistic in GAPS:
        return max(0.0, value - reach), value + reach
    return value - reach, value + reach


def _share(logit: float) -> float:
    """The inverse of log(p / (1 - p))."""
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0
