"""The data of a record, read again: the splits at hand must be those that the run used."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from harness.data import gold, places
from harness.data.splits import Split, load_split
from harness.errors import DataError
from harness.records.record import RunRecord
from harness.registry.shelves import Entry, find, load


def recorded_splits(
    record: RunRecord, names: Iterable[str], given: Path | None, way_out: str
) -> tuple[Entry, ModuleType, dict[str, Split]]:
    """The task of a record, its module, and these splits as the run had them.

    ``given`` is where the data are, if not where they are usually found; ``way_out`` completes the error for missing
    data. Raises ``DataError`` where data are missing, not sound or not those of the record, and where the task has another
    version by now.
    """
    entry = find("tasks", record.task["name"].removesuffix("@sample"))
    require_version(entry, record)
    module, wanted = load(entry), list(names)
    located = None if record.task["sample"] else places.demand(entry, given, wanted, way_out)
    splits = {}
    for name in wanted:
        splits[name] = load_split(entry, module, name, located[name] if located else None, record.config["limit"])
        require_recorded(splits[name], record)
    gold.validate(entry, splits, {record.task["split"]})
    return entry, module, splits


def require_version(entry: Entry, record: RunRecord) -> None:
    """Raise ``DataError`` unless the card of a task has the version that a record is of."""
    held, now = record.task["version"], entry.card.version
    if held != now:
        raise DataError(
            f"run {record.run_id} is of {record.task['name']} version {held}, and the task's card is version {now}: "
            "its data or its scores are other ones. What the record says can be checked without them: "
            f"`harness verify`. To score it again, take a harness whose card is version {held}."
        )


def require_recorded(split: Split, record: RunRecord) -> None:
    """Raise ``DataError`` unless a split has the digest that a record names for it."""
    held = record.data["splits"][split.name]["digest"]
    if split.digest != held:
        raise DataError(
            f"split {split.name!r} of {record.task['name']} is not the one of run {record.run_id}: "
            f"its digest is {split.digest[:12]}…, in the record {held[:12]}…."
        )
