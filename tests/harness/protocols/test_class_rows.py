"""Rows of a classification run: a budget that no order of a file decides, and rows that nothing can be learned from."""

from __future__ import annotations

import pytest

from harness.errors import DataError
from harness.protocols import class_rows, supervised
from harness.spec import Example, Text


def test_budget_does_not_depend_on_the_order_of_the_file():
    """The same texts are taken from a file in another order."""
    rows = [Example(str(number), Text(f"text {number}"), 0) for number in range(50)]
    taken = {row.input.text for row in class_rows.budget(rows, 20)}
    assert len(taken) == 20
    assert {row.input.text for row in class_rows.budget(rows[::-1], 20)} == taken


def test_rows_are_held_out_of_a_budget_as_of_all():
    """The rows of a small budget are no nearer to being held out than any others."""
    rows = [Example(str(row), Text(f"text {row}"), 0) for row in range(4000)]
    _, held = supervised.hold_out(class_rows.budget(rows, 1000), 0.1)
    assert 60 < len(held) < 140  # 100 are expected, with a standard deviation of 9.5


def test_texts_of_another_language_stop_a_run_before_training(monkeypatch):
    """Where most ranked texts share no token with train the first row is named; a few are told and no more."""
    train = [Example(str(row), Text(f"word {row}"), 0) for row in range(4)]
    strange = [Example("dev-7", Text("北京"), 0), Example("dev-8", Text("上海"), 0)]
    with pytest.raises(
        DataError, match=r"2 of 2 ranked texts have no token that train has \(first row dev-7: '北京'\)"
    ):
        class_rows.refuse_foreign(train, strange)
    told = []
    monkeypatch.setattr(class_rows, "say", told.append)
    class_rows.refuse_foreign(train, [*strange[:1], Example("a", Text("WORD 9"), 0)])
    assert told == [
        "note: 1 of 2 ranked texts have no token that train has (first row dev-7: '北京'); a model can only guess there"
    ]
    with pytest.raises(DataError, match="2 of 3 ranked texts"):
        class_rows.refuse_foreign(train, [*strange, Example("a", Text("WORD 9"), 0)])
    class_rows.refuse_foreign(train, train)
    assert len(told) == 1


def test_rows_of_one_label_teach_nothing():
    """The label is named, and that files in the order of labels need a larger limit."""
    with pytest.raises(DataError, match=r"all 3 rows to learn from have the label pos.*--limit"):
        class_rows.refuse_one_label([Example(str(row), Text("a"), 1) for row in range(3)], ("neg", "pos"))
