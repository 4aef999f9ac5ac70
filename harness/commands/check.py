"""``harness check NAME``: check one file against the rules that every registered file keeps. One line a rule."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict

from harness.contract import judging
from harness.errors import UsageError
from harness.ledger import rules
from harness.registry.shelves import Entry, Shelf, entries, find, unknown
from harness.report.tables import emit

SHELVES: tuple[Shelf, ...] = ("tasks", "models", "encoders", "claims")


def run(arguments: argparse.Namespace) -> int:
    """Apply every rule; exit 1 when one fails. A name on two shelves is checked on both."""
    failed = 0
    report = []
    for entry in lookup(arguments.name):
        rows = []
        print(f"{entry.shelf.removesuffix('s')} {entry.name} ({entry.path})") if not arguments.json else None
        for verdict in examined(entry):
            failed += verdict.outcome == "FAIL"
            rows.append({**asdict(verdict), "holds": verdict.holds})
            if not arguments.json:
                reason = f"\n        {verdict.reason}" if verdict.reason else ""
                print(f"  {verdict.outcome:<4}  {verdict.promise}{reason}", flush=True)
        report.append({"shelf": entry.shelf, "name": entry.name, "file": str(entry.path), "rules": rows})
    if arguments.json:
        emit(report)
    else:
        print(
            f"\n{failed} of {sum(len(item['rules']) for item in report)} rules failed."
            if failed
            else "\nAll rules hold."
        )
    return 1 if failed else 0


def examined(entry: Entry) -> Iterable[judging.Verdict]:
    """How every rule of an entry's shelf came out."""
    return rules.examine(entry) if entry.shelf == "claims" else judging.examine(entry)


def lookup(name: str) -> list[Entry]:
    """The files called so.

    Raises ``UsageError`` for a name that no task, model, encoder or post has, and for a short name that two of one shelf
    share.
    """
    shelved = {shelf: entries(shelf) for shelf in SHELVES}
    found = [
        find(shelf, name) for shelf, held in shelved.items() if any(name in (entry.name, entry.short) for entry in held)
    ]
    if not found:
        known = [part for held in shelved.values() for entry in held for part in (entry.name, entry.short)]
        raise UsageError(unknown("task, model, encoder or post", name, known, "harness list tasks|models|encoders"))
    return found
