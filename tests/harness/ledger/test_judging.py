"""Verdicts on data of known truth: effects above, at and below the margin, null claims by the thousand, families."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.claim import Above, AllOf, AnyOf, AtLeast, Below, Difference, Number, Value, Within
from harness.ledger import words
from harness.ledger.forms import evaluate, of_influence, parts_of
from harness.ledger.judging import Node, assess, joined, verdicts
from harness.ledger.leaves import Measured, judge
from harness.metrics.choice import accuracy
from harness.statistics import verdicts as rule
from harness.statistics.influence import influence
from harness.statistics.table import Table

CLAIMS, SEEDS, GROUPS, EACH = 2000, 6, 60, 3
GAP = Difference(Value("a", "t"), Value("b", "t"))


def measured(rng, effect, seed_sd=0.02):
    """A minus B, measured on drawn items in groups and drawn seeds; their true difference is ``effect``."""
    hard = rng.normal(0, 0.1, (2, GROUPS)) + rng.normal(0, 0.1, GROUPS)
    groups = np.repeat(np.arange(GROUPS), EACH)
    tables = {}
    for place, name in enumerate("ab"):
        share = 0.5 + effect * (name == "a") + hard[place, groups] + rng.normal(0, seed_sd, (SEEDS, 1))
        right = rng.random((SEEDS, GROUPS * EACH)) < share
        counts = np.stack([right, ~right], axis=-1).astype(float)
        ids = tuple(map(str, range(GROUPS * EACH)))
        tables[name] = Table(tuple(range(SEEDS)), ids, groups, np.zeros(len(groups), int), counts, accuracy)
    form = evaluate(GAP, lambda node: of_influence("t", influence(tables[node.side]), deterministic=False))
    parts = parts_of(form)
    spread = parts.joined()
    return Measured(form.value, spread.error, spread.degrees, SEEDS, GROUPS, parts)


def verdict(condition, found, size=1):
    """The verdict on one claim in a family of others that nobody measured."""
    nodes = {"a": assess(condition, lambda _: found)} | {str(n): Node(1.0, 1.0, ()) for n in range(size - 1)}
    return verdicts(nodes, dict.fromkeys(nodes, "source"))["a"]


def shares(condition, effect, claims=CLAIMS, seed=0):
    """How often each verdict comes out."""
    rng = np.random.default_rng(seed)
    found = [verdict(condition, measured(rng, effect)) for _ in range(claims)]
    return {word: found.count(word) / claims for word in ("supported", "refuted", "undecided")}


def test_two_thousand_null_claims() -> None:
    """Of claims of a difference where there is none at most 5 % come out supported, but for three standard errors."""
    found = shares(Above(GAP, margin=0.0), effect=0.0)
    assert found["supported"] <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / CLAIMS)
    assert found["supported"] + found["refuted"] <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / CLAIMS)
    assert found["undecided"] > 0.9


def test_equivalence_at_its_margin() -> None:
    """Where the true difference is the margin itself, equivalence is supported at most 5 % of the time."""
    found = shares(Within(GAP, margin=0.1), effect=0.1, claims=1000)
    limit = 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1000)
    assert found["supported"] <= limit
    assert found["refuted"] <= limit


@pytest.mark.parametrize(("effect", "word"), [(0.25, "supported"), (-0.25, "refuted"), (0.02, "undecided")])
def test_clear_effects_are_seen(effect, word) -> None:
    """An effect far above the margin is supported, one far below refuted, one near it undecided, most of the time."""
    assert shares(Above(GAP, margin=0.0), effect, claims=60)[word] > 0.8
    opposite = {"supported": "refuted", "refuted": "supported", "undecided": "undecided"}[word]
    assert shares(Below(GAP, margin=0.0), effect, claims=60)[opposite] > 0.8


def test_equivalence_that_is_there_is_seen() -> None:
    """No difference within a wide margin is supported; a large one is refuted."""
    assert shares(Within(GAP, margin=0.25), 0.0, claims=60)["supported"] > 0.8
    assert shares(Within(GAP, margin=0.05), 0.4, claims=60)["refuted"] > 0.8


def test_a_family_counts_as_many() -> None:
    """Twenty null claims of one source hold a false verdict in at most 5 % of sources."""
    rng, false = np.random.default_rng(7), 0
    for _ in range(100):
        nodes = {str(n): assess(Above(GAP, margin=0.0), lambda _: measured(rng, 0.0)) for n in range(20)}
        false += set(verdicts(nodes, dict.fromkeys(nodes, "one")).values()) != {"undecided"}
    assert false / 100 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 100)


def test_a_family_makes_a_verdict_harder() -> None:
    """What is supported alone is undecided among many claims of its source."""
    found = Measured(0.03, error=0.0125, degrees=100)
    assert verdict(Above(GAP, margin=0.0), found) == "supported"
    assert verdict(Above(GAP, margin=0.0), found, size=10) == "undecided"


@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("value", [-3.0, -1.1, -0.4, 0.0, 0.4, 1.1, 3.0])
@pytest.mark.parametrize("condition", [Above(GAP, margin=0.5), Below(GAP, margin=0.5), Within(GAP, margin=1.5)])
def test_p_is_where_the_rule_turns(condition, value, alpha) -> None:
    """A p is below alpha where the interval of that level has the verdict by the rule that all verdicts share."""
    found = Measured(value, error=0.45, degrees=12)
    leaf = judge(condition, found)
    level = rule.equivalence_level(1 - alpha) if isinstance(condition, Within) else 1 - alpha
    lower, upper = found.interval(level)
    if isinstance(condition, Below):
        lower, upper = -upper, -lower
    margin = -0.5 if isinstance(condition, Below) else condition.margin
    word = (rule.within if isinstance(condition, Within) else rule.above)(lower, upper, margin)
    assert (leaf.supports < alpha) == (word == "supported")
    assert (leaf.refutes < alpha) == (word == "refuted")


def test_times_are_judged_on_their_logarithm() -> None:
    """A ratio of times and its inverse have the same p."""
    fast, slow = Measured(0.8, 0.1, 20, log=True), Measured(1 / 0.8, 0.1, 20, log=True)
    below, above = judge(Below(None, margin=1.0), fast), judge(Above(None, margin=1.0), slow)
    assert (below.supports, below.refutes) == pytest.approx((above.supports, above.refutes))
    assert fast.interval()[0] == pytest.approx(1 / slow.interval()[1])


def test_an_exact_number_is_sure() -> None:
    """A number without an error decides, on either side of the margin."""
    assert verdict(Above(Number(3), margin=2.0), Measured(3.0, error=0.0)) == "supported"
    assert verdict(Above(Number(3), margin=4.0), Measured(3.0, error=0.0)) == "refuted"


def test_a_verdict_on_exact_numbers_has_no_p() -> None:
    """It is called exact, unless one of its numbers has an error."""
    sure = judge(Above(Number(1.0), margin=0.5), Measured(1.0, error=0.0))
    guessed = judge(Above(Number(1.0), margin=0.5), Measured(1.0, error=0.01))
    assert words.reason(Node(0.0, 1.0, (sure,)), "refuted", 0.0, 10).endswith("; exact")
    assert words.reason(Node(0.0, 1.0, (sure, guessed)), "supported", 0.0, 10).endswith(
        "; p < 1e-6, also after Holm over the 10 claims of this source"
    )


def test_conditions_together() -> None:
    """All need every one, any needs one; what was not measured supports nothing and may still be outvoted."""
    yes, no, unknown = Measured(5.0, 1.0, 50), Measured(-5.0, 1.0, 50), Measured(None, none="no record")
    values = {"yes": yes, "no": no, "unknown": unknown}

    def word(kind, *names):
        leaves = tuple(Above(Value(name, "t", "m"), margin=0.0) for name in names)
        condition = AtLeast(kind, leaves) if isinstance(kind, int) else kind(leaves)
        node = assess(condition, lambda quantity: values[quantity.side])
        return verdicts({"a": node}, {"a": "s"})["a"]

    assert word(AllOf, "yes", "yes") == "supported"
    assert word(AllOf, "yes", "no") == "refuted"
    assert word(AllOf, "yes", "unknown") == "undecided"
    assert word(AllOf, "no", "unknown") == "refuted"
    assert word(AnyOf, "no", "yes") == "supported"
    assert word(AnyOf, "no", "unknown") == "undecided"
    assert word(2, "yes", "no", "yes") == "supported"
    assert word(2, "yes", "no", "no") == "refuted"
    assert word(2, "yes", "no", "unknown") == "undecided"


def test_a_partial_conjunction_keeps_its_level() -> None:
    """Where one of three conditions holds, "at least two" is supported at most 5 % of the time."""
    rng = np.random.default_rng(11)
    false = 0
    for _ in range(2000):
        parts = [Node(p, 1.0, ()) for p in (1e-9, *rng.random(2))]
        false += joined(parts, wanted=2).supports <= 0.05
    assert false / 2000 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_what_is_damaged_is_void() -> None:
    """A condition whose record is damaged makes the claim void, whatever the others say."""
    broken, fine = Measured(None, none="damaged", void=True), Measured(5.0, 1.0, 50)
    node = assess(
        AnyOf((Above(Value("a"), margin=0.0), Above(Value("b"), margin=0.0))),
        lambda q: fine if q.side == "a" else broken,
    )
    assert verdicts({"a": node}, {"a": "s"}) == {"a": "void"}
    assert node.void == "damaged"


def test_what_would_decide() -> None:
    """An undecided claim says how many seeds would decide, and with so many it is decided."""
    rng = np.random.default_rng(3)
    found = measured(rng, 0.06, seed_sd=0.05)
    leaf = judge(Above(GAP, margin=0.0), found)
    assert leaf.supports > 0.05
    needed = leaf.needed(0.95).seeds
    assert needed is None or f"about {needed - SEEDS:,} more seed" in leaf.more(0.95)
    assert "no number of seeds" in judge(Above(GAP, margin=found.value), found).more(0.95)
    timed = Measured(0.97, error=0.02, degrees=17, groups=30, log=True)
    assert "more blocks" in judge(Below(None, margin=1.0), timed).more(0.95)
