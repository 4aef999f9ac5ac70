"""Quantities and their errors: against the paired difference, and against a long way around."""

from __future__ import annotations

import numpy as np
import pytest

from harness.claim import Difference, Mean, Ratio, Slope, Value
from harness.ledger.forms import evaluate, of_influence, parts_of, slope_weights
from harness.metrics.choice import accuracy
from harness.statistics.differences import difference
from harness.statistics.influence import influence
from harness.statistics.table import Table


def drawn(rng, seeds=6, size=300, share=0.7, groups=None):
    """Right and wrong answers; some items are harder for everybody, some seeds better."""
    hard = rng.normal(0, 0.1, size)
    right = rng.random((seeds, size)) < np.clip(share + hard + rng.normal(0, 0.02, (seeds, 1)), 0, 1)
    counts = np.stack([right, ~right], axis=-1).astype(float)
    groups = np.arange(size) if groups is None else groups
    return Table(tuple(range(seeds)), tuple(map(str, range(size))), groups, np.zeros(size, int), counts, accuracy)


def reader(tables, deterministic=()):
    """Forms of tables by side and task."""
    return lambda node: of_influence(node.task, influence(tables[node.side, node.task]), node.side in deterministic)


@pytest.mark.parametrize("deterministic", [(False, False), (False, True), (True, True)])
def test_a_difference_has_the_error_of_the_paired_difference(deterministic) -> None:
    """The same value, error and degrees as ``statistics.differences`` gives, with and without seeds."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(100), 3)
    a, b = drawn(rng, groups=groups), drawn(rng, share=0.6, groups=groups)
    fixed = [name for name, same in zip("ab", deterministic, strict=True) if same]
    form = evaluate(Difference(Value("a", "t"), Value("b", "t")), reader({("a", "t"): a, ("b", "t"): b}, fixed))
    known, spread = difference(a, b, deterministic), parts_of(form).joined()
    assert form.value == pytest.approx(known.value, abs=1e-12)
    assert (spread.error, spread.degrees) == pytest.approx((known.standard_error, known.degrees), rel=1e-9)


def test_a_share_has_the_error_of_the_delta_method() -> None:
    """The error of a ratio is that of its logarithm times the ratio, which a difference of logarithms has to first order."""
    rng = np.random.default_rng(1)
    tables = {("a", "t"): drawn(rng), ("b", "t"): drawn(rng, share=0.8)}
    form = evaluate(Ratio(Value("a", "t"), Value("b", "t")), reader(tables))
    logs = [
        influence(
            Table(
                *[getattr(one, name) for name in ("seeds", "ids", "groups", "strata", "counts")],
                statistic=lambda totals: np.log(accuracy(totals)),
            )
        )
        for one in tables.values()
    ]
    gap = logs[0].by_group - logs[1].by_group
    items = float((gap.mean(0) ** 2).sum())
    assert parts_of(form).items == pytest.approx(form.value**2 * items, rel=0.02)


def test_tasks_are_independent() -> None:
    """The variance of a mean over two tasks is a quarter of the sum of both."""
    rng = np.random.default_rng(2)
    tables = {("a", "t"): drawn(rng), ("a", "u"): drawn(rng, size=500)}
    both = parts_of(evaluate(Mean((Value("a", "t"), Value("a", "u"))), reader(tables)))
    each = [parts_of(evaluate(Value("a", task), reader(tables))) for task in "tu"]
    assert both.items == pytest.approx(sum(one.items for one in each) / 4)
    assert both.item_degrees > max(one.item_degrees for one in each)


def test_a_slope_is_that_of_least_squares() -> None:
    """As numpy's polynomial of degree one gives it."""
    lengths, values = [256, 512, 1024, 4096], np.array([1.0, 1.5, 1.2, 3.0])
    assert float(np.dot(slope_weights(lengths), values)) == pytest.approx(np.polyfit(np.log2(lengths), values, 1)[0])
    rng = np.random.default_rng(3)
    tables = {(name, "t"): drawn(rng) for name in "ab"}
    form = evaluate(Slope((Value("a", "t"), Value("b", "t")), at=(1, 4)), reader(tables))
    assert form.value == pytest.approx(
        (tables["b", "t"].counts[..., 0].mean() - tables["a", "t"].counts[..., 0].mean()) / 2
    )


def test_few_groups_and_one_seed_have_no_error() -> None:
    """The reason is said in words."""
    rng = np.random.default_rng(4)
    few = drawn(rng, size=40, groups=np.repeat(np.arange(4), 10))
    assert "4 groups" in parts_of(evaluate(Value("a", "t"), reader({("a", "t"): few})))
    assert "one seed" in parts_of(evaluate(Value("a", "t"), reader({("a", "t"): drawn(rng, seeds=1)})))


def test_a_ratio_to_nothing_is_refused() -> None:
    """A score of zero cannot be divided by."""
    rng = np.random.default_rng(5)
    tables = {("a", "t"): drawn(rng), ("b", "t"): drawn(rng, share=-9.0)}
    with pytest.raises(ValueError, match="zero"):
        evaluate(Ratio(Value("a", "t"), Value("b", "t")), reader(tables))
