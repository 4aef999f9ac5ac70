"""The three verdicts: the rule at its borders, how many more blocks would decide, and the level of many benchmarks."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gate import judging
from harness.gate.judging import INCONCLUSIVE, PASS, SLOWER, Pair, decide, judge
from harness.statistics.ratios import LEAST_BLOCKS, Ratio, ratio


def pair(
    factor: float = 1.0, blocks: int = 30, sd: float = 0.01, seed: int = 0, name: str = "a", **more: object
) -> Pair:
    """Blocks whose true ratio is ``factor``."""
    head, base = np.random.default_rng(seed).lognormal(0, sd, (2, blocks))
    return replace(Pair(name, tuple(factor * head), tuple(base), paired=True), **more)


@pytest.mark.parametrize(
    ("factor", "sd", "verdict", "words"),
    [
        (1.0, 0.01, PASS, "not slower by 5 %"),
        (1.03, 0.002, PASS, "slower by (2.9|3|3.1) %, which is surely less than 5 %"),
        (0.9, 0.01, PASS, "faster by 1?[0-9.]* %"),
        (1.2, 0.01, SLOWER, "slower by .* at least"),
        (1.06, 0.02, SLOWER, "slower by .* at least"),
        (1.0, 0.2, INCONCLUSIVE, "between -.* about .* more blocks a side would decide"),
    ],
)
def test_verdicts(factor: float, sd: float, verdict: str, words: str) -> None:
    """Known slowdowns under known noise get the verdict and the words that the rule gives them."""
    found = judge(pair(factor, sd=sd), 0.05, 0.99)
    assert found.verdict == verdict, found
    assert re.search(words, found.reason), found.reason
    assert (found.more is not None) == (verdict == INCONCLUSIVE)


@given(st.floats(0.1, 10), st.floats(0, 5), st.floats(0.001, 0.9))
def test_the_rule_leaves_no_gap(lower: float, width: float, effect: float) -> None:
    """Exactly one verdict holds for any interval: pass below the border, slower above 1, inconclusive when both are inside."""
    upper = lower + width
    inside = lower <= 1 and upper >= 1 + effect
    assert (decide(lower, upper, effect) == INCONCLUSIVE) == inside
    assert (decide(lower, upper, effect) == PASS) == (upper < 1 + effect)


@given(st.integers(0, 10**6), st.floats(1, 2), st.sampled_from([0.002, 0.02, 0.1]))
def test_a_slower_candidate_never_gets_a_milder_verdict(seed: int, factor: float, sd: float) -> None:
    """Making every block of the candidate slower never turns slower into anything else, nor anything into a pass."""
    one = pair(blocks=8, sd=sd, seed=seed)
    two = replace(one, candidate=tuple(factor * value for value in one.candidate))
    before, after = judge(one, 0.05, 0.99).verdict, judge(two, 0.05, 0.99).verdict
    assert after == SLOWER if before == SLOWER else True
    assert before == PASS if after == PASS else True


@pytest.mark.parametrize("blocks", range(1, LEAST_BLOCKS))
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_few_blocks_decide_nothing(blocks: int, factor: float) -> None:
    """One to four blocks are inconclusive whatever they say, and ask for five or more."""
    found = judge(pair(factor, blocks, sd=1e-6), 0.05, 0.99)
    assert found.verdict == INCONCLUSIVE
    assert found.more is not None
    assert found.more >= LEAST_BLOCKS - blocks
    assert (found.ratio is None) == (blocks == 1)
    assert f"at least {LEAST_BLOCKS} are needed" in found.reason


def test_disturbed_blocks_decide_nothing() -> None:
    """A clear slowdown under a disturbance is inconclusive, with the reason and without a number of blocks."""
    found = judge(pair(2.0, disturbed="another process took 40 % of the cores"), 0.05, 0.99)
    assert (found.verdict, found.more) == (INCONCLUSIVE, None)
    assert found.reason == "disturbed: another process took 40 % of the cores; measure again"


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("value", [0.9, 1.0, 1.02, 1.025, 1.04, 1.2])
@pytest.mark.parametrize("error", [0.02, 0.2])
@pytest.mark.parametrize("blocks", [5, 12, 30])
def test_so_many_more_blocks_would_decide_and_one_less_would_not(
    paired: bool, value: float, error: float, blocks: int
) -> None:
    """With the told number the interval of the same ratio and spread loses a border; with one block less it keeps both."""

    def undecided(size: int) -> bool:
        kept = size - 2 * (size // 5)
        freedom = (kept - 1) * (1 if paired else 2)
        from scipy.stats import t

        reach = float(t.ppf(0.995, freedom)) * error * math.sqrt(blocks / size)
        return math.log(value) - reach <= 0 and math.log(value) + reach >= math.log(1.05)

    more = judging.further(Ratio(value, 0.0, 0.0, 0.99, blocks, paired, error), 0.05)
    assert more >= 1
    assert not undecided(blocks + more)
    if more > 1:
        assert undecided(blocks + more - 1) or not undecided(blocks)


def test_more_blocks_than_anybody_times_are_said_so() -> None:
    """A spread beyond all hope gives no number of many digits, neither of blocks nor of percent."""
    hopeless = Pair("a", (1e-9, 1e9) * 4, (1.0,) * 8, paired=True)
    found = judge(hopeless, 0.05, 0.99)
    assert (found.verdict, found.more) == (INCONCLUSIVE, judging.MOST_BLOCKS)
    assert found.reason == ("between -100 % and more than +1000 %; no number of blocks that anybody times would decide")


def test_the_level_is_shared_among_the_benchmarks() -> None:
    """Of ten benchmarks each has the interval of a tenth of the error (Bonferroni)."""
    many = [pair(name=str(number), seed=number) for number in range(10)]
    outcome = judging.gate(many, 0.05, 0.99)
    for one, found in zip(many, outcome.findings, strict=True):
        alone = ratio(one.candidate, one.baseline, True, 0.999)
        assert found.ratio is not None
        assert (found.ratio.lower, found.ratio.upper) == pytest.approx((alone.lower, alone.upper))


def test_a_family_of_equals_rarely_gives_an_alarm() -> None:
    """Of 300 files with eight equal benchmarks each, timed with much noise, at most a few hold any alarm (1 % promised)."""
    rng, alarms = np.random.default_rng(5), 0
    for _ in range(300):
        logs = rng.normal(0, 0.05, (8, 2, 12))
        pairs = [Pair(str(i), tuple(np.exp(head)), tuple(np.exp(base)), True) for i, (head, base) in enumerate(logs)]
        alarms += judging.gate(pairs, 0.05, 0.99).verdict == SLOWER
    assert alarms <= 8  # of a rate of 1 % more than eight come once in 250 times; half of it is what a side may use


@pytest.mark.parametrize(
    ("factors", "verdict"),
    [((1.0, 1.0), PASS), ((1.0, 2.0), SLOWER), ((0.0, 1.0), INCONCLUSIVE), ((0.0, 2.0, 1.0), SLOWER)],
)
def test_the_worst_verdict_is_that_of_all(factors: tuple[float, ...], verdict: str) -> None:
    """Slower beats inconclusive (0 stands for disturbed here), inconclusive beats pass."""
    made = [pair(factor or 1.0, seed=i, disturbed="" if factor else "noise") for i, factor in enumerate(factors)]
    assert judging.gate(made, 0.05, 0.99).verdict == verdict
    assert judging.EXIT_CODES == {PASS: 0, SLOWER: 1, INCONCLUSIVE: 3}


def test_equal_times_pass() -> None:
    """Two sides equal to the last digit are a pass without any interval to speak of."""
    found = judge(Pair("a", (0.5,) * 6, (0.5,) * 6, paired=False), 0.05, 0.99)
    assert found.verdict == PASS
    assert found.ratio is not None
    assert (found.ratio.lower, found.ratio.upper) == (1.0, 1.0)
