"""The commonest label among texts that begin alike."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.trivial import first_token
from harness.errors import RunError
from harness.spec import Example, Task, Text
from tasks.classify import listops

LABELS = ("x", "y", "z")


def fitted(*rows):
    """A model that has seen these texts with their labels."""
    model = first_token.build(
        None, Task(kind="label", title="t", source="here", licence="none", labels=LABELS), "cpu", 1
    )
    model.fit([Example(str(number), Text(text), target) for number, (text, target) in enumerate(rows)])
    return model


@given(
    st.lists(st.tuples(st.sampled_from(["ab", "ac", "bc", "c"]), st.integers(0, 2)), min_size=1),
    st.sampled_from("abcd"),
)
def test_probabilities_are_counts_of_the_first_token_with_one_row_of_all(rows, begin):
    """Probabilities should be those of the formula, counted row by row, and sum to one."""
    overall = [max(count, 0.5) for count in (Counter(target for _, target in rows)[label] for label in range(3))]
    alike = [target for text, target in rows if text[0] == begin]
    expected = [(alike.count(label) + overall[label] / sum(overall)) / (len(alike) + 1) for label in range(3)]
    (answer,) = fitted(*rows).predict([Text(begin + "z")])
    assert [math.exp(value) for value in answer] == pytest.approx(expected)
    assert sum(math.exp(value) for value in answer) == pytest.approx(1)


def test_an_unknown_beginning_gets_the_shares_of_train():
    """A first token that train does not have, and a text without one, should get the shares of the labels."""
    model = fitted(("ab", 0), ("ac", 0), ("b", 1), ("b", 2))
    for text in ("q", ""):
        assert [math.exp(value) for value in model.predict([Text(text)])[0]] == pytest.approx([0.5, 0.25, 0.25])


def test_the_outermost_operator_decides_a_third_of_listops():
    """It should be right for about a third of such lists as ListOps has: MIN is often 0 and MAX 9."""
    rows = list(listops.examples("train", {"train": 1500}, listops.TOKENS))
    model = first_token.build(None, listops.TASK, "cpu", 1)
    model.fit(rows[:1000])
    answers = model.predict([row.input for row in rows[1000:]])
    right = [
        max(range(10), key=answer.__getitem__) == row.target for answer, row in zip(answers, rows[1000:], strict=True)
    ]
    assert 0.27 < sum(right) / len(right) < 0.41  # three standard errors of 500 rows around 0.34


def test_it_must_be_fitted_first():
    """Predicting before fitting should be an error in words."""
    task = Task(kind="label", title="t", source="here", licence="none", labels=LABELS)
    with pytest.raises(RunError, match="has not been fitted"):
        first_token.build(None, task, "cpu", 1).predict([Text("a")])
