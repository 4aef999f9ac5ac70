"""What a gate found: a table for a terminal, a page for a CI job, JSON, and JUnit XML for whatever collects tests."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.gate.judging import INCONCLUSIVE, MOST_SHOWN, SLOWER, Finding, Outcome, percent
from harness.report.tables import table
from harness.statistics.ratios import METHOD, Ratio

SIGNS = {SLOWER: "❌ slower", INCONCLUSIVE: "❔ inconclusive", "pass": "✅ pass"}
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no way to write


def rows(outcome: Outcome, signs: bool = False) -> list[dict[str, str]]:
    """One line a benchmark, those that need a look first."""
    order = (SLOWER, INCONCLUSIVE, "pass")
    return [
        {
            "benchmark": finding.name,
            "verdict": SIGNS[finding.verdict] if signs else finding.verdict,
            "candidate / baseline": f"{finding.ratio.value:.3f}" if finding.ratio else "",
            "interval": ends(finding.ratio) if finding.ratio else "",
            "blocks": blocks(finding),
            "in words": finding.reason,
        }
        for finding in sorted(outcome.findings, key=lambda finding: order.index(finding.verdict))
    ]


def ends(ratio: Ratio) -> str:
    """An interval as text.

    >>> ends(Ratio(1.0, 0.98765, 1e200, 0.99, 2, True, 9.0))
    '0.988 to more than 11'
    """
    most = 1 + MOST_SHOWN
    return f"{ratio.lower:.3f} to {f'{ratio.upper:.3f}' if ratio.upper <= most else f'more than {most:g}'}"


def blocks(finding: Finding) -> str:
    """How many blocks the smaller side has, and whether they are pairs."""
    if finding.ratio is None:
        return "1"
    return f"{finding.ratio.blocks} {'pairs' if finding.ratio.paired else 'a side'}"


def summary(outcome: Outcome) -> str:
    """The verdict in a line, with what it was judged by."""
    counts = [sum(finding.verdict == verdict for finding in outcome.findings) for verdict in SIGNS]
    told = ", ".join(f"{count} {verdict}" for verdict, count in zip(SIGNS, counts, strict=True) if count)
    units = sorted({finding.unit for finding in outcome.findings})
    names = {"seconds": "seconds", "reference": "runs of the reference kernel beside each round"}
    return (
        f"{outcome.verdict}: {told}. A slowdown of {percent(outcome.min_effect)} matters; "
        f"level {100 * outcome.level:g} % "
        f"for all {len(outcome.findings)} together; times in {' and '.join(names[unit] for unit in units)}; {METHOD}."
    )


def text(outcome: Outcome) -> str:
    """The table for a terminal."""
    return f"{table(rows(outcome))}\n\n{summary(outcome)}"


def markdown(outcome: Outcome) -> str:
    """A section for the page of a CI job."""
    notes = "".join(f"- {note}\n" for note in outcome.notes)
    return f"### Speed: {SIGNS[outcome.verdict]}\n\n{table(rows(outcome, signs=True))}\n\n{summary(outcome)}\n\n{notes}"


def broken(error: Exception) -> str:
    """The section where nothing could be judged."""
    return f"### Speed: ⛔ not judged\n\n```text\n{error}\n```\n\n"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "verdict": outcome.verdict,
        "min_effect": outcome.min_effect,
        "level": outcome.level,
        "method": METHOD,
        "notes": list(outcome.notes),
        "benchmarks": [asdict(finding) for finding in outcome.findings],
    }


def junit(findings: Sequence[Finding], error: Exception | None = None) -> str:
    """JUnit XML: slower is a failure, inconclusive is skipped with its reason, an error of the whole is one case."""
    suite = ElementTree.Element("testsuite", name="harness gate")
    for finding in findings:
        place, sign, name = finding.name.rpartition("::" if "::" in finding.name else "/")
        case = ElementTree.SubElement(suite, "testcase", classname=clean(place) if sign else "gate", name=clean(name))
        if finding.unit == "seconds":
            case.set("time", f"{finding.candidate:.9f}")
        if finding.verdict == SLOWER:
            ElementTree.SubElement(case, "failure", type=SLOWER, message=clean(finding.reason))
        elif finding.verdict == INCONCLUSIVE:
            ElementTree.SubElement(case, "skipped", type=INCONCLUSIVE, message=clean(finding.reason))
        else:
            ElementTree.SubElement(case, "system-out").text = clean(finding.reason)
    if error is not None:
        case = ElementTree.SubElement(suite, "testcase", classname="gate", name="integrity")
        ElementTree.SubElement(case, "error", type=type(error).__name__, message=clean(str(error)))
    counts = {"tests": len(suite), "errors": int(error is not None)}
    counts |= {word: len(suite.findall(f"testcase/{tag}")) for word, tag in (("failures", "failure"), ("skipped",) * 2)}
    for word, number in counts.items():
        suite.set(word, str(number))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def clean(words: str) -> str:
    """Text that XML can hold.

    >>> clean("a\\x00b")
    'a\\ufffdb'
    """
    return UNWRITABLE.sub("\ufffd", words)
