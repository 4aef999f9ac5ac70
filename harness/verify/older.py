"""Bootstrap intervals of schemas 1 and 2, held against the jackknife over the same items, taken one by one.

Such an interval was drawn, and to draw it again takes a second a record; nothing reads it any more. Its error is that of
the jackknife up to a fifth, its ends are 1.96 errors from the value up to 0.75 of one, which scores of many labels need.
Metrics that the bootstrap moves are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.records.record import RunRecord
from harness.statistics.estimates import checkpoints
from harness.statistics.table import Table
from harness.trial.scoring import BIASED

NORMAL = 1.959964
ERRORS, ENDS = 0.2, 0.75
"""By what share the error, and by how many errors an end, may be off."""
SLACK = 1e-6


def faults(record: RunRecord, tables: Mapping[str, Table]) -> Iterator[str]:
    """The metrics whose bootstrap interval is not one of its items."""
    for name, table in tables.items():
        held = record.results.get(name, {}).get("uncertainty")
        if not held or name in BIASED:
            continue
        error = _error(record.results[name], table)
        value, ends = record.results[name]["value"], held["confidence_interval"]
        if error is None:
            continue
        if abs(held["standard_error"] - error) > ERRORS * error + SLACK:
            yield f"{name}: its standard error is {held['standard_error']}, its items give {error:.6g}"
        for end, sign in ((ends["lower"], -1), (ends["upper"], 1)):
            wanted = value + sign * NORMAL * error
            if abs(end - wanted) > ENDS * error + SLACK:
                yield f"{name}: its interval ends at {end}, its items give about {wanted:.6g}"


def _error(entry: Mapping[str, Any], table: Table) -> float | None:
    """The standard error over items one by one."""
    size = len(table.ids)
    now = entry.get("checkpoints") or {}
    if "standard_error" in now and table.group_count == size and len(np.unique(table.strata)) == 1:
        return float(now["standard_error"])
    alone = replace(table, groups=np.arange(size), strata=np.zeros(size, np.int64))
    return checkpoints(alone).standard_error
