"""``harness pool RUN RUN...``: one record of runs that differ in their seeds alone, such as one run a node of a
cluster.

Nothing is trained or averaged: the predictions are put together and scored as one run's are, so that the record is the
one that ``--seeds`` would have left. The runs stay as they are, and the record names each with its digest.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.commands import compare
from harness.commands.run import found, report
from harness.errors import DataError, HarnessError, UsageError
from harness.files import file_digest
from harness.metrics.limits import METRICS
from harness.records import items
from harness.records.record import RunRecord, difference
from harness.records.store import RunFolder, Store
from harness.registry.scoring_code import metric_digests, scorers
from harness.registry.shelves import find
from harness.report.tables import emit
from harness.statistics.table import Table
from harness.trial.comparing import Side, read
from harness.trial.rescoring import rescore
from harness.verify.finding import FAIL
from harness.verify.ladder import climb


def run(arguments: argparse.Namespace) -> int:
    """Score the runs together and leave the record beside them.

    Raises ``UsageError`` for runs that are not one request with seeds of their own, ``DataError`` for damaged
    predictions.
    """
    store = Store(arguments.output_dir)
    named = compare.candidates(store, ",".join(arguments.runs), "the pool")
    side = read("the pool", [compare.pick(name, held, timed=False) for name, held in named])
    check(side)
    verify(side)
    given = None if arguments.data in ("auto", "real", "sample") else Path(arguments.data)
    record = pooled(side, arguments.command)
    held = zip(side.folders, side.records, strict=True)
    lines = [line for folder, each in held for line in folder.recorded_predictions(each)]
    again = rescore(record, lines, given)
    record.results = again.results | limits(side.records)
    task = find("tasks", record.task["name"].removesuffix("@sample"))
    record.comparability_key["metrics"] = metric_digests(task.path, record.results)
    record.comparability_key["scorers"] = scorers(task.path, record.results)
    folder = place(store, record)
    with folder.lock("let it finish"):
        fill(folder, record, lines, again.tables)
    emit(found(folder, record)) if arguments.json else report(folder, record)
    return 0


def place(store: Store, record: RunRecord) -> RunFolder:
    """The folder that a killed pool of the same runs left unfinished, else a new one."""
    above = store.root / record.task["name"] / record.model["name"]
    for path in sorted(above.glob(f"*-{record.comparability_key['sha256'][:8]}/result.json")):
        with contextlib.suppress(HarnessError):  # it says so itself wherever it is read
            held = RunFolder(path.parent).read()
            if held.status == "started" and held.config.get("pooled") == record.config["pooled"]:
                return RunFolder(path.parent)
    return store.new(record.task["name"], record.model["name"], record.comparability_key["sha256"])


def fill(folder: RunFolder, record: RunRecord, lines: Sequence[dict[str, Any]], tables: Mapping[str, Table]) -> None:
    """Write predictions, items and, at the end, the record."""
    if folder.record_path.exists() and folder.read().status != "started":
        raise UsageError(f"{folder.path} was finished by another process. Nothing is left to do.")
    record.run_id = folder.path.name
    folder.write(replace(record, status="started", finished_at=None, results={}, samples=None))
    folder.packed.unlink(missing_ok=True)
    folder.keep(lines)
    record.samples = folder.pack()
    rows = folder.recorded_predictions(record)
    record.items = items.write(folder.path / items.NAME, tables, rows, record.samples["sha256"])
    folder.write(record)
    folder.clean()


def check(side: Side) -> None:
    """Stop where there is nothing to pool, or where more than the seed differs."""
    if len(side.records) < 2:
        raise UsageError("one run cannot be pooled. Name two or more runs with different seeds.")
    if not side.answered:
        raise UsageError("runs that measured time have no predictions to pool. `harness compare` compares them.")
    first = side.records[0]
    for folder, record in zip(side.folders, side.records, strict=True):
        differing = difference(first.comparability_key, record.comparability_key)
        if differing:
            raise UsageError(
                f"{folder.path} and {side.folders[0].path} differ in {', '.join(differing)}; only seeds may differ."
            )


def verify(side: Side) -> None:
    """Raise ``DataError`` where a record does not hold together, or is a copy of another under other seeds."""
    wrong = [
        f"{report.run}: {finding.as_text()}"
        for report in climb(folder.path for folder in side.folders)
        for finding in report.of(FAIL)
    ]
    if wrong:
        raise DataError("\n  ".join(["runs that do not hold together are not pooled:", *wrong[:10]]))


def pooled(side: Side, command: Sequence[str]) -> RunRecord:
    """The record of the runs together, still without results.

    Machine and revision are those of the newest run; those of every run stand under ``config.pooled``.
    """
    records = side.records
    newest = max(records, key=lambda record: record.finished_at or "")
    spent = {name for record in records for name in record.durations_s}
    config = {name: value for name, value in newest.config.items() if name != "fingerprint"}
    sources = [
        {
            "run": record.run_id,
            "sha256": file_digest(folder.record_path),
            "seeds": record.config["seeds"],
            "hardware_class": record.comparability_key.get("hardware_class"),
            "revision": record.revision,
        }
        for folder, record in zip(side.folders, records, strict=True)
    ]
    seeds = sorted(seed for record in records for seed in record.config["seeds"])
    return replace(
        newest,
        results={},
        items=None,
        comparability_key={name: part for name, part in newest.comparability_key.items() if name != "written"},
        started_at=min(record.started_at for record in records),
        command=list(command),
        config=config | {"seeds": seeds, "pooled": sources},
        attempts=sum(record.attempts for record in records),
        durations_s={name: round(sum(record.durations_s.get(name, 0.0) for record in records), 3) for name in spent},
        training={
            str(seed): record.training[str(seed)]
            for seed in seeds
            for record in records
            if seed in record.config["seeds"]
        },
        remarks=[],  # they are on the single runs, whose records keep them
        weights={seed: held for record in records for seed, held in sorted(record.weights.items())},
    )


def limits(records: Sequence[RunRecord]) -> dict[str, Any]:
    """What a model's limits cost on the task, which its predictions do not say and no seed changes."""
    names = [metric.name for metric in METRICS if metric.name in records[0].results]
    return {name: records[0].results[name] for name in names}
