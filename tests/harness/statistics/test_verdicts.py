"""One rule, two sides, and what would decide."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics.estimates import quantile
from harness.statistics.variance import Parts
from harness.statistics.verdicts import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    above,
    equivalence_level,
    least,
    needed,
    within,
)

RNG = np.random.default_rng(8)


@pytest.mark.parametrize("margin", [-0.5, 0.0, 0.5])
def test_both_sides_are_judged_alike(margin: float) -> None:
    """Turned around, a supported claim is a refuted one, and an undecided one stays so."""
    opposite = {SUPPORTED: REFUTED, REFUTED: SUPPORTED, UNDECIDED: UNDECIDED}
    for lower, upper in np.sort(RNG.normal(0, 1, (200, 2))).tolist():
        assert above(-upper, -lower, -margin) == opposite[above(lower, upper, margin)]
        assert within(-upper, -lower, abs(margin)) == within(lower, upper, abs(margin))


def test_an_interval_that_touches_the_margin_decides_nothing() -> None:
    """At the border neither side has the whole interval."""
    assert above(0.0, 1.0, 0.0) == above(-1.0, 0.0, 0.0) == UNDECIDED
    assert within(-0.5, 0.2, 0.5) == within(0.5, 0.6, 0.5) == UNDECIDED


def test_equivalence_is_two_one_sided_tests() -> None:
    """Supported exactly where statsmodels finds both one-sided tests below 5 %."""
    from statsmodels.stats.weightstats import ttost_paired

    seen = set()
    for _ in range(60):
        one, two = RNG.normal(0, 1, (2, 20))
        gap = one - two
        reach = quantile(equivalence_level(0.95), 19) * gap.std(ddof=1) / np.sqrt(20)
        said = within(gap.mean() - reach, gap.mean() + reach, 0.7) == SUPPORTED
        assert said == (ttost_paired(one, two, -0.7, 0.7)[0] < 0.05)
        seen.add(said)
    assert seen == {True, False}


def test_at_the_margin_equivalence_is_supported_in_5_of_100() -> None:
    """Two things that differ by just the margin are called equivalent in at most 5 % (and 3 standard errors)."""
    gaps = RNG.normal(0.5, 1, (2000, 100))
    reach = quantile(0.9, 99) * gaps.std(axis=1, ddof=1) / 10
    means = gaps.mean(axis=1)
    said = sum(within(m - r, m + r, 0.5) == SUPPORTED for m, r in zip(means, reach, strict=True))
    assert 0.03 < said / 2000 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)


def test_so_many_seeds_would_decide_and_one_less_would_not() -> None:
    """The number of seeds is the least whose interval, with the expected spread, leaves the margin out."""
    parts = Parts(1e-5, 2e-5, 2e-6, item_degrees=999, seed_degrees=5, seeds_held=6)
    found = needed(0.01, parts, margin=0.001)
    assert found.seeds is not None
    for seeds, outside in ((found.seeds, True), (found.seeds - 1, False)):
        spread = parts.with_seeds(seeds).joined()
        assert (quantile(0.95, spread.degrees) * spread.error < 0.009) == outside


def test_seeds_cannot_decide_what_items_leave_open() -> None:
    """Where items alone reach the margin no number of seeds helps, but more groups do; and the other way round."""
    items = needed(0.01, Parts(1e-4, 1e-6, 0.0, item_degrees=99, seed_degrees=5, seeds_held=6))
    assert items.seeds is None
    assert items.groups > 300
    seeds = needed(0.01, Parts(1e-6, 1e-4, 0.0, item_degrees=99, seed_degrees=5, seeds_held=6))
    assert seeds.groups is None
    assert seeds.seeds > 20
    assert needed(0.0, Parts(1e-6, 1e-4, 0.0, item_degrees=99, seed_degrees=5, seeds_held=6)).seeds is None


def test_least_is_the_first() -> None:
    """Bisection finds the first number that is enough."""
    for first in (11, 12, 57, 100):
        assert least(lambda number, first=first: number >= first, 10, 100) == first
