"""The audit: every number it prints, on data small enough to count by hand."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from harness.data.audit import (
    audit,
    audit_choice,
    audit_spans,
    audit_texts,
    contained,
    nesting,
    normalise,
    overlap,
    overlapping_ids,
    passage_of,
    text_of,
)
from harness.spec import Example, Question, Span, Text


def example(name: str, text: str, *target: Span) -> Example:
    """A Chinese example."""
    return Example(name, Text(text), tuple(target))


def test_normalise() -> None:
    """Width, case and any white space make no difference; other characters do."""
    assert normalise("ＡＢ　ｃ\u00a0\n１") == "abc1" == normalise("abc1")
    assert normalise("北京") != normalise("南京")


@given(st.text())
def test_normalise_leaves_no_space(text: str) -> None:
    """No white space survives."""
    assert not any(character.isspace() for character in normalise(text))


def test_rows_and_contradictions() -> None:
    """Repetitions count beyond the first; only unlike answers contradict; hidden answers never do."""
    rows = [
        example("0", "北京", (0, 2, "LOC")),
        example("1", "北京", (0, 2, "LOC")),
        example("2", "北京", (0, 2, "ORG")),
        Example("3", Text("上海"), None),
    ]
    hidden = [Example("4", Text("上海"), None), example("5", "Ａ"), example("6", "a")]
    assert audit_texts(rows + hidden) == {
        "rows": 7,
        "labelled": 5,
        "duplicated_rows": 3,
        "normalised_duplicated_rows": 4,
        "contradictions": 1,
    }


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


def test_overlap_between_splits() -> None:
    """Exact and normalised overlap count rows of the later split; ids name them; pairs follow the order of the splits."""
    train, test = (
        [example("a", "去北京"), example("b", "去上海")],
        [example("c", "去北京"), example("d", "去 上海"), example("e", "去南京")],
    )
    assert overlap(train, test) == {"rows": 3, "exact": 1, "normalised": 2, "normalised_share": 2 / 3}
    assert overlapping_ids(train, test) == {"c", "d"}
    report = audit({"train": train, "dev": [], "test": test})
    assert [(pair["earlier"], pair["later"], pair["exact"]) for pair in report["overlaps"]] == [
        ("train", "dev", 0),
        ("train", "test", 1),
        ("dev", "test", 0),
    ]
    assert report["splits"]["dev"]["rows"] == 0
    json.dumps(report, allow_nan=False)


def test_contained_sees_through_sentence_breaks() -> None:
    """A text that other breaks cut in two is found; short ones are left out."""
    train = [example("a", "他今天早上去了"), example("b", "南京大学念书。")]
    test = [example("c", "早上去了南京大学念书"), example("d", "他"), example("e", "他明天早上去北京大学")]
    assert contained(train, test) == {"rows": 2, "contained": 1, "contained_share": 0.5}


def test_text_of_other_inputs() -> None:
    """Inputs of other kinds have a text too, so that they can be compared."""
    assert text_of("a") == "a"
    assert text_of(["a", ["b", 3]]) == "a\nb\n3"
    assert audit_texts([Example("0", {"q": "a"}, 1), Example("1", {"q": "a"}, 2)])["contradictions"] == 1


def test_a_question_is_more_than_its_passage() -> None:
    """Another second text, focus or order of options is another question; the passage alone tells what was seen before."""
    first = Question("他累了", pair="老师", focus="他")
    others = [
        Question("他累了", pair="学生", focus="他"),
        Question("他累了", pair="老师", focus="累"),
        Question("他累了"),
    ]
    assert len({text_of(first), *map(text_of, others)}) == 4
    assert {passage_of(question) for question in (first, *others)} == {"他累了"}
    assert text_of(Question("a____", options=("b", "c"))) != text_of(Question("a____", options=("c", "b")))
    assert passage_of(Text("北京")) == passage_of("北京") == "北京"


def test_questions_overlap_by_passage_and_repeat_as_a_whole() -> None:
    """A passage of train leaks whatever is asked about it; within a split only the whole question counts as repeated."""
    train = [Example("a", Question("他累了", pair="老师"), 1)]
    test = [Example("b", Question("他 累了", pair="学生"), 0), Example("c", Question("她累了", pair="老师"), 1)]
    assert overlap(train, test) == {"rows": 2, "exact": 0, "normalised": 1, "normalised_share": 0.5}
    assert overlapping_ids(train, test) == {"b"}
    found = audit_texts([*train, Example("d", Question("他累了", pair="学生"), 0), Example("e", train[0].input, 0)])
    assert (found["duplicated_rows"], found["contradictions"]) == (1, 1)


def test_choice() -> None:
    """Answers by label, labels without rows, options, lengths of both texts, and answers that are no option."""
    rows = [
        Example("0", Question("好" * 100, pair="坏" * 29), 1),
        Example("1", Question("好"), 1),
        Example("2", Question("好", pair="坏"), 3),
        Example("3", Question("好"), None),
    ]
    assert audit_choice(rows, ("a", "b", "c")) == {
        "rows_by_label": {"a": 0, "b": 2, "c": 0},
        "labels_without_rows": 2,
        "rows_by_options": {"3": 4},
        "longest_characters": 129,
        "mean_characters": 33.25,
        "rows_over_characters": {"128": 1, "256": 0, "510": 0},
        "outside_options": 1,
    }


def test_choice_of_own_options() -> None:
    """Without labels the answers are counted by place, in order, and questions by how many options they bring."""
    rows = [
        Example("0", Question("____", options=("x", "y", "z")), 2),
        Example("1", Question("____", options=("x", "y")), 0),
        Example("2", Question("____", options=("x", "y")), 2),
    ]
    found = audit({"test": rows})["splits"]["test"]
    assert found["rows_by_label"] == {"option 0": 1, "option 2": 1}
    assert (found["rows_by_options"], found["outside_options"]) == ({"2": 2, "3": 1}, 1)
    assert "entities" not in found


def test_worked_examples() -> None:
    """The examples in the docstrings are true."""
    import doctest

    from harness.data import audit as module

    assert doctest.testmod(module).failed == 0
