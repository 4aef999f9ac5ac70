"""Comparing answers: against enumeration, plain loops, simulation, and the tests of scipy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.choice import score_choice
from harness.metrics.spans import score_spans
from harness.spec import Example, Metric, Question, Score, Span, Text
from harness.statistics import comparison
from harness.statistics.comparison import Comparison, sign_flips
from tests.harness.statistics._tables import table

ACCURACY = Metric("accuracy", "share of right answers")
LABELS = ("bad", "good")


def answers(said: dict[int, list[int]], target: list[int], metric: str = "accuracy") -> dict[int, Score]:
    """Scores of answers to questions, one a seed."""
    gold = [Example(f"q{place}", Question(str(place)), right) for place, right in enumerate(target)]
    return {seed: score_choice(gold, numbers, labels=LABELS)[metric] for seed, numbers in said.items()}


def rights(*hits: list[int]) -> dict[int, Score]:
    """Scores where 1 is a right answer and 0 a wrong one; a list a seed."""
    return answers({seed: [1 - hit for hit in row] for seed, row in enumerate(hits)}, [0] * len(hits[0]))


def compared(
    a: dict[int, Score], b: dict[int, Score], card: Metric = ACCURACY, groups: list[int] | None = None
) -> Comparison:
    """A against B on items called 0, 1, 2, ..., by default each in a group of its own."""
    sides = [
        table(
            np.stack([score.counts for score in side.values()]), groups, statistic=side[min(side)].statistic, seeds=side
        )
        for side in (a, b)
    ]
    return comparison.compare(card, sides[0], sides[1])


def spans(gold: list[list[Span]], *said: list[list[Span]]) -> dict[int, Score]:
    """Span scores of documents of twenty letters, one a seed."""
    rows = [Example(str(place), Text("x" * 20), tuple(target)) for place, target in enumerate(gold)]
    return {seed: score_spans(rows, outputs, labels=("p", "q"))["span_f1"] for seed, outputs in enumerate(said)}


# ---------------------------------------------------------------- the exact test


@pytest.mark.parametrize("changed", range(9))
def test_without_groups_the_exact_test_is_mcnemars(changed: int) -> None:
    """p is the share of all ways to deal the changed items that are at least as lopsided, as scipy's binomial test."""
    from scipy.stats import binomtest

    for better in range(changed + 1):
        gap = np.array([1.0] * better + [-1.0] * (changed - better) + [0.0] * 3)
        expected = binomtest(better, changed).pvalue if changed else 1.0
        assert sign_flips(gap, np.arange(len(gap))) == pytest.approx(expected)


def test_signs_of_groups_are_flipped_together() -> None:
    """p is the share of all signs of groups whose sum is at least as far from zero, by enumeration."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        gap, groups = rng.integers(-1, 2, 30).astype(float), rng.integers(0, 9, 30)
        sums = np.bincount(groups, gap, 9)
        every = [abs(np.dot(signs, sums)) >= abs(sums.sum()) - 1e-9 for signs in itertools.product((1, -1), repeat=9)]
        assert sign_flips(gap, groups) == pytest.approx(np.mean(every))


def test_one_seed_a_side_has_the_exact_p() -> None:
    """Accuracy of one seed a side is tested exactly; two seeds of a side are not independent and are not pooled."""
    one, two = [1] * 9 + [0] * 11, [1] + [0] * 19
    single = compared(rights(one), rights(two))
    assert (single.p, single.exact, single.basis) == (2 / 2**8, 2 / 2**8, "checkpoints")
    several = compared(rights(one, one), rights(two, two))
    assert (several.p, several.exact) == (several.checkpoints.p, None)
    assert [flips.p for flips in several.flips] == [2 / 2**8] * 2  # each pair of seeds still has its own


def test_a_verdict_needs_interval_and_test() -> None:
    """Five items won and none lost: the interval leaves zero out, and yet p is 1/16. That is undecided."""
    found = compared(rights([1] * 5 + [0] * 45), rights([0] * 50))
    assert found.difference.lower > 0
    assert found.p == 0.0625
    assert found.verdict == "undecided"


def test_groups_are_no_items() -> None:
    """Forty questions about eight abstracts, all won where any is: eight signs, not forty, are counted."""
    a, b = [1] * 25 + [0] * 15, [0] * 40
    apart, together = (
        compared(rights(a), rights(b)),
        compared(rights(a), rights(b), groups=[place // 5 for place in range(40)]),
    )
    assert (apart.p, together.p) == (2 / 2**25, 2 / 2**5)
    assert (apart.verdict, together.verdict) == ("better", "undecided")
    assert (together.n, together.groups) == (40, 8)
    assert together.visible > 2 * apart.visible


# ---------------------------------------------------------------- the verdict


def seeds(rng: np.random.Generator, rate: float, number: int, spread: float) -> dict[int, Score]:
    """Answers of seeds whose true accuracies differ by a normal draw."""
    return rights(*(list(map(int, rng.random(300) < rate + spread * rng.standard_normal())) for _ in range(number)))


def test_fewer_than_six_seeds_give_a_verdict_about_checkpoints() -> None:
    """Five seeds a side: the verdict is about them; six: about the recipes. A side that draws nothing needs one."""
    rng = np.random.default_rng(0)
    five = compared(seeds(rng, 0.8, 5, 0.0), seeds(rng, 0.5, 5, 0.0))
    six = compared(seeds(rng, 0.8, 6, 0.0), seeds(rng, 0.5, 6, 0.0))
    assert (five.basis, five.difference, five.verdict) == ("checkpoints", five.checkpoints, "better")
    assert (six.basis, six.difference, six.verdict) == ("recipe", six.recipe, "better")
    one = [
        table(np.stack([score.counts for score in side.values()]))
        for side in (rights([1, 0] * 40), rights([0, 1] * 40))
    ]
    assert comparison.compare(ACCURACY, one[0], one[1], (True, True)).basis == "recipe"


def test_seeds_far_apart_are_not_called_better() -> None:
    """Six seeds that differ by thirty points: these checkpoints differ for sure, the recipes do not."""
    rates = [0.2, 0.9, 0.3, 0.9, 0.2, 0.8], [0.3, 0.4, 0.3, 0.5, 0.4, 0.4]
    rng = np.random.default_rng(2)
    a, b = (rights(*(list(map(int, rng.random(1000) < rate)) for rate in side)) for side in rates)
    found = compared(a, b)
    assert found.checkpoints.lower > 0
    assert found.verdict == "undecided"
    assert found.needed.seeds > 6


@pytest.mark.parametrize("number", [1, 6])
def test_equal_models_are_rarely_told_apart(number: int) -> None:
    """Of equal recipes with six seeds, and of equal checkpoints of one seed, at most 5 % (and three errors) get a verdict."""
    rng, told, trials = np.random.default_rng(number), 0, 300
    for _ in range(trials):
        spread = 0.03 if number > 1 else 0.0
        told += compared(seeds(rng, 0.6, number, spread), seeds(rng, 0.6, number, spread)).verdict != "undecided"
    assert told / trials < 0.05 + 3 * np.sqrt(0.05 * 0.95 / trials)


def test_what_is_visible_is_seen_8_times_of_10() -> None:
    """Checkpoints that truly differ by the smallest visible difference are told apart about 80 % of the time."""
    rng = np.random.default_rng(1)
    gap = np.mean([compared(seeds(rng, 0.6, 1, 0.0), seeds(rng, 0.6, 1, 0.0)).visible for _ in range(20)])
    seen = [compared(seeds(rng, 0.6 + gap, 1, 0.0), seeds(rng, 0.6, 1, 0.0)).checkpoints.p < 0.05 for _ in range(400)]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.06)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=5, max_size=40))
def test_sides_change_places(rows: list[tuple[bool, bool]]) -> None:
    """A against B says of B against A: the other sign, the other ids, the same p and the same number needed."""
    one, two = ([int(row[place]) for row in rows] for place in (0, 1))
    there, back = compared(rights(one), rights(two)), compared(rights(two), rights(one))
    assert there.difference.value == pytest.approx(-back.difference.value)
    assert (there.better, there.worse, there.p) == (back.worse, back.better, back.p)
    assert there.needed == back.needed
    assert {there.verdict, back.verdict} in ({"undecided"}, {"better", "worse"})


def test_a_run_against_itself() -> None:
    """Nothing changed, nothing is told apart, and no number of documents would do it."""
    same = rights([1, 0, 1, 1, 0])
    found = compared(same, same)
    assert (found.difference.value, found.p, found.verdict, found.needed.groups) == (0.0, 1.0, "undecided", None)
    assert (found.better, found.worse, found.flips[0].equal) == ((), (), 5)


def test_four_items_have_no_verdict() -> None:
    """Fewer than five groups give no interval: the verdict is open, and the reason is told."""
    found = compared(rights([1, 1, 1, 1]), rights([0, 0, 0, 0]))
    assert (found.verdict, found.difference.none) == ("undecided", "4 groups of items: an interval needs at least 5")


def test_less_may_be_better() -> None:
    """Of a metric that should be low, the smaller value is better: the verdict turns, the difference does not."""
    more, less = rights([1] * 30), rights([0] * 30)
    card = Metric("error", "share of wrong answers", higher_is_better=False)
    assert (compared(more, less).verdict, compared(more, less, card).verdict) == ("better", "worse")
    assert compared(more, less, card).difference.value == 1.0
    assert compared(less, more, card).better[:2] == ("0", "1")


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
        assert flips.p == sign_flips(np.array([1.0] * better + [-1.0] * worse + [0.0]), np.arange(better + worse + 1))
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
