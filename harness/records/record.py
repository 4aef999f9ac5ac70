"""The record of a run: one JSON object, complete and immutable, from which every table is made.

The shape is published as a JSON Schema beside this file (``schemas/result-2.json``, printed by ``harness show
schema``). A record is never edited: one of an older schema is upgraded while it is read. What schema 2 knows beyond
schema 1 stands for such a record in ``samples.json`` beside it (``schemas/samples-1.json``), which ``harness records
pack`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import digest

SCHEMA = "harness.result"
SCHEMA_VERSION = 2
SCHEMAS = Path(__file__).parent / "schemas"
SCHEMA_FILE = SCHEMAS / f"result-{SCHEMA_VERSION}.json"
BESIDE = "samples.json"
"""The file beside a record of schema 1 with the place of its predictions and the digest of each metric's code."""
LONGEST_NAME = 200
"""Bytes of a part of a name; file systems take 255."""
STATUSES = ("started", "success", "failed", "skipped")


def to_schema_2(value: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Add what ``samples.json`` says: predictions as Parquet, and a digest for each metric in place of one for all.

    Without that file a record stays as it is: its predictions have still to be packed, and it is compared with records
    of the very same metric code alone. Raises ``DataError`` where the file is damaged, belongs to another record, or is
    missing beside packed predictions.
    """
    path = folder / BESIDE
    samples, key = value.get("samples"), value.get("comparability_key")
    if not isinstance(samples, dict) or not isinstance(key, dict):
        return value
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["packed_from"]["sha256"] != samples.get("sha256"):
            raise DataError(f"{path} belongs to another record: it names other predictions. Restore it.")
        return {
            **value,
            "samples": dict(found["samples"]),
            "comparability_key": {**key, "metrics": dict(found["metrics"])},
        }
    except FileNotFoundError as error:
        if (folder / "samples.parquet").exists() and not (folder / "samples.jsonl.gz").exists():
            raise DataError(
                f"{path} is missing: it says what the predictions beside it must be. Restore it."
            ) from error
        return value
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged ({type(error).__name__}: {error}). Restore it.") from error


UPGRADES: Mapping[int, Callable[[dict[str, Any], Path], dict[str, Any]]] = {1: to_schema_2}
"""From schema version n to n + 1, given the record's folder. Old records are upgraded while they are read; their files
stay as they are."""


@dataclass
class RunRecord:
    """One run. Times are UTC in ISO 8601, durations in seconds, metrics in their own unit."""

    run_id: str
    status: str
    started_at: str
    command: list[str]
    library: dict[str, Any]  # name and version of this package
    task: dict[str, Any]  # name, version, kind, split, sample
    data: dict[str, Any]  # digests, files and surprises of each split; overlap
    model: dict[str, Any]  # name, version, settings, encoder, parameters
    protocol: dict[str, Any]  # name, version, sha256 and every setting
    config: dict[str, Any]  # seeds, limit, device, precision
    comparability_key: dict[str, Any]  # sha256 and parts of what must be equal for numbers to be compared; metrics
    environment: dict[str, Any]
    revision: dict[str, Any]
    finished_at: str | None = None
    attempts: int = 1
    durations_s: dict[str, float] = field(
        default_factory=dict
    )  # load, train, predict, score; seeds cut off by a kill count in training alone
    training: dict[str, Any] = field(default_factory=dict)  # per seed: seconds, steps, chosen epoch, history
    results: dict[str, Any] = field(
        default_factory=dict
    )  # metric -> value, interval, per seed, sufficient numbers, breakdown
    speed: dict[str, Any] = field(
        default_factory=dict
    )  # of a timing run: session, trace, and the seconds of every block of every measure
    weights: dict[str, Any] = field(
        default_factory=dict
    )  # per seed: sha256 and bytes of the weights that --keep-weights kept, or why there are none
    samples: dict[str, Any] | None = None  # the file of predictions: name, sha256 of their lines, rows, columns
    error: dict[str, Any] | None = None
    schema: str = SCHEMA
    schema_version: int = SCHEMA_VERSION

    def as_json(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return asdict(self)


_REQUIRED = [
    item.name
    for item in fields(RunRecord)
    if item.name
    not in ("finished_at", "attempts", "durations_s", "training", "results", "speed", "weights", "samples", "error")
]
_OBJECTS: Mapping[str, set[str]] = {
    "task": {"name", "version", "split", "sample"},
    "model": {"name", "version", "changed", "encoder", "trivial"},
    "protocol": {"name", "version"},
    "config": {"seeds", "limit"},
    "comparability_key": {"sha256", "parts"},
    "data": set(),
    "environment": set(),
    "revision": set(),
}
"""Fields that hold objects, and what readers of records count on in them."""


def parse(text: str, path: Path, folder: Path | None = None) -> RunRecord:
    """Read a record, upgrading an older schema with what lies beside it in ``folder``, by default that of ``path``.

    Raises ``DataError`` naming the file and what does not hold: not JSON, another schema, a missing field, a newer
    version.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{path} is not valid JSON ({error}). The run was cut off or the file was edited; "
            "run it again, or delete its folder."
        ) from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise DataError(
            f"{path} is not a record: "
            f"its schema is {value.get('schema') if isinstance(value, dict) else type(value).__name__!r}, "
            f"expected {SCHEMA!r}."
        )
    version = value.get("schema_version")
    if type(version) is not int or not 1 <= version <= SCHEMA_VERSION:
        raise DataError(
            f"{path} has schema version {version}; this harness reads up to {SCHEMA_VERSION}. Install a newer harness."
        )
    while version < SCHEMA_VERSION:
        value = {**UPGRADES[version](value, folder or path.parent), "schema_version": version + 1}
        version += 1
    lacking = [name for name in _REQUIRED if name not in value]
    if lacking:
        raise DataError(
            f"{path} lacks {', '.join(lacking)}. The file was edited or cut off; run it again, or delete its folder."
        )
    wrong = [name for name, keys in _OBJECTS.items() if not isinstance(value[name], dict) or keys - value[name].keys()]
    if wrong:
        raise DataError(
            f"{path}: {', '.join(wrong)} is not what a record holds there. "
            "The file was edited; run it again, or delete its folder."
        )
    for place in ("task", "model"):
        if not names_a_file(value[place]["name"]):
            raise DataError(
                f"{path}: {value[place]['name']!r:.80} is no name of a {place}. "
                "The file was edited; run it again, or delete its folder."
            )
    if value["status"] not in STATUSES:
        raise DataError(f"{path} has status {value['status']!r}; a record is one of {', '.join(STATUSES)}.")
    known = {item.name for item in fields(RunRecord)}
    return RunRecord(**{name: item for name, item in value.items() if name in known})


def names_a_file(name: Any) -> bool:
    """Whether a name is one of a file in ``tasks`` or ``baselines``: pages and runs are put into a folder that is
    called so.

    >>> names_a_file("ner/cmeee@sample"), names_a_file("../../home"), names_a_file("/etc"), names_a_file("ner/a\\n")
    (True, False, False, False)
    """
    if not isinstance(name, str) or not name.isprintable():
        return False
    return all(part and "." not in part and len(part.encode()) <= LONGEST_NAME for part in name.split("/"))


def model_name(model: Mapping[str, Any]) -> str:
    """The model of a record with the settings that are not at their default, as boards name it; a regime is one of
    them.

    >>> model_name({"name": "classify/gmlp", "changed": {"regime": "fgm", "layers": 2}})
    'classify/gmlp:layers=2,regime=fgm'
    """
    changed = ",".join(f"{name}={value}" for name, value in sorted(model["changed"].items()))
    return f"{model['name']}:{changed}" if changed else str(model["name"])


def encoder_name(model: Mapping[str, Any]) -> str | None:
    """The encoder's name; one from a local folder with eight digits of its files, for names of folders repeat.

    >>> encoder_name({"encoder": "bilstm", "encoder_files": {}})
    'bilstm'
    """
    name: str | None = model["encoder"]
    files = model.get("encoder_files")
    return f"{Path(str(name)).name} ({digest(files)[:8]})" if files else name


def comparability_key(**parts: Any) -> dict[str, Any]:
    """Hash the parts that must agree before two numbers stand in one table; the parts themselves stay readable.

    >>> comparability_key(task="ner/cmeee@1", data="ab", metric="cd", protocol="ef")["parts"]["task"]
    'ner/cmeee@1'
    """
    return {"sha256": digest(parts), "parts": parts}


def difference(first: Mapping[str, Any], second: Mapping[str, Any], metric: str = "") -> list[str]:
    """Why two runs may not be compared: the parts of their keys that differ, in order of name.

    Where a metric is named, only the code of that metric has to be the same, not that of all that a task scores.
    """
    one, two = ({**key["parts"], **_code_of(key, metric)} for key in (first, second))
    return [name for name in sorted({*one, *two}) if one.get(name) != two.get(name)]


def table_key(key: Mapping[str, Any], metric: str) -> str:
    """What records have in common that stand in one table by a metric: all parts of the key but other metrics' code.

    >>> key = {"parts": {"task": "a@1", "metric": "1"}, "metrics": {"f1": "2"}}
    >>> table_key(key, "f1") == table_key({"parts": {"task": "a@1", "metric": "9"}, "metrics": {"f1": "2"}}, "f1")
    True
    """
    return digest({**key["parts"], **_code_of(key, metric)})


def _code_of(key: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """The digest of one metric's code, where a record has it, in place of the digest of all metrics' code."""
    held = (key.get("metrics") or {}).get(metric)
    return {"metric": held} if held else {}
