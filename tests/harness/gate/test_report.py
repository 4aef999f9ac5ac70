"""What a gate writes: the table, the page, JSON, and JUnit XML that any reader can parse."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError
from harness.gate import report
from harness.gate.judging import Finding, Outcome, Pair, gate

STEADY, NOISY, SLOW = (1.0, 1.01, 0.99, 1.0, 1.0, 1.01, 0.99, 1.0), (1.0, 2.0) * 4, (1.3,) * 8


@pytest.fixture
def outcome() -> Outcome:
    """One benchmark of each verdict, and one of a single block."""
    pairs = [
        Pair("t.py::passes[9 tags]", STEADY, STEADY[::-1], paired=True),
        Pair("t.py::noisy", NOISY, NOISY[::-1], paired=False),
        Pair("ner/cmeee/ner/crf/train/whole/trace", SLOW, STEADY, paired=True, unit="reference"),
        Pair("single", (1.0,), (1.0,), paired=True),
    ]
    return gate(pairs, 0.05, 0.99, ["two machines"])


def test_rows_have_what_needs_a_look_first(outcome: Outcome) -> None:
    """Slower, inconclusive, pass; ratio with interval, blocks and words in each row, nothing of what is not known."""
    rows = report.rows(outcome)
    assert [row["verdict"] for row in rows] == ["slower", "inconclusive", "inconclusive", "pass"]
    slow, noisy, single, passes = rows
    assert slow["candidate / baseline"] == "1.300"
    assert slow["blocks"] == "8 pairs"
    assert slow["interval"].startswith("1.2")
    assert "slower by 30 %" in slow["in words"]
    assert (noisy["blocks"], single["blocks"], single["interval"]) == ("8 a side", "1", "")
    assert passes["in words"] == "not slower by 5 %"


def test_the_summary_says_what_was_judged_by(outcome: Outcome) -> None:
    """Counts, the least slowdown, the level of all together, the units and the method stand in one line."""
    said = report.summary(outcome)
    assert said.startswith("slower: 1 slower, 2 inconclusive, 1 pass.")
    for words in ("5 % matters", "99 % for all 4", "reference kernel beside each round and seconds", "Yuen"):
        assert words in said


def test_the_page_is_markdown_with_notes(outcome: Outcome) -> None:
    """A heading with the verdict, one table whose rows are equally many cells, the notes as a list."""
    page = report.markdown(outcome)
    assert page.startswith("### Speed: ❌ slower\n\n|")
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert len(lines) == 6
    assert len({line.count("|") for line in lines}) == 1
    assert "- two machines\n" in page
    assert page.endswith("\n\n") or page.endswith("\n")


def test_the_page_of_an_error_shows_it_as_it_is() -> None:
    """Where nothing was judged the page says so, with the whole message as plain text."""
    page = report.broken(DataError("a <b> | c\n  - d"))
    assert "not judged" in page
    assert "```text\na <b> | c\n  - d\n```" in page


def test_json_holds_everything(outcome: Outcome) -> None:
    """JSON survives a round trip and has verdict, ratio, medians and the number of blocks that would decide."""
    value = json.loads(json.dumps(report.as_json(outcome), allow_nan=False))
    assert (value["verdict"], value["min_effect"], value["level"]) == ("slower", 0.05, 0.99)
    by_name = {item["name"]: item for item in value["benchmarks"]}
    assert by_name["single"]["ratio"] is None
    assert by_name["t.py::noisy"]["more"] >= 1
    assert by_name["t.py::passes[9 tags]"]["ratio"]["blocks"] == 8
    assert by_name["ner/cmeee/ner/crf/train/whole/trace"]["candidate"] == 1.3


def test_junit_is_read_by_any_parser(outcome: Outcome) -> None:
    """Slower is a failure, inconclusive is skipped with its reason, the counts agree, names are split at their end."""
    root = ElementTree.fromstring(report.junit(outcome.findings).encode())
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped", "errors")} == {
        "tests": "4",
        "failures": "1",
        "skipped": "2",
        "errors": "0",
    }
    cases = {(case.get("classname"), case.get("name")): case for case in suite}
    assert set(cases) == {
        ("t.py", "passes[9 tags]"),
        ("t.py", "noisy"),
        ("ner/cmeee/ner/crf/train/whole", "trace"),
        ("gate", "single"),
    }
    (failure,) = suite.findall("testcase/failure")
    assert "slower by 30 %" in str(failure.get("message"))
    noisy = cases["t.py", "noisy"].find("skipped")
    assert noisy is not None
    assert "more block" in str(noisy.get("message"))
    assert cases["t.py", "noisy"].get("time") == "1.500000000"
    assert cases["ner/cmeee/ner/crf/train/whole", "trace"].get("time") is None  # its times are no seconds


def test_junit_of_an_error_is_an_error() -> None:
    """Files that do not fit are one case with an error, so that a collector of tests goes red."""
    suite = ElementTree.fromstring(report.junit([], DataError("no & yes")).encode())[0]
    error = suite.find("testcase/error")
    assert error is not None
    assert (error.get("type"), error.get("message")) == ("DataError", "no & yes")
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")


@given(st.text(st.characters(exclude_characters=":"), max_size=30), st.text(st.characters(), max_size=30))
def test_no_name_breaks_the_xml(name: str, reason: str) -> None:
    """Control characters, lone surrogates and marks of XML leave a document that parses, with as many characters."""
    finding = Finding("x::" + name, "slower", None, None, reason, "seconds", 1.0, 1.0)
    (case,) = ElementTree.fromstring(report.junit([finding]).encode())[0]
    told = str(case.get("name"))
    assert len(told) == len(name)
    assert all(one in (two, "\ufffd") for one, two in zip(told, name, strict=True))
    assert len(str(case[0].get("message"))) == len(reason)
