"""Scores of chosen options: agreement with scikit-learn and scipy, and what must hold for any answers."""

from __future__ import annotations

import doctest
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score, recall_score

from harness.metrics import choice
from harness.metrics.choice import exact_binomial, score_choice
from harness.registry.metrics import metric_cards
from harness.spec import Example, Question
from harness.statistics.intervals import bootstrap

LABELS = ("a", "b", "c", "d")
few = settings(max_examples=100, deadline=None)  # no deadline: a busy machine is no failure
answers = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


def examples(targets: Sequence[int], options: tuple[str, ...] = ()) -> list[Example]:
    """Questions with these right answers."""
    return [Example(f"q{number}", Question("text", options=options), target) for number, target in enumerate(targets)]


@few
@given(answers)
def test_agrees_with_sklearn(pairs: list[tuple[int, int]]) -> None:
    """Accuracy, macro F1 over the labels of gold, and recall by label are those of scikit-learn."""
    true, said = [list(side) for side in zip(*pairs, strict=True)]
    scores, present = score_choice(examples(true), said, labels=LABELS), sorted(set(true))
    assert scores["accuracy"].value == pytest.approx(accuracy_score(true, said))
    expected = f1_score(true, said, labels=present, average="macro", zero_division=0)
    assert scores["macro_f1"].value == pytest.approx(expected)
    recalls = recall_score(true, said, labels=present, average=None, zero_division=0)
    assert {name: line["value"] for name, line in scores["accuracy"].by.items()} == pytest.approx(
        {f"label:{LABELS[label]}": recall for label, recall in zip(present, recalls, strict=True)}
    )


@few
@given(answers, st.randoms(use_true_random=False))
def test_counts_of_any_subset_give_its_score(pairs: list[tuple[int, int]], chance: object) -> None:
    """The counts of some rows, summed and put through the statistic, score these rows alone: resampling rests on it."""
    true, said = [list(side) for side in zip(*pairs, strict=True)]
    rows = sorted(chance.sample(range(len(pairs)), chance.randint(1, len(pairs))))  # type: ignore[attr-defined]
    whole = score_choice(examples(true), said, labels=LABELS)
    part = score_choice(examples([true[row] for row in rows]), [said[row] for row in rows], labels=LABELS)
    for name, score in whole.items():
        assert score.statistic is not None
        assert float(score.statistic(score.counts[rows].sum(0))) == pytest.approx(part[name].value)
        stacked = np.stack([score.counts.sum(0), score.counts[rows].sum(0)])
        assert score.statistic(stacked).tolist() == pytest.approx([score.value, part[name].value])


@few
@given(answers, st.permutations(range(4)))
def test_names_and_order_do_not_matter(pairs: list[tuple[int, int]], renamed: list[int]) -> None:
    """Renaming the labels and reversing the questions change neither score."""
    true, said = [list(side) for side in zip(*pairs, strict=True)]
    before = score_choice(examples(true), said, labels=LABELS)
    after = score_choice(
        examples([renamed[t] for t in reversed(true)]), [renamed[s] for s in reversed(said)], labels=LABELS
    )
    assert {name: score.value for name, score in after.items()} == pytest.approx(
        {name: score.value for name, score in before.items()}
    )


def test_bootstrap_takes_the_counts() -> None:
    """Both scores can be resampled; the standard error of accuracy is that of a share."""
    true, said = [0, 1] * 50, [0] * 100
    scores = score_choice(examples(true), said, labels=("a", "b"))
    interval = bootstrap([scores["accuracy"].counts], scores["accuracy"].statistic)  # type: ignore[arg-type]
    assert interval.standard_error == pytest.approx(0.05, rel=0.1)
    interval = bootstrap([scores["macro_f1"].counts], scores["macro_f1"].statistic)  # type: ignore[arg-type]
    assert interval.lower < 1 / 3 < interval.upper


def test_options_of_their_own() -> None:
    """Without labels the numbers are places: no macro F1, and the breakdown goes by place."""
    scores = score_choice(examples([0, 2, 2], ("x", "y", "z")), [0, 2, 1], labels=())
    assert list(scores) == ["accuracy"]
    assert scores["accuracy"].by == {
        "option:0": {"value": 1.0, "right": 1, "n": 1},
        "option:2": {"value": 0.5, "right": 1, "n": 2},
    }
    assert scores["accuracy"].sufficient == {"right": 2, "wrong": 1}


@pytest.mark.parametrize("output", [-1, 4, 1.0, True, "a", None, np.bool_(True)])
def test_no_number_of_an_option(output: object) -> None:
    """An output that is no whole number in range is refused, naming the example."""
    with pytest.raises(ValueError, match=r"example 'q1': the output .* is no number of an option, 0 to 3"):
        score_choice(examples([0, 1]), [0, output], labels=LABELS)  # type: ignore[list-item]


def test_range_is_that_of_the_question() -> None:
    """Where a question brings options, their number is the limit, not that of the labels."""
    with pytest.raises(ValueError, match="0 to 1"):
        score_choice(examples([0], ("x", "y")), [2], labels=())


def test_numbers_of_numpy_are_taken() -> None:
    """An integer of another library is a number, too."""
    assert score_choice(examples([3]), [np.int64(3)], labels=LABELS)["accuracy"].value == 1.0  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("targets", "outputs", "message"),
    [
        ([], [], "there is no example"),
        ([0, 1], [0], "the first without one is 'q1'"),
        ([0], [0, 1], "1 examples but 2"),
    ],
)
def test_lengths(targets: list[int], outputs: list[int], message: str) -> None:
    """Nothing to score, or lengths that differ, are errors in words."""
    with pytest.raises(ValueError, match=message):
        score_choice(examples(targets), outputs, labels=LABELS)


@few
@given(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.5, 0.95, 0.999])
)
def test_exact_interval_is_that_of_scipy(counts: tuple[int, int], level: float) -> None:
    """The interval is scipy's exact one, at every level."""
    right, n = counts
    expected = binomtest(right, n).proportion_ci(confidence_level=level, method="exact")
    assert exact_binomial(right, n, level) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(("right", "n"), [(0, 20000), (1, 20000), (9999, 20000), (19999, 20000), (20000, 20000)])
def test_exact_interval_of_many(right: int, n: int) -> None:
    """Large counts lose no digits that matter."""
    expected = binomtest(right, n).proportion_ci(method="exact")
    assert exact_binomial(right, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(("right", "n", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (0, 0, 0.95), (1, 2, 1.0)])
def test_no_interval(right: int, n: int, level: float) -> None:
    """Counts and levels that cannot be are refused."""
    with pytest.raises(ValueError, match="no interval"):
        exact_binomial(right, n, level)


def test_cards() -> None:
    """The three metrics are known to the engine with unit and direction, without an import."""
    cards = metric_cards()
    assert {"accuracy", "macro_f1", "questions_cut"} <= cards.keys()
    assert (cards["questions_cut"].unit, cards["questions_cut"].higher_is_better) == ("questions", False)


def test_worked_examples() -> None:
    """The examples in the docstrings are true."""
    assert doctest.testmod(choice).failed == 0
