"""Intervals of one score: over items, and over items and seeds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from harness.metrics import bits
from harness.metrics.overlaps import overlap_f1
from harness.statistics import variance
from harness.statistics.estimates import checkpoints, quantile, recipe
from harness.statistics.influence import influence
from tests.harness.statistics._tables import right, table

RNG = np.random.default_rng(6)


def test_items_alone() -> None:
    """A mean of single items has Student's interval, as scipy gives it."""
    from scipy import stats

    nats = RNG.normal(3.0, 1.0, 50)
    made = checkpoints(table(np.stack([nats, np.ones(50)], -1)[None], statistic=bits.bits))
    low, high = stats.t.interval(0.95, 49, nats.mean(), stats.sem(nats))
    assert (made.lower, made.upper) == pytest.approx((low / np.log(2), high / np.log(2)))
    assert (made.groups, made.seeds, made.degrees, made.none) == (50, 1, 49, "")


def test_four_groups_have_no_interval() -> None:
    """Four books: the value stands, the interval does not, and the reason is said in words."""
    made = checkpoints(table(right([[1, 0] * 10]), np.arange(20) // 5))
    assert (made.value, made.lower, made.upper, made.standard_error) == (0.5, None, None, None)
    assert made.as_json() == {"none": "4 groups of items: an interval needs at least 5"}
    assert recipe(table(right([[1, 0] * 10] * 3), np.arange(20) // 5), False).none == made.none


def test_one_seed_of_a_recipe_has_no_interval() -> None:
    """Nothing is known of its spread; a model that draws nothing has the interval over items."""
    one = table(right([[1, 0, 1, 1, 0, 1] * 10]))
    assert recipe(one, deterministic=False).as_json() == {"none": "one seed: nothing is known of the spread over seeds"}
    assert recipe(one, deterministic=True) == checkpoints(one)


def test_two_way_variance_by_enumeration() -> None:
    """Over all samples of 2 seeds and 3 items, with replacement, of a small world, V is on average the true variance."""
    world = np.array([[0.0, 1.0, 4.0, 2.0], [3.0, 1.0, 0.0, 6.0], [5.0, 2.0, 2.0, 1.0]])  # 3 seeds, 4 items
    means, found = [], []
    for seeds in itertools.product(range(3), repeat=2):
        for items in itertools.product(range(4), repeat=3):
            drawn = world[np.ix_(seeds, items)]
            parts = influence(
                table(np.stack([drawn, np.ones_like(drawn)], -1), statistic=lambda x: x[..., 0] / x[..., 1])
            )
            means.append(drawn.mean())
            found.append(
                variance.over_items(parts).value + variance.over_seeds(parts).value - variance.interaction(parts)
            )
    assert np.mean(found) == pytest.approx(np.var(means), rel=1e-9)


def test_seeds_widen_the_interval() -> None:
    """Three seeds 95.6, 37.9, 96.1: the recipe's interval is wide, that of the checkpoints is not."""
    answers = RNG.random((3, 2000)) < np.array([[0.956], [0.379], [0.961]])
    items, both = checkpoints(table(right(answers))), recipe(table(right(answers)), False)
    assert items.upper - items.lower < 0.03
    assert both.upper - both.lower > 0.8
    assert 2 <= both.degrees < 2.5
    assert 0 <= both.lower < both.value < both.upper <= 1


def test_equal_seeds_add_nothing() -> None:
    """Seeds that answer alike leave the interval over items as it is."""
    answers = [RNG.random(500) < 0.8] * 4
    items, both = checkpoints(table(right(answers))), recipe(table(right(answers)), False)
    assert both.standard_error == pytest.approx(items.standard_error)


def test_a_share_stays_between_0_and_1() -> None:
    """99 of 100 right: the upper end lies below 1."""
    made = checkpoints(table(right([[1] * 99 + [0]])))
    assert 0.9 < made.lower < 0.99 < made.upper < 1


def test_quantile() -> None:
    """Student's quantile is scipy's; a level outside (0, 1) is refused."""
    from scipy import stats

    assert quantile(0.99, 7) == pytest.approx(stats.t.ppf(0.995, 7))
    with pytest.raises(ValueError, match="between 0 and 1, got 95"):
        quantile(95, 7)


@pytest.mark.parametrize(("correct", "partial"), [(3, 0), (0, 0), (0, 1)])
def test_partial_credit_has_an_interval_at_the_border(correct: int, partial: int) -> None:
    """All right, all wrong or hardly right on twenty texts: the interval has width and stays within [0, 1]."""
    counts = np.tile([correct, 0, 3, 3], (20, 1))
    counts[0, 1] = partial
    made = table(counts[None], statistic=overlap_f1)
    seeds = table(np.stack([counts] * 3), statistic=overlap_f1)
    for found in (checkpoints(made), recipe(made, True), recipe(seeds, False)):
        assert 0 <= found.lower <= found.value <= found.upper <= 1
        assert found.upper - found.lower > 0.01
