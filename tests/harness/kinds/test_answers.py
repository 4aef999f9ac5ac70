"""What is shown of an answer: marks of spans, chosen options, probabilities, costs, pictures."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness import kinds
from harness.kinds._answers import AROUND, LONGEST, drawn, kept, marked
from harness.spec import Example, Image, Question, Task, Text


def plain(lines: Any) -> list[str]:
    """Lines without their styles."""
    return ["".join(text for text, _ in line) for line in lines]


def card(kind: str, *labels: str) -> Task:
    """A card with these labels."""
    return Task(kind=kind, title="t", source="s", licence="l", labels=labels, metrics=("m",))


# ---------------------------------------------------------------- marks


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        ([], "abcdef"),
        ([((0, 6, "X"), "right")], "[abcdef X]"),
        ([((0, 2, "X"), "right"), ((2, 4, "Y"), "missed")], "[ab X][-cd Y-]ef"),
        ([((0, 4, "X"), "missed"), ((0, 2, "Y"), "right")], "[-[ab Y]cd X-]ef"),
        ([((0, 4, "X"), "missed"), ((2, 4, "Y"), "right")], "[-ab[cd Y] X-]ef"),
        ([((1, 3, "X"), "missed"), ((1, 3, "Y"), "spurious")], "a[-{+bc Y+} X-]def"),
        ([((0, 3, "X"), "right"), ((2, 5, "Y"), "spurious")], "[ab{+c X]de Y+}f"),
        ([((0, 9, "X"), "spurious"), ((4, 4, "X"), "spurious")], "abcdef"),
    ],
)
def test_spans_are_bracketed(spans: Any, shown: str) -> None:
    """Nested, equal and crossing spans close each with its label, the outer one last; what is outside the text is not drawn."""
    assert plain([marked("abcdef", spans)]) == [shown]


def test_without_its_marks_the_text_is_whole() -> None:
    """No sign of the text is lost or doubled, whatever spans lie on it."""
    text = "0123456789"
    spans = [((a, b, ""), "right") for a in range(10) for b in range(a + 1, 11, 3)]
    (shown,) = plain([marked(text, spans)])
    assert shown.replace("[", "").replace(" ]", "") == text


def test_of_a_long_text_the_surroundings_of_spans_are_shown() -> None:
    """What is left out is counted; near spans share their surroundings; without spans the beginning is shown."""
    text = "x" * 5000
    assert kept(text, [(1000, 1010, "A"), (1060, 1070, "A"), (4990, 5000, "A")]) == [
        (1000 - AROUND, 1070 + AROUND),
        (4990 - AROUND, 5000),
    ]
    assert kept(text, []) == [(0, LONGEST)]
    (shown,) = plain([marked(text, [((1000, 1010, "A"), "missed")])])
    assert shown.startswith("(960 characters) … ")
    assert shown.endswith("… (and 3,950 more characters)")


def test_a_picture_is_drawn_in_its_proportions() -> None:
    """A sign stands for a block twice as high as wide; colours count by their mean; wide pictures are reduced."""
    assert drawn(Image(bytes([255] * 3 + [0] * 3), height=1, width=2, channels=3)) == ["@ "]
    rows = drawn(Image(bytes(100 * 100), height=100, width=100))
    assert {len(row) for row in rows} == {25}
    assert len(rows) == 13


# ---------------------------------------------------------------- kinds


def test_spans_right_missed_and_spurious() -> None:
    """Each span is right, missed or spurious; a wrong label is both; labels at fault are those of errors alone."""
    example = Example("a", Text("头痛两天发热"), ((0, 2, "sym"), (4, 6, "sym")))
    row = {"prediction": [[0, 2, "sym"], [4, 6, "dis"]]}
    found = kinds.find("spans").answer(example, row, card("spans", "sym", "dis"))
    assert (found.right, found.verdict, found.loss) == (False, "wrong: 1 missed, 1 spurious", 2)
    assert plain(found.said) == ["[头痛 sym]两天[-{+发热 dis+} sym-]"]
    assert found.facts["right"] == [{"start": 0, "end": 2, "label": "sym", "text": "头痛"}]
    assert [part["text"] for part in found.facts["missed"] + found.facts["spurious"]] == ["发热", "发热"]
    assert found.labels == found.at_fault == {"sym", "dis"}
    same = kinds.find("spans").answer(example, {"prediction": [[4, 6, "sym"], [0, 2, "sym"]]}, card("spans", "sym"))
    assert (same.right, same.verdict, same.at_fault) == (True, "right: 2 spans", frozenset())


def test_a_choice_of_labels_with_scores() -> None:
    """The kept scores stand in order with answer and gold; a gold that is not among them is named; the margin is how sure."""
    example = Example("a", Question("text", pair="other"), 2)
    row = {"prediction": 1, "best": [[1, 0.75], [0, 0.25]], "cut": False}
    found = kinds.find("choice").answer(example, row, card("choice", "x", "y", "z"))
    assert plain(found.asked) == ["text", "pair: other"]
    assert [line.split() for line in plain(found.said)] == [
        ["0.7500", "y", "<-", "answer"],
        ["0.2500", "x"],
        ["lower", "z", "<-", "gold"],
    ]
    assert (found.right, found.sure, found.at_fault) == (False, 0.5, {"y", "z"})
    assert (found.facts["gold"], found.facts["answer"], found.facts["scores"]) == ("z", "y", {"y": 0.75, "x": 0.25})


def test_a_choice_by_a_lone_score() -> None:
    """Where samples are contrasted there is a score and no order among errors."""
    found = kinds.find("choice").answer(
        Example("a", Question("text"), 0), {"prediction": 1, "score": 0.9}, card("choice", "no", "yes")
    )
    assert plain(found.said) == ["answer: yes (score 0.9000), gold: no"]
    assert found.sure is None


def test_options_of_a_question_are_no_labels() -> None:
    """A question's own options belong to it alone: there is nothing to filter by."""
    example = Example("a", Question("a____", options=("b", "c")), 0)
    found = kinds.find("choice").answer(example, {"prediction": 0, "best": [[0, 1.0], [1, 0.0]]}, card("choice"))
    assert (found.right, found.labels) == (True, frozenset())
    assert "answer, gold" in plain(found.said)[0]


def test_a_label_with_its_probability() -> None:
    """The probability of the answer stands beside it, and that of gold follows from its nats."""
    row = {"prediction": {"label": 1, "confidence": 0.9, "nats": math.log(10)}}
    found = kinds.find("label").answer(Example("a", Text("good film"), 0), row, card("label", "bad", "good"))
    assert plain(found.asked + found.said) == ["good film", "answer: good (0.9000), gold: bad (0.1000)"]
    assert (found.right, found.sure) == (False, 0.9)
    assert found.facts["probability_of_gold"] == pytest.approx(0.1)


def test_a_picture_is_drawn_above_its_label() -> None:
    """The picture stands in signs, and JSON has its shape alone."""
    row = {"prediction": {"label": 0, "confidence": 1.0, "nats": 0.0}}
    found = kinds.find("picture").answer(Example("a", Image(bytes(4), 2, 2), 0), row, card("picture", "0", "1"))
    assert plain(found.asked + found.said) == ["  ", "answer: 0 (1.0000)"]
    assert found.facts["shape"] == (2, 2, 1)


def test_a_text_that_is_read_on_has_a_cost() -> None:
    """A cost is neither right nor wrong: bits a byte of the usual reading."""
    row = {"prediction": {"usual": "nonoverlapping_4", "nonoverlapping_4": [8 * math.log(2), 4, 4, 1, 0]}}
    found = kinds.find("tokens").answer(Example("a", "abcd" * 100, ((0, 4),)), row, card("tokens"))
    assert (found.right, found.verdict, found.sure) == (None, "2.0000 bits a byte", 2.0)
    assert plain(found.asked) == [f"{'abcd' * 40}… (and 240 more characters)"]


def test_a_probe_is_right_where_every_token_is_the_likeliest() -> None:
    """What was asked for is marked after the end of its context."""
    example = Example("a", "k=7;k=7", ((6, 7),))
    for right, verdict, shown in ((1, "right: 1 of 1", "k=7;k=[7]"), (0, "wrong: 0 of 1", "k=7;k=[-7-]")):
        row = {"prediction": {"usual": "whole", "whole": [0.5, 1, 1, 0, right]}}
        found = kinds.find("tokens").answer(example, row, card("tokens"))
        assert found.right == bool(right)
        assert found.verdict.startswith(verdict)
        assert plain(found.said) == [shown]
