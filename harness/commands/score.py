"""``harness score RUN``: recompute every metric from the stored predictions and compare with the record."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from harness.commands.run import rows
from harness.errors import DataError, UsageError
from harness.metrics.limits import METRICS
from harness.records.record import RunRecord
from harness.records.store import Store
from harness.report.tables import emit, table
from harness.trial.rescoring import rescore

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
    again = rescore(record, folder.recorded_predictions(record), place)
    kept = sorted(name for name in record.results if name in LIMITS)  # these ask for the model, not for predictions
    names = (again.keys() | record.results.keys()) - set(kept)
    differing = sorted(name for name in names if not alike(again.get(name), record.results.get(name)))
    if arguments.json:
        emit({"run": record.run_id, "results": again, "differs": differing, "not_recomputed": kept})
        return 1 if differing else 0
    print(table(rows(RunRecord(**{**record.as_json(), "results": again}))))
    print(f"\nNOT what the record says: {', '.join(differing)}" if differing else "\nThe record says the same.")
    if kept:
        print(f"Not recomputed, since it takes the model: {', '.join(kept)}.")
    return 1 if differing else 0


def alike(again: dict[str, Any] | None, held: dict[str, Any] | None) -> bool:
    """Whether a metric comes out as the record has it; an interval counts where both were made in the same way."""
    if again is None or held is None:
        return False
    method, other = (entry.get("uncertainty", {}).get("method") for entry in (again, held))
    if method and other and method != other:
        again, held = ({**entry, "uncertainty": None} for entry in (again, held))
    return same(again, held)


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
