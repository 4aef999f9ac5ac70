"""The audit: every number it prints, on data small enough to count by hand."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from harness import kinds
from harness.data.audit import (
    audit,
    audit_texts,
    contained,
    normalise,
    overlap,
    overlapping_ids,
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


def test_overlap_between_splits() -> None:
    """Exact and normalised overlap count rows of the later split; ids name them; pairs follow the order of the splits."""
    train, test = (
        [example("a", "去北京"), example("b", "去上海")],
        [example("c", "去北京"), example("d", "去 上海"), example("e", "去南京")],
    )
    assert overlap(train, test) == {"rows": 3, "exact": 1, "normalised": 2, "normalised_share": 2 / 3}
    assert overlapping_ids(train, test) == {"c", "d"}
    report = audit({"train": train, "dev": [], "test": test}, kinds.find("spans"))
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


def test_questions_overlap_by_passage_and_repeat_as_a_whole() -> None:
    """A passage of train leaks whatever is asked about it; within a split only the whole question counts as repeated."""
    train = [Example("a", Question("他累了", pair="老师"), 1)]
    test = [Example("b", Question("他 累了", pair="学生"), 0), Example("c", Question("她累了", pair="老师"), 1)]
    assert overlap(train, test) == {"rows": 2, "exact": 0, "normalised": 1, "normalised_share": 0.5}
    assert overlapping_ids(train, test) == {"b"}
    found = audit_texts([*train, Example("d", Question("他累了", pair="学生"), 0), Example("e", train[0].input, 0)])
    assert (found["duplicated_rows"], found["contradictions"]) == (1, 1)


def test_worked_examples() -> None:
    """The examples in the docstrings are true."""
    import doctest

    from harness.data import audit as module

    assert doctest.testmod(module).failed == 0
