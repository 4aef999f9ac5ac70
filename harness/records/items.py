"""Items as one small Parquet file: what every metric counts at each item under each seed, without text and gold.

``items.parquet`` has one row a seed and item, in the order of the predictions: ``seed``, ``id``, ``group``, ``stratum``,
and the columns that the counts of all metrics come from (``harness.records.columns``). Confidences and costs that the
predictions beside it hold are not stored again. Which metric has which counts, and the statistic that makes a score of
their sums, stand in the file's metadata under ``harness``:

    {"seeds": [0, 1], "items": 1000, "predictions": "<sha256>" or null, "columns": {"accuracy.0": {"type": "int"}},
     "metrics": {"accuracy": {"statistic": "harness.metrics.choice:accuracy", "form": "counts",
                              "fields": [{"column": "accuracy.0"}, {"rest": {"column": "accuracy.0"}, "of": 1}]}}}

The digest of items is that of this and of the columns' numbers: another version of the packer may write other bytes, and
the digest stays.

Parquet: Apache Parquet, https://parquet.apache.org/docs/file-format/; encodings DELTA_BYTE_ARRAY, DELTA_BINARY_PACKED
and BYTE_STREAM_SPLIT.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from harness.errors import DataError, UsageError
from harness.files import canonical, require_regular, write_atomically
from harness.records import columns, layout, samples
from harness.records.columns import Numbers
from harness.records.record import RunRecord
from harness.records.store import RunFolder
from harness.spec import Score
from harness.statistics.table import Floats, Integers, Statistic, Table

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "items.parquet"
METRICS = "harness.metrics"
Found = TypeVar("Found")
OWN = "task"
"""What stands for a task's own module in the name of a statistic."""


@dataclass(frozen=True)
class Items:
    """The items of a record: S seeds, N items. Counts are unpacked metric by metric, when they are asked for."""

    seeds: tuple[int, ...]  # in the order of the record
    ids: tuple[str, ...]  # N
    groups: Integers  # (N,)
    strata: Integers  # (N,)
    sha256: str
    metrics: Mapping[str, Mapping[str, Any]]  # metric -> its statistic by name, and the form of its counts
    _counts: Callable[[str], Floats]  # metric -> (S, N, C)
    _statistic: Callable[[str], Statistic]

    def table(self, metric: str) -> Table:
        """The items of one metric. Raises ``UsageError`` for a metric that has none."""
        if metric not in self.metrics:
            raise UsageError(f"no counts of {metric!r} are kept item by item; there are {', '.join(self.metrics)}.")
        statistic = self._statistic(self.metrics[metric]["statistic"])
        return Table(self.seeds, self.ids, self.groups, self.strata, self._counts(metric), statistic)


# ---------------------------------------------------------------- from scores


def tables(
    scores: Mapping[int, Mapping[str, Score]], ids: Sequence[str], groups: Integers, strata: Integers
) -> dict[str, Table]:
    """The metrics of scores by seed that are statistics of sums over items, with the items in their natural order.

    ``ids``, ``groups`` and ``strata`` (N,) are in the order of the examples that were scored. A metric whose score has
    no counts, or whose statistic is no function at the top of a file, has no table.
    """
    order = np.array(sorted(range(len(ids)), key=lambda place: (samples.natural(ids[place]), ids[place])), np.int64)
    first = next(iter(scores.values()))
    found = {}
    for name, score in first.items():
        if score.counts is None or score.statistic is None or not title(score.statistic):
            continue
        counts = np.stack([np.asarray(each[name].counts, np.float64)[order] for each in scores.values()])
        found[name] = Table(
            seeds=tuple(scores),
            ids=tuple(ids[place] for place in order),
            groups=np.asarray(groups, np.int64)[order],
            strata=np.asarray(strata, np.int64)[order],
            counts=counts,
            statistic=score.statistic,
        )
    return found


def title(statistic: Statistic) -> str:
    """The name of a statistic, by which it is found again; empty for what has none, such as a lambda.

    >>> from harness.metrics.spans import f1
    >>> title(f1), title(lambda totals: totals[..., 0])
    ('harness.metrics.spans:f1', '')
    """
    module, name = getattr(statistic, "__module__", ""), getattr(statistic, "__qualname__", "")
    if not module or not name.isidentifier():
        return ""
    return f"{module if within(module) else OWN}:{name}"


def within(module: str) -> bool:
    """Whether a module is one of those that hold the metrics of this package."""
    return module == METRICS or module.startswith(f"{METRICS}.")


def statistic(name: str, task: str = "") -> Statistic:
    """The statistic of a name, from ``harness.metrics`` or, for ``task:NAME``, from the file of this task.

    Raises ``DataError`` for any other name: a record says which numbers to make, never which code to run.
    """
    module, _, function = name.partition(":")
    try:
        if within(module) and all(part.isidentifier() for part in module.split(".")) and function.isidentifier():
            found = getattr(importlib.import_module(module), function)
        elif module == OWN and task and function.isidentifier():
            from harness.registry import shelves

            found = getattr(shelves.load(shelves.find("tasks", task)), function)
        else:
            raise AttributeError(name)
        if not callable(found):
            raise TypeError(name)
    except (ImportError, AttributeError, TypeError) as error:
        raise DataError(
            f"{name!r:.80} is no statistic of {METRICS} or of the task. Install the harness that wrote it, or restore "
            f"{NAME}."
        ) from error
    made: Statistic = found
    return made


# ---------------------------------------------------------------- writing


def write(
    path: Path, tables: Mapping[str, Table], predictions: Sequence[samples.Row] = (), sha256: str = ""
) -> dict[str, Any] | None:
    """Write items whole or not at all, and say what a record keeps of them: path, sha256, rows, groups, strata.
    Without tables nothing is written, and nothing is said.

    ``predictions`` are the rows beside them, in the order of the file, and ``sha256`` their digest. What is written is
    read again before it takes its place. Raises ``DataError`` should it not be the same.
    """
    if not tables:
        return None
    first = next(iter(tables.values()))
    seeds = sorted(range(len(first.seeds)), key=first.seeds.__getitem__)
    rows = len(seeds) * len(first.ids)
    beside = _numbers(predictions) if len(predictions) == rows else {}
    pool = columns.Pool(beside)
    forms = pool.tables({name: table.counts[seeds].reshape(rows, -1) for name, table in tables.items()})
    stored = {name: _stored(values) for name, values in pool.columns.items()}
    said = {
        "seeds": [first.seeds[place] for place in seeds],
        "items": len(first.ids),
        "predictions": sha256 if '{"prediction":' in canonical(forms) else None,
        "columns": {name: form for name, (form, _) in stored.items()},
        "metrics": {name: {"statistic": title(tables[name].statistic), **form} for name, form in forms.items()},
    }
    every = np.tile(np.arange(len(first.ids)), len(seeds))
    head = {
        "seed": np.repeat(np.array(said["seeds"], np.int64), len(first.ids)),
        "group": first.groups[every],
        "stratum": first.strata[every],
    }
    content = _bytes(head, [*first.ids] * len(seeds), {name: array for name, (_, array) in stored.items()}, said)
    again = _read(io.BytesIO(content), lambda: beside)
    for name, table in tables.items():
        if not np.array_equal(again.counts(name), table.counts[seeds]):
            raise DataError(f"{path} would not hold the counts of {name}. Please report this.")
    write_atomically(path, content)
    return again.facts()


def _numbers(predictions: Sequence[samples.Row]) -> dict[str, Numbers]:
    """The plain numbers of predictions by name: those that every row has at the top of its answer."""
    answers = [row.get("prediction") for row in predictions]
    if not answers or not all(isinstance(answer, dict) for answer in answers):
        return {}
    names = [name for name, value in answers[0].items() if type(value) in (int, float)]  # type: ignore[union-attr]
    found = {}
    for name in names:
        values = [answer.get(name) for answer in answers]  # type: ignore[union-attr]
        if set(map(type, values)) <= {int, float}:
            found[name] = np.array(values, np.float64)
    return found


def _bytes(
    head: Mapping[str, Integers], ids: Sequence[str], stored: Mapping[str, pa.Array], said: Mapping[str, Any]
) -> bytes:
    """Items as Parquet, in the same way as predictions."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {
        "seed": head["seed"],
        "id": pa.array(ids, pa.string()),
        "group": head["group"],
        "stratum": head["stratum"],
    }
    encodings = {"id": "DELTA_BYTE_ARRAY"} | dict.fromkeys(head, "DELTA_BINARY_PACKED")
    for name in stored:
        column = f"{name}{layout.suffix(said['columns'][name])}"
        arrays[column], encodings[column] = stored[name], "BYTE_STREAM_SPLIT"
    table = pa.table({name: pa.array(values) for name, values in arrays.items()})
    stream = io.BytesIO()
    with pq.ParquetWriter(
        stream,
        table.schema,
        **samples.COMPRESSION,
        use_dictionary=False,
        column_encoding=encodings,
        write_statistics=False,
        store_schema=False,
        write_page_checksum=True,
    ) as writer:
        writer.add_key_value_metadata({samples.KEY: canonical(said)})
        writer.write_table(table, row_group_size=max(1, len(table)))
    return stream.getvalue()


def _stored(values: Numbers) -> tuple[layout.Layout, pa.Array]:
    """Numbers as whole ones where they are, else in fixed point, else in the fewest bits that are exact."""
    import pyarrow as pa

    if np.abs(values).max(initial=0) < 2**31 and np.array_equal(values.astype(np.int32), values):
        return {"type": "int"}, pa.array(values.astype(np.int32))
    return layout.floats(values)


# ---------------------------------------------------------------- reading


@dataclass(frozen=True)
class _File:
    """What a file holds: rows by seed in ascending order, then by item."""

    seeds: tuple[int, ...]
    ids: tuple[str, ...]
    groups: Integers
    strata: Integers
    sha256: str
    said: Mapping[str, Any]
    columns: Mapping[str, Numbers]
    predictions: Callable[[], Mapping[str, Numbers]]

    @property
    def metrics(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.said["metrics"]
        return found

    def facts(self) -> dict[str, Any]:
        """What a record keeps of the file."""
        counted = {"groups": len(np.unique(self.groups)), "strata": len(np.unique(self.strata))}
        return {"path": NAME, "sha256": self.sha256, "rows": len(self.seeds) * len(self.ids), **counted}

    def counts(self, metric: str) -> Floats:
        """The counts (S, N, C) of a metric."""
        rows = len(self.seeds) * len(self.ids)
        made = columns.restored(
            dict(self.metrics[metric]), rows, self.columns.__getitem__, lambda name: self.predictions()[name]
        )
        return made.reshape(len(self.seeds), len(self.ids), -1)


def read(folder: RunFolder, record: RunRecord) -> Items:
    """The items of a record, from the file beside it.

    Raises ``DataError`` where there are none, where the file is damaged, and where it is not the one of the record.
    """
    named, path = record.items, folder.path / NAME
    if not named:
        raise DataError(
            f"{folder.path} has no items on record. `harness records items {folder.path}` makes them of its predictions."
        )
    beside = functools.cache(lambda: _predictions(folder, record))
    file = _guarded(path, lambda: _read(path, beside))
    seeds = tuple(int(seed) for seed in record.config["seeds"])
    if file.sha256 != named.get("sha256") or sorted(seeds) != list(file.seeds):
        raise DataError(f"{path} is not the file of the record: its SHA-256 or its seeds differ. Restore it.")
    held = (record.samples or {}).get("sha256")
    if file.said["predictions"] not in (None, held):
        raise DataError(f"{path} was made of other predictions than the record names. Restore it.")
    order = [file.seeds.index(seed) for seed in seeds]
    return Items(
        seeds,
        file.ids,
        file.groups,
        file.strata,
        file.sha256,
        file.metrics,
        lambda metric: _guarded(path, lambda: file.counts(metric)[order]),
        functools.partial(statistic, task=record.task["name"].removesuffix("@sample")),
    )


def _predictions(folder: RunFolder, record: RunRecord) -> Mapping[str, Numbers]:
    """The plain numbers of the predictions beside a record."""
    return samples.numbers(folder.packed)


def _guarded(path: Path, work: Callable[[], Found]) -> Found:
    import pyarrow as pa

    try:
        return work()
    except (OSError, pa.ArrowException, ArithmeticError, MemoryError, LookupError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"the items in {path} are damaged ({type(error).__name__}: {reason}). Restore the file."
        ) from error


def _read(source: Path | io.BytesIO, predictions: Callable[[], Mapping[str, Numbers]]) -> _File:
    import pyarrow.parquet as pq

    if isinstance(source, Path):
        require_regular(source)
    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        text = file.metadata.metadata[samples.KEY]
        table = file.read(use_threads=False)
    said = json.loads(text)
    held = {name: table.column(name).combine_chunks() for name in table.column_names}
    size, seeds = said["items"], tuple(said["seeds"])
    ids, groups, strata = held["id"][:size].to_pylist(), _whole(held["group"], size), _whole(held["stratum"], size)
    _check(held["seed"], held["id"], seeds, size)
    numbers = {
        name: layout.number(form, held[f"{name}{layout.suffix(form)}"]) for name, form in said["columns"].items()
    }
    digest = hashlib.sha256(canonical([said, ids, groups.tolist(), strata.tolist(), sorted(numbers)]).encode())
    for name in sorted(numbers):
        digest.update(numbers[name].astype("<f8").tobytes())
    return _File(seeds, tuple(ids), groups, strata, digest.hexdigest(), said, numbers, predictions)


def _whole(array: pa.Array, size: int) -> Integers:
    """A number of each item, which must be the same under every seed."""
    values: Integers = array.to_numpy().astype(np.int64)
    if size and (values.reshape(-1, size) != values[:size]).any():
        raise ValueError("seeds have unlike groups or strata")
    return values[:size]


def _check(seed: pa.Array, ids: pa.Array, seeds: tuple[int, ...], size: int) -> None:
    """Whether the rows are every item under every seed."""
    if not np.array_equal(seed.to_numpy(), np.repeat(np.array(seeds, np.int64), size)):
        raise ValueError("rows are not every item under every seed")
    if any(not ids[place * size : (place + 1) * size].equals(ids[:size]) for place in range(len(seeds))):
        raise ValueError("seeds have unlike items")
