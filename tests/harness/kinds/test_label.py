"""Kinds ``label`` and ``picture``: faults of examples and answers, what is right and wrong, cuts, the audit."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness import kinds
from harness.kinds.label import audit_labels, cut_text, distribution_fault
from harness.metrics.labels import score_labels
from harness.spec import Example, Image, Task, Text

LABEL, PICTURE = kinds.find("label"), kinds.find("picture")
CARD = Task(kind="label", title="t", source="s", licence="l", labels=("bad", "good"))
SQUARE = Image(bytes(4), 2, 2)


@pytest.mark.parametrize(
    ("kind", "item", "target", "fault"),
    [
        (LABEL, "text", 0, "the input is a str, not a Text"),
        (LABEL, SQUARE, 0, "the input is a Image, not a Text"),
        (PICTURE, Text("a"), 0, "the input is a Text, not a Image"),
        (LABEL, Text(""), 0, "the input is empty"),
        (LABEL, Text("a"), 2, "the target 2 is not a number from 0 to 1"),
        (LABEL, Text("a"), True, "the target True"),
        (LABEL, Text("a"), None, "the target None"),
        (PICTURE, Image(bytes(3), 2, 2), 0, "3 bytes are no picture of shape (2, 2, 1)"),
    ],
)
def test_faults_of_examples(kind: Any, item: Any, target: Any, fault: str) -> None:
    """Each fault of an input or a label is said in words."""
    assert any(fault in found for found in kind.example_faults(Example("a", item, target), CARD))


def test_sound_examples_have_no_fault() -> None:
    """A text and a picture with a label of the card are sound."""
    assert not list(LABEL.example_faults(Example("a", Text("a"), 1), CARD))
    assert not list(PICTURE.example_faults(Example("a", SQUARE, 0), CARD))


def test_faults_of_cards_and_samples() -> None:
    """A task needs two labels, and two of them in the train split of its sample."""
    one = Task(kind="label", title="t", source="s", licence="l", labels=("bad",))
    assert "fewer than two labels" in next(LABEL.card_faults(one))
    same = {"train": [Example("a", Text("a"), 1), Example("b", Text("b"), 1)]}
    assert "one label alone" in next(LABEL.sample_faults(same, CARD))


@pytest.mark.parametrize(
    ("logs", "fault"),
    [
        ([math.log(0.5), math.log(0.5)], ""),
        ([0.0], "has 1 numbers"),
        ([math.nan, 0.0], "is no finite number"),
        ([0.0, 0.0], "sum to 2, not to 1"),
    ],
)
def test_faults_of_answers(logs: list[float], fault: str) -> None:
    """An answer is a distribution over the labels, given as logarithms."""
    found = distribution_fault(logs, 2)
    assert fault in found
    assert bool(found) == bool(fault)


def test_right_and_wrong_outputs_score_one_and_nothing() -> None:
    """What the kind calls right and wrong is right and wrong to the metric."""
    gold = [Example(str(n), Text("a"), n % 2) for n in range(4)]
    for made, value in ((LABEL.right, 1.0), (lambda example: LABEL.wrong(example, CARD), 0.0)):
        assert score_labels(gold, [made(example) for example in gold], labels=CARD.labels)["accuracy"].value == value


def test_a_cut_leaves_label_and_picture_alone() -> None:
    """Only texts are cut, and a label stays what it is."""
    assert cut_text(Example("a", Text("abc"), 1), 2) == Example("a", Text("ab"), 1)
    assert cut_text(Example("a", SQUARE, 1), 2).input is SQUARE


def test_audit() -> None:
    """Gold labels are counted by name, hidden ones not at all, and lengths are in tokens."""
    rows = [Example("a", Text("a" * 200), 1), Example("b", Text("b"), 1), Example("c", Text("c"), None)]
    found = audit_labels(rows, CARD.labels)
    assert found["rows_by_label"] == {"bad": 0, "good": 2}
    assert (found["labels_without_rows"], found["longest"]) == (1, 200)
    assert found["rows_over_tokens"] == {"128": 1, "256": 0, "510": 0}


def test_pictures_are_told_apart_by_their_bytes() -> None:
    """Equal pictures are one input; another byte or another shape makes another."""
    others = [Image(bytes(4), 2, 2), Image(b"\x01" + bytes(3), 2, 2), Image(bytes(4), 4, 1)]
    assert len({PICTURE.identity(item) for item in (SQUARE, *others)}) == 3
