"""``VERDICTS.jsonl``: every change of a verdict with its reason, one JSON object a line; lines are only added.

A verdict may change because there are new records, of the claim or of another one of its source. Anything else, an edited
card, a record that is gone, other code, needs a new deviation on the card that says why; without it the change is not
logged and ``harness claims --check`` fails. As in the lock, each line carries a digest of itself and of the one before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import DataError
from harness.files import digest
from harness.ledger import lock
from harness.ledger.judging import VOID
from harness.ledger.outcomes import Outcome

NAME = "VERDICTS.jsonl"


@dataclass(frozen=True)
class Line:
    """One verdict from one date on."""

    date: str  # UTC
    claim: str
    verdict: str
    exploratory: bool
    reason: str
    card: str  # digest of all but wording and deviations
    deviations: int
    records: tuple[str, ...]  # folders of the records that were used, below the results folder


KINDS = {"date": str, "claim": str, "verdict": str, "exploratory": bool, "reason": str, "card": str, "deviations": int}
"""The types of a line beside its records."""


@dataclass(frozen=True)
class Change:
    """A claim that is not as its last line says; ``refused`` tells why the change may not be logged."""

    line: Line
    before: Line | None
    refused: str = ""

    @property
    def told(self) -> str:
        """The change in words."""
        was = f"was {self.before.verdict}, is {self.line.verdict}" if self.before else f"is {self.line.verdict}"
        if self.before and self.before.verdict == self.line.verdict:
            moved = {*self.before.records} != {*self.line.records}
            was = f"({self.line.verdict}) stands on other {'records' if moved else 'terms'}"
        return f"{self.line.claim} {was}: {self.refused or self.line.reason}"


def read(path: Path) -> list[Line]:
    """The lines of a log; none where there is no file. Raises ``DataError`` as ``parse`` does."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}). Restore it from its history.") from error


def parse(text: str, path: Path) -> list[Line]:
    """The lines of a log's text; ``path`` is for messages.

    Raises ``DataError`` naming the first line that is damaged, or that was edited or does not follow the one before it.
    """
    made: list[Line] = []
    before = ""
    for number, written in enumerate(text.splitlines(), 1):
        try:
            value = json.loads(written)
            chain = value.pop("chain")
            made.append(Line(**{**value, "records": tuple(value["records"])}))
            odd = [name for name, kind in KINDS.items() if type(value[name]) is not kind]
            texts = [item for item in value.values() if isinstance(item, str)]
            if odd or not all(map(lock.readable, [*texts, *made[-1].records])):
                raise TypeError(f"{', '.join(odd) or 'records'} holds another type than a log has there")
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise DataError(f"{path}:{number} is damaged ({error}). Restore it from its history.") from error
        before = link(before, made[-1])
        if chain != before:
            raise DataError(
                f"{path}:{number} ({made[-1].claim}) was edited, or the line before it was. A log only grows: "
                "restore it from its history."
            )
    return made


def link(before: str, line: Line) -> str:
    """The digest that ties a line to the one before, whose own it takes; empty for the first."""
    return digest([before, asdict(line)])


def text(lines: Sequence[Line]) -> str:
    """The file of these lines, each with the digest of itself and of the one before."""
    made, before = [], ""
    for line in lines:
        before = link(before, line)
        made.append(json.dumps({**asdict(line), "chain": before}, ensure_ascii=False, sort_keys=True) + "\n")
    return "".join(made)


def changes(outcomes: Sequence[Outcome], lines: Sequence[Line]) -> list[Change]:
    """The claims that are not as their last lines say, with the reason of each change or why there is none."""
    last = {line.claim: line for line in lines}
    fresh = {one.filed.claim.source for one in outcomes if new_records(one, last.get(one.filed.name))}
    made = []
    now = lock.moment()
    for one in outcomes:
        before = last.get(one.filed.name)
        if before is None or same(one, before):
            if before is None and one.verdict != VOID:
                made.append(Change(line(one, now, "first verdict"), None))
            elif before is None:
                made.append(Change(line(one, now, ""), None, one.reason))
            continue
        reason = why(one, before, one.filed.claim.source in fresh)
        refused = "" if reason else refusal(one, before)
        made.append(Change(line(one, now, reason), before, refused))
    return made


def same(one: Outcome, before: Line) -> bool:
    """Whether a claim is as its last line says."""
    claim = one.filed.claim
    now = one.verdict, one.exploratory, claim.sha256, set(one.records)
    held = before.verdict, before.exploratory, before.card, set(before.records)
    return now == held and len(claim.deviations) >= before.deviations


def new_records(one: Outcome, before: Line | None) -> int:
    """How many records a claim stands on that it did not stand on before."""
    return len({*one.records} - {*before.records}) if before else 0


def why(one: Outcome, before: Line, family: bool) -> str:
    """The reason for a change that may be logged; empty for one that may not."""
    claim, new = one.filed.claim, new_records(one, before)
    deviated = len(claim.deviations) > before.deviations
    if deviated and one.verdict != VOID:
        return f"deviation of {claim.deviations[-1][0]}: {claim.deviations[-1][1]}"
    if one.verdict == VOID or claim.sha256 != before.card or len(claim.deviations) < before.deviations:
        return ""
    if new:
        return f"{new} new {'record' if new == 1 else 'records'}"
    return "new records of other claims of its source" if family and set(one.records) == set(before.records) else ""


def refusal(one: Outcome, before: Line) -> str:
    """Why a change may not be logged."""
    claim, gone = one.filed.claim, {*before.records} - {*one.records}
    if one.verdict == VOID:
        return one.reason
    if len(claim.deviations) < before.deviations:
        return "a deviation was taken off the card"
    if claim.sha256 != before.card:
        return "the card was edited, and no new deviation says why"
    if gone:
        return f"records that it stood on are gone ({sorted(gone)[0]}), and no new deviation says why"
    return "neither its records nor its card changed; a change of the code needs a deviation on the card"


def line(one: Outcome, now: str, reason: str) -> Line:
    """The line of an outcome."""
    claim = one.filed.claim
    return Line(
        now, one.filed.name, one.verdict, one.exploratory, reason, claim.sha256, len(claim.deviations), one.records
    )
