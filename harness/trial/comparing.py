"""Compares runs on the same items: checks that they may be compared, and reads what both counted at each item.

The verdict needs the items beside the records and no data. Only which entities were won and lost, label by label, needs the
data that the runs answered, and is left out where they are not at hand.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from harness import kinds
from harness.errors import DataError, UsageError
from harness.records import items
from harness.records.record import RunRecord, difference, encoder_name, model_name
from harness.records.store import RunFolder
from harness.registry.metrics import metric_cards
from harness.registry.shelves import find, unknown
from harness.spec import Example
from harness.statistics import comparison
from harness.statistics.comparison import Comparison, LabelFlips
from harness.statistics.differences import paired_tables
from harness.statistics.table import Table
from harness.trial import scoring
from harness.trial.recorded import recorded_splits, require_recorded

MACHINE = frozenset({"hardware", "threads"})
"""Parts of a timing run's key that another machine changes."""

Held = tuple[RunFolder, RunRecord]
"""A run: its folder, and what is read from it."""


@dataclass(frozen=True)
class Side:
    """A run, or several runs of one model with seeds of their own."""

    letter: str
    folders: tuple[RunFolder, ...]
    records: tuple[RunRecord, ...]

    @property
    def model(self) -> str:
        """The model with the settings that are not at their default, and its encoder."""
        return called(self.records[0])

    @property
    def answered(self) -> bool:
        """Whether all of its runs have predictions."""
        return all(record.samples for record in self.records)

    @property
    def speed(self) -> Mapping[str, Any]:
        """Its times; empty where it has none. Several timing runs are no seeds: one is compared at a time."""
        timed = [record.speed for record in self.records if record.speed]
        if len(timed) > 1:
            raise UsageError(f"{self.letter} has {len(timed)} timing runs. Compare them one by one.")
        return timed[0] if timed else {}

    @property
    def minutes(self) -> float | None:
        """Mean minutes that a seed was trained by gradients; ``None`` where one was not."""
        reports = [report for record in self.records for report in record.training.values()]
        if not reports or not all(report.get("steps") and "seconds" in report for report in reports):
            return None
        return float(sum(report["seconds"] for report in reports)) / len(reports) / 60


def compare(a: Path | str, b: Path | str, metric: str | None = None) -> Comparison:
    """Whether run A is better than run B: the differences with their intervals, exact tests, items that changed.

    ``a`` and ``b`` are folders of runs of one task, data and protocol; ``metric`` is the task's first where none is
    named. Raises ``UsageError`` for runs that may not be compared, ``DataError`` where items are missing or are not
    those of the runs.
    """
    folders = [RunFolder(Path(path)) for path in (a, b)]
    one, two = (read(letter, [(folder, folder.read())]) for letter, folder in zip("AB", folders, strict=True))
    comparable(one, two, other_machine=False, metric=metric)
    return quality(one, two, metric, notes=[])


def called(record: RunRecord) -> str:
    """The model of a record with its settings, and its encoder."""
    encoder = encoder_name(record.model)
    return f"{model_name(record.model)}{f' on {encoder}' if encoder else ''}"


def read(letter: str, held: Sequence[Held]) -> Side:
    """One side of the runs that were picked for it.

    Raises ``UsageError`` for runs of several models, and for a seed that two of them have.
    """
    side = Side(letter, tuple(folder for folder, _ in held), tuple(record for _, record in held))
    for folder, record in held:
        if record.status != "success":
            raise DataError(f"{folder.record_path} has status {record.status!r}: it holds nothing to compare.")
    parts = (
        "name",
        "version",
        "settings",
        "changed",
        "encoder_files",
        "files",
        "read",
    )  # a regime is among what is changed
    if any(record.model.get(part) != side.records[0].model.get(part) for record in side.records for part in parts):
        models = ", ".join(dict.fromkeys(map(called, side.records)))
        raise UsageError(f"{letter} must be one model with several seeds; it holds {models}, whose settings differ.")
    seeds = [seed for record in side.records for seed in record.config["seeds"]]
    again = sorted({seed for seed in seeds if seeds.count(seed) > 1})
    if again and side.answered:
        raise UsageError(f"{letter} has seed {again[0]} in more than one run. Give each seed once.")
    return side


def comparable(a: Side, b: Side, other_machine: bool, metric: str | None = None) -> list[str]:
    """Stop where the runs answer different questions, or were timed on machines of different classes; else notes.

    Of the code of metrics only that of the one that is compared has to be the same, by default the task's first.
    """
    first = b.records[0].comparability_key
    if not metric and a.answered and b.answered:
        metric = find("tasks", b.records[0].task["name"].removesuffix("@sample")).card.metrics[0]
    for record in (*a.records, *b.records):
        parts = set(difference(first, record.comparability_key, metric or ""))
        parts -= MACHINE if "hardware" in parts else set()  # another machine: of which more below
        if parts:
            told = ", ".join(
                f"{part} ({short(record, part)} against {short(b.records[0], part)})" for part in sorted(parts)
            )
            raise UsageError(
                f"run {record.run_id} may not be compared with run {b.records[0].run_id}: they differ in {told}. "
                "Compare runs of one task, data, limit and protocol."
            )
    notes = []
    if a.speed and b.speed:
        classes = [sorted({hardware(record) for record in side.records if record.speed}) for side in (a, b)]
        if classes[0] != classes[1]:
            told = f"A was timed on {', '.join(classes[0])}, B on {', '.join(classes[1])}"
            if not other_machine:
                raise UsageError(
                    f"{told}: their times are not comparable. Time both in one session, or give --allow-other-machine."
                )
            notes.append(f"{told}: the ratios are of machines as well as of models.")
        for side in (a, b):
            if side.speed.get("disturbed"):
                notes.append(f"the times of {side.letter} were disturbed: {side.speed['disturbed']}.")
    elif a.speed or b.speed:
        notes.append(f"{'B' if a.speed else 'A'} has no times: speed is not compared.")
    return notes


def short(record: RunRecord, part: str) -> str:
    """A part of a comparability key as text; of a digest the beginning."""
    text = str(record.comparability_key["parts"].get(part, "nothing"))
    return f"{text[:12]}…" if len(text) == 64 else text


def hardware(record: RunRecord) -> str:
    """The class of the machine that a record was made on."""
    return str(record.comparability_key.get("hardware_class"))


# ---------------------------------------------------------------- answers


def quality(a: Side, b: Side, metric: str | None, notes: list[str]) -> Comparison:
    """Compare by one metric, the task's first where none is named."""
    task = a.records[0].task["name"]
    name = metric or find("tasks", task.removesuffix("@sample")).card.metrics[0]
    held = [[items.read(*run) for run in zip(side.folders, side.records, strict=True)] for side in (a, b)]
    known = [key for key in held[0][0].metrics if all(key in each.metrics for side in held for each in side)]
    if name not in known:
        what = f"metric that can be compared item by item on {task}"
        raise UsageError(unknown(what, name, known, "harness list metrics"))
    tables = [joined([each.table(name) for each in side]) for side in held]
    for side, found in zip((a, b), tables, strict=True):
        notes += moved(side, name, found)
    fixed = tuple(all(record.model.get("deterministic") for record in side.records) for side in (a, b))
    try:
        return comparison.compare(metric_cards()[name], tables[0], tables[1], (fixed[0], fixed[1]))
    except ValueError as error:
        raise DataError(f"{task}, {name}: {error}. `harness verify` says which record is at fault.") from error


def joined(tables: Sequence[Table]) -> Table:
    """Tables of several runs with seeds of their own as one, its seeds in ascending order."""
    first, *others = tables
    rest = [paired_tables(first, table) for table in others]
    seeds = tuple(seed for table in (first, *rest) for seed in table.seeds)
    counts = np.concatenate([table.counts for table in (first, *rest)])
    order = np.argsort(seeds, kind="stable")
    return dataclasses.replace(first, seeds=tuple(seeds[place] for place in order), counts=counts[order])


def labels(a: Side, b: Side, found: Comparison, given: Path | None, notes: list[str]) -> list[LabelFlips] | None:
    """Entities won and lost by label; ``None`` for tasks without, and, with a note, where the data are not at hand."""
    if not kinds.find(a.records[0].task["kind"]).labelled_parts:
        return None
    try:
        _, gold = examples(a, b, given)
    except (DataError, UsageError) as error:
        if given:
            raise
        notes.append(f"entities are not compared label by label: {error}")
        return None
    outputs = [outputs_of(side, gold) for side in (a, b)]
    pairs = [(flips.seed_a, flips.seed_b) for flips in found.flips]
    return comparison.labels_flipped(gold, outputs[0], outputs[1], pairs)


def examples(a: Side, b: Side, given: Path | None) -> tuple[ModuleType, Sequence[Example]]:
    """The task's module and its ranked split, which must be the very one that every run answered."""
    name = b.records[0].task["split"]
    way_out = "Runs are compared on their own data: bring them by `harness data add PATH`."
    _, module, splits = recorded_splits(b.records[0], [name], given, way_out)
    for record in (*a.records, *b.records):
        require_recorded(splits[name], record)
    return module, splits[name].examples


def outputs_of(side: Side, gold: Sequence[Example]) -> dict[int, list[Any]]:
    """The answers of every seed of a side, in the order of the examples."""
    made: dict[int, list[Any]] = {}
    for folder, record in zip(side.folders, side.records, strict=True):
        made |= scoring.outputs_by_seed(folder.recorded_predictions(record), gold, record.config["seeds"])
    return made


def moved(side: Side, metric: str, table: Table) -> list[str]:
    """A note for each run whose recorded scores do not follow from its items."""
    now = {
        seed: float(table.statistic(counts.sum(0, dtype=np.float64)))
        for seed, counts in zip(table.seeds, table.counts, strict=True)
    }
    notes = []
    for record in side.records:
        held = record.results.get(metric, {}).get("per_seed", [])
        mine = [now[seed] for seed in record.config["seeds"]]
        same = len(held) == len(mine) and all(map(math.isclose, held, mine))
        if held and not same:
            notes.append(f"run {record.run_id} has another {metric} on record; `harness verify` says more.")
    return notes
