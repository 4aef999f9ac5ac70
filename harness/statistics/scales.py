"""On which scale a score has its interval, and what moves it; settled by simulated coverage.

- A *share* of what is right, x of n, has the interval of Jeffreys: the quantiles of the Beta law with x + 1/2 and
  n - x + 1/2 (Brown, Cai and DasGupta 2001, Statistical Science 16(2), section 4.3). Its n is not the number of items but
  of as many independent ones as would give the observed variance, made smaller where the variance stands on few degrees
  of freedom (Korn and Graubard 1998, Survey Methodology 24(2)). Near 0.5 it is Student's interval; near 0 and 1 it keeps
  inside, and it is there when all answers are right.
- The mean F1 of many labels is pushed downwards where labels are rare: its interval is moved by the jackknife's bias.
- A sum of absolute *gaps* is pushed upwards: chance makes gaps where there are none. Its ends are those true sums that
  would on average give so much more, and so much less, than was observed.
- Everything else has Student's interval on its own scale.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.metrics import bits, choice, labels, overlaps, spans
from harness.statistics.table import Floats, Statistic, Table, within_groups

SHARES: tuple[Statistic, ...] = (
    spans.f1,
    spans.precision,
    spans.recall,
    choice.accuracy,
    choice.macro_f1,
    bits.share,
    overlaps.overlap_f1,
)
"""Statistics between 0 and 1 that count what is right, or half right."""
PUSHED: tuple[Statistic, ...] = (choice.macro_f1,)
"""Those of them that are moved by their bias."""
GAPS: tuple[Statistic, ...] = (labels.calibration_error,)


def jeffreys(value: float, error: float, quantile: float, groups: int, level: float) -> tuple[float, float]:
    """The interval of a share with this standard error, where ``quantile`` errors make Student's interval.

    Without any error (all right, or all wrong) each group counts as one item.

    >>> [round(end, 4) for end in jeffreys(0.5, 0.05, 1.96, 100, 0.95)]  # 0.5 - 1.96 * 0.05 = 0.402
    [0.4032, 0.5968]
    >>> [round(end, 4) for end in jeffreys(1.0, 0.0, 1.98, 100, 0.95)]
    [0.9748, 1.0]
    """
    from scipy.special import betaincinv, ndtri

    normal = float(ndtri((1 + level) / 2))
    value = min(max(value, 0.0), 1.0)
    size = value * (1 - value) / error**2 if error > 0 and 0 < value < 1 else float(groups)
    size *= (normal / quantile) ** 2
    right, wrong, tail = size * value + 0.5, size * (1 - value) + 0.5, (1 - level) / 2
    lower = float(betaincinv(right, wrong, tail)) if value > 0 else 0.0
    upper = float(betaincinv(right, wrong, 1 - tail)) if value < 1 else 1.0
    return lower, upper


class Gaps:
    """What true sums of absolute gaps may lie behind an observed one.

    The gap of a bin is the difference of two sums over items, and so normal around its true value with an error that
    the groups give. Its absolute value is on average larger, and varies less (the folded normal law: Leone, Nelson and
    Nottingham 1961, Technometrics 3(4)). True gaps are taken in the proportions that were observed.

    The reach of the interval is that of large gaps, whose signs are known, times a factor. With v the sum over bins of the
    variances of folded gaps over the sum of the variances of gaps, it is sqrt(v) for one seed. For several it is the square
    root of that, v^(1/4), which lies midway, in the logarithm, between sqrt(v) and no factor: where the signs of a small gap
    differ between seeds, the error of the mean over seeds has already lost a part of what folding takes from it. How much is
    not derived; v^(1/4) was chosen by the simulated coverage of calibration error with six seeds in docs/statistics.md.
    """

    def __init__(self, table: Table) -> None:
        _, member = np.unique(table.groups, return_inverse=True)
        groups, size = int(member.max()) + 1, len(table.ids)
        parts = table.counts.reshape(*table.counts.shape[:2], -1, 3)
        gaps: Any = np.stack([within_groups(each, member, groups) for each in parts[..., 1] - parts[..., 2]])
        self.gaps: Floats = np.abs(gaps.sum(1)) / size  # (S, bins)
        self.errors: Floats = gaps.std(axis=1, ddof=1) * math.sqrt(groups) / size  # (S, bins)
        self.observed = float(self.gaps.sum(1).mean())

    def expected(self, share: float) -> tuple[float, float]:
        """Where true gaps are this share of the observed: the mean of the sum, and its error over that of large gaps."""
        from scipy.special import erf

        mean = share * self.gaps
        steps = np.divide(mean, self.errors, out=np.full(mean.shape, 40.0), where=self.errors > 0)
        folded = self.errors * math.sqrt(2 / math.pi) * np.exp(-(steps**2) / 2) + mean * erf(steps / math.sqrt(2))
        spread, whole = (mean**2 + self.errors**2 - folded**2).sum(), (self.errors**2).sum()
        narrower = math.sqrt(max(spread, 0.0) / whole) if whole else 1.0
        return float(folded.sum(1).mean()), narrower if len(mean) == 1 else math.sqrt(narrower)

    def ends(self, reach: float) -> tuple[float, float]:
        """The smallest and the largest true sum whose mean lies within ``reach`` of the observed one."""
        return self._end(reach), self._end(-reach)

    def _end(self, reach: float) -> float:
        """The true sum whose mean, moved by the reach, is the observed sum; 0 where chance alone gives as much."""

        def far(share: float) -> bool:
            mean, narrower = self.expected(share)
            return mean + reach * narrower >= self.observed

        if not self.observed or far(0.0):
            return 0.0
        low, high = 0.0, 1.0
        while not far(high):
            low, high = high, 2 * high
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if far(middle) else (middle, high)
        return high * self.observed
