"""The items of a record of an older schema, made of its predictions once and for all, with proof.

``items.parquet`` is written, then ``items.json`` beside it, each whole or not at all, and only where every number of the
record follows: those that need the data (breakdowns, scores without overlap) are scored again, the rest is made of the
items as they are read from the new file. A kill between the two leaves items that no record names; the same command goes
on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.data.splits import Split
from harness.errors import DataError, HarnessError
from harness.files import canonical, file_digest, write_atomically
from harness.metrics.limits import METRICS
from harness.records import items
from harness.records.record import ITEMS_BESIDE, RunRecord
from harness.records.store import RunFolder
from harness.registry import shelves
from harness.registry.shelves import Entry
from harness.trial.following import differing, same
from harness.trial.recorded import recorded_splits
from harness.trial.rescoring import rescore
from harness.trial.scoring import INTERVALS, Scored, intervals

Reader = Callable[..., tuple[Entry, ModuleType, dict[str, Split]]]
"""What gives a record's task, its module and its splits: ``harness.trial.recorded.recorded_splits``, or the like."""
LIMITS = frozenset(metric.name for metric in METRICS)
"""Metrics that ask for the model: neither predictions nor items say them."""


def wanted(record: RunRecord) -> str:
    """Why a record needs no items of its own making; empty where it does."""
    if record.status != "success":
        return f"it has status {record.status}"
    if record.speed:
        return "it was timed"
    return "it has them" if record.items else ""


def remembering() -> Reader:
    """A reader of a record's data that keeps what it read last, for the next record of the same data."""
    held: dict[str, tuple[Entry, ModuleType, dict[str, Split]]] = {}

    def read(
        record: RunRecord, names: Iterable[str], given: Path | None, way_out: str
    ) -> tuple[Entry, ModuleType, dict[str, Split]]:
        wanted = list(names)
        digests = {name: record.data["splits"][name]["digest"] for name in wanted}
        key = canonical([record.task, record.config["limit"], digests, str(given)])
        if key not in held:
            held.clear()
            held[key] = recorded_splits(record, wanted, given, way_out)
        return held[key]

    return read


def itemise(folder: RunFolder, record: RunRecord, given: Path | None, read: Reader = recorded_splits) -> dict[str, Any]:
    """Write the items of a record and what schema 3 knows of it; returns what the record keeps of the file.

    ``given`` is where the data are, if not where they are usually found, and ``read`` reads them. Raises ``DataError`` where a number of the
    record does not follow, and leaves the record as it was.
    """
    record.model["deterministic"] = draws_nothing(record)
    rows = folder.recorded_predictions(record)
    again = rescore(record, rows, given, read)
    wrong = list(unlike(record, again))
    if wrong:
        raise DataError(f"{folder.path}: {wrong[0]}. The record was edited, or other code scored it: restore it.")
    path, said = folder.path / items.NAME, (record.samples or {}).get("sha256", "")
    record.items = items.write(path, again.tables, rows, said)
    if record.items is None:
        raise DataError(f"{folder.path}: none of its metrics counts anything item by item.")
    made = {name: {part: again.results[name][part] for part in INTERVALS} for name in again.tables}
    record.results = {name: {**entry, **made.get(name, {})} for name, entry in record.results.items()}
    wrong = list(differing(record, items.read(folder, record), older=True))
    if wrong:
        path.unlink()
        raise DataError(f"{folder.path}: {wrong[0]}. The record was edited, or other code scored it: restore it.")
    write_beside(folder, record, made)
    return record.items


def renew(folder: RunFolder, record: RunRecord) -> None:
    """Make the intervals in ``items.json`` again of the items that are there, which needs no data.

    Raises ``DataError`` where a number of the record does not follow from them.
    """
    record.model["deterministic"] = draws_nothing(record)
    held = items.read(folder, record)
    made = {name: intervals(held.table(name), record.model["deterministic"]) for name in held.metrics}
    record.results = {name: {**entry, **made.get(name, {})} for name, entry in record.results.items()}
    wrong = list(differing(record, held))
    if wrong:
        raise DataError(f"{folder.path}: {wrong[0]}. The record or its items were edited: restore them.")
    write_beside(folder, record, made)


def write_beside(folder: RunFolder, record: RunRecord, made: dict[str, Any]) -> None:
    """Write ``items.json``."""
    beside = {
        "schema": "harness.items",
        "schema_version": 1,
        "of": file_digest(folder.record_path),
        "items": record.items,
        "deterministic": record.model["deterministic"],
        "results": made,
    }
    write_atomically(folder.path / ITEMS_BESIDE, json.dumps(beside, indent=1, ensure_ascii=False) + "\n")


def draws_nothing(record: RunRecord) -> bool:
    """Whether a record's model draws nothing, by its card of today; one that is not known here may draw."""
    try:
        return bool(shelves.find("models", record.model["name"]).card.deterministic)
    except HarnessError:
        return False


def unlike(record: RunRecord, again: Scored) -> Iterator[str]:
    """What a record says otherwise than its predictions and its data do, intervals left out."""
    names = [name for name in record.results if name not in LIMITS]
    yield from (f"{name} is scored, and not on record" for name in again.results if name not in record.results)
    for name in names:
        held, found = record.results[name], again.results.get(name, {})
        for part in sorted({*held, *found} - {"uncertainty", *INTERVALS}):
            if not same(found.get(part), held.get(part)):
                yield f"{name}: {part} is {held.get(part)!r:.200}, predictions and data give {found.get(part)!r:.200}"
