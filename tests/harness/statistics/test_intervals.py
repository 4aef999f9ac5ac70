"""Intervals, spreads and comparisons against known answers: formulas, and plain resampling of documents."""

from __future__ import annotations

import numpy as np
import pytest

from harness.metrics.spans import f1
from harness.statistics import intervals
from harness.statistics.intervals import bootstrap, over_seeds


def share(totals: np.ndarray) -> np.ndarray:
    """Right of all: totals hold right and wrong."""
    return totals[..., 0] / totals.sum(-1)


def answers(right: float, size: int, seed: int) -> np.ndarray:
    """Right and wrong (N, 2) of a model that is right so often."""
    hit = np.random.default_rng(seed).random(size) < right
    return np.stack([hit, ~hit], axis=1).astype(int)


def span_counts(size: int, seed: int, skill: float = 0.7) -> np.ndarray:
    """Counts of tp, fp, fn (N, 3) with easy and hard documents."""
    rng = np.random.default_rng(seed)
    n, ease = rng.poisson(4, size), np.clip(rng.beta(4, 2, size) - 0.7 + skill, 0, 1)
    tp = rng.binomial(n, ease)
    return np.stack([tp, rng.binomial(n, 0.3), n - tp], axis=1)


def naive_draws(counts: list[np.ndarray], statistic: object, draws: int, seed: int) -> np.ndarray:
    """The definition: indices with replacement, one draw after the other, the same for every seed."""
    rng, size, values = np.random.default_rng(seed), len(counts[0]), []
    for _ in range(draws):
        pick = rng.integers(size, size=size)
        values.append(np.mean([statistic(array[pick].sum(0)) for array in counts]))  # type: ignore[operator]
    return np.array(values)


def test_standard_error_of_a_mean() -> None:
    """For a share of right answers the standard error is sqrt(p (1 - p) / n)."""
    counts = answers(0.8, 4000, seed=1)
    p = counts[:, 0].mean()
    interval = bootstrap([counts], share, draws=4000)
    assert interval.standard_error == pytest.approx(np.sqrt(p * (1 - p) / 4000), rel=0.05)
    assert interval.lower == pytest.approx(p - 1.96 * interval.standard_error, abs=0.1 * interval.standard_error)
    assert interval.upper == pytest.approx(p + 1.96 * interval.standard_error, abs=0.1 * interval.standard_error)


def test_standard_error_of_a_ratio() -> None:
    """For a ratio of sums the delta method knows: sqrt(sum (y - r x)^2) / sum x (here: nats per byte)."""
    rng = np.random.default_rng(2)
    x = rng.integers(50, 400, 3000)
    y = x * rng.normal(0.7, 0.2, 3000)
    ratio = y.sum() / x.sum()
    expected = np.sqrt(((y - ratio * x) ** 2).sum()) / x.sum()
    interval = bootstrap([np.stack([y, x], axis=1)], lambda totals: totals[..., 0] / totals[..., 1], draws=4000)
    assert interval.standard_error == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("seeds", [1, 3])
def test_micro_f1_like_naive_resampling(seeds: int) -> None:
    """For micro-F1, averaged over seeds, error and interval are those of resampling documents one by one."""
    counts = [span_counts(600, seed) for seed in range(seeds)]
    reference = naive_draws(counts, f1, 4000, seed=9)
    interval = bootstrap(counts, f1, draws=4000)
    assert interval.standard_error == pytest.approx(reference.std(ddof=1), rel=0.05)
    lower, upper = np.quantile(reference, [0.025, 0.975])
    assert interval.lower == pytest.approx(lower, abs=0.15 * interval.standard_error)
    assert interval.upper == pytest.approx(upper, abs=0.15 * interval.standard_error)


@pytest.mark.parametrize("common", [1, 16, 10**9])
def test_both_ways_of_drawing_are_one_law(common: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By multinomial, by index, or by the mixture of both: every way draws exactly N documents by the same law."""
    monkeypatch.setattr(intervals, "COMMON", common)
    monkeypatch.setattr(intervals, "CHUNK", 10_000)
    counts = np.concatenate([span_counts(300, 3), np.ones((300, 3), int)], axis=1)
    totals = intervals._draw_totals(counts[:, None, :], draws=3000, seed=0)[:, 0]
    assert (totals[:, 3:] == 300).all()
    covariance = np.cov(counts[:, :3].T, ddof=0) * 300
    assert totals[:, :3].mean(0) == pytest.approx(counts[:, :3].sum(0), rel=0.01)
    assert np.cov(totals[:, :3].T) == pytest.approx(covariance, rel=0.15, abs=0.05 * covariance.max())


def test_coverage() -> None:
    """Of 200 samples from a known population, about 95 % have an interval that holds the true value."""
    held = 0
    for number in range(200):
        interval = bootstrap([answers(0.7, 400, seed=100 + number)], share, draws=400, seed=number)
        held += interval.lower <= 0.7 <= interval.upper
    assert 180 <= held <= 199  # 190 expected; four standard deviations to either side


def test_an_interval_moved_by_its_bias_holds_the_score() -> None:
    """A sum of absolute gaps is larger in every draw than on the documents: moved back, the interval is around it."""
    rows = np.random.default_rng(0).choice([-1, 1], (300, 8))
    rows[::2] = -rows[1::2]  # every column sums to zero: the gaps are none

    def gaps(totals: np.ndarray) -> np.ndarray:
        return np.abs(totals).sum(-1) / 300

    plain, moved = bootstrap([rows], gaps), bootstrap([rows], gaps, biased=True)
    assert moved.lower < gaps(rows.sum(0)) == 0 < plain.lower
    assert moved.upper - moved.lower == pytest.approx(plain.upper - plain.lower)
    assert moved.method != plain.method


def test_seeds_share_their_documents() -> None:
    """Three copies of one seed are as unsure as one: the same documents are drawn for each."""
    counts = span_counts(500, 4)
    one, three = bootstrap([counts], f1), bootstrap([counts] * 3, f1)
    assert three.standard_error == pytest.approx(one.standard_error, rel=0.05)


def test_level_widens() -> None:
    """A higher level gives a wider interval around the same score, and the error stays."""
    counts = [span_counts(500, 5)]
    narrow, wide = bootstrap(counts, f1, level=0.8), bootstrap(counts, f1, level=0.99)
    assert wide.lower < narrow.lower < f1(counts[0].sum(0)) < narrow.upper < wide.upper
    assert wide.standard_error == narrow.standard_error


def test_more_draws_do_not_shrink_the_error() -> None:
    """The error is a property of the documents: ten times the draws, the same error."""
    counts = [span_counts(500, 6)]
    few, many = bootstrap(counts, f1, draws=1000), bootstrap(counts, f1, draws=10_000)
    assert many.standard_error == pytest.approx(few.standard_error, rel=0.1)


def test_deterministic_and_free_of_order() -> None:
    """One seed, one answer; neither document order nor integer type changes a digit; another seed does."""
    counts = [span_counts(700, seed) for seed in range(2)]
    before = bootstrap(counts, f1, seed=3)
    order = np.random.default_rng(0).permutation(700)
    assert bootstrap(counts, f1, seed=3) == before
    assert bootstrap([array[order].astype(np.int32) for array in counts], f1, seed=3) == before
    assert bootstrap(counts, f1, seed=4) != before


def test_equal_documents_have_no_width() -> None:
    """Where all documents are alike, so is every resample; one document is a special case of it."""
    for size in (1, 50):
        interval = bootstrap([np.tile([[2, 1, 1]], (size, 1))], f1)
        assert interval.lower == interval.upper == pytest.approx(2 / 3)
        assert interval.standard_error == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        ([np.zeros((0, 3))], {}, "no documents"),
        ([], {}, "same documents"),
        ([np.zeros((4, 3)), np.zeros((5, 3))], {}, "same documents"),
        ([np.zeros(4)], {}, r"shape \(documents, counts\)"),
        ([np.zeros((4, 0))], {}, r"shape \(documents, counts\)"),
        ([np.ones((4, 3))], {"draws": 1}, "at least 2 draws"),
        ([np.ones((4, 3))], {"level": 95}, "between 0 and 1"),
        ([np.ones((4, 3))], {"statistic": lambda totals: totals}, "must map"),
        ([np.ones((4, 3))], {"statistic": lambda totals: totals[..., 0] * np.nan}, "not finite"),
    ],
)
def test_faulty_input(counts: list[np.ndarray], options: dict, message: str) -> None:
    """What cannot be resampled ends in a sentence, not in a NaN."""
    with pytest.raises(ValueError, match=message):
        bootstrap(counts, **{"statistic": f1, **options})


def test_over_seeds() -> None:
    """Mean, sample deviation, worst and best; one seed has no deviation; for a loss the largest is worst."""
    spread = over_seeds([0.6, 0.7, 0.8])
    assert (spread.mean, spread.sd) == (pytest.approx(0.7), pytest.approx(0.1))
    assert (spread.worst, spread.best, spread.n) == (0.6, 0.8, 3)
    assert over_seeds([0.5]).sd is None
    assert over_seeds([2.0, 3.0], higher_is_better=False).worst == 3.0
    for bad in ([], [0.5, float("nan")]):
        with pytest.raises(ValueError, match="finite scores"):
            over_seeds(bad)
