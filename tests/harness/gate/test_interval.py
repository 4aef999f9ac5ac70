"""The interval of the gate: against scipy's own trimmed tests, and against noise whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.gate.interval import interval, quantile
from harness.statistics.ratios import ratio

SECONDS = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=30)


@pytest.mark.parametrize(("one", "two"), [(30, 30), (10, 30), (7, 5), (4, 9)])
@pytest.mark.parametrize("level", [0.9, 0.99, 0.9998])
def test_blocks_without_turns_give_the_interval_of_yuen_and_welch(one: int, two: int, level: float) -> None:
    """scipy's trimmed t test of two samples of unequal spread has the same interval."""
    rng = np.random.default_rng(one)
    head, base = 1.2 * rng.lognormal(0, 0.1, one), rng.lognormal(0, 0.02, two)
    found = interval(list(head), list(base), paired=False, level=level)
    low, high = stats.ttest_ind(np.log(head), np.log(base), equal_var=False, trim=0.2).confidence_interval(level)
    assert (math.log(found.lower), math.log(found.upper)) == pytest.approx((low, high))


@pytest.mark.parametrize("blocks", [4, 5, 10, 30, 33])
def test_pairs_give_the_interval_of_their_log_ratios(blocks: int) -> None:
    """scipy's trimmed t test of the log ratios against a side of nothing but zeros has the same interval."""
    rng = np.random.default_rng(blocks)
    head, base = rng.lognormal(0, 0.1, blocks), rng.lognormal(0, 0.1, blocks)
    found = interval(list(head), list(base), paired=True, level=0.99)
    zeros = np.zeros(blocks)
    low, high = stats.ttest_ind(np.log(head / base), zeros, equal_var=False, trim=0.2).confidence_interval(0.99)
    assert (math.log(found.lower), math.log(found.upper)) == pytest.approx((low, high))


def test_intervals_without_end_are_numbers() -> None:
    """Two blocks far apart at a level near 1 give an interval that is wide, and finite."""
    found = interval([1e-300, 1e300], [1.0, 1.0], True, 0.99999)
    assert 0 <= found.lower < found.value < found.upper < math.inf


def test_the_middle_is_that_of_every_other_ratio() -> None:
    """Gate and comparison say the same number; only how sure they are is asked differently."""
    rng = np.random.default_rng(3)
    head, base = list(rng.lognormal(0, 0.1, 20)), list(rng.lognormal(0, 0.1, 20))
    for paired in (True, False):
        assert interval(head, base, paired, 0.95).value == pytest.approx(ratio(head, base, paired).value)


@pytest.mark.parametrize(("blocks", "level"), [(5, 0.99), (10, 0.99), (10, 0.9983), (30, 0.99)])
def test_few_blocks_and_high_levels_keep_the_promise(blocks: int, level: float) -> None:
    """Of 4,000 pairs that are equal, spikes and all, no more intervals lie above 1 than promised, with room for chance."""
    rng, alarms = np.random.default_rng(blocks), 0
    for _ in range(4000):
        head, base = rng.lognormal(0, 0.03, (2, blocks)) * np.where(rng.random((2, blocks)) < 0.03, 2, 1)
        alarms += interval(head, base, True, level).lower > 1
    assert alarms <= stats.binom.ppf(0.9999, 4000, 1.3 * (1 - level) / 2)


@given(SECONDS, SECONDS)
def test_sides_can_be_swapped(one: list[float], two: list[float]) -> None:
    """The interval of baseline over candidate is the inverse one."""
    there, back = interval(one, two, False, 0.95), interval(two, one, False, 0.95)
    assert there.lower == pytest.approx(1 / back.upper, rel=1e-6)
    assert there.value == pytest.approx(1 / back.value, rel=1e-6)
    assert there.lower <= there.value <= there.upper


@given(SECONDS, st.floats(1e-3, 1e3), st.floats(0.1, 10))
def test_units_do_not_matter(seconds: list[float], unit: float, factor: float) -> None:
    """Another unit of both sides moves nothing, and a factor of one side is found exactly."""
    found = interval([factor * unit * value for value in seconds], [unit * value for value in seconds], True, 0.9)
    assert (found.lower, found.value, found.upper) == pytest.approx((factor,) * 3, rel=1e-6)


@given(st.floats(0.5, 0.99999), st.floats(1, 1e4))
def test_quantiles_are_those_of_student(level: float, freedom: float) -> None:
    """The light function agrees with the distribution of scipy.stats."""
    assert quantile(level, freedom) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-6)


@pytest.mark.parametrize(
    ("head", "base", "paired", "level", "words"),
    [
        ([1.0, 2.0], [1.0, 2.0, 3.0], True, 0.9, "must match: 2 of the candidate, 3"),
        ([1.0], [1.0], True, 0.9, "at least 2 blocks"),
        ([1.0, 0.0], [1.0, 1.0], True, 0.9, "above zero"),
        ([1.0, 2.0], [1.0, 2.0], True, 1.0, "between 0 and 1"),
    ],
)
def test_what_has_no_ratio_is_refused(
    head: list[float], base: list[float], paired: bool, level: float, words: str
) -> None:
    """Pairs that do not match, single blocks, times of zero and levels of one are errors in words."""
    with pytest.raises(ValueError, match=words):
        interval(head, base, paired, level)
