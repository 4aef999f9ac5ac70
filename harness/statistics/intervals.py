"""The spread over seeds, and the bootstrap over single documents that records of schemas 1 and 2 hold.

The bootstrap is kept to prove those records; it knows neither groups of items nor seeds. ``estimates`` has what is shown.

Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 6, 13 and 16.

Letters for shapes: ``N`` documents, ``C`` counts of a document, ``S`` seeds, ``B`` draws, ``G`` distinct rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Any], Any]
"""Totals of shape (..., C) -> (...), such as ``harness.metrics.spans.f1``."""

COMMON = 32  # rows at least this frequent are drawn together: one binomial costs about as much as 32 single draws
MOVED = ", moved by its bias"
"""How the name of the method ends where the interval was moved."""
CHUNK = 4_000_000  # numbers in memory at once


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the score would fall on other documents of the same kind, in the unit of the score."""

    lower: float
    upper: float
    standard_error: float
    level: float
    method: str
    draws: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The same model trained several times. ``sd`` is ``None`` for one seed: nothing is known of its spread."""

    mean: float
    sd: float | None
    worst: float
    best: float
    n: int


def over_seeds(values: Sequence[float], higher_is_better: bool = True) -> Spread:
    """Mean, standard deviation with ``n - 1`` below, worst and best of the scores of several seeds.

    >>> over_seeds([0.5, 0.75])
    Spread(mean=0.625, sd=0.1767766952966369, worst=0.5, best=0.75, n=2)
    """
    scores = np.asarray(values, np.float64)
    if not scores.size or not np.isfinite(scores).all():
        raise ValueError(f"a spread needs finite scores, found {list(values)}")
    low, high = float(scores.min()), float(scores.max())
    sd = float(scores.std(ddof=1)) if len(scores) > 1 else None
    worst, best = (low, high) if higher_is_better else (high, low)
    return Spread(float(scores.mean()), sd, worst, best, len(scores))


def bootstrap(
    counts_per_seed: Sequence[Any],
    statistic: Statistic,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    biased: bool = False,
) -> Interval:
    """Percentile bootstrap over documents of the mean over seeds of ``statistic``.

    ``counts_per_seed`` holds S arrays (N, C), one a seed, all of the same documents in the same order. In each draw
    N documents are taken with replacement, the same ones for every seed; their counts are summed and scored for each
    seed, and the scores averaged.
    The standard error is the standard deviation of the draws. (It is not divided by the root of their number:
    more draws make the estimate of the error steadier, not the score surer.)
    ``biased`` is for a statistic that resampling pushes to one side, as it does a sum of absolute gaps: the interval is
    moved by the mean of the draws minus the score (Efron and Tibshirani 1993, section 10.2).

    Raises ``ValueError`` for no documents, for shapes that differ, and for a statistic that is not finite.

    >>> answers = np.array([[1], [0]] * 50)  # 50 right of 100: standard error sqrt(0.5 * 0.5 / 100) = 0.05
    >>> interval = bootstrap([answers], lambda totals: totals[..., 0] / 100)
    >>> round(interval.standard_error, 2), interval.lower < 0.5 < interval.upper
    (0.05, True)
    """
    stacked = _stack(counts_per_seed)
    values = _mean_over_seeds(_draw_totals(stacked, draws, seed), statistic)
    lower, upper = _percentiles(values, level)
    error, method = float(values.std(ddof=1)), "percentile bootstrap over documents"
    if biased:
        shift = float(_mean_over_seeds(stacked.sum(0)[None], statistic)[0] - values.mean())
        lower, upper, method = lower + shift, upper + shift, f"{method}{MOVED}"
    return Interval(lower, upper, error, level, method, draws)


def _stack(counts_per_seed: Sequence[Any]) -> NDArray[Any]:
    """Counts as one array (N, S, C); an error in words for whatever cannot be resampled."""
    arrays = [np.asarray(counts) for counts in counts_per_seed]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1:
        raise ValueError(f"seeds must be scored on the same documents, found counts of shapes {sorted(shapes)}")
    shape = shapes.pop()
    if len(shape) != 2 or not shape[1]:
        raise ValueError(f"counts must have shape (documents, counts), found {shape}")
    if not shape[0]:
        raise ValueError("nothing to resample: there are no documents")
    return np.stack(arrays, axis=1)


def _draw_totals(counts: NDArray[Any], draws: int, seed: int) -> Floats:
    """Totals (B, S, C) of ``draws`` resamples of the N documents in ``counts`` (N, S, C).

    Documents with equal counts are interchangeable, so how often each *distinct* row is drawn is a multinomial over
    the rows: the same law as drawing documents, at the cost of G binomials instead of N draws. A row that few
    documents share is cheaper drawn document by document. So one multinomial deals the draws to all rare documents
    together and to each common row, and the share of the rare ones is drawn uniformly among them. Exact either way.
    Neither the order of the documents nor the number of threads changes a digit.
    """
    if draws < 2:
        raise ValueError(f"a bootstrap needs at least 2 draws, got {draws}")
    size, rng = len(counts), np.random.default_rng(seed)
    rows, times = np.unique(counts.reshape(size, -1), axis=0, return_counts=True)
    common = times >= COMMON
    kinds, rare = rows[common].astype(np.float64), np.repeat(rows[~common], times[~common], axis=0).astype(np.float64)
    chances = np.append(len(rare), times[common]) / size
    totals = np.empty((draws, rows.shape[1]))
    step = max(1, CHUNK // max(len(chances), len(rare)))
    weights = np.empty((min(step, draws), len(rare)))
    for begin in range(0, draws, step):
        dealt = rng.multinomial(size, chances, size=min(step, draws - begin))
        totals[begin : begin + len(dealt)] = dealt[:, 1:].astype(np.float64) @ kinds
        if len(rare):
            for row, number in enumerate(dealt[:, 0]):
                weights[row] = np.bincount(rng.integers(len(rare), size=number), minlength=len(rare))
            totals[begin : begin + len(dealt)] += weights[: len(dealt)] @ rare
    return totals.reshape(draws, *counts.shape[1:])


def _mean_over_seeds(totals: NDArray[Any], statistic: Statistic) -> Floats:
    """Totals (B, S, C) -> scores (B,)."""
    values = np.asarray(statistic(totals), np.float64)
    if values.shape != totals.shape[:-1]:
        raise ValueError(f"a statistic must map {totals.shape} to {totals.shape[:-1]}, this one gives {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("the statistic is not finite on some resamples: say what it is where it would divide by zero")
    means: Floats = values.mean(axis=1)
    return means


def _percentiles(values: Floats, level: float) -> tuple[float, float]:
    """The middle ``level`` of the draws."""
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, got {level}")
    lower, upper = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)
