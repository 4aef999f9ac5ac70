"""Ratios of timed blocks, against what is known of the noise that was put in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics import ratios
from harness.statistics.ratios import ratio

SECONDS = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=30)


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


@given(SECONDS, st.floats(0.1, 10))
def test_scale_and_order(seconds: list[float], factor: float) -> None:
    """Times k times as long have the ratio k exactly, and its inverse is the ratio the other way round."""
    found = ratio([factor * item for item in seconds], seconds, paired=True)
    assert found.value == pytest.approx(factor)
    assert found.inverse().value == pytest.approx(1 / factor)
    assert found.inverse().lower <= found.inverse().value * (1 + 1e-9)


def test_trimmed_mean_agrees_with_scipy() -> None:
    """The same number as the library's for any size."""
    from scipy.stats import trim_mean

    rng = np.random.default_rng(5)
    for size in range(2, 25):
        values = rng.normal(size=size)
        assert ratios.trimmed(values) == pytest.approx(trim_mean(values, ratios.TRIM))


@pytest.mark.parametrize(
    ("candidate", "baseline", "said"),
    [
        ([1.0], [1.0], "at least 2 blocks"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "must match"),
        ([1.0, 0.0], [1.0, 1.0], "above zero"),
        ([1.0, float("nan")], [1.0, 1.0], "above zero"),
    ],
)
def test_what_is_no_time_is_refused(candidate: list[float], baseline: list[float], said: str) -> None:
    """Too few blocks, pairs that do not match and times that are none are errors in words."""
    with pytest.raises(ValueError, match=said):
        ratio(candidate, baseline, paired=True)
