"""The rows of Hugging Face data sets, and the names that their numbers stand for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.readers.fields import END, START, first
from harness.readers.form import Option, listed

PARTS = {
    "train": ("train", "training"),
    "dev": ("validation", "dev", "valid", "val", "development", "eval"),
    "test": ("test", "testing"),
}
"""A split of ours -> what data sets call it."""

SAVED = ("dataset_dict.json", "state.json", "dataset_info.json")
"""Files that ``save_to_disk`` leaves in a folder."""


@dataclass(frozen=True)
class Source:
    """One part of a data set: its rows from the first one on, and the names of numbers by column."""

    rows: Callable[[], Iterable[tuple[str, Any]]]
    names: Mapping[str, Sequence[str]]  # of columns that hold one label
    tags: Mapping[str, Sequence[str]]  # of columns that hold a list of them
    part: str = ""
    parts: tuple[str, ...] = ()


def open_source(path: str | Path, options: Mapping[str, Option], split: str) -> Source:
    """The part of a data set that belongs to a split; without a split the part for training, or the first.

    Raises ``DataError`` for what is not there or cannot be read, ``EnvironmentFailure`` where the hub cannot be reached.
    """
    if str(path).startswith("hf:"):
        return _loaded(str(path), _from_hub(str(path), options), options, split)
    path = Path(path)
    if path.is_dir() and any((path / name).is_file() for name in SAVED):
        return _loaded(str(path), _from_disk(path), options, split)
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path}: no data set of Hugging Face: neither {', '.join(SAVED)} nor Parquet files are in it.")
    named = {part: [file for file in files if _part_of(file) == part] for part in dict.fromkeys(map(_part_of, files))}
    part = _chosen(str(path), list(named), options, split) if len(named) > 1 or "part" in options else next(iter(named))
    return _parquet(named[part], part, tuple(named))


def _chosen(path: str, parts: Sequence[str], options: Mapping[str, Option], split: str) -> str:
    """Which part of a data set is meant."""
    wanted = (
        (str(options["part"]),)
        if "part" in options
        else PARTS.get(split, (split,))
        if split
        else (*PARTS["train"], parts[0])
    )
    found = first(wanted, parts)
    if not found:
        raise DataError(
            f"{path}: no part {' or '.join(wanted)}; there are {listed(parts)}. Say part=NAME, or name the folder of one part."
        )
    return found


def _part_of(file: Path) -> str:
    """The part that a Parquet file belongs to, by its name: ``train-00000-of-00002.parquet`` to ``train``."""
    return file.stem.split("-")[0]


def _parquet(files: Sequence[Path], part: str, parts: tuple[str, ...]) -> Source:
    import pyarrow
    from pyarrow import parquet

    def rows() -> Iterator[tuple[str, Any]]:
        for path in files:
            number = 0
            try:
                for batch in parquet.ParquetFile(path).iter_batches(1000):
                    for row in batch.to_pylist():
                        number += 1
                        yield f"{path}, row {number}", _flat(row)
            except (OSError, pyarrow.ArrowException) as error:
                raise DataError(f"{path}: not a Parquet file that can be read ({error}). Get a fresh copy.") from None

    try:
        metadata = parquet.read_schema(files[0]).metadata or {}
        features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    except (OSError, pyarrow.ArrowException, ValueError, AttributeError, RecursionError) as error:
        raise DataError(f"{files[0]}: not a Parquet file that can be read ({error}). Get a fresh copy.") from None
    return Source(rows, *_names(features), part, parts)


def _names(features: Mapping[str, Any]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The names of numbers: of columns that hold one label, and of columns of lists of them.

    >>> _names({"ner_tags": {"feature": {"names": ["O", "B-LOC"], "_type": "ClassLabel"}, "_type": "List"}})
    ({}, {'ner_tags': ['O', 'B-LOC']})
    """
    single = {name: value["names"] for name, value in features.items() if isinstance(value, dict) and "names" in value}
    inner = {name: value.get("feature") for name, value in features.items() if isinstance(value, dict)}
    return single, {
        name: value["names"] for name, value in inner.items() if isinstance(value, dict) and "names" in value
    }


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose lists of structures stand as lists: ``datasets`` may keep them as one structure of lists."""
    return {name: _listed(value) for name, value in row.items()}


def _listed(value: Any) -> Any:
    if (
        isinstance(value, dict)
        and first(START, value)
        and first(END, value)
        and all(isinstance(v, list) for v in value.values())
    ):
        return [dict(zip(value, parts, strict=True)) for parts in zip(*value.values(), strict=True)]
    return value


def _loaded(path: str, data: Any, options: Mapping[str, Option], split: str) -> Source:
    """The part of a data set that the library ``datasets`` has opened."""
    part, parts = "", tuple[str, ...]()
    if hasattr(data, "keys"):
        parts = tuple(map(str, data.keys()))
        part = _chosen(path, parts, options, split)
        data = data[part]

    def rows() -> Iterator[tuple[str, Any]]:
        where = f"{path}, part {part}" if part else path
        for number, row in enumerate(data, 1):
            yield f"{where}, row {number}", _flat(row)

    single = {name: list(value.names) for name, value in data.features.items() if hasattr(value, "names")}
    inner = {name: getattr(value, "feature", None) for name, value in data.features.items()}
    return Source(
        rows,
        single,
        {name: list(v.names) for name, v in inner.items() if v is not None and hasattr(v, "names")},
        part,
        parts,
    )


def _from_disk(path: Path) -> Any:
    import datasets

    try:
        return datasets.load_from_disk(str(path))
    except Exception as error:  # the library raises what its readers raise
        raise DataError(
            f"{path}: cannot be read as a saved data set ({type(error).__name__}: {error}). Save it again."
        ) from None


def _from_hub(path: str, options: Mapping[str, Option]) -> Any:
    """A data set of the hub, downloaded once into the cache of ``datasets``."""
    import datasets

    name = path.removeprefix("hf:").lstrip("/")
    if name.count("/") > 1 or not name:
        raise UsageError(f"{path}: write hf://owner/name; a configuration is config=NAME, a revision revision=COMMIT.")
    try:
        return datasets.load_dataset(
            name,
            str(options["config"]) if "config" in options else None,
            revision=str(options["revision"]) if "revision" in options else None,
        )
    except ConnectionError as error:
        raise EnvironmentFailure(
            f"{path}: the hub cannot be reached and the data set is not in the cache ({error}). Load it once with a connection, or save it "
            "elsewhere with save_to_disk and name that folder."
        ) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{path}: cannot be loaded ({type(error).__name__}: {error}). Is the name right, or is config= missing?"
        ) from None
