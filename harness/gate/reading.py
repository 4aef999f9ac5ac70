"""Reads timings from files: records of ``harness bench``, and the JSON that pytest-benchmark saves.

The content of a file decides which of the two it is. Of a record each measure is a benchmark, called
``<task>/<model with settings>/<measure>``; of pytest-benchmark each ``fullname``. All that may not differ between two
timings of one benchmark comes along as its ``conditions``, and the machine with the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import contents, file_digest
from harness.machine.hardware import hardware_class
from harness.records.record import SCHEMA, RunRecord, model_name, parse
from harness.records.store import Store

RECORD, PYTEST = "record", "pytest-benchmark"
REFERENCE = "reference_seconds"  # in extra_info: times of the reference kernel, one beside each round
NO_WORK = ("metric", "hardware", "threads")  # parts of a comparability key that say nothing of what was timed


@dataclass(frozen=True, slots=True)
class Timing:
    """One benchmark of one file: seconds of blocks or rounds in their order."""

    seconds: tuple[float, ...]
    reference: tuple[float, ...] | None = None
    session: str = ""  # shared by files whose blocks were timed in turn
    disturbed: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """One file."""

    path: Path
    form: str
    digest: str
    machine: str
    software: Mapping[str, str]  # name -> version: may differ, and is told
    source: str  # digest of the code that was timed; empty where the file does not say
    timings: Mapping[str, Timing]


def read(name: str, store: Store) -> Measured:
    """Read a file by its path, a record also by its run's folder or by its id under the results folder.

    Raises ``DataError`` naming the file for whatever cannot be judged: missing, damaged, without times or raw data.
    """
    path = find(name, store)
    try:
        text = contents(path).decode()
        value = json.loads(text)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON ({error}): it was cut off or edited. Measure again.") from error
    try:
        if isinstance(value, dict) and value.get("schema") == SCHEMA:
            return of_record(parse(text, path), path)
        if isinstance(value, dict) and {"benchmarks", "machine_info"} <= value.keys():
            return of_pytest(value, path)
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise DataError(
            f"{path} is damaged ({type(error).__name__}: {error}): it was edited. Measure again."
        ) from error
    raise DataError(
        f"{path} is neither a record of `harness bench` nor a JSON file of pytest-benchmark (pytest "
        "--benchmark-save=NAME --benchmark-save-data)."
    )


def find(name: str, store: Store) -> Path:
    """The file behind a name. ``DataError`` for a path where nothing is, ``UsageError`` for an id that is not known."""
    path = Path(name)
    if path.is_dir():
        path = path / "result.json"
        if not path.exists():
            raise DataError(f"{name} holds no result.json. Give a run's folder, or the files themselves.")
    elif not path.exists():
        if path.suffix == ".json" or len(path.parts) > 1:
            raise DataError(f"there is no file {name}. Was it measured, and is this the folder it was saved under?")
        path = store.find(name).record_path
    return path


# ------------------------------------------------------------ records


def of_record(record: RunRecord, path: Path) -> Measured:
    """The measures of a timing run."""
    if record.status != "success":
        raise DataError(f"{path} has status {record.status!r}: it holds no times. Measure again with `harness bench`.")
    if not record.speed:
        raise DataError(f"{path} answered its task and was not timed. `harness bench` makes records with times.")
    model, facts = record.model, record.environment
    name = f"{record.task['name']}/{model_name(model)}"
    parts = {part: str(value) for part, value in record.comparability_key["parts"].items() if part not in NO_WORK}
    timings = {}
    for measure, times in record.speed["measures"].items():
        place = f"{path}: {measure}"
        timings[f"{name}/{measure}"] = Timing(
            numbers(times["seconds"], place),
            session=str(record.speed["session"]),
            disturbed=str(record.speed.get("disturbed") or ""),
            conditions={
                **parts,
                "encoder": str(model["encoder"]),
                "tokens": str(times["tokens"]),
                "examples": str(times["examples"]),
            },
        )
    machine = f"{hardware_class(facts)}, {facts['device']}, {facts.get('threads', 'unknown')} threads"
    software = {"python": str(facts["python"]), **{key: str(value) for key, value in facts["packages"].items()}}
    source = str(record.revision.get("source_sha256") or "")
    return Measured(path, RECORD, file_digest(path), machine, software, source, timings)


# ------------------------------------------------------------ pytest-benchmark


def of_pytest(value: Mapping[str, Any], path: Path) -> Measured:
    """The benchmarks of a file that pytest-benchmark saved."""
    timings: dict[str, Timing] = {}
    for item in value["benchmarks"]:
        name = str(item["fullname"])
        if name in timings:
            raise DataError(f"{path} holds {name} twice. Give each benchmark a name of its own.")
        if "data" not in item["stats"]:
            raise DataError(
                f"{path} holds no raw data, only summaries, from which no interval follows. "
                "Save them with pytest --benchmark-save-data."
            )
        seconds, reference = numbers(item["stats"]["data"], f"{path}: {name}"), item["extra_info"].get(REFERENCE)
        if reference is not None:
            reference = numbers(reference, f"{path}: {name}: {REFERENCE}")
            if len(reference) != len(seconds):
                raise DataError(
                    f"{path}: {name} has {len(seconds)} rounds and {len(reference)} {REFERENCE}: "
                    "there must be one beside each round."
                )
        timings[name] = Timing(seconds, reference)
    facts = value["machine_info"]
    cpu = facts.get("cpu") or {}
    brand = cpu.get("brand_raw") or facts.get("processor") or facts.get("machine")
    machine = f"{facts.get('node')}: {brand} x{cpu.get('count', '?')}"
    return Measured(path, PYTEST, file_digest(path), machine, {"python": str(facts["python_version"])}, "", timings)


def numbers(values: Sequence[Any], place: str) -> tuple[float, ...]:
    """Times in seconds. ``DataError`` for none, and for what is no finite number above zero.

    >>> numbers([1, 0.5], "a.json: b")
    (1.0, 0.5)
    """
    if not isinstance(values, list) or not values:
        raise DataError(f"{place} holds no times. Measure again.")
    for number, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise DataError(f"{place}: time {number} is {value!r}, not a number of seconds above zero. Measure again.")
    return tuple(map(float, values))
