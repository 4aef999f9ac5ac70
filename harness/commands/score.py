"""``harness score RUN``: recompute every metric from the stored predictions and hold it against the record."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness import data, scoring
from harness.commands.run import rows
from harness.errors import DataError
from harness.record import RunRecord
from harness.registry import find, load
from harness.store import Store
from harness.tables import emit, table


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when the record follows from its predictions, 1 when a number differs."""
    folder = Store(arguments.output_dir).find(arguments.run)
    record = folder.read()
    again = rescore(record, folder.predictions(), None if arguments.data == "auto" else Path(arguments.data))
    differing = sorted(
        name
        for name, entry in again.items()
        if name in record.results and abs(entry["value"] - record.results[name]["value"]) > 1e-9
    )
    if arguments.json:
        emit({"run": record.run_id, "results": again, "differs": differing})
    else:
        print(table(rows(RunRecord(**{**record.as_json(), "results": again}))))
        print(f"\nNOT what the record says: {', '.join(differing)}" if differing else "\nThe record says the same.")
    return 1 if differing else 0


def rescore(record: RunRecord, predictions: list[dict[str, Any]], given: Path | None) -> dict[str, Any]:
    """The results that a run's predictions give on the data at hand.

    Raises ``DataError`` when the data are not those of the run: their digests differ.
    """
    entry = find("tasks", record.task["name"].removesuffix("@sample"))
    card, module = entry.card, load(entry)
    located = None if record.task["sample"] else data.locate(entry, given)
    splits = {}
    for name, facts in record.data["splits"].items():
        if located is not None and name not in located:
            raise DataError(
                f"{entry.name} lacks data:\n{data.missing(entry, located, [name])}\nA run is scored against its own data: bring them by `harness data add PATH`."
            )
        splits[name] = data.load_split(entry, module, name, located[name] if located else None, record.config["limit"])
        if splits[name].digest != facts["digest"]:
            raise DataError(
                f"split {name!r} of {entry.name} is not the one of the run: digest {splits[name].digest[:12]}…, in the record {facts['digest'][:12]}…."
            )
    ranked = splits[record.task["split"]]
    outputs = scoring.outputs_by_seed(predictions, ranked.examples, record.config["seeds"])
    return scoring.results(
        card, module.score, ranked.examples, outputs, data.overlap_free(splits[card.train_split], ranked)
    )
