"""Comparing answers: against enumeration, plain loops, direct resampling, simulation, and the tests of scipy."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.choice import score_choice
from harness.metrics.spans import f1, score_spans
from harness.spec import Example, Metric, Question, Score, Span, Text
from harness.statistics import comparison
from harness.statistics.comparison import Comparison, mcnemar, needed, seed_difference

ACCURACY = Metric("accuracy", "share of right answers")
LABELS = ("bad", "good")


@pytest.fixture(scope="module", autouse=True)
def few_draws() -> Iterator[None]:
    """Fewer draws than a user gets: most tests are not about them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "DRAWS", 500)
        yield


def answers(said: dict[int, list[int]], target: list[int], metric: str = "accuracy") -> dict[int, Score]:
    """Scores of answers to questions, one a seed."""
    gold = [Example(f"q{place}", Question(str(place)), right) for place, right in enumerate(target)]
    return {seed: score_choice(gold, numbers, labels=LABELS)[metric] for seed, numbers in said.items()}


def rights(*hits: list[int]) -> dict[int, Score]:
    """Scores where 1 is a right answer and 0 a wrong one; a list a seed."""
    return answers({seed: [1 - hit for hit in row] for seed, row in enumerate(hits)}, [0] * len(hits[0]))


def compared(a: dict[int, Score], b: dict[int, Score], card: Metric = ACCURACY) -> Comparison:
    """A against B on items called 0, 1, 2, ..."""
    return comparison.compare(card, a, b, [str(place) for place in range(next(iter(a.values())).n)])


def spans(gold: list[list[Span]], *said: list[list[Span]]) -> dict[int, Score]:
    """Span scores of documents of twenty letters, one a seed."""
    rows = [Example(str(place), Text("x" * 20), tuple(target)) for place, target in enumerate(gold)]
    return {seed: score_spans(rows, outputs, labels=("p", "q"))["span_f1"] for seed, outputs in enumerate(said)}


# ---------------------------------------------------------------- the exact test


@pytest.mark.parametrize("changed", range(11))
def test_mcnemar_is_what_all_sides_give(changed: int) -> None:
    """p is the share of all ways to deal the changed items that are at least as lopsided as the one seen."""
    ways = [sum(sides) for sides in itertools.product((0, 1), repeat=changed)]
    for better in range(changed + 1):
        lopsided = sum(abs(2 * way - changed) >= abs(2 * better - changed) for way in ways)
        assert mcnemar(better, changed - better) == pytest.approx(lopsided / len(ways))


def test_one_seed_a_side_has_the_exact_p() -> None:
    """Accuracy of one seed a side is tested exactly; two seeds of a side are not independent and are resampled."""
    one, two = [1] * 9 + [0] * 11, [1] + [0] * 19
    single = compared(rights(one), rights(two))
    assert (single.p, single.test) == (2 / 2**8, "exact McNemar test")
    several = compared(rights(one, one), rights(two, two))
    assert (several.p, several.test) == (several.difference.p, "paired bootstrap")
    assert [flips.p for flips in several.flips] == [2 / 2**8] * 2  # each pair of seeds still has its own


def test_a_verdict_needs_interval_and_test() -> None:
    """Five items won and none lost: no draw of many is without one of them, and yet p is 1/16. That is undecided."""
    found = compared(rights([1] * 5 + [0] * 45), rights([0] * 50))
    assert found.difference.lower > 0
    assert found.p == 0.0625
    assert found.verdict == "undecided"


# ---------------------------------------------------------------- the difference


def test_the_difference_is_what_drawing_documents_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Value, error and ends are those of documents drawn with replacement, the same for both sides and all seeds."""
    monkeypatch.setattr(comparison, "DRAWS", 4000)
    rng = np.random.default_rng(0)

    def score() -> Score:
        n = rng.poisson(4, 150)
        tp = rng.binomial(n, 0.6)
        counts = np.stack([tp, rng.binomial(n, 0.3), n - tp], axis=1)
        totals = dict(zip(("tp", "fp", "fn"), counts.sum(0).tolist(), strict=True))
        return Score(value=float(f1(counts.sum(0))), n=150, counts=counts, statistic=f1, sufficient=totals)

    a, b = {0: score(), 1: score()}, {0: score()}
    found = compared(a, b, Metric("span_f1", "F1")).difference
    draws = []
    for _ in range(4000):
        pick = rng.integers(150, size=150)
        own, other = ([float(f1(one.counts[pick].sum(0))) for one in side.values()] for side in (a, b))
        draws.append(np.mean(own) - np.mean(other))
    assert found.value == pytest.approx((a[0].value + a[1].value) / 2 - b[0].value)
    assert found.standard_error == pytest.approx(np.std(draws), rel=0.06)
    reach = 0.15 * found.standard_error
    assert [found.lower, found.upper] == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=reach)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40))
def test_sides_change_places(rows: list[tuple[bool, bool]]) -> None:
    """A against B says of B against A: the other sign, the other ids, the same p and the same number needed."""
    one, two = ([int(row[place]) for row in rows] for place in (0, 1))
    there, back = compared(rights(one), rights(two)), compared(rights(two), rights(one))
    assert there.difference.value == pytest.approx(-back.difference.value)
    assert (there.better, there.worse, there.p) == (back.worse, back.better, back.p)
    assert (there.needed is None) == (sum(one) == sum(two)) == (back.needed is None)
    assert {there.verdict, back.verdict} in ({"undecided"}, {"better", "worse"})


def test_a_run_against_itself() -> None:
    """Nothing changed, nothing is told apart, and no number of documents would do it."""
    same = rights([1, 0, 1, 1])
    found = compared(same, same)
    assert (found.difference.value, found.p, found.verdict, found.needed) == (0.0, 1.0, "undecided", None)
    assert (found.better, found.worse, found.flips[0].equal) == ((), (), 4)


def test_less_may_be_better() -> None:
    """Of a metric that should be low, the smaller value is better: the verdict turns, the difference does not."""
    more, less = rights([1] * 30), rights([0] * 30)
    card = Metric("error", "share of wrong answers", higher_is_better=False)
    assert (compared(more, less).verdict, compared(more, less, card).verdict) == ("better", "worse")
    assert compared(more, less, card).difference.value == 1.0
    assert compared(less, more, card).better[:2] == ("0", "1")


def test_a_number_that_is_no_sum_is_refused() -> None:
    """Without counts of items there is nothing to draw."""
    with pytest.raises(ValueError, match="accuracy is no sum over items"):
        compared({0: Score(value=0.5, n=2)}, {0: Score(value=0.5, n=2)})


# ---------------------------------------------------------------- what changed


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 1)] * 5), min_size=1, max_size=30), st.sampled_from(["accuracy", "macro_f1"])
)
def test_flips_are_what_a_loop_counts(rows: list[tuple[int, ...]], metric: str) -> None:
    """Right against wrong for each pair of equal seeds, whether answers are ranked by accuracy or by macro F1."""
    target, *said = ([row[place] for row in rows] for place in range(5))
    a, b = answers({3: said[0], 7: said[1]}, target, metric), answers({7: said[2], 3: said[3]}, target, metric)
    found = compared(a, b)
    for flips, one, two in zip(found.flips, (said[0], said[1]), (said[3], said[2]), strict=True):
        hits = [(x == right, y == right) for x, y, right in zip(one, two, target, strict=True)]
        better, worse = hits.count((True, False)), hits.count((False, True))
        assert (flips.better, flips.worse, flips.equal) == (better, worse, len(rows) - better - worse)
        assert flips.p == mcnemar(better, worse)
    assert [(flips.seed_a, flips.seed_b) for flips in found.flips] == [(3, 3), (7, 7)]


def test_ids_of_most_seeds_come_first() -> None:
    """An item that both seeds win stands before one that a single seed wins; what is won and lost is in neither list."""
    a, b = rights([1, 1, 1, 0, 0], [0, 1, 0, 0, 0]), rights([0, 0, 0, 1, 0], [0, 0, 1, 0, 0])
    found = compared(a, b)
    assert found.better == ("1", "0")
    assert found.worse == ("3",)


def test_documents_of_entities_count_errors() -> None:
    """F1 of a document without entities is 0 with and without a false alarm; the errors of it are not the same."""
    gold: list[list[Span]] = [[], [(0, 2, "p")], [(0, 2, "p"), (3, 5, "q")]]
    a = spans(gold, [[], [(0, 2, "q")], [(0, 2, "p")]])
    b = spans(gold, [[(0, 1, "p")], [], [(0, 2, "p")]])
    found = compared(a, b, Metric("span_f1", "F1"))
    assert (found.better, found.worse, found.right_or_wrong) == (("0",), ("1",), False)
    assert found.flips[0].p is None


def test_entities_are_won_and_lost_by_label() -> None:
    """Gold that one side alone finds, and false alarms of one side alone, counted by hand; nested ones are two."""
    gold = [
        Example("a", Text("x" * 9), ((0, 4, "p"), (1, 2, "q"))),
        Example("b", Text("x" * 9), ((3, 5, "p"),)),
    ]
    a = {0: [[(0, 4, "p"), (1, 2, "q"), (1, 2, "p")], []], 1: [[(0, 4, "p")], [(3, 5, "p")]]}
    b = {0: [[(0, 4, "p"), (6, 7, "r")], [(3, 5, "p")]], 1: [[(0, 4, "p")], [(3, 5, "p")]]}
    assert comparison.labels_flipped(gold, a, b, [(0, 0)]) == [
        comparison.LabelFlips("p", won=0, lost=1, alarms_new=1, alarms_gone=0),
        comparison.LabelFlips("q", won=1, lost=0, alarms_new=0, alarms_gone=0),
        comparison.LabelFlips("r", won=0, lost=0, alarms_new=0, alarms_gone=1),
    ]
    assert comparison.labels_flipped(gold, a, b, [(0, 0), (1, 1)])[0].lost == 0.5
    assert comparison.labels_flipped(gold, a, a, [(0, 0)]) == []


# ---------------------------------------------------------------- seeds, and how many items would do


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=8))
def test_the_difference_over_seeds_is_the_paired_t_test(rows: list[tuple[int, int]]) -> None:
    """Mean, interval and p are those of scipy's paired test; where every seed differs by the same there is no test."""
    from scipy.stats import ttest_rel

    a, b = ({seed: row[place] / 1000 for seed, row in enumerate(rows)} for place in (0, 1))
    found = seed_difference(a | {99: 5.0}, b | {98: 5.0})  # a seed that the other has not takes no part
    assert found is not None
    assert found.seeds == tuple(range(len(rows)))
    assert found.mean == pytest.approx(np.mean(list(a.values())) - np.mean(list(b.values())))
    if len({one - two for one, two in rows}) == 1:
        assert (found.sd, found.lower, found.p) == (0.0, None, None)
        return
    expected = ttest_rel(list(a.values()), list(b.values()))
    interval = expected.confidence_interval(0.95)
    assert (found.lower, found.upper) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert found.p == pytest.approx(expected.pvalue)


def test_one_common_seed_says_nothing_of_seeds() -> None:
    """A spread needs two."""
    assert seed_difference({0: 0.5, 1: 0.6}, {1: 0.5, 2: 0.6}) is None


def test_the_number_needed_is_enough() -> None:
    """Models that truly differ as they did on 400 questions are told apart on the number named 8 times of 10."""
    rng, chances = np.random.default_rng(1), (0.10, 0.06)  # of A right and B wrong, and of the other way round

    def trial(size: int) -> tuple[float, float]:
        sides = rng.choice([1, -1, 0], p=(*chances, 1 - sum(chances)), size=size)
        return float(sides.mean()), float(sides.std() / np.sqrt(size))

    size = needed(0.04, np.sqrt((0.16 - 0.04**2) / 400), 400)
    assert size is not None
    assert size > 400
    seen = np.mean([abs(value) > 1.96 * error for value, error in (trial(size) for _ in range(2000))])
    assert seen == pytest.approx(0.8, abs=0.03)


def test_what_is_visible_needs_what_is_there() -> None:
    """The smallest difference that the items at hand show is the one for which they are just enough."""
    found = compared(rights([1, 0] * 50), rights([1, 1, 0, 0] * 25))
    assert needed(found.visible, found.difference.standard_error, found.n) in (100, 101)


@pytest.mark.parametrize("value", [0.02, -0.02])
def test_a_smaller_difference_needs_more(value: float) -> None:
    """Half the difference takes four times the items, whichever way it points."""
    one, two = needed(value, 0.02, 1000), needed(value / 2, 0.02, 1000)
    assert one is not None
    assert two == pytest.approx(4 * one, abs=4)
