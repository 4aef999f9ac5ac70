"""The commonest answer."""

from __future__ import annotations

import pytest

from baselines.trivial import majority
from harness.capability import Fits, Ranks
from harness.errors import DataError, RunError
from harness.spec import Example, Question, Task


def fitted(*targets, labels=("x", "y", "z")):
    """A model that has seen these answers."""
    task = Task(kind="choice", title="t", source="here", licence="none", labels=labels)
    model = majority.build(None, task, "cpu", 1)
    model.fit([Example(str(number), Question("a"), target) for number, target in enumerate(targets)])
    return model


def test_scores_are_shares_of_train():
    """Every question should get the shares of the labels in train."""
    model = fitted(2, 1, 2, 2)
    assert isinstance(model, Fits)
    assert isinstance(model, Ranks)
    assert [answer.scores for answer in model.rank([Question("b"), Question("c")])] == [(0.0, 0.25, 0.75)] * 2


def test_options_are_counted_by_number():
    """Questions with options of their own should get the shares of the option's number, as many as they have."""
    model = fitted(1, 1, 0, 3, labels=())
    assert model.rank([Question("a", options=("p", "q", "r"))])[0].scores == (0.25, 0.5, 0.0)


def test_bad_input_is_explained():
    """Ranking before fitting, and nothing to choose from, should be errors in words; no train is no majority."""
    task = Task(kind="choice", title="t", source="here", licence="none", labels=("x",))
    with pytest.raises(RunError, match="has not been fitted"):
        majority.build(None, task, "cpu", 1).rank([Question("a")])
    with pytest.raises(DataError, match="no options"):
        fitted(1, labels=()).rank([Question("a")])
    assert fitted().rank([Question("a")])[0].scores == (0.0, 0.0, 0.0)
