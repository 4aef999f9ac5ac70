"""Kind ``spans``: faults of examples and answers, the audit, on data small enough to count by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import kinds
from harness.kinds.spans import audit_spans, nesting
from harness.spec import Example, Span, Task, Text

SPANS = kinds.find("spans")
CARD = Task(kind="spans", title="t", source="s", licence="l", labels=("LOC",))
WORDS = Text("Bonn lebt", ((0, 4), (5, 9)))


def example(name: str, text: str, *target: Span) -> Example:
    """A Chinese example."""
    return Example(name, Text(text), tuple(target))


@pytest.mark.parametrize(
    ("item", "target", "fault"),
    [
        ("Bonn", (), "the input is a str, not a Text"),
        (Text(" "), (), "the text is empty"),
        (Text("ab", ((1, 2), (0, 1))), (), "tokens overlap"),
        (WORDS, [(0, 4, "LOC")], "not a sorted tuple"),
        (WORDS, ((0, 12, "LOC"),), "does not lie in a text of 9 characters"),
        (WORDS, ((0, 5, "LOC"),), "does not begin and end on token borders"),
        (WORDS, ((0, 4, "ORG"),), "label 'ORG' is not among the card's labels"),
        (WORDS, ((4, 4, "LOC"),), "span (4, 4) is empty"),
        (WORDS, ((0.0, 4, "LOC"),), "is not a whole number"),
    ],
)
def test_faults_of_examples(item: Any, target: Any, fault: str) -> None:
    """Each fault of a text or of its gold spans is said in words."""
    assert any(fault in found for found in SPANS.example_faults(Example("a", item, target), CARD))


def test_a_sound_example_has_no_fault() -> None:
    """A sorted tuple of spans on token borders is sound."""
    assert not list(SPANS.example_faults(Example("a", WORDS, ((0, 4, "LOC"),)), CARD))


@pytest.mark.parametrize(
    ("answer", "fault"),
    [("LOC", "not a list of"), ([(0.0, 4, "LOC")], "no Python int"), ([(0, 3, "LOC")], "token borders")],
)
def test_faults_of_answers(answer: Any, fault: str) -> None:
    """Each fault of a model's answer is said in words."""
    assert any(fault in found for found in SPANS.answer_faults(CARD, [WORDS], [answer]))


def test_spans() -> None:
    """Entities by label, nesting, lengths, unknown labels and impossible offsets."""
    rows = [
        example("0", "右腹痛伴发热", (0, 3, "sym"), (0, 2, "bod"), (4, 6, "sym")),
        Example("1", Text("Bonn lebt", ((0, 4), (5, 9))), ((0, 5, "LOC"), (5, 12, "LOC"))),
        example("2", "长" * 300),
    ]
    found = audit_spans(rows, ("sym", "bod", "dis"))
    assert found["entities"] == 5
    assert found["entities_by_label"] == {"sym": 2, "bod": 1, "dis": 0, "LOC": 2}
    assert found["unknown_labels"] == ["LOC"]
    assert (found["nested_share"], found["inside_share"], found["crossing_pairs"]) == (0.4, 0.2, 0)
    assert (found["longest_tokens"], found["longest_entity"]) == (300, 7)
    assert found["rows_over_tokens"] == {"128": 1, "256": 1, "510": 0}
    assert (found["off_token_boundaries"], found["outside_text"]) == (2, 1)


def test_nesting_by_hand() -> None:
    """Inside, equal offsets with another label, crossing, and neighbours that only touch."""
    assert nesting(((0, 4, "a"), (1, 2, "b"))) == (2, 1, 0)
    assert nesting(((0, 4, "a"), (0, 4, "b"))) == (2, 2, 0)
    assert nesting(((0, 3, "a"), (2, 5, "b"))) == (2, 0, 1)
    assert nesting(((0, 3, "a"), (3, 5, "b"))) == (0, 0, 0)
    assert nesting(()) == (0, 0, 0)


@given(st.sets(st.tuples(st.integers(0, 8), st.integers(1, 4), st.sampled_from("ab")), max_size=8))
def test_nesting_against_definition(drawn: set[tuple[int, int, str]]) -> None:
    """The sweep counts what the definitions count, pair by pair."""
    spans = tuple((start, start + size, label) for start, size, label in drawn)
    others = {span: [other for other in spans if other != span] for span in spans}
    touched = sum(any(a[0] < b[1] and b[0] < a[1] for b in others[a]) for a in spans)
    inside = sum(any(b[0] <= a[0] and a[1] <= b[1] for b in others[a]) for a in spans)
    crossing = sum(a[0] < b[0] < a[1] < b[1] for a in spans for b in spans)
    assert nesting(spans) == (touched, inside, crossing)
