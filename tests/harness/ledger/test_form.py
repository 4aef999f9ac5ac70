"""Predicates in full, and what makes a card wrong."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from harness.claim import (
    Above,
    AllOf,
    AnyOf,
    AtLeast,
    Below,
    Difference,
    Falling,
    Mean,
    MeanOverTasks,
    Number,
    Ratio,
    Rising,
    Side,
    Sides,
    Slope,
    Tasks,
    TimeRatio,
    Value,
    Within,
    walk,
)
from harness.ledger.form import expanded, problems

cards = runpy.run_path(str(Path(__file__).with_name("_cards.py")))
card, GAP, SIDES = cards["card"], cards["GAP"], cards["SIDES"]
TWO = ("ner/resume", "ner/cluener")


def test_empty_names_are_filled() -> None:
    """The only task and the claim's metric stand where a value names none."""
    assert expanded(card()).of.second == Value("crf", "ner/resume", "span_f1")


def test_tasks_and_sides_are_written_out() -> None:
    """``Tasks`` is one condition a task, ``Sides`` one a side, with the number that must hold."""
    made = expanded(
        card(tasks=TWO, predicate=Tasks(Sides(Above(Value(), margin=0.5), among=("pointer", "crf"), at_least=1)))
    )
    assert isinstance(made, AllOf)
    assert [part.count for part in made.of] == [1, 1]
    assert [(node.side, node.task) for node in walk(made) if isinstance(node, Value)] == [
        (side, task) for task in TWO for side in ("pointer", "crf")
    ]


def test_a_mean_over_tasks_has_every_task() -> None:
    """``MeanOverTasks`` becomes the mean of the quantity on each task."""
    made = expanded(card(tasks=TWO, predicate=Above(MeanOverTasks(GAP), margin=0.0)))
    assert isinstance(made.of, Mean)
    assert [part.first.task for part in made.of.of] == list(TWO)


@pytest.mark.parametrize(("kind", "order"), [(Rising, (1, 0)), (Falling, (0, 1))])
def test_a_trend_is_its_steps(kind, order) -> None:
    """Each quantity against the one before it, by more than the margin."""
    steps = tuple(Value("crf", "", metric) for metric in ("a", "b", "c"))
    made = expanded(card(predicate=kind(steps, margin=0.1)))
    pairs = [(step.of.first.metric, step.of.second.metric) for step in made.of]
    wanted = [("a", "b"), ("b", "c")]
    assert pairs == [tuple(pair[place] for place in order) for pair in wanted]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"predicate": Above(GAP, margin=None)}, "margin of Above is None"),
        ({"predicate": Above(GAP, margin=float("nan"))}, "margin of Above is nan"),
        ({"predicate": Within(GAP, margin=0.0)}, "must be above 0"),
        ({"predicate": GAP}, "stands where a condition is needed"),
        ({"predicate": Above(Above(GAP, margin=0.0), margin=0.0)}, "stands where a quantity is needed"),
        ({"predicate": AllOf(Above(GAP, margin=0.0))}, "takes a tuple"),
        ({"predicate": AllOf(())}, "takes a tuple that is not empty"),
        ({"predicate": AtLeast(3, (Above(GAP, margin=0.0),) * 2)}, "3 of 2 conditions"),
        ({"predicate": Above(Difference(Value("pointer"), Value("crff")), margin=0.0)}, "names the side 'crff'"),
        (
            {"predicate": Above(Difference(Value("pointer", "ner/msra"), Value("crf")), margin=0.0)},
            "names the task 'ner/msra'",
        ),
        ({"predicate": Sides(Above(Value(), margin=0.0), among=("pointer", "softmax"))}, "Sides names"),
        ({"predicate": Above(Difference(Value("pointer"), Value("pointer")), margin=0.0)}, "the sides crf are not in"),
        ({"predicate": Below(Ratio(TimeRatio("pointer", "crf"), Number(2.0)), margin=1.0)}, "stands alone"),
        ({"predicate": Below(TimeRatio("pointer", "crf", device="tpu"), margin=1.0)}, "device 'tpu'"),
        ({"predicate": Below(TimeRatio("pointer", "crf"), margin=0.0)}, "above 0"),
        ({"predicate": Above(Slope((Value("pointer"), Value("crf")), at=(256,)), margin=0.0)}, "Slope needs"),
        ({"predicate": Rising((GAP,), margin=0.0)}, "Rising needs two"),
        ({"tasks": TWO}, "names the task ''"),
        ({"tasks": ()}, "at least one task"),
        ({"sides": (*SIDES, SIDES[0])}, "sides of different names"),
        ({"kind": "feeling"}, "kind 'feeling' is none of"),
        ({"arithmetic": "fp8"}, "arithmetic 'fp8' is none of"),
        ({"kind": "equivalence", "predicate": Above(GAP, margin=0.0)}, "needs a condition Within"),
        ({"smallest": 0.0}, "must be above 0"),
        ({"power": 80}, "power between 0 and 1"),
        ({"published": " "}, "published is empty"),
        ({"id": "Flat NER"}, "is not made of small letters"),
        ({"deviations": (("yesterday", "more seeds"),)}, "a deviation is"),
        ({"deviations": (("2026-02-30", "more seeds"),)}, "a deviation is"),
        ({"deviations": (("2026-03-01", "more seeds"), ("2026-02-01", "fewer"))}, "not in order of date"),
        ({"deviations": 5}, "the deviations is 5, not a tuple of pairs of texts"),
        ({"deviations": (("x",),)}, "the deviations is (('x',),), not a tuple of pairs of texts"),
        ({"id": 5}, "the id is 5, not a text"),
        ({"items": "x"}, "the items is 'x', not a whole number"),
        ({"items": 10**9}, "items is 1000000000: nobody has more"),
        ({"seeds": True}, "the seeds is True, not a whole number"),
        ({"seeds": 5000}, "seeds is 5000: nobody has more"),
        ({"smallest": "a"}, "the smallest is 'a', not a number"),
        ({"smallest": float("1e999")}, "the smallest is inf, not a number"),
        ({"metric": 5}, "the metric is 5, not a text"),
        ({"tasks": (5,)}, "the tasks is (5,), not a tuple of texts"),
        ({"tasks": "ner/resume"}, "not a tuple of texts: write ('ner/resume',), with the comma"),
        ({"tasks": ("ner/resume", "ner/resume")}, "tasks names a task twice"),
        ({"sides": ("a", "b")}, "the sides is ('a', 'b'), not a tuple of Sides"),
        ({"sides": (Side("crf", 5),)}, "the model of Side is 5, not a text (side 'crf')"),
        ({"predicate": Above(GAP, margin="0.1")}, "the margin of Above is '0.1', not a number"),
        ({"predicate": Above(Value("crf", strata=1), margin=0.1)}, "the strata of Value is 1, not a tuple"),
        ({"predicate": Above(Value("crf", strata=(-1,)), margin=0.1)}, "they are numbered from 0"),
        ({"predicate": Above(Value(5), margin=0.1)}, "the side of Value is 5, not a text"),
        ({"predicate": Sides(Above(Value(), margin=0.1), among="crf")}, "the among of Sides is 'crf'"),
    ],
)
def test_what_cannot_be_is_told(changes, words) -> None:
    """Each mistake is named in words; the card without it has none."""
    assert any(words in problem for problem in problems(card(**changes))), list(problems(card(**changes)))


@pytest.mark.parametrize(
    "predicate",
    [
        Within(GAP, margin=0.005),
        Above(Ratio(Value("pointer"), Value("crf")), margin=0.92),
        AllOf((Above(GAP, margin=-0.005), Below(TimeRatio("pointer", "crf"), margin=1.0))),
        AnyOf((Above(GAP, margin=0.0), Below(GAP, margin=0.0))),
    ],
)
def test_a_sound_card_has_no_problem(predicate) -> None:
    """The words of a predicate go together."""
    assert list(problems(card(predicate=predicate))) == []
