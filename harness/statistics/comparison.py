"""Compares two sets of answers to the same items: is A better than B, and which items changed?

Three questions are kept apart. *Would the result hold on other items?* The paired bootstrap over items says so, and for
right and wrong answers McNemar's exact test. *Would it hold for other seeds?* The differences of the seeds that both
sides have give an estimate, as far as few seeds can. *Which items changed?* Counts and ids.

McNemar 1947, Psychometrika 12(2); Dietterich 1998, Neural Computation 10(7), for its use on two classifiers.
Letters for shapes: ``N`` items (documents or questions), ``C`` counts of an item.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.spec import Example, Metric, Score, Span
from harness.statistics import intervals
from harness.statistics.intervals import Difference

Floats = NDArray[np.float64]
Pairs = Sequence[tuple[int, int]]
"""A seed of A beside a seed of B."""

LEVEL = 0.95
POWER = 0.8  # how often a trial should see a difference that is there (Cohen 1988, section 2.4)
DRAWS = 10_000  # so that p can fall to 0.0002


@dataclass(frozen=True, slots=True)
class Flips:
    """Items that one seed of A answers better or worse than one seed of B.

    ``p`` is of McNemar's test, where it applies.
    """

    seed_a: int
    seed_b: int
    better: int
    worse: int
    equal: int
    p: float | None


@dataclass(frozen=True, slots=True)
class SeedDifference:
    """A minus B over the seeds that both have. The interval is Student's; none where all seeds differ by the same."""

    seeds: tuple[int, ...]
    mean: float
    sd: float
    lower: float | None
    upper: float | None
    p: float | None
    level: float


@dataclass(frozen=True, slots=True)
class LabelFlips:
    """Entities of one label, mean over pairs of seeds: won and lost are gold, alarms are not."""

    label: str
    won: float  # found by A, missed by B
    lost: float  # missed by A, found by B
    alarms_new: float  # false alarms of A alone
    alarms_gone: float  # false alarms of B alone


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is known of A against B by one metric, in its own unit."""

    metric: str
    unit: str
    higher_is_better: bool
    n: int
    per_seed_a: Mapping[int, float]
    per_seed_b: Mapping[int, float]
    difference: Difference
    p: float
    test: str  # what p is of
    seeds: SeedDifference | None
    flips: tuple[Flips, ...]
    right_or_wrong: bool  # whether every item is either right or wrong
    better: tuple[str, ...]  # ids of items that A answers better, those of most pairs of seeds first
    worse: tuple[str, ...]
    needed: int | None  # items that would show a difference as large as this one; none for no difference
    visible: float  # the smallest difference that these items show with power POWER

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``undecided``: the interval leaves zero out *and* p is below 1 minus its level."""
        found = self.difference
        if found.lower <= 0 <= found.upper or self.p >= 1 - found.level:
            return "undecided"
        return "better" if (found.value > 0) == self.higher_is_better else "worse"


def compare(card: Metric, a: Mapping[int, Score], b: Mapping[int, Score], ids: Sequence[str]) -> Comparison:
    """Hold the scores of A, one a seed, against those of B on the same items, whose ids are given in order.

    The main number is the difference of the means over seeds, with a bootstrap that draws items with the answers of
    all seeds: answers of several seeds to one item are not independent, so no test pools them. Between *one* seed a
    side, right and wrong answers have an exact test, McNemar's, which then gives ``p``.
    Raises ``ValueError`` for a metric that is no sum over items.
    """
    first = next(iter(a.values()))
    if first.statistic is None or any(score.counts is None for score in (*a.values(), *b.values())):
        raise ValueError(f"{card.name} is no sum over items: it cannot be resampled")
    counts_a, counts_b = ([score.counts for score in side.values()] for side in (a, b))
    difference = intervals.paired_bootstrap(counts_a, counts_b, first.statistic, draws=DRAWS, level=LEVEL)
    values_a, values_b = ({seed: item_values(card, score) for seed, score in side.items()} for side in (a, b))
    pairs = matched(list(a), list(b))
    right_or_wrong = "tp" not in first.sufficient and all(  # of one question macro F1 is 1 or 0, as accuracy is
        np.isin(values, (0, 1)).all() for values in (*values_a.values(), *values_b.values())
    )
    flips = tuple(flipped(values_a, values_b, pair, right_or_wrong) for pair in pairs)
    sides: Floats = np.sum([np.sign(values_a[one] - values_b[two]) for one, two in pairs], axis=0)
    exact = flips[0].p if len(a) == len(b) == 1 and first.sufficient.keys() == {"right", "wrong"} else None
    per_seed_a, per_seed_b = ({seed: score.value for seed, score in side.items()} for side in (a, b))
    return Comparison(
        metric=card.name,
        unit=card.unit,
        higher_is_better=card.higher_is_better,
        n=len(ids),
        per_seed_a=per_seed_a,
        per_seed_b=per_seed_b,
        difference=difference,
        p=difference.p if exact is None else exact,
        test="paired bootstrap" if exact is None else "exact McNemar test",
        seeds=seed_difference(per_seed_a, per_seed_b),
        flips=flips,
        right_or_wrong=right_or_wrong,
        better=most(ids, sides),
        worse=most(ids, -sides),
        needed=needed(difference.value, difference.standard_error, len(ids)),
        visible=(quantile(LEVEL) + quantile(2 * POWER - 1)) * difference.standard_error,
    )


def matched(seeds_a: Sequence[int], seeds_b: Sequence[int]) -> list[tuple[int, int]]:
    """Which seed of A is held against which of B: equal ones; where none is equal, in order.

    >>> matched([0, 1, 2], [1, 2, 3]), matched([0, 1], [5])
    ([(1, 1), (2, 2)], [(0, 5)])
    """
    common = sorted(set(seeds_a) & set(seeds_b))
    return [(seed, seed) for seed in common] or list(zip(sorted(seeds_a), sorted(seeds_b), strict=False))


def item_values(card: Metric, score: Score) -> Floats:
    """How well each item (N,) is answered; more is better. Entities count errors, which 0/0 does not blur."""
    counts = np.asarray(score.counts)
    if {"tp", "fp", "fn"} <= score.sufficient.keys():
        errors: Floats = (counts[:, 1] + counts[:, 2]).astype(np.float64)
        return -errors
    assert score.statistic is not None
    values: Floats = np.asarray(score.statistic(counts), np.float64)
    return values if card.higher_is_better else -values


def flipped(a: Mapping[int, Floats], b: Mapping[int, Floats], pair: tuple[int, int], exact: bool) -> Flips:
    """Count the items of one pair of seeds that A answers better, worse and equally well."""
    gap = a[pair[0]] - b[pair[1]]
    better, worse = int((gap > 0).sum()), int((gap < 0).sum())
    return Flips(*pair, better, worse, len(gap) - better - worse, mcnemar(better, worse) if exact else None)


def mcnemar(better: int, worse: int) -> float:
    """Exact two-sided p of the items that changed sides: each would fall on either side with chance one half.

    >>> mcnemar(5, 0), mcnemar(0, 0)  # 2 / 2 ** 5; nothing changed
    (0.0625, 1.0)
    """
    from scipy.stats import binomtest

    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def most(ids: Sequence[str], sides: Floats) -> tuple[str, ...]:
    """Ids whose side is above zero, the largest first, then in order.

    >>> most(["a", "b", "c", "d"], np.array([1.0, 0.0, 2.0, -1.0]))
    ('c', 'a')
    """
    return tuple(ids[place] for place in np.argsort(-sides, kind="stable") if sides[place] > 0)


def seed_difference(a: Mapping[int, float], b: Mapping[int, float], level: float = LEVEL) -> SeedDifference | None:
    """Scores of A minus those of B, seed by seed, with Student's interval; ``None`` for fewer than two common seeds.

    >>> found = seed_difference({0: 0.5, 1: 0.75, 2: 1.0}, {0: 0.25, 1: 0.25, 2: 0.25})
    >>> found.mean, found.sd, round(found.lower, 3), round(found.upper, 3)
    (0.5, 0.25, -0.121, 1.121)
    """
    seeds = tuple(sorted(a.keys() & b.keys()))
    if len(seeds) < 2:
        return None
    gaps = np.array([a[seed] - b[seed] for seed in seeds])
    mean, sd = float(gaps.mean()), float(gaps.std(ddof=1))
    if sd < 1e-12:  # models without chance: equal but for rounding
        return SeedDifference(seeds, mean, 0.0, None, None, None, level)
    from scipy.stats import t

    error, freedom = sd / math.sqrt(len(seeds)), len(seeds) - 1
    reach = float(t.ppf((1 + level) / 2, freedom)) * error
    p = float(2 * t.sf(abs(mean) / error, freedom))
    return SeedDifference(seeds, mean, sd, mean - reach, mean + reach, p, level)


def needed(value: float, error: float, n: int, level: float = LEVEL, power: float = POWER) -> int | None:
    """How many items would show a true difference of ``value``, if ``n`` of them give it the standard error ``error``.

    The error falls with the root of the number; the difference must be as many errors away from zero as the two normal
    quantiles together (Cohen 1988, section 2.4). ``None`` where there is no difference to show.

    >>> needed(1.0, 1.0, 1000)  # (1.96 + 0.84) ** 2 = 7.85
    7849
    """
    if value == 0:
        return None
    return math.ceil(n * ((quantile(level) + quantile(2 * power - 1)) * error / value) ** 2)


def quantile(level: float) -> float:
    """Standard errors on either side of the middle that hold a share ``level`` of a normal law.

    >>> round(quantile(0.95), 2), round(quantile(0.6), 2)  # 0.6: all but 0.2 on one side
    (1.96, 0.84)
    """
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))


def labels_flipped(
    gold: Sequence[Example],
    a: Mapping[int, Sequence[Iterable[Span]]],
    b: Mapping[int, Sequence[Iterable[Span]]],
    pairs: Pairs,
) -> list[LabelFlips]:
    """Entities won and lost by label, the label with most of both first; labels where nothing changed are left out."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("won", "lost", "alarms_new", "alarms_gone")}
    for one, two in pairs:
        for example, said_a, said_b in zip(gold, a[one], b[two], strict=True):
            true, only_a, only_b = set(example.target), set(said_a) - set(said_b), set(said_b) - set(said_a)
            for name, spans in (
                ("won", only_a & true),
                ("lost", only_b & true),
                ("alarms_new", only_a - true),
                ("alarms_gone", only_b - true),
            ):
                counts[name].update(label for _, _, label in spans)
    labels = sorted(
        {label for counter in counts.values() for label in counter},
        key=lambda label: (-counts["won"][label] - counts["lost"][label], label),
    )
    return [
        LabelFlips(label, **{name: counter[label] / len(pairs) for name, counter in counts.items()}) for label in labels
    ]
