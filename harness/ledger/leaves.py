"""One condition of a claim: a measured quantity against its margin.

``rests`` are the two smallest alphas at which the rule of ``harness.statistics.verdicts`` says *supported* and *refuted*
from the interval of level 1 - alpha (1 - 2 alpha for two margins): the p of either verdict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from harness.claim import Above, Below, Within
from harness.statistics import verdicts
from harness.statistics.estimates import LEVEL, quantile
from harness.statistics.variance import Parts

MOST_BLOCKS = 100_000


@dataclass(frozen=True)
class Measured:
    """A quantity with its error, or why it has none. ``log`` marks a ratio of times, whose error is of its logarithm."""

    value: float | None
    error: float | None = None
    degrees: float = math.inf
    seeds: int = 0  # paired; 0 where nothing is drawn
    groups: int = 0  # of items, of the task with fewest; of a timing: blocks
    parts: Parts | None = None
    log: bool = False
    records: tuple[str, ...] = ()  # folders below the results folder
    older: bool = False  # whether a record began before the claim was locked
    none: str = ""
    void: bool = False  # whether what stands in the way is a record that is damaged

    @property
    def exact(self) -> bool:
        """Whether it is a number without error, of which no p is to be told."""
        return self.error == 0.0 and not self.none

    def interval(self, level: float = LEVEL) -> tuple[float, float] | None:
        """Student's interval; none where there is no error."""
        if self.value is None or self.error is None:
            return None
        middle = math.log(self.value) if self.log else self.value
        reach = quantile(level, self.degrees) * self.error if self.error else 0.0
        ends = middle - reach, middle + reach
        return (math.exp(ends[0]), math.exp(ends[1])) if self.log else ends


class Unmeasured(Exception):  # noqa: N818 - it is no error of the user
    """Why a quantity has no number, in words; ``void`` where a record is damaged."""

    def __init__(self, reason: str, void: bool = False) -> None:
        super().__init__(reason)
        self.void = void


@dataclass(frozen=True)
class Leaf:
    """A condition, what was measured, and its two p."""

    condition: Any  # Above, Below or Within
    measured: Measured
    supports: float
    refutes: float

    def more(self, level: float) -> str:
        """What would decide it if the quantity and its spread stay as they are."""
        found = self.measured
        if found.none or found.value is None or found.error is None:
            return found.none
        if found.parts is None:
            return more_blocks(found, nearest(self), level)
        needed = self.needed(level)
        if needed.seeds is not None and found.seeds:
            extra = needed.seeds - found.seeds
            return f"about {extra:,} more {'seed' if extra == 1 else 'seeds'} would decide"
        if needed.groups is not None:
            return f"this test set, of {found.groups:,} groups of items, cannot decide it"
        return "no number of seeds or items that anybody runs would decide"

    def needed(self, level: float) -> verdicts.Needed:
        """How many seeds, or groups of items, would decide it."""
        found = self.measured
        assert found.value is not None
        assert found.parts is not None
        return verdicts.needed(found.value, found.parts, nearest(self), level)


def judge(condition: Any, measured: Measured) -> Leaf:
    """The two p of a condition; both are 1 where nothing was measured.

    >>> found = judge(Above(None, margin=0.0), Measured(2.0, error=1.0))
    >>> round(found.supports, 3), found.refutes
    (0.046, 1.0)
    >>> found = judge(Within(None, margin=3.0), Measured(1.0, error=1.0))
    >>> round(found.supports, 3), found.refutes
    (0.023, 1.0)
    """
    if measured.none or measured.value is None or measured.error is None:
        return Leaf(condition, measured, 1.0, 1.0)
    if isinstance(condition, Within):
        low, high = borders(condition, measured)
        outside = min(beyond(measured, low, below=True), beyond(measured, high))
        return Leaf(condition, measured, max(beyond(measured, low), beyond(measured, high, below=True)), once(outside))
    over, under = (beyond(measured, condition.margin, below) for below in (False, True))
    if isinstance(condition, Below):
        over, under = under, over
    assert isinstance(condition, Above | Below)
    return Leaf(condition, measured, min(1.0, 2 * over), min(1.0, 2 * under))


def once(p: float) -> float:
    """A p that is no more than 1/2 says something; a larger one is of the other side.

    >>> once(0.2), once(0.7)
    (0.2, 1.0)
    """
    return p if p < 0.5 else 1.0


def borders(condition: Within, measured: Measured) -> tuple[float, float]:
    """The two margins of an equivalence: -margin and +margin; of a ratio of times 1 / (1 + margin) and 1 + margin."""
    return (1 / (1 + condition.margin), 1 + condition.margin) if measured.log else (-condition.margin, condition.margin)


def nearest(leaf: Leaf) -> float:
    """The margin that is nearer to the measured value."""
    value = leaf.measured.value
    assert value is not None
    if not isinstance(leaf.condition, Within):
        return float(leaf.condition.margin)
    return min(borders(leaf.condition, leaf.measured), key=lambda border: abs(value - border))


def beyond(measured: Measured, margin: float, below: bool = False) -> float:
    """One-sided p of "not above the margin", or of "not below" it."""
    assert measured.value is not None
    assert measured.error is not None
    gap = math.log(measured.value) - math.log(margin) if measured.log else measured.value - margin
    gap = -gap if below else gap
    if not measured.error:
        return 0.0 if gap > 0 else 1.0
    from scipy.special import ndtr, stdtr

    size = -gap / measured.error
    return float(ndtr(size) if math.isinf(measured.degrees) else stdtr(measured.degrees, size))


def more_blocks(found: Measured, border: float, level: float) -> str:
    """How many blocks of a timing would decide."""
    assert found.value is not None
    assert found.error is not None
    if not found.log or found.groups < 2:
        return ""
    room = abs(math.log(found.value / border))

    def clear(blocks: int) -> bool:
        share = found.groups / blocks
        return quantile(level, found.degrees / share) * found.error * math.sqrt(share) < room  # type: ignore[operator]

    wanted: int | None = verdicts.least(clear, found.groups, MOST_BLOCKS) if room else None
    if wanted is None:
        return "no number of blocks that anybody times would decide"
    extra = wanted - found.groups
    return f"about {extra:,} more {'block' if extra == 1 else 'blocks'} would decide"
