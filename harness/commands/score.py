"""``harness score RUN``: recompute every metric from the stored predictions and compare with the record.

It stands on the rungs of ``harness verify``: a record that fails one of them does not say the same, whatever it scores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.commands.run import rows
from harness.errors import DataError, UsageError
from harness.records.record import RunRecord
from harness.records.store import Store
from harness.report.tables import emit, table
from harness.verify import truth
from harness.verify.evidence import Evidence
from harness.verify.finding import FAIL, TRUTH
from harness.verify.ladder import climb, exit_code


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when the record follows from its predictions, 4 when a digest differs, 1 when a number does.

    Raises ``DataError`` where there is no gold to score with, ``UsageError`` for a run that was only timed.
    """
    folder = Store(arguments.output_dir).scored(arguments.run)
    record = folder.read()
    if record.status != "success":
        raise DataError(f"{folder.record_path} has status {record.status!r}: it holds no scores to compare with.")
    if record.speed and not record.samples:
        raise UsageError(
            f"{folder.record_path} was only timed: it has no predictions to score. `harness show` prints it."
        )
    place = None if arguments.data in ("auto", "real", "sample") else Path(arguments.data)
    (report,) = climb([folder.path])
    found = truth.scored(Evidence(folder.path), place)
    if found.missing or found.wrong:
        raise DataError(found.missing or found.wrong)
    report.findings += found.findings()
    wrong = [finding for finding in report.of(FAIL) if finding.rung != TRUTH]
    code, differing = exit_code([report]), list(found.differing)
    if arguments.json:
        said = {"differs": differing, "not_recomputed": list(found.kept), "fails": [one.as_text() for one in wrong]}
        emit({"run": record.run_id, "results": found.results, **said})
        return code
    print(table(rows(RunRecord(**{**record.as_json(), "results": found.results}))))
    print("\n".join(["", *(one.as_text() for one in wrong)]))
    if differing or not wrong:
        print(f"NOT what the record says: {', '.join(differing)}" if differing else "The record says the same.")
    if found.kept:
        print(f"Not recomputed, since it takes the model: {', '.join(found.kept)}.")
    return code
