"""``harness verify RECORD|FOLDER...``: whether records hold together; ``--table FILE``: whether a published table can be."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.records.store import Store
from harness.report.tables import emit
from harness.verify.finding import ACROSS, FAIL, OPEN, RERUN, RUNGS
from harness.verify.ladder import ITEMS, Report, climb, exit_code
from harness.verify.published.check import check, not_tried, outcome
from harness.verify.published.check import exit_code as table_code


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each record and what fails of it. The exit code is that of the worst.

    Raises ``UsageError`` where neither a record nor a table is named, or both are.
    """
    place = None if arguments.data in ("auto", "real", "sample") else Path(arguments.data)
    if place is not None and not place.exists():
        raise UsageError(f"--data {place} does not exist. Name the folder or archive of the data, or leave it out.")
    rerunning = rerun_flags(arguments)
    if bool(arguments.records) == bool(arguments.table):
        raise UsageError("name records to verify, or a table with --table FILE, and not both.")
    if arguments.table:
        return table(arguments.table, arguments.json)
    folders = named(Store(arguments.output_dir), arguments.records)
    reports = climb(folders, arguments.to or ACROSS, place, *rerunning)
    code = exit_code(reports, arguments.to)
    if arguments.json:
        emit({"exit_code": code, "records": [report.as_json() for report in reports]})
    else:
        told(reports, arguments.to)
    return code


def named(store: Store, names: Sequence[str]) -> list[Path]:
    """The folders of the records that names stand for: a record, all below a folder, or a run's id.

    Raises ``UsageError`` for a name of none.
    """
    found: dict[Path, Path] = {}
    for name in names:
        places = [place for place in store.places(name) if Path(place, "result.json").exists()]
        below = places[:1] or next(
            filter(None, ([run.path for run in Store(at).folders()] for at in store.places(name))), []
        )
        for path in below or [store.find(name).path]:
            found.setdefault(path.resolve(), path)
    if not found:
        raise UsageError("no record was named.")
    return list(found.values())


def rerun_flags(arguments: argparse.Namespace) -> tuple[Path | None, int]:
    """The folder of weights and the number of items for ``--to rerun``.

    Raises ``UsageError`` for these flags without it, and for a folder that is not there.
    """
    folder: Path | None = arguments.weights
    if arguments.to != RERUN and (folder or arguments.items):
        raise UsageError("--weights and --items are for --to rerun.")
    if folder and not folder.is_dir():
        raise UsageError(f"--weights {folder} is no folder. Name the one that --keep-weights filled.")
    return folder, arguments.items or ITEMS


def told(reports: Sequence[Report], asked: str | None) -> None:
    """The lines of all records, then how many reach which rung."""
    for report in reports:
        left = report.of(OPEN) if report.highest else []  # of what cannot be read its failure says all
        names = ", ".join(one.rung if one.check == "all" else one.check for one in left)
        print(f"{report.label:22}  {report.run}" + (f"  (not checkable: {names})" if names else ""))
        for finding in [*report.of(FAIL), *(left if asked else ())]:
            print(f"  {finding.as_text()}")
    failing = sum(bool(report.of(FAIL)) for report in reports)
    reached = Counter(report.label for report in reports)
    labels = [f"{rung}{part}" for rung in RUNGS for part in ("", " in part")]
    counts = ", ".join(f"{label} {reached[label]}" for label in labels if reached[label]) or "none"
    without = f"; {reached['no rung']} pass no rung" if reached["no rung"] and counts != "none" else ""
    print(f"{len(reports):,} records, {failing} with failures. Highest rung passed: {counts}{without}.")


def table(path: Path, as_json: bool) -> int:
    """Print what was recognised in the tables of a file, and which rows cannot be."""
    found = check(path)
    code = table_code(found)
    if as_json:
        emit({"exit_code": code, "tables": [one.as_json() for one in found]})
        return code
    for one in found:
        known = [f"{column.name} ({column.role})" for column in one.columns if column.role]
        other = [column.name for column in one.columns if not column.role and column.name]
        print(f"{one.place}: {one.rows:,} rows\n  recognised: {', '.join(known) or 'nothing'}")
        print(f"  not recognised: {', '.join(other)}" if other else "  every column is recognised")
        for tried in one.tried:
            left = not_tried(tried, one.rows)
            said = tried.open or f"{tried.rows} rows" + (f"; {left} could not be tried" if left else "")
            print(f"  {outcome(tried):13}  {tried.identity} ({', '.join(tried.columns)}): {said}")
            for place, words in tried.wrong:
                print(f"    FAIL {place}: {words}")
    wrong = sorted({place for one in found for tried in one.tried for place, _ in tried.wrong})
    print(f"{sum(one.rows for one in found):,} rows, {len(wrong)} of which cannot be as they are printed.")
    return code
