"""The time of A over that of B, from two timing records, measure by measure.

A pure function of what the records hold in ``speed``. Blocks timed in turn in one session are pairs, so that what
slowed one slowed the other; blocks of two sessions are not, and their interval says nothing of what changed in between.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.statistics.ratios import FEWEST, Ratio, ratio

SAME_WORK = ("tokens", "examples")
"""Facts of a measure that must agree: other batches are other work."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure that both records have. ``ratio`` is time of A over time of B; seconds are medians over blocks."""

    name: str
    seconds_a: float
    seconds_b: float
    tokens: float  # of an iteration, without padding
    ratio: Ratio

    @property
    def verdict(self) -> str:
        """``faster``, ``slower`` or ``undecided``, of A."""
        return self.ratio.verdict


@dataclass(frozen=True, slots=True)
class Speed:
    """Two timing records, side by side."""

    same_session: bool
    measures: tuple[Measure, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    unlike: tuple[str, ...]  # measured by both, and not comparable: other work, or a single block


def compare(a: Mapping[str, Any], b: Mapping[str, Any]) -> Speed:
    """Hold the times of A against those of B: every measure of both, in the order of A.

    >>> b = {"session": "s", "measures": {"train/head/trace": {"seconds": [2.0, 3.0] * 3, "tokens": 8, "examples": 1}}}
    >>> a = {"session": "s", "measures": {"train/head/trace": {"seconds": [1.0, 1.5] * 3, "tokens": 8, "examples": 1}}}
    >>> (found,) = compare(a, b).measures
    >>> round(found.ratio.value, 3), found.verdict
    (0.5, 'faster')
    """
    same_session = a["session"] == b["session"]
    mine, theirs = a["measures"], b["measures"]
    common = [name for name in mine if name in theirs]
    like = [name for name in common if comparable(mine[name], theirs[name])]
    return Speed(
        same_session=same_session,
        measures=tuple(measure(name, mine[name], theirs[name], same_session) for name in like),
        only_a=tuple(name for name in mine if name not in theirs),
        only_b=tuple(name for name in theirs if name not in mine),
        unlike=tuple(name for name in common if name not in like),
    )


def comparable(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether both timed the same work, often enough for an interval."""
    return all(a[fact] == b[fact] for fact in SAME_WORK) and min(len(a["seconds"]), len(b["seconds"])) >= FEWEST


def measure(name: str, a: Mapping[str, Any], b: Mapping[str, Any], same_session: bool) -> Measure:
    """One line of the table. A session that was cut off between two turns leaves blocks without a partner: no pairs."""
    one, two = a["seconds"], b["seconds"]
    found = ratio(one, two, paired=same_session and len(one) == len(two))
    return Measure(name, statistics.median(one), statistics.median(two), a["tokens"], found)
