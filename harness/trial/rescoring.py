"""Every metric of a run again, from its stored predictions and the data at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from harness import kinds
from harness.data.splits import Split
from harness.records.record import RunRecord
from harness.records.store import RunFolder
from harness.registry.shelves import Entry
from harness.trial import scoring
from harness.trial.recorded import recorded_splits
from harness.trial.running import unseen
from harness.trial.scoring import Scored


def score(run: Path | str, data: Path | str | None = None) -> dict[str, Any]:
    """The results that the predictions in a run's folder give, in the form of ``result.json``: metric -> value,
    intervals, ...

    ``data`` is where the files of the task are, if not where ``harness data`` put them.
    Raises ``DataError`` where data or predictions are not those of the run.
    """
    folder = RunFolder(Path(run))
    record = folder.read()
    return rescore(record, folder.recorded_predictions(record), Path(data) if data else None).results


def rescore(
    record: RunRecord,
    predictions: list[dict[str, Any]],
    given: Path | None,
    read: Callable[..., tuple[Entry, ModuleType, dict[str, Split]]] = recorded_splits,
) -> Scored:
    """The results that a run's predictions give on the data at hand, and the items behind them.

    A metric that the kind scores beside the task's own is left out where the record, if it has results, is from before it.
    ``read`` reads the data, by default anew. Raises ``DataError`` when the data are not those of the run: their digests differ.
    """
    way_out = "A run is scored against its own data: bring them by `harness data add PATH`."
    entry, module, splits = read(record, record.data["splits"], given, way_out)
    ranked = splits[record.task["split"]]
    outputs = scoring.outputs_by_seed(predictions, ranked.examples, record.config["seeds"])
    seen = [pair.partition("|")[0] for pair in record.data["overlap"]]
    clean = unseen(splits, seen, ranked.name)
    again = scoring.scored(entry.card, module, ranked.examples, outputs, clean, record.model["deterministic"])
    kind = kinds.find(entry.card.kind)
    later = {name for name in kind.further if record.results and name not in record.results}
    results, tables = (
        {name: made for name, made in held.items() if name not in later} for held in (again.results, again.tables)
    )
    return Scored({**results, **scoring.beside(kind.facts(predictions))}, tables)
