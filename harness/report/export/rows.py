"""Records as one CSV table: for each metric a row a seed, and a row of all seeds together with both intervals."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from harness.report.cells import inert
from harness.report.export.source import ESTIMATES, Source, estimates

RUN = (
    "run",
    "task",
    "task_version",
    "split",
    "model",
    "protocol",
    "limit",
    "arithmetic",
    "key",
    "record_sha256",
)
PARTS = ("lower", "upper", "standard_error", "degrees", "confidence_level", "method", "none")
NUMBERS = ("metric", "unit", "higher_is_better", "seed", "value", "n", "seed_sd")
COLUMNS = (*RUN, *NUMBERS, *(f"{of}_{part}" for of in (*ESTIMATES, "blocks") for part in PARTS))
POOLED = "all"
"""What stands for the seed in the row of all seeds together."""


def table(sources: Iterable[Source]) -> str:
    """The CSV text. Numbers are in full and in the metric's own unit: an F1 of 64.84 % is 0.6484."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for source in sources:
        writer.writerows(map(inert, rows(source)))
    return stream.getvalue()


def rows(source: Source) -> Iterator[dict[str, Any]]:
    """The rows of a record. A bound or a count, which no seed changes, has the row of all seeds alone."""
    run = _run(source)
    for name, entry in source.record.results.items():
        same = {**run, "metric": name, **{part: entry[part] for part in ("unit", "higher_is_better", "n")}}
        for seed, value in zip(source.record.config["seeds"], entry.get("per_seed", ()), strict="per_seed" in entry):
            yield {**same, "seed": seed, "value": value}
        held = estimates(entry)
        ends = {f"{of}_{part}": found.get(part) for of, found in held.items() for part in PARTS}
        yield {**same, "seed": POOLED, "value": entry["value"], "seed_sd": entry.get("seed_sd"), **ends}


def _run(source: Source) -> dict[str, Any]:
    record = source.record
    return {
        "run": record.run_id,
        "task": record.task["name"],
        "task_version": record.task["version"],
        "split": record.task["split"],
        "model": source.model,
        "protocol": f"{record.protocol['name']}@{record.protocol['version']}",
        "limit": record.config["limit"],
        "arithmetic": record.comparability_key["parts"].get("arithmetic"),
        "key": record.comparability_key["sha256"],
        "record_sha256": source.sha256,
    }
