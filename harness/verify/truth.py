"""Sixth rung: predictions against the gold answers in the user's own data. ``harness score`` stands on it too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.data import places
from harness.errors import DataError, HarnessError
from harness.metrics.limits import METRICS
from harness.registry import shelves
from harness.statistics.table import Table
from harness.trial.itemising import remembering
from harness.trial.recorded import require_version
from harness.trial.rescoring import rescore
from harness.verify.evidence import Evidence
from harness.verify.finding import TRUTH, Finding, not_checkable, verdict

OF_THE_MODEL = frozenset(metric.name for metric in METRICS)
"""These ask for the model, not for its predictions."""
INTERVALS = frozenset({"uncertainty", "checkpoints", "recipe"})
"""These follow from the counts of items, without gold: they are the business of the third rung."""
READ = remembering()
"""Records of the same data read them once."""
WAY_OUT = "A run is scored against its own data: bring them by `harness data add PATH`."


@dataclass(frozen=True)
class Scored:
    """The results of a record again: what differs, and what was not made again."""

    results: dict[str, Any] = field(default_factory=dict)
    differing: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # metrics that take the model
    missing: str = ""  # why there is no gold here
    wrong: str = ""  # why gold and predictions do not fit

    def findings(self) -> Iterator[Finding]:
        """As checks of the rung."""
        if self.missing:
            yield not_checkable(TRUTH, "data", self.missing)
            return
        yield verdict(TRUTH, "data", [self.wrong] if self.wrong else [], "the digests are those on record", True)
        if self.wrong:
            return
        wrong = [f"{name} is not what predictions and gold give" for name in self.differing]
        but = f", but {', '.join(self.kept)}, which take the model" if self.kept else ""
        yield verdict(TRUTH, "scores", wrong, f"every metric follows from predictions and gold{but}")


def check(evidence: Evidence, given: Path | None = None) -> Iterator[Finding]:
    """Whether the data at hand are those of the record, and every metric follows from them and the predictions."""
    record = evidence.record
    if record is None or record.status != "success" or not record.samples:
        yield not_checkable(TRUTH, "data", "there are no predictions to score")
    elif evidence.rows is None:
        yield not_checkable(TRUTH, "data", evidence.trouble["rows"])
    else:
        yield from scored(evidence, given).findings()


def scored(evidence: Evidence, given: Path | None) -> Scored:
    """Score predictions with the data at hand, or those in the folder or archive ``given``, and compare.

    Raises ``DataError`` where the record or its predictions cannot be read.
    """
    record, rows = evidence.record, evidence.rows
    if record is None or rows is None:
        raise DataError(next(iter(evidence.trouble.values())))
    kept = tuple(sorted(OF_THE_MODEL & record.results.keys()))
    try:
        entry = shelves.find("tasks", record.task["name"].removesuffix("@sample"))
        require_version(entry, record)
        if not record.task["sample"]:
            places.demand(entry, given, record.data["splits"], WAY_OUT)
    except HarnessError as error:
        return Scored(kept=kept, missing=str(error))
    try:
        again = rescore(record, rows, given, read=READ)
    except DataError as error:
        return Scored(kept=kept, wrong=str(error))
    names = (again.results.keys() | record.results.keys()) - set(kept)
    differing = {name for name in names if not same(_scores(again.results, name), _scores(record.results, name))}
    if evidence.items:
        held = evidence.tables
        differing |= {name for name, table in again.tables.items() if name not in held or not alike(table, held[name])}
    return Scored(again.results, tuple(sorted(differing)), kept)


def alike(first: Table, second: Table) -> bool:
    """Whether two tables count the same at each item, in the same groups and strata."""
    pairs = ((first.groups, second.groups), (first.strata, second.strata), (first.counts, second.counts))
    return first.ids == second.ids and all(np.array_equal(one, two) for one, two in pairs)


def _scores(results: dict[str, Any], name: str) -> dict[str, Any]:
    """A metric without its intervals."""
    return {part: value for part, value in results.get(name, {}).items() if part not in INTERVALS}


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
