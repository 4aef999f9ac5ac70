"""Which equal answers are copies, and which are to be expected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.verify.across import check
from harness.verify.finding import FAIL, OPEN, PASS
from harness.verify.seen import Answers, Seen

ANSWERS = Answers(
    run="a", seed=0, model="m", draws=True, uniform=False, training="losses", seconds=9.0, digest="answers"
)


def outcomes(other: Answers) -> set[str]:
    """What is said of copies when two runs have these answers."""
    seen = [
        Seen(one.run, one.model, "asked", f"made {one.run}", answers=[one])
        for one in (ANSWERS, replace(other, run="b"))
    ]
    return {one.outcome for found in check(seen).values() for one in found if one.check == "copies"}


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        (replace(ANSWERS, digest="others"), PASS),
        (replace(ANSWERS, model="n", training="other losses"), FAIL),
        (replace(ANSWERS, seed=1), FAIL),
        (replace(ANSWERS, model="n"), FAIL),  # the very same seconds: the report was copied as well
        (replace(ANSWERS, model="n", seconds=8.0), PASS),  # the same network by another name
        (replace(ANSWERS, seed=1, seconds=8.0), FAIL),
        (replace(ANSWERS, seconds=8.0), PASS),  # run again
        (replace(ANSWERS, model="n", draws=False), FAIL),
    ],
)
def test_equal_answers(other: Answers, outcome: str) -> None:
    """Two runs that learn share no answers, unless they are one network trained twice from the same seed."""
    assert outcomes(other) == {outcome}


def test_models_that_draw_nothing_may_agree() -> None:
    """Two models without training by gradients may say the same, as may seeds of one; it is said in words."""
    still = replace(ANSWERS, draws=False)
    (found,) = check([Seen("a", "m", "asked", "made", answers=[still, replace(still, seed=1)])]).values()
    assert [one.outcome for one in found if one.check == "seeds"] == [PASS]
    assert any("neither is known to draw" in one.words for one in found)


def test_one_answer_to_every_item_is_no_copy() -> None:
    """Models that fell back to a constant say the same."""
    same = replace(ANSWERS, uniform=True)
    seen = [Seen(name, name, "asked", name, answers=[replace(same, run=name, model=name)]) for name in "ab"]
    assert all(one.outcome == PASS for found in check(seen).values() for one in found)


def test_a_record_alone_has_nothing_to_be_compared_with() -> None:
    """Copies of a single record are not checkable, which is no pass."""
    (found,) = check([Seen("a", "m", "asked", "made", answers=[ANSWERS])]).values()
    assert [one.outcome for one in found if one.check == "copies"] == [OPEN]


def test_a_spread_of_zero_fails() -> None:
    """Seeds of a model that learns do not agree in every number."""
    (found,) = check([Seen("a", "m", "asked", "made", still="no spread at all")]).values()
    assert FAIL in {one.outcome for one in found}


def test_gold_is_the_same_for_all() -> None:
    """The record whose gold differs from that of the others is the one that fails."""
    seen = [Seen(name, name, "asked", name, gold={"gold spans": 7 if name == "c" else 9}) for name in "abc"]
    found = check(seen)
    assert [name for name in "abc" if any(one.outcome == FAIL for one in found[name])] == ["c"]


@pytest.mark.parametrize(("seconds", "failing"), [((9, 10, 11), ""), ((9, 10, 100), "c"), ((1, 10), "ab")])
def test_times_on_one_class_of_machine(seconds: tuple[int, ...], failing: str) -> None:
    """A training that took many times as long as others of its class was not made there; of two none is the usual one."""
    named = list(zip("abc", seconds, strict=False))
    seen = [Seen(name, "m", "asked", name, machine="GPU", seconds=time, trained="steps") for name, time in named]
    found = check(seen)
    assert "".join(name for name, _ in named if any(one.outcome == FAIL for one in found[name])) == failing


def test_no_second_run_has_the_same_times() -> None:
    """Durations that are another run's to the millisecond were copied."""
    seen = [Seen(name, name, "asked", name, times={"its parts": "digest"}) for name in "ab"]
    assert all(any(one.outcome == FAIL for one in found) for found in check(seen).values())
