"""The log of verdicts: which changes have a reason, and which are refused."""

from __future__ import annotations

import dataclasses
import runpy
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.ledger import lock, log
from harness.ledger.judging import Node
from harness.ledger.leaves import Leaf, Measured
from harness.ledger.outcomes import Outcome

cards = runpy.run_path(str(Path(__file__).with_name("_cards.py")))
card, filed = cards["card"], cards["filed"]


def outcome(verdict="supported", records=("a", "b"), reason="", **changes):
    """A claim with a verdict on some records."""
    leaf = Leaf(None, Measured(0.1, records=tuple(records)), 0.01, 1.0)
    return Outcome(
        filed(card(**changes)),
        verdict,
        reason,
        True,
        "+0.10",
        lock.State(lock.LOCKED, "2026"),
        Node(0.01, 1.0, (leaf,)),
    )


def lines(*outcomes):
    """The log after each of these was written in turn."""
    held = []
    for one in outcomes:
        held += [change.line for change in log.changes([one], held) if not change.refused]
    return held


def test_a_first_verdict_is_logged_once() -> None:
    """A claim enters with its first verdict; the same again adds nothing."""
    (line,) = lines(outcome(), outcome())
    assert (line.claim, line.verdict, line.reason, line.records) == (
        "post/flat",
        "supported",
        "first verdict",
        ("a", "b"),
    )


def test_new_records_are_a_reason() -> None:
    """They are counted, whether the verdict changes or not."""
    _, line = lines(outcome(), outcome("refuted", ("a", "b", "c")))
    assert (line.verdict, line.reason) == ("refuted", "1 new record")
    assert lines(outcome(), outcome(records=("c", "d")))[1].reason == "2 new records"


def test_new_records_of_the_family_are_a_reason() -> None:
    """The correction for many claims may move a claim whose own records are the same."""
    one, other = outcome(), outcome(id="nested")
    held = [change.line for change in log.changes([one, other], [])]
    later = [outcome("undecided"), outcome(id="nested", records=("a", "b", "c"))]
    assert [change.line.reason for change in log.changes(later, held)] == [
        "new records of other claims of its source",
        "1 new record",
    ]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (outcome("refuted"), "neither its records nor its card changed"),
        (outcome("refuted", seeds=20), "the card was edited, and no new deviation says why"),
        (outcome("refuted", seeds=20, records=("a", "b", "c")), "the card was edited, and no new deviation says why"),
        (outcome("undecided", records=("a",)), "records that it stood on are gone (b)"),
        (outcome("void", reason="the record b fails integrity"), "the record b fails integrity"),
    ],
)
def test_a_change_without_a_reason_is_refused(after, words) -> None:
    """It is told, and is not written."""
    held = lines(outcome())
    (change,) = log.changes([after], held)
    assert words in change.refused
    assert f"was supported, is {after.verdict}" in change.told
    assert lines(outcome(), after) == held


def test_the_same_verdict_on_other_records_is_said_so() -> None:
    """Nobody reads "was undecided, is undecided"."""
    (change,) = log.changes([outcome("undecided", ("a", "b", "c"))], lines(outcome("undecided")))
    assert change.told == "post/flat (undecided) stands on other records: 1 new record"
    (change,) = log.changes([outcome("undecided", seeds=20)], lines(outcome("undecided")))
    assert change.told.startswith("post/flat (undecided) stands on other terms: the card was edited")


@pytest.mark.parametrize("changes", [{"verdict": "refuted"}, {"seeds": 20}, {"records": ("a",)}])
def test_a_new_deviation_is_a_reason(changes) -> None:
    """It is the reason once: the next change needs another one."""
    told = (("2026-05-01", "twenty seeds were needed"),)
    first, second = lines(outcome(), outcome(**changes, deviations=told))
    assert second.reason == "deviation of 2026-05-01: twenty seeds were needed"
    again = outcome(**{"verdict": "undecided", **{**changes, "verdict": "undecided"}}, deviations=told)
    (change,) = log.changes([again], [first, second])
    assert change.refused


def test_a_deviation_stays() -> None:
    """One that is taken off the card is told, even where the verdict is the same."""
    held = lines(outcome(deviations=(("2026-05-01", "more seeds"),)))
    (change,) = log.changes([outcome()], held)
    assert change.refused == "a deviation was taken off the card"


def test_a_void_claim_does_not_enter(tmp_path) -> None:
    """A first verdict that is void is told and not logged."""
    (change,) = log.changes([outcome("void", reason="edited")], [])
    assert change.refused == "edited"


def test_a_log_is_read_as_it_was_written(tmp_path) -> None:
    """Lines come back as they were; a damaged line is named; no file is an empty log."""
    path = tmp_path / log.NAME
    assert log.read(path) == []
    held = lines(outcome(), outcome("refuted", ("a", "b", "c")))
    path.write_text(log.text(held))
    assert log.read(path) == held
    assert log.text(log.read(path)) == path.read_text()
    path.write_text(path.read_text() + '{"claim": "post/flat"}\n')
    with pytest.raises(DataError, match=r"VERDICTS\.jsonl:3 is damaged"):
        log.read(path)


def test_a_line_says_all_that_a_change_is_judged_by() -> None:
    """Card, deviations and records of the verdict stand in it."""
    (line,) = lines(outcome())
    assert {*dataclasses.asdict(line)} == {
        "date",
        "claim",
        "verdict",
        "exploratory",
        "reason",
        "card",
        "deviations",
        "records",
    }


@pytest.mark.parametrize("edit", [lambda held: [held[0].replace("true", "false"), held[1]], lambda held: held[1:]])
def test_an_edited_log_is_refused(tmp_path, edit) -> None:
    """A line that is changed or taken out breaks the chain."""
    held = log.text(lines(outcome(), outcome("refuted", ("a", "b", "c")))).splitlines()
    with pytest.raises(DataError, match="was edited"):
        log.parse("\n".join(edit(held)), tmp_path / log.NAME)
