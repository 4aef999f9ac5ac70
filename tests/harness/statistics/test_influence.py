"""The jackknife against formulas that know the statistic."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from harness.metrics import bits, choice, spans
from harness.statistics.influence import influence
from tests.harness.statistics._tables import right, table

RNG = np.random.default_rng(5)


def test_a_share_has_the_variance_of_a_mean() -> None:
    """Of single items the variance of accuracy is p (1 - p) / (n - 1), to the last digits."""
    answers = RNG.random((1, 200)) < 0.7
    p = answers.mean()
    found = influence(table(right(answers)))
    assert found.per_seed.tolist() == [p]
    assert (found.by_group**2).sum() == pytest.approx(p * (1 - p) / 199, rel=1e-12)


def test_a_mean_over_equal_groups_is_cluster_robust() -> None:
    """Groups of one size: the standard error is that of a regression on a constant, clustered, by statsmodels."""
    import statsmodels.api as sm

    groups = np.repeat(np.arange(30), 4)
    answers = (RNG.random(120) < np.repeat(RNG.random(30), 4)).astype(int)
    found = influence(table(right([answers]), groups))
    fit = sm.OLS(answers, np.ones(120)).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True})
    assert np.sqrt((found.by_group**2).sum()) == pytest.approx(fit.bse[0], rel=1e-9)


def test_a_ratio_over_uneven_groups_is_near_the_ratio_estimator() -> None:
    """Bits a byte of uneven texts: the delta method's error of a ratio (Cochran, section 6.4) is met within 2 %."""
    size = RNG.integers(200, 900, 400).astype(float)
    nats = size * RNG.normal(1.2, 0.2, 400)
    found = influence(table(np.stack([nats, size], -1)[None], statistic=bits.bits))
    ratio, total = nats.sum() / size.sum(), size.sum()
    by_hand = np.sqrt(400 / 399 * ((nats - ratio * size) ** 2).sum()) / total / np.log(2)
    assert np.sqrt((found.by_group**2).sum()) == pytest.approx(by_hand, rel=0.02)


def test_leaving_out_by_hand() -> None:
    """F1 without each group, taken from the remaining rows themselves, gives the same variance."""
    counts, groups = RNG.integers(0, 5, (2, 40, 3)), RNG.integers(0, 9, 40)
    found = influence(table(counts, groups, statistic=spans.f1))
    for seed in range(2):
        left_out = np.array([spans.f1(counts[seed][groups != group].sum(0)) for group in found.groups])
        size = len(left_out)
        by_hand = (size - 1) / size * ((left_out - left_out.mean()) ** 2).sum()
        assert (found.by_group[seed] ** 2).sum() == pytest.approx(by_hand, rel=1e-10)


def test_strata_keep_their_shares() -> None:
    """A mean over fixed strata: the variance is the sum of squared shares times the variance within each."""
    strata = np.repeat([0, 1, 2], [20, 30, 50])
    answers = (RNG.random(100) < np.array([0.1, 0.5, 0.9])[strata]).astype(int)
    found = influence(table(right([answers]), strata=strata))
    by_hand = sum(
        (len(part) / 100) ** 2 * part.var(ddof=1) / len(part)
        for part in (answers[strata == number] for number in range(3))
    )
    assert (found.by_group**2).sum() == pytest.approx(by_hand, rel=1e-10)
    assert found.degrees == 97
    assert by_hand < 0.7 * answers.var(ddof=1) / 100  # as one population it would be larger


def test_a_group_alone_in_its_stratum_is_counted() -> None:
    """Its variance is unknown, which is told."""
    found = influence(table(right([[1, 0, 1, 1]]), strata=[0, 0, 0, 1]))
    assert found.alone == 1
    assert found.by_group[0, 3] == 0


def test_neither_order_nor_names_of_groups_matter() -> None:
    """Items in any order, and groups under any numbers, give the same digits."""
    counts, groups = RNG.integers(0, 5, (1, 30, 3)), np.arange(30) // 3
    one = influence(table(counts, groups, statistic=spans.f1))
    order = RNG.permutation(30)
    two = influence(table(counts[:, order], 100 - groups[order], statistic=spans.f1))
    assert sorted(one.by_group[0].tolist()) == sorted(two.by_group[0].tolist())


def test_products_of_rows_are_covariances() -> None:
    """Two seeds that answer alike covary as much as they vary."""
    answers = RNG.random(60) < 0.5
    found = influence(table(right([answers, answers])))
    for one, two in itertools.product(range(2), repeat=2):
        assert found.by_group[one] @ found.by_group[two] == pytest.approx((found.by_group[0] ** 2).sum())


def test_a_statistic_that_is_not_finite_is_refused() -> None:
    """Without the only group that has bytes, bits a byte divides by nothing."""
    with pytest.raises(ValueError, match="not finite without some group"):
        influence(table([[[1.0, 2.0], [0.0, 0.0]]], statistic=bits.bits))


def test_wide_counts_take_little_time() -> None:
    """Macro F1 of 119 labels over 10,000 items takes less than a second a seed."""
    true, said = RNG.integers(0, 119, 10_000), RNG.integers(0, 119, 10_000)
    said = np.where(RNG.random(10_000) < 0.6, true, said)
    wide = choice._by_label(true, said, 119).astype(np.int8)
    made = table(wide[None], statistic=choice.macro_f1)
    begin = time.process_time()
    found = influence(made)
    assert time.process_time() - begin < 1
    assert 0.5 < found.value < 0.7
