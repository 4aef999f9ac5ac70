"""Ratios of timed blocks: against scipy's own trimmed tests, and against noise whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.statistics import ratios
from harness.statistics.estimates import quantile
from harness.statistics.ratios import ratio

SECONDS = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=30)


@pytest.mark.parametrize(("one", "two"), [(30, 30), (10, 30), (7, 5), (4, 9)])
@pytest.mark.parametrize("level", [0.9, 0.99, 0.9998])
def test_blocks_without_turns_give_the_interval_of_yuen_and_welch(one: int, two: int, level: float) -> None:
    """scipy's trimmed t test of two samples of unequal spread has the same interval."""
    rng = np.random.default_rng(one)
    head, base = 1.2 * rng.lognormal(0, 0.1, one), rng.lognormal(0, 0.02, two)
    found = ratio(list(head), list(base), paired=False, level=level)
    low, high = stats.ttest_ind(np.log(head), np.log(base), equal_var=False, trim=0.2).confidence_interval(level)
    assert (math.log(found.lower), math.log(found.upper)) == pytest.approx((low, high))


@pytest.mark.parametrize("blocks", [4, 5, 10, 30, 33])
def test_pairs_give_the_interval_of_their_log_ratios(blocks: int) -> None:
    """scipy's trimmed t test of the log ratios against a side of nothing but zeros has the same interval."""
    rng = np.random.default_rng(blocks)
    head, base = rng.lognormal(0, 0.1, blocks), rng.lognormal(0, 0.1, blocks)
    found = ratio(list(head), list(base), paired=True, level=0.99)
    zeros = np.zeros(blocks)
    low, high = stats.ttest_ind(np.log(head / base), zeros, equal_var=False, trim=0.2).confidence_interval(0.99)
    assert (math.log(found.lower), math.log(found.upper)) == pytest.approx((low, high))


def test_intervals_without_end_are_numbers() -> None:
    """Two blocks far apart at a level near 1 give an interval that is wide, and finite."""
    found = ratio([1e-300, 1e300], [1.0, 1.0], True, 0.99999)
    assert 0 <= found.lower < found.value < found.upper < math.inf


@pytest.mark.parametrize(("blocks", "level"), [(5, 0.99), (10, 0.99), (10, 0.9983), (30, 0.99)])
def test_few_blocks_and_high_levels_keep_the_promise(blocks: int, level: float) -> None:
    """Of 4,000 pairs that are equal, spikes and all, no more intervals lie above 1 than promised, with room for chance."""
    rng, alarms = np.random.default_rng(blocks), 0
    for _ in range(4000):
        head, base = rng.lognormal(0, 0.03, (2, blocks)) * np.where(rng.random((2, blocks)) < 0.03, 2, 1)
        alarms += ratio(head, base, True, level).lower > 1
    assert alarms <= stats.binom.ppf(0.9999, 4000, 1.3 * (1 - level) / 2)


@given(SECONDS, SECONDS)
def test_sides_can_be_swapped(one: list[float], two: list[float]) -> None:
    """The interval of baseline over candidate is the inverse one."""
    there, back = ratio(one, two, False, 0.95), ratio(two, one, False, 0.95)
    assert there.lower == pytest.approx(1 / back.upper, rel=1e-6)
    assert there.value == pytest.approx(1 / back.value, rel=1e-6)
    assert there.lower <= there.value <= there.upper


@given(SECONDS, st.floats(1e-3, 1e3), st.floats(0.1, 10))
def test_units_do_not_matter(seconds: list[float], unit: float, factor: float) -> None:
    """Another unit of both sides moves nothing, and a factor of one side is found exactly."""
    found = ratio([factor * unit * value for value in seconds], [unit * value for value in seconds], True, 0.9)
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
        ([1.0, math.nan], [1.0, 1.0], True, 0.9, "above zero"),
        ([1.0, 2.0], [1.0, 2.0], True, 1.0, "between 0 and 1"),
    ],
)
def test_what_has_no_ratio_is_refused(
    head: list[float], base: list[float], paired: bool, level: float, words: str
) -> None:
    """Pairs that do not match, single blocks, times of zero and levels of one are errors in words."""
    with pytest.raises(ValueError, match=words):
        ratio(head, base, paired, level)


def drawn(rng: np.random.Generator, blocks: int, factor: float = 1.0, sd: float = 0.05) -> list[float]:
    """Times with lognormal noise."""
    return list(factor * rng.lognormal(0, sd, blocks))


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("blocks", [6, 30])
def test_intervals_hold_the_truth_as_often_as_they_say(paired: bool, blocks: int) -> None:
    """Of 400 intervals at 95 % about 95 % hold the true ratio, with few blocks as with many."""
    rng = np.random.default_rng(blocks)
    held = 0
    for _ in range(400):
        found = ratio(drawn(rng, blocks, 1.1), drawn(rng, blocks), paired)
        held += found.lower <= 1.1 <= found.upper
    assert 0.915 <= held / 400 <= 0.985


def test_pairs_cancel_what_is_common() -> None:
    """A machine that becomes slower moves neither value nor interval when blocks are paired."""
    drift = np.linspace(1, 3, 20)
    found = ratio(list(1.2 * drift), list(drift), paired=True)
    assert (found.value, found.lower, found.upper) == pytest.approx((1.2, 1.2, 1.2))
    assert ratio(list(1.2 * drift), list(drift), paired=False).upper > 1.3


def test_disturbed_blocks_move_little() -> None:
    """Two of twenty blocks three times as slow leave the ratio where it was."""
    rng = np.random.default_rng(3)
    one, two = drawn(rng, 20, sd=0.01), drawn(rng, 20, sd=0.01)
    for place in (4, 11):
        one[place] *= 3
    assert ratio(one, two, paired=True).value == pytest.approx(1.0, abs=0.01)


def test_trimmed_mean_agrees_with_scipy() -> None:
    """The same number as the library's for any size."""
    from scipy.stats import trim_mean

    rng = np.random.default_rng(5)
    for size in range(2, 25):
        values = rng.normal(size=size)
        assert ratios.trimmed(values) == pytest.approx(trim_mean(values, ratios.TRIM))


@pytest.mark.parametrize(("factor", "said"), [(1.2, "slower"), (0.8, "faster"), (1.0, "undecided")])
def test_the_verdict_is_the_side_of_one(factor: float, said: str) -> None:
    """A whole interval on one side of 1 is a verdict, of five blocks or more; four decide nothing."""
    base = drawn(np.random.default_rng(0), 5, sd=0.2)
    head = [factor * value * step for value, step in zip(base, (1.001, 0.999, 1.0, 1.001, 0.999), strict=True)]
    assert ratio(head, base, paired=True).verdict == said
    assert ratio(head[:4], base[:4], paired=True).verdict == "undecided"
