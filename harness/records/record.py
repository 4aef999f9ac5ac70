"""The record of a run: one JSON object, complete and immutable, from which every table is made.

The shape is published as a JSON Schema beside this file (``schemas/result-3.json``, printed by ``harness show
schema``). A record is never edited: one of an older schema is upgraded while it is read. What a newer schema knows
beyond an older one stands beside such a record:

- ``samples.json`` (``schemas/samples-1.json``, by ``harness records pack``): what schema 2 knows beyond schema 1, the
  place of packed predictions and the digest of each metric's code;
- ``items.json`` (``schemas/items-1.json``, by ``harness records items``): what schema 3 knows beyond schema 2, the place
  of the items, the intervals that follow from them, and whether the model draws anything.

The class of arithmetic joins the key of an older record from what it says of its training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import contents, digest
from harness.records import schema

SCHEMA = "harness.result"
SCHEMA_VERSION = 3
SCHEMA_FILE = schema.SCHEMAS / f"result-{SCHEMA_VERSION}.json"
BESIDE = "samples.json"
"""The file beside a record of schema 1 with the place of its predictions and the digest of each metric's code."""
ITEMS_BESIDE = "items.json"
"""The file beside a record of schema 1 or 2 with the place of its items and the intervals that follow from them."""
EXACT = "exact"
"""The class of arithmetic of what computes without torch: it stands beside every other."""
ARITHMETIC = ("float32", "tf32", "bf16", EXACT)
"""Classes of arithmetic: records of one class are compared, and ``exact`` ones with all."""
MARKUP = frozenset('<>[]|*`\\"&$')
"""Signs that no name of a task, a model, a metric or a run holds: pages would have to spell them."""
LONGEST_NAME = 200
"""Bytes of a part of a name; file systems take 255."""
STATUSES = ("started", "success", "failed", "skipped")


def to_schema_2(value: dict[str, Any], folder: Path, text: str, foreign: list[str] | None) -> dict[str, Any]:
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
        found = _beside(path, "samples-1")
        if found["packed_from"]["sha256"] != samples.get("sha256"):
            _foreign(f"{path} belongs to another record: it names other predictions. Restore it.", foreign)
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


def _beside(path: Path, name: str) -> Any:
    """A file beside a record, held against its schema; ``ValueError`` where it is not as that says."""
    found = schema.loads(contents(path))
    wrong = schema.faults(found, name)
    if wrong:
        raise ValueError(schema.told(wrong))
    return found


def _foreign(reason: str, foreign: list[str] | None) -> None:
    """Raise ``DataError`` for a file of another record, or keep the reason where somebody collects them."""
    if foreign is None:
        raise DataError(reason)
    foreign.append(reason)


def to_schema_3(value: dict[str, Any], folder: Path, text: str, foreign: list[str] | None) -> dict[str, Any]:
    """Add what ``items.json`` says, and the class of arithmetic to the key.

    Without that file a record has no items and no intervals but its own. Its folder keeps the name that the older key
    gave it; that key stands under ``written``. Raises ``DataError`` where the file is damaged, belongs to another
    record, or is missing beside items.
    """
    model, results = value.get("model"), value.get("results") or {}
    if not isinstance(model, dict) or not isinstance(results, dict):
        return value
    if not all(isinstance(entry, dict) for entry in results.values()):
        return value
    beside = _items_beside(folder, text, foreign)
    held = beside.get("results", {})
    return {
        **value,
        "items": beside.get("items"),
        "model": {**model, "deterministic": beside.get("deterministic", False)},
        "results": {name: {**entry, **held.get(name, {})} for name, entry in results.items()},
        "comparability_key": _with_arithmetic(value),
    }


def _items_beside(folder: Path, text: str, foreign: list[str] | None) -> dict[str, Any]:
    """What ``items.json`` says of the record of this text; nothing where there is none."""
    path = folder / ITEMS_BESIDE
    try:
        found = _beside(path, "items-1")
        if found["of"] != hashlib.sha256(text.encode()).hexdigest():
            _foreign(f"{path} belongs to another record: it names other bytes of result.json. Restore it.", foreign)
        results = {name: dict(entry) for name, entry in found["results"].items()}
        return {"items": dict(found["items"]), "deterministic": found["deterministic"], "results": results}
    except FileNotFoundError as error:
        if (folder / "items.parquet").exists():
            raise DataError(f"{path} is missing: it says what the items beside it must be. Restore it.") from error
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is damaged ({type(error).__name__}: {error}). Restore it.") from error


def _with_arithmetic(value: dict[str, Any]) -> Any:
    """The key of an older record with its class of arithmetic; as it is where it does not follow from its parts."""
    key, said = value.get("comparability_key"), said_arithmetic(value)
    if not said or not isinstance(key, dict) or not isinstance(key.get("parts"), dict):
        return key
    if digest(key["parts"]) != key.get("sha256"):  # edited: let readers see it
        return key
    return {**key, **comparability_key(**key["parts"], arithmetic=said), "written": key["sha256"]}


def said_arithmetic(value: Mapping[str, Any]) -> str:
    """The class of arithmetic that an older record says it computed in; empty where it says none.

    Schema 2 names the precision of what was trained or read by a network. What names none and learned no steps on no
    GPU computed without torch. A timing has a precision for each measure, and no class.

    >>> said_arithmetic({"status": "success", "training": {"0": {"precision": "bf16"}}})
    'bf16'
    >>> said_arithmetic({"status": "success", "training": {"0": {"rows": 10}}, "config": {"device": "cpu"}})
    'exact'
    """
    reports = value.get("training")
    if value.get("status") != "success" or value.get("speed") or not isinstance(reports, dict):
        return ""
    said = {report.get("precision") for report in reports.values() if isinstance(report, dict)} - {None}
    if said:
        return "bf16" if "bf16" in said else "float32"
    device = str((value.get("config") or {}).get("device"))
    learned = any(isinstance(report, dict) and report.get("steps") for report in reports.values())
    return "float32" if learned or device.startswith("cuda") else EXACT


Upgrade = Callable[[dict[str, Any], Path, str, "list[str] | None"], dict[str, Any]]
UPGRADES: Mapping[int, Upgrade] = {1: to_schema_2, 2: to_schema_3}
"""From schema version n to n + 1, given the record's folder, its text, and where to note files of other records. Old
records are upgraded while they are read; their files stay as they are."""


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
    model: dict[str, Any]  # name, version, settings, encoder, parameters, deterministic
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
    )  # metric -> value, intervals, per seed, sufficient numbers, breakdown
    speed: dict[str, Any] = field(
        default_factory=dict
    )  # of a timing run: session, trace, and the seconds of every block of every measure
    weights: dict[str, Any] = field(
        default_factory=dict
    )  # per seed: sha256 and bytes of the weights that --keep-weights kept, or why there are none
    remarks: list[str] = field(default_factory=list)  # what is implausible about data, training or scores, in words
    samples: dict[str, Any] | None = None  # the file of predictions: name, sha256 of their lines, rows, columns
    items: dict[str, Any] | None = None  # the file of items: name, sha256 of its content, rows, groups, strata
    error: dict[str, Any] | None = None
    schema: str = SCHEMA
    schema_version: int = SCHEMA_VERSION

    def as_json(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return asdict(self)


def parse(text: str, path: Path, folder: Path | None = None, foreign: list[str] | None = None) -> RunRecord:
    """Read a record, upgrading an older schema with what lies beside it in ``folder``, by default that of ``path``.

    A file beside it that belongs to other bytes is an error, or a line in the list ``foreign`` where one is given.

    Raises ``DataError`` naming the file and what does not hold: not JSON, a newer version, a field that the JSON Schema
    of the record's version does not allow.
    """
    try:
        value = schema.loads(text)
    except ValueError as error:
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
    known = {item.name for item in fields(RunRecord)}
    value = {name: item for name, item in value.items() if name in known}  # a later harness may say more
    wrong = schema.faults(value, f"result-{version}")
    if wrong:
        raise DataError(
            f"{path}: {schema.told(wrong)}. The file was edited or cut off; run it again, or delete its folder."
        )
    for place in ("task", "model"):
        if not names_a_file(value[place]["name"]):
            raise DataError(
                f"{path}: {value[place]['name']!r:.80} is no name of a {place}. "
                "The file was edited; run it again, or delete its folder."
            )
    for place, name in [("run", value["run_id"]), *(("metric", name) for name in value.get("results", ()))]:
        if "/" in name or not names_a_file(name):
            raise DataError(f"{path}: {name!r:.80} is no name of a {place}. Restore the file, or delete its folder.")
    while version < SCHEMA_VERSION:
        value = {**UPGRADES[version](value, folder or path.parent, text, foreign), "schema_version": version + 1}
        version += 1
    return RunRecord(**value)


def names_a_file(name: Any) -> bool:
    """Whether a name is one of a file in ``tasks`` or ``baselines``: pages and runs are put into a folder that is
    called so.

    >>> names_a_file("ner/cmeee@sample"), names_a_file("../../home"), names_a_file("/etc"), names_a_file("ner/<b>")
    (True, False, False, False)
    """
    if not isinstance(name, str) or not name.isprintable() or MARKUP & {*name}:
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
    """The encoder's name; one with weights with eight digits of its files, for names of folders repeat. Files that a
    model loads beside its encoder count as well.

    >>> encoder_name({"encoder": "bilstm", "encoder_files": {}})
    'bilstm'
    """
    name: str | None = model["encoder"]
    files, further = model.get("encoder_files"), further_files(model)
    if not files and not further:
        return name
    return f"{Path(name or 'files').name} ({digest([files, further] if further else files)[:8]})"


def further_files(model: Mapping[str, Any]) -> dict[str, str]:
    """The files that a model of the user's loads beside its encoder: what lies in its folder, and what it was seen to
    read.

    >>> further_files({"files": {"baselines/own/words.txt": "ab"}})
    {'baselines/own/words.txt': 'ab'}
    """
    return {**model.get("files", {}), **model.get("read", {})}


def comparability_key(**parts: Any) -> dict[str, Any]:
    """Hash the parts that must agree before two numbers stand in one table; the parts themselves stay readable.

    >>> comparability_key(task="ner/cmeee@1", data="ab", metric="cd", protocol="ef")["parts"]["task"]
    'ner/cmeee@1'
    """
    return {"sha256": digest(parts), "parts": parts}


def difference(first: Mapping[str, Any], second: Mapping[str, Any], metric: str = "") -> list[str]:
    """Why two runs may not be compared: the parts of their keys that differ, in order of name.

    Where a metric is named, only the code of that metric has to be the same, not that of all that a task scores; and
    what computes without torch may be compared with every class of arithmetic.
    """
    one, two = ({**key["parts"], **_code_of(key, metric)} for key in (first, second))
    found = [name for name in sorted({*one, *two}) if one.get(name) != two.get(name)]
    if EXACT in (one.get("arithmetic"), two.get("arithmetic")):
        found = [name for name in found if name != "arithmetic"]
    return found + _other_scorers(first, second, metric)


def _other_scorers(first: Mapping[str, Any], second: Mapping[str, Any], metric: str) -> list[str]:
    """Whether two runs name other versions of a package that scored; older records name none."""
    one, two = (key.get("scorers") or {} for key in (first, second))
    names = [metric] if metric else sorted({*one} & {*two})
    return ["scorers"] if any(name in one and name in two and one[name] != two[name] for name in names) else []


def name_key(key: Mapping[str, Any]) -> str:
    """The digest of the key that a record was written with: its folder's name ends with eight digits of it."""
    return str(key.get("written") or key["sha256"])


def table_key(key: Mapping[str, Any], metric: str) -> str:
    """What records have in common that stand in one table by a metric: all parts of the key but other metrics' code,
    and but the class of arithmetic, of which a table may be made apart.

    >>> key = {"parts": {"task": "a@1", "metric": "1"}, "metrics": {"f1": "2"}}
    >>> table_key(key, "f1") == table_key({"parts": {"task": "a@1", "metric": "9"}, "metrics": {"f1": "2"}}, "f1")
    True
    """
    parts = {name: part for name, part in key["parts"].items() if name != "arithmetic"}
    return digest({**parts, **_code_of(key, metric)})


def _code_of(key: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """The digest of one metric's code, where a record has it, in place of the digest of all metrics' code."""
    held = (key.get("metrics") or {}).get(metric)
    return {"metric": held} if held else {}
