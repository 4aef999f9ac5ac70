"""A score with its interval, for two questions that are kept apart.

- ``checkpoints``: where would the score of *these trained models* fall on other items of the same kind? Seeds are fixed.
- ``recipe``: where would the mean score of *this recipe* fall, with other seeds and on other items?

A model that draws nothing is the same under every seed: both questions have one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.statistics import scales, variance
from harness.statistics.influence import Influence, influence
from harness.statistics.table import Table
from harness.statistics.variance import Variance

LEVEL = 0.95
FEWEST_GROUPS = 5  # below that an interval over groups is a guess
LEAST_SEEDS = 3  # of two, Student's interval with one degree of freedom says nothing


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score in its own unit, where it may lie, and how that was found; or in words why there is no interval."""

    value: float
    lower: float | None
    upper: float | None
    standard_error: float | None
    degrees: float | None
    level: float
    method: str
    groups: int
    seeds: int
    none: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a record keeps it: the interval, or the reason why there is none.

        >>> Estimate(0.5, 0.4, 0.6, 0.05, 99.0, 0.95, "jackknife", 100, 1).as_json()["confidence_level"]
        0.95
        >>> Estimate(0.5, None, None, None, None, 0.95, "", 3, 1, none="3 groups").as_json()
        {'none': '3 groups'}
        """
        if self.none:
            return {"none": self.none}
        return {
            "lower": self.lower,
            "upper": self.upper,
            "standard_error": self.standard_error,
            "degrees": self.degrees,
            "confidence_level": self.level,
            "method": self.method,
        }


def checkpoints(table: Table, level: float = LEVEL, found: Influence | None = None) -> Estimate:
    """Where the mean score of these trained models would fall on other items; the seeds are fixed.

    Student's t with groups less strata degrees of freedom. ``found`` is the table's influence where it is at hand.
    Fewer than five groups have no interval, and ``none`` says so.

    >>> import numpy as np
    >>> from harness.metrics.choice import accuracy
    >>> right = np.array([[[1, 0]] * 80 + [[0, 1]] * 20])
    >>> table = Table((0,), tuple(map(str, range(100))), np.arange(100), np.zeros(100, int), right, accuracy)
    >>> made = checkpoints(table)
    >>> made.value, round(made.lower, 3), round(made.upper, 3), made.degrees
    (0.8, 0.712, 0.87, 99)
    """
    found = found or influence(table)
    reason = too_few_groups(found)
    if reason:
        return nothing(found, level, reason)
    return interval(found, variance.over_items(found), table, level, "")


def recipe(table: Table, deterministic: bool, level: float = LEVEL, found: Influence | None = None) -> Estimate:
    """Where the expected score of this recipe lies: items and seeds are both taken as drawn.

    Student's t with Satterthwaite's degrees of freedom. A deterministic model has the interval of ``checkpoints``; one
    or two seeds of any other have none.
    """
    found = found or influence(table)
    if deterministic:
        return checkpoints(table, level, found)
    reason = too_few_groups(found) or too_few_seeds(found)
    if reason:
        return nothing(found, level, reason)
    return interval(found, variance.parts(found).joined(), table, level, " and seeds")


def too_few_groups(found: Influence) -> str:
    """Why there is no interval over items; empty where there is one."""
    size = len(found.groups)
    if size < FEWEST_GROUPS:
        return f"{size} {'group' if size == 1 else 'groups'} of items: an interval needs at least {FEWEST_GROUPS}"
    if found.alone:
        return f"{found.alone} of the strata {'has' if found.alone == 1 else 'have'} one group of items: an interval needs two in each"
    return ""


def too_few_seeds(found: Influence) -> str:
    """Why there is no interval over seeds; empty where there is one."""
    size = len(found.per_seed)
    if size == 1:
        return "one seed: nothing is known of the spread over seeds"
    return f"{size} seeds: an interval over seeds needs at least {LEAST_SEEDS}" if size < LEAST_SEEDS else ""


def nothing(found: Influence, level: float, reason: str) -> Estimate:
    """The value without an interval."""
    return Estimate(found.value, None, None, None, None, level, "", len(found.groups), len(found.per_seed), reason)


def interval(found: Influence, spread: Variance, table: Table, level: float, also: str) -> Estimate:
    """The value with an interval of the kind that suits the statistic."""
    student, size, value = quantile(level, spread.degrees), len(found.groups), found.value
    reach, method = student * spread.error, f"jackknife over groups of items{also}, Student's t"
    if table.statistic in scales.SHARES:
        shift = float(found.bias.mean()) if table.statistic in scales.PUSHED else 0.0
        lower, upper = scales.jeffreys(value - shift, spread.error, student, size, level)
        lower, upper = min(lower, value), max(upper, value)  # of few effective items the law leans to the middle
        method = f"jackknife over groups of items{also}, Jeffreys' interval of the effective number of items"
    elif table.statistic in scales.GAPS:
        lower, upper = scales.Gaps(table).ends(reach)
        method += ", less what chance adds"
    else:
        lower, upper = value - reach, value + reach
    return Estimate(value, lower, upper, spread.error, spread.degrees, level, method, size, len(found.per_seed))


def quantile(level: float, degrees: float) -> float:
    """Standard errors on either side of the middle that hold a share ``level`` of Student's t.

    >>> round(quantile(0.95, 2), 2), round(quantile(0.95, 1e6), 2)
    (4.3, 1.96)
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, got {level}")
    from scipy.special import stdtrit  # the whole of scipy.stats takes ten times as long to load

    return float(stdtrit(degrees, (1 + level) / 2))


def two_sided(value: float, error: float, degrees: float) -> float:
    """The two-sided p of Student's t for a value of so much with such an error.

    >>> round(two_sided(2.0, 1.0, 1e6), 4), two_sided(0.0, 0.0, 3), two_sided(1.0, 0.0, 3)
    (0.0455, 1.0, 0.0)
    """
    if error == 0:
        return 1.0 if value == 0 else 0.0
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(value) / error))
