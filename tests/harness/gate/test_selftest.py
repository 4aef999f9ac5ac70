"""The trial of the judge: that its noise is the noise it says, its intervals exact, and its promises can fail."""

from __future__ import annotations

import gc
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from harness.gate import selftest
from harness.gate.judging import INCONCLUSIVE, PASS, SLOWER
from harness.gate.selftest import Noise, Trial, simulate, simulated, turns


def test_what_is_promised_holds_over_two_hundred_pairs() -> None:
    """The six simulated trials of 200 pairs each: below 1 % false alarms, 5 % caught with power 0.9, 20 % always."""
    trials = list(simulated(200))
    assert [trial.pairs for trial in trials] == [200] * 6
    assert [trial.holds for trial in trials] == [True, True, True, None, None, None]
    equal, five, twenty = trials[:3]
    assert equal.said[SLOWER] / 200 < 0.01
    assert five.said[SLOWER] / 200 >= 0.9
    assert twenty.said[SLOWER] == 200


def test_another_seed_says_the_same() -> None:
    """The promises are not those of one lucky stream of numbers: 1,000 pairs of another keep them as well."""
    assert [trial.holds for trial in list(simulated(1000, seed=12))[:3]] == [True, True, True]


def test_a_judge_that_cannot_see_is_caught() -> None:
    """Under ten times the noise the planted 5 % drowns, and the trial says that its promise does not hold."""
    trials = list(simulated(50, Noise(least=0.4, most=0.5)))
    assert trials[1].holds is False
    assert {row["holds"] for row in selftest.rows(trials)} >= {"NO", ""}


def test_simulated_noise_is_as_said() -> None:
    """Without spikes and drift the logarithms of blocks have the asked spread, and turns share half of the variance."""
    noise = Noise(least=0.04, most=0.04, drift=0.0, spikes=0.0)
    base, head = (np.log(side) for side in simulate(4000, 30, noise, np.random.default_rng(1)))
    assert base.std() == pytest.approx(0.04, rel=0.02)
    assert head.mean() == pytest.approx(0, abs=0.001)
    shared = 0.5 * 0.8  # what lasts is half of the variance, and four fifths of it last until the other side's slot
    assert np.corrcoef(base[:, 0], head[:, 0])[0, 1] == pytest.approx(shared, abs=0.05)


def test_spikes_are_as_many_and_as_high_as_said() -> None:
    """With no other noise every block is 1, or a spike between the bounds, as often as asked."""
    noise = Noise(least=0.0, most=0.0, drift=0.0, spikes=0.1, spike=(1.3, 3.0))
    base, _ = simulate(500, 30, noise, np.random.default_rng(2))
    hit = base != 1
    assert hit.mean() == pytest.approx(0.1, abs=0.01)
    assert base[hit].min() >= 1.3
    assert base[hit].max() <= 3.0


@pytest.mark.parametrize("blocks", [1, 2, 7, 30])
def test_turns_share_out_every_slot_and_balance(blocks: int) -> None:
    """Each slot belongs to one side once, each turn has one of either, and no side is early more than once too often."""
    one, two = turns(blocks)
    assert sorted(one + two) == list(range(2 * blocks))
    assert [slot // 2 for slot in one] == [slot // 2 for slot in two] == list(range(blocks))
    assert abs(sum(one) - sum(two)) <= 1


@pytest.mark.parametrize(("yes", "all_"), [(0, 200), (1, 200), (193, 200), (200, 200), (3, 20)])
def test_shares_have_exact_intervals(yes: int, all_: int) -> None:
    """scipy's Clopper-Pearson interval is the same."""
    trial = Trial("a", SLOWER, Counter({SLOWER: yes, PASS: all_ - yes}))
    expected = stats.binomtest(yes, all_).proportion_ci(0.95, method="exact")
    assert trial.interval == pytest.approx((expected.low, expected.high))
    assert (trial.share, trial.pairs, trial.holds) == (yes / all_, all_, None)


@pytest.mark.parametrize(
    ("slow", "least", "below", "holds"),
    [
        (89, 0.9, None, False),
        (90, 0.9, None, True),
        (1, None, 0.01, False),
        (0, None, 0.01, True),
        (99, 1.0, None, False),
    ],
)
def test_promises_are_kept_or_not(slow: int, least: float | None, below: float | None, holds: bool) -> None:
    """At least is inclusive, below is strict."""
    said = Counter({SLOWER: slow, INCONCLUSIVE: 100 - slow})
    assert Trial("a", SLOWER, said, least, below).holds is holds


def test_real_pairs_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that counts runs of the kernel the planted slowdowns are exact, and the order is A B B A."""
    order: list[int] = []

    def counted(work: object, times: int, *passes: int) -> float:
        order.append(times)
        return times * 1e-3

    monkeypatch.setattr(selftest, "seconds", counted)
    equal, five, twenty = selftest.real(2)
    assert equal.said == {PASS: 2}
    assert five.said == twenty.said == {SLOWER: 2}
    assert [trial.holds for trial in (equal, five, twenty)] == [True, True, True]
    assert order[-8:] == [20, 24, 24, 20, 20, 24, 24, 20]
    assert "21 against 20 runs" in five.name


def test_the_kernel_runs_as_often_as_it_is_told() -> None:
    """Times are real ones, of as many blocks as asked, and the garbage collector is back afterwards."""

    runs: list[int] = []
    base, head = selftest.timed_in_turn(runs.append, 2, 3, 4)
    assert runs == [5, 2, 3, 3, 2, 2, 3, 3, 2]
    assert len(base) == len(head) == 4
    assert min(base + head) > 0
    assert gc.isenabled()
