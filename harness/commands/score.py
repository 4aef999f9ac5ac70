"""``harness score RUN``: recompute every metric from the stored predictions and compare with the record."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np

from harness.commands.run import rows
from harness.errors import DataError, UsageError
from harness.metrics.limits import METRICS
from harness.records import items
from harness.records.record import RunRecord
from harness.records.store import RunFolder, Store
from harness.report.tables import emit, table
from harness.trial.rescoring import rescore
from harness.trial.scoring import INTERVALS, Scored

LIMITS = {metric.name for metric in METRICS}


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when the record follows from its predictions, 1 when a number differs."""
    folder = Store(arguments.output_dir).find(arguments.run)
    record = folder.read()
    if record.status != "success":
        raise DataError(f"{folder.record_path} has status {record.status!r}: it holds no scores to compare with.")
    if record.speed and not record.samples:
        raise UsageError(
            f"{folder.record_path} was only timed: it has no predictions to score. `harness show` prints it."
        )
    place = None if arguments.data in ("auto", "real", "sample") else Path(arguments.data)
    predictions = folder.recorded_predictions(record)
    again = rescore(record, predictions, place)
    kept = sorted(name for name in record.results if name in LIMITS)  # these ask for the model, not for predictions
    differing = sorted(unlike(again, record, set(kept)) | other_items(again, folder, record))
    if arguments.json:
        emit({"run": record.run_id, "results": again.results, "differs": differing, "not_recomputed": kept})
        return 1 if differing else 0
    print(table(rows(RunRecord(**{**record.as_json(), "results": again.results}))))
    print(f"\nNOT what the record says: {', '.join(differing)}" if differing else "\nThe record says the same.")
    if kept:
        print(f"Not recomputed, since it takes the model: {', '.join(kept)}.")
    return 1 if differing else 0


def unlike(again: Scored, record: RunRecord, kept: set[str]) -> set[str]:
    """The metrics that do not come out as a record has them.

    An older record without items has no intervals that follow from them: those are not asked for.
    """
    held = record.results
    bare = record.items is None
    made = {
        name: {part: value for part, value in entry.items() if not (bare and part in INTERVALS)}
        for name, entry in again.results.items()
    }
    return {name for name in (made.keys() | held.keys()) - kept if not same(made.get(name), held.get(name))}


def other_items(again: Scored, folder: RunFolder, record: RunRecord) -> set[str]:
    """The metrics whose counts at some item are not those in the file of items."""
    if record.items is None:
        return set()
    held = items.read(folder, record)
    return {
        name
        for name, table in again.tables.items()
        if name not in held.metrics or not np.array_equal(held.table(name).counts, table.counts)
    }


def same(first: Any, second: Any) -> bool:
    """Whether two results say the same, number by number.

    >>> same({"value": 0.1 + 0.2, "n": 3}, {"value": 0.3, "n": 3}), same({"n": 3}, {"n": 4})
    (True, False)
    """
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) or isinstance(second, float):
        return first is not None and second is not None and math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12)
    return bool(first == second)
