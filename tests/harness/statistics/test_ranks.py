"""Places, their pairs and power, and mean places."""

from __future__ import annotations

import dataclasses
import itertools
import time

import numpy as np
import pytest

from harness.metrics import bits
from harness.statistics.differences import between
from harness.statistics.estimates import two_sided
from harness.statistics.influence import Influence, influence
from harness.statistics.mean_places import mean_places, together
from harness.statistics.pairs import Row, holm, pairs
from harness.statistics.ranks import places, power
from tests.harness.statistics._tables import right, table

RNG = np.random.default_rng(9)


def row(name: str, rate: float, seeds: int = 6, deterministic: bool = False, first: int = 0) -> Row:
    """A row that answers a share of 400 items rightly, the luck of an item common to all seeds."""
    answers = RNG.random((seeds, 400)) < rate
    if deterministic:
        answers[:] = answers[0]
    return Row(name, influence(table(right(answers), seeds=range(first, first + seeds))), deterministic)


def test_pairs_are_the_differences_of_two_sides() -> None:
    """For paired seeds, other seeds and a fixed side alike: gap and parts of the error of ``between``, guarded for small p."""
    rows = [
        row("a", 0.5),
        row("b", 0.6),
        row("c", 0.6, seeds=8, first=2),
        row("d", 0.55, 1, deterministic=True),
        row("e", 0.5, 1, deterministic=True),
    ]
    found = pairs(rows)
    for place, (one, two) in enumerate(itertools.combinations(rows, 2)):
        alone = between(one.found, two.found, (one.deterministic, two.deterministic))
        assert found.gap[place] == pytest.approx(alone.value, abs=1e-12)
        spread = alone.parts.joined(far=True)
        assert found.error[place] == pytest.approx(spread.error, rel=1e-9)
        assert found.degrees[place] == pytest.approx(spread.degrees, rel=1e-6)
        assert found.p[place] == pytest.approx(two_sided(alone.value, spread.error, spread.degrees), rel=1e-6)


def test_few_seeds_count_as_checkpoints() -> None:
    """Of three seeds a side, the error is that of the checkpoints, and the place says so."""
    rows = [row("a", 0.5, 3), row("b", 0.6, 3)]
    alone = between(rows[0].found, rows[1].found, basis="checkpoints")
    assert pairs(rows).error[0] == pytest.approx(alone.standard_error, rel=1e-9)
    assert [place.basis for place in places(rows)] == ["checkpoints", "checkpoints"]


def test_holm_is_that_of_statsmodels() -> None:
    """Adjusted p of many at once."""
    from statsmodels.stats.multitest import multipletests

    for size in (1, 2, 30):
        p = RNG.random(size) ** 4
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_places_are_ranges() -> None:
    """Far rows have places of their own, near ones share a range, one seed has none."""
    rows = [row("a", 0.9), row("b", 0.5), row("c", 0.5), row("d", 0.2), row("e", 0.7, seeds=1)]
    found = places(rows)
    assert [(place.first, place.last) for place in found] == [(1, 1), (2, 3), (2, 3), (4, 4), (None, None)]
    assert found[4].none == "one seed: nothing is known of the spread over seeds"
    turned = places(rows, higher_is_better=False)
    assert [(place.first, place.last) for place in turned] == [(4, 4), (2, 3), (2, 3), (1, 1), (None, None)]


def test_a_rows_range_does_not_hang_on_the_leader() -> None:
    """A row that none is told apart from may stand anywhere, wherever its value lies."""
    wide = Row("wide", influence(table(right(RNG.random((6, 400)) < np.array([[0.1], [0.9]] * 3)))))
    found = places([row("a", 0.55), row("b", 0.54), wide])
    assert (found[2].first, found[2].last) == (1, 3)


def test_few_groups_have_no_places() -> None:
    """Four books: no row has a place, and the reason is told."""
    books = np.arange(40) // 10
    rows = [Row(name, influence(table(right(RNG.random((6, 40)) < 0.5), books))) for name in "ab"]
    assert [place.first for place in places(rows)] == [None, None]
    assert places(rows)[0].none == "4 groups of items: an interval needs at least 5"
    assert places([]) == []


def test_rows_of_other_items_are_refused() -> None:
    """Rows of a table stand on the same groups."""
    other = Row("b", influence(table(right(RNG.random((6, 40)) < 0.5))))
    with pytest.raises(ValueError, match="same groups of items"):
        pairs([row("a", 0.5), other])


def test_power_is_the_share_that_is_told_apart() -> None:
    """Against a simulation: 15 pairs of six rows, of which each pair is moved apart by the gap."""
    from scipy import stats

    found = pairs([row(name, 0.5) for name in "abcdef"])
    (said,) = power(found, [0.06])
    drawn, cut = [], stats.t.ppf(1 - 0.025 / 15, found.degrees)
    for _ in range(2000):
        chance = stats.norm.rvs(size=15, random_state=RNG) * found.error
        scale = np.sqrt(stats.chi2.rvs(found.degrees, random_state=RNG) / found.degrees)
        drawn.append((np.abs(0.06 + chance) / (found.error * scale) > cut).mean())
    assert said == pytest.approx(np.mean(drawn), abs=0.01)
    assert power(found, [0.0])[0] <= 0.05 / 15
    assert power(found, [10.0]) == [1.0]


def test_mean_places_of_equal_rows_are_unsure() -> None:
    """Over three tasks a row that is far ahead is first for sure, and equal ones may stand anywhere behind it."""
    tables = [[row("a", 0.9), row("b", 0.5), row("c", 0.5)] for _ in range(2)]
    tables.append([row("a", 0.9), row("b", 0.5)])
    first, *rest = mean_places(tables, [True] * 3)
    assert (first.name, first.value, first.lower, first.upper, first.tables) == ("a", 1.0, 1.0, 1.0, 3)
    assert all(found.upper - found.lower >= 0.5 for found in rest)
    assert {found.name: found.tables for found in rest} == {"b": 3, "c": 2}


def test_mean_places_are_the_same_every_time() -> None:
    """Nothing is drawn, and the order of rows does not matter."""
    tables = [[row(name, 0.5) for name in "abcd"]]
    assert mean_places(tables, [True]) == mean_places([tables[0][::-1]], [True])


def test_ranges_of_several_tables_hold_together() -> None:
    """Of one table they are its places; beside many others, over whose pairs p are adjusted as well, they are wider."""
    one = [row(name, rate) for name, rate in (("a", 0.5), ("b", 0.56), ("c", 0.62), ("d", 0.68))]
    alone = {each.name: place for each, place in zip(one, places(one), strict=True)}
    assert together([one], [True]) == [alone]
    beside = together([one, *([row(name, 0.5) for name in "abcdefgh"] for _ in range(5))], [True] * 6)[0]
    assert all(beside[name].first <= alone[name].first <= alone[name].last <= beside[name].last for name in alone)
    assert beside != alone


def test_the_order_of_seeds_changes_nothing() -> None:
    """A row whose seeds are listed in another order is paired seed by seed all the same."""
    one, two = row("a", 0.5), row("b", 0.6)
    order = np.array([3, 4, 5, 0, 1, 2])
    found = dataclasses.replace(
        two.found,
        seeds=tuple(order.tolist()),
        per_seed=two.found.per_seed[order],
        by_group=two.found.by_group[order],
    )
    turned = pairs([one, Row("b", found)])
    assert (turned.error, turned.degrees) == (pairs([one, two]).error, pairs([one, two]).degrees)
    assert between(one.found, found) == between(one.found, two.found)
    assert between(one.found, found).paired_seeds


def test_thirty_rows_on_ten_thousand_groups_take_seconds() -> None:
    """A large table is quick: matrix products, not loops over items."""
    rows = [
        Row(
            str(number),
            Influence(
                tuple(range(10)),
                RNG.random(10),
                RNG.normal(0, 1e-4, (10, 10_000)),
                np.zeros(10_000, int),
                np.arange(10_000),
                np.zeros(10),
            ),
        )
        for number in range(30)
    ]
    begin = time.process_time()
    assert len(places(rows)) == 30
    assert time.process_time() - begin < 6


def test_bits_rank_the_lowest_first() -> None:
    """Where less is better the lowest mean is first over tasks as well."""
    cost = {name: np.full((6, 50), base) + RNG.normal(0, 0.01, (6, 50)) for name, base in (("a", 2.0), ("b", 3.0))}
    rows = [
        Row(name, influence(table(np.stack([values, np.ones_like(values)], -1), statistic=bits.bits)))
        for name, values in cost.items()
    ]
    assert [found.name for found in mean_places([rows], [False])] == ["a", "b"]
    assert [place.first for place in places(rows, higher_is_better=False)] == [1, 2]
