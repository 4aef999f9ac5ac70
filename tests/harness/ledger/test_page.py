"""The page of claims: short lines, links, and text that cannot break a table."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from harness.ledger import lock, page
from harness.ledger.judging import Node
from harness.ledger.leaves import Leaf, Measured
from harness.ledger.outcomes import Outcome

cards = runpy.run_path(str(Path(__file__).with_name("_cards.py")))
tables = runpy.run_path(str(Path(__file__).parents[2] / "_walking.py"))["tables"]
card, filed = cards["card"], cards["filed"]


def outcome(verdict="supported", records=4, exploratory=False, seeds=6, reason="it holds", **changes):
    """A claim with a verdict."""
    paths = tuple(f"ner/resume/ner/crf/run-{number}" for number in range(records))
    node = Node(0.01, 1.0, (Leaf(None, Measured(0.1, seeds=seeds, records=paths), 0.01, 1.0),))
    return Outcome(filed(card(**changes)), verdict, reason, exploratory, "+0.10", lock.State(lock.LOCKED, "2026"), node)


def test_counts_come_first_and_decided_claims_next() -> None:
    """Counts of all four verdicts, then decided, undecided and void ones, as far as there are any."""
    made = page.render(
        [outcome("void", id="a"), outcome("undecided", id="b"), outcome("supported", id="c", exploratory=True)]
    )
    ((counts,), *others) = tables(made)
    assert counts == {
        "claims": "3",
        "supported": "1 (1 *exploratory*)",
        "refuted": "0",
        "undecided": "1",
        "void": "1",
    }
    assert [row["claim"] for (row,) in others] == ["`post/c`", "`post/b`", "`post/a`"]
    assert re.findall("^## (.*)", made, re.MULTILINE) == ["Decided", "Undecided", "Void"]
    assert others[0][0]["verdict"] == "supported *(exploratory)*"


def test_a_line_links_its_first_records() -> None:
    """Two links and how many more there are; a dash for a claim in which nothing is drawn."""
    row = page.row(outcome())
    assert row["records"] == (
        "[1](ner/resume/ner/crf/run-0/result.json) [2](ner/resume/ner/crf/run-1/result.json) and 2 more"
    )
    assert (row["seeds"], page.row(outcome(seeds=0))["seeds"], page.row(outcome(records=0))["seeds"]) == ("6", "–", "")


def test_texts_cannot_break_a_table() -> None:
    """Bars, tags and line breaks stay inside their cell; long texts are cut in whole words."""
    made = page.render([outcome(says="a | b\n<b> c", scope="word " * 100)])
    (row,) = tables(made.replace("\\|", "/"))[1]
    assert row["says"] == "a / b &lt;b> c"
    assert len(row["scope"]) <= page.NARROW
    assert row["scope"].endswith("word …")


def test_a_hundred_claims_are_a_readable_page() -> None:
    """Long texts everywhere: below 100 kB."""
    long = dict.fromkeys(("says", "published", "scope", "section"), "a long text of words " * 40)
    outcomes = [outcome(id=f"claim_{number}", reason="because " * 60, **long) for number in range(103)]
    assert len(page.render(outcomes).encode()) < 100_000
