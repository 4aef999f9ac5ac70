"""Guesses."""

from __future__ import annotations

from collections import Counter

import pytest

from baselines.trivial import uniform
from harness.capability import Ranks
from harness.errors import DataError
from harness.spec import Question, Task

TASK = Task(kind="choice", title="t", source="here", licence="none", labels=("x", "y", "z"))
QUESTIONS = [Question(f"question {number}") for number in range(3000)]


def guesses(seed, questions):
    """The number of the best option for each question."""
    answers = uniform.build(None, TASK, "cpu", seed).rank(questions)
    return [max(range(3), key=answer.scores.__getitem__) for answer in answers]


def test_every_option_is_guessed_as_often():
    """Guesses should be near a third each: 3000 draws have a deviation of 26."""
    assert isinstance(uniform.build(None, TASK, "cpu", 1), Ranks)
    assert all(abs(count - 1000) < 130 for count in Counter(guesses(1, QUESTIONS)).values())


def test_order_does_not_matter_and_the_seed_does():
    """A question should get the same guess in any order, and seeds should guess apart."""
    assert guesses(1, QUESTIONS[::-1]) == guesses(1, QUESTIONS)[::-1]
    same = sum(one == two for one, two in zip(guesses(1, QUESTIONS), guesses(2, QUESTIONS), strict=True))
    assert abs(same - 1000) < 130


def test_all_of_a_question_counts():
    """Questions that differ in pair, focus or options alone should have guesses of their own."""
    model = uniform.build(None, TASK, "cpu", 1)
    answers = model.rank(
        [Question("a"), Question("a", "b"), Question("a", "", "b"), Question("a", options=("b", "c", "d"))]
    )
    assert len({answer.scores for answer in answers}) == 4
    assert len(model.rank([Question("a", options=("b", "c"))])[0].scores) == 2


def test_nothing_to_choose_from_is_an_error():
    """A question without options on a task without labels should be refused."""
    with pytest.raises(DataError, match="no options"):
        uniform.build(None, Task(kind="choice", title="t", source="s", licence="l"), "cpu", 1).rank([Question("a")])
