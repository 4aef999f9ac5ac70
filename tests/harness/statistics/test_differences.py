"""A minus B: paired items, paired or independent seeds."""

from __future__ import annotations

import numpy as np
import pytest

from harness.metrics import bits
from harness.statistics.differences import difference
from tests.harness.statistics._tables import right, table

RNG = np.random.default_rng(7)


def costs(values: np.ndarray, seeds: tuple[int, ...] | None = None, groups: np.ndarray | None = None) -> object:
    """A table of nats (S, N) a unit."""
    return table(np.stack([values, np.ones_like(values)], -1), groups, statistic=bits.bits, seeds=seeds)


def test_items_are_paired() -> None:
    """One seed a side, by the checkpoints: Student's paired test of scipy."""
    from scipy import stats

    hard = RNG.normal(3, 1, 80)
    a, b = hard + RNG.normal(0, 0.1, 80), hard + RNG.normal(0.02, 0.1, 80)
    found = difference(costs(a[None]), costs(b[None]), basis="checkpoints")
    assert found.p == pytest.approx(stats.ttest_rel(a, b).pvalue, rel=1e-6)
    assert found.degrees == 79


def test_equal_seeds_are_paired_and_others_independent() -> None:
    """Without chance of items: Student's paired test for the same seeds, Welch's for others, of scipy."""
    from scipy import stats

    one, two = RNG.normal(3, 0.1, 6), RNG.normal(3.2, 0.5, 6)
    a, b = (np.repeat(side[:, None], 30, axis=1) for side in (one, two))
    paired = difference(costs(a), costs(b))
    assert paired.paired_seeds
    assert paired.p == pytest.approx(stats.ttest_rel(one, two).pvalue, rel=1e-6)
    welch = difference(costs(a), costs(b, seeds=(10, 11, 12, 13, 14, 15)))
    assert not welch.paired_seeds
    assert welch.p == pytest.approx(stats.ttest_ind(one, two, equal_var=False).pvalue, rel=1e-6)


def test_a_side_that_draws_nothing() -> None:
    """Beside a deterministic side, the other's seeds are one sample: Student's test of scipy for one sample."""
    from scipy import stats

    one = RNG.normal(3, 0.1, 6)
    a, b = np.repeat(one[:, None], 30, axis=1), np.full((1, 30), 3.1)
    found = difference(costs(a), costs(b), deterministic=(False, True))
    assert found.p == pytest.approx(stats.ttest_1samp(one, 3.1).pvalue, rel=1e-6)
    turned = difference(costs(b), costs(a), deterministic=(True, False))
    assert (turned.value, turned.p) == pytest.approx((-found.value, found.p))


def test_one_seed_of_a_recipe_gives_no_interval() -> None:
    """By the recipe nothing is known; by the checkpoints something is."""
    a, b = costs(RNG.normal(3, 1, (1, 40))), costs(RNG.normal(3, 1, (1, 40)))
    found = difference(a, b)
    assert found.none == "one seed: nothing is known of the spread over seeds"
    assert (found.lower, found.p) == (None, None)
    assert difference(a, b, basis="checkpoints").lower is not None
    assert difference(a, b, deterministic=(True, True)).lower is not None


def test_items_are_found_by_name() -> None:
    """The order of B's items does not matter; other items, or other groups, are refused."""
    a, b = table(right(RNG.random((2, 40)) < 0.5)), table(right(RNG.random((2, 40)) < 0.6))
    shuffled = b.ordered_as(tuple(b.ids[place] for place in RNG.permutation(40)))
    assert difference(a, b) == difference(a, shuffled)
    with pytest.raises(ValueError, match="other groups of items"):
        difference(a, table(b.counts, np.arange(40) // 2))


def test_a_model_against_itself() -> None:
    """No difference: p is 1 and the interval is the point 0."""
    a = table(right(RNG.random((3, 40)) < 0.5))
    found = difference(a, a)
    assert (found.value, found.lower, found.upper, found.p) == (0, 0, 0, 1)


def test_an_unknown_basis() -> None:
    """What a difference is by must be one of two."""
    a = table(right(RNG.random((3, 40)) < 0.5))
    with pytest.raises(ValueError, match="by recipe or by checkpoints, not by 'seeds'"):
        difference(a, a, basis="seeds")
