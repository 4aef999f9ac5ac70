"""What the board takes from each record on disk, and nothing more: ten thousand records fit into little memory.

A record file is read once; its digest is of the very bytes that were read, so that every row of a board can be traced
to a file and proved. Messages name paths relative to the results folder: a board is the same from wherever it is made.
"""

from __future__ import annotations

import hashlib
import math
import os
import shlex
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import DataError, UsageError
from harness.files import digest
from harness.machine.commits import commit_of
from harness.protocols.supervised import ALSO_RANKS
from harness.records.record import RunRecord, encoder_name, model_name, parse, table_key

LEVEL = 0.95
DRAWN = ("position:", "distance:")
"""Parts of a metric that a board draws as curves."""
KINDS: Mapping[tuple[str, ...], Any] = {
    ("moment", "split", "task"): str,
    ("encoder", "hardware"): str | None,
    ("parameters", "limit"): int | None,
    ("parts", "changed", "metrics"): dict,
}
"""What an edited record may break and a table would stumble over later."""


@dataclass(frozen=True, slots=True)
class Value:
    """One metric of one record, in the metric's own unit."""

    value: float
    unit: str = "proportion"
    higher_is_better: bool = True
    n: int = 0
    lower: float | None = None  # of the 95 % interval
    upper: float | None = None
    standard_error: float | None = None
    seed_sd: float | None = None
    seeds: int = 1
    overlap_free: float | None = None
    by: tuple[tuple[str, float], ...] = ()  # parts that are drawn: by position in a window, by distance

    @property
    def error(self) -> float:
        """Standard error of the mean over seeds: of the documents, and of the seeds, taken as independent.

        >>> round(Value(0.5, standard_error=0.03, seed_sd=0.08, seeds=4).error, 3)
        0.05
        """
        return math.hypot(self.standard_error or 0.0, (self.seed_sd or 0.0) / math.sqrt(self.seeds))


def shown(value: Value) -> str:
    """A value as text: proportions in percent.

    >>> shown(Value(0.64839)), shown(Value(12, unit="entities")), shown(Value(1.23456, unit="bits"))
    ('64.84', '12', '1.235')
    """
    return number(value.value, value.unit)


def number(value: float, unit: str) -> str:
    """A number of a unit as text: proportions in percent, others with four digits, zeros at their end kept.

    >>> number(0.5, "proportion"), number(4.0, "bits"), number(12.0, "entities"), number(1234.5, "perplexity")
    ('50.00', '4.000', '12', '1234')
    """
    if unit == "proportion":
        return f"{100 * value:.2f}"
    if float(value).is_integer() and unit not in ("bits", "nats", "perplexity"):
        return f"{value:.0f}"
    return f"{value:#.4g}" if abs(value) < 1000 else f"{value:.4g}"


@dataclass(frozen=True, slots=True)
class Run:
    """One record, as far as a board needs it."""

    path: str  # relative to the results folder
    digest: str  # twelve digits of the SHA-256 of the record's file
    status: str
    moment: str  # UTC, when it ended; when it began where it has not
    task: str
    split: str
    sample: bool
    model: str  # with its changed settings
    version: int
    encoder: str | None
    trivial: bool
    parameters: int | None
    protocol: str
    seeds: int
    limit: int | None
    key: str
    parts: dict[str, Any]
    hardware: str | None
    revision: str | None
    minutes: float | None
    values: dict[str, Value]
    reason: str
    verified: bool = True  # whether every data file was byte for byte a known one; the embedded sample is
    flattered: bool = False  # whether the epoch was chosen on the ranked rows themselves
    changed: dict[str, Any] = field(default_factory=dict)  # settings that are not at their default
    timed: bool = False  # whether the run measured time instead of answering
    disturbed: str = ""  # of a timing: why it is not ranked
    reference: str = ""  # of a timing: the model that its ratios divide by
    threads: int | None = None
    details: dict[str, float] = field(default_factory=dict)  # of a timing: examples a second, latencies in seconds
    refused: tuple[str, ...] = ()  # windows, in tokens, that the model would not read
    metrics: dict[str, str] = field(default_factory=dict)  # metric -> digest of the code that it comes from
    other_version: bool = False  # whether it was timed as another version of the code, to hold the present one against

    def table_key(self, metric: str) -> str:
        """What runs have in common whose values of a metric may be compared."""
        return table_key({"parts": self.parts, "metrics": self.metrics}, metric)


def age(run: Run) -> tuple[str, str]:
    """What puts runs in order of time; the path decides between two of one second."""
    return run.moment, run.path


@dataclass(frozen=True, slots=True)
class Damaged:
    """A record file that does not hold together, and why."""

    path: str
    digest: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """A results folder, read."""

    runs: list[Run] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    samples: int = 0  # runs on embedded samples that were passed over unread


def read(root: Path, samples: bool = False) -> Reading:
    """Read every record below a folder; one that is damaged hides no other. Sample runs only where asked for.

    A folder that does not exist holds no records. Raises ``UsageError`` where a file stands in its place.
    """
    reading, passed = Reading(), 0
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file, not a results folder. Give the folder with --output-dir.")
    for path in record_files(str(root)):
        relative = path[len(str(root)) :].lstrip("/").encode("utf-8", "backslashreplace").decode()
        if not samples and "@sample/" in relative:
            passed += 1
            continue
        content = b""
        try:
            content = Path(path).read_bytes()
            record = parse(content.decode(), Path(relative), Path(path).parent)
            reading.runs.append(run_of(record, relative, short(content)))
        except DataError as error:
            reading.damaged.append(Damaged(relative, short(content), str(error)))
        except OSError as error:
            reading.damaged.append(Damaged(relative, short(content), f"{relative} cannot be read ({error.strerror})."))
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            reason = f"{relative} does not hold together ({type(error).__name__}: {error}). The file was edited; run it again, or delete its folder."
            reading.damaged.append(Damaged(relative, short(content), reason))
    return Reading(reading.runs, reading.damaged, passed)


def record_files(folder: str) -> Iterator[str]:
    """Paths of all ``result.json`` below a folder, in order; a run's own folders are not searched."""
    try:
        with os.scandir(folder) as found:
            items = sorted(found, key=lambda item: item.name)
    except FileNotFoundError:
        return
    except OSError:  # a closed folder may hold a record: reading it will fail, and be told
        yield f"{folder}/result.json"
        return
    if any(item.name == "result.json" for item in items):
        yield f"{folder}/result.json"
        return
    for item in items:
        if item.is_dir(follow_symlinks=False):
            yield from record_files(item.path)


def short(content: bytes) -> str:
    """Twelve digits that a reader can check with ``sha256sum``.

    >>> short(b"")
    'e3b0c44298fc'
    """
    return hashlib.sha256(content).hexdigest()[:12]


def run_of(record: RunRecord, path: str, sha: str) -> Run:
    """Take from a record what a board shows. Raises ``DataError`` where its key does not follow from its parts."""
    key, model, protocol = record.comparability_key, record.model, record.protocol
    if digest(key["parts"]) != key["sha256"]:
        raise DataError(
            f"{path} has a comparability key that is not the hash of its parts. "
            "The file was edited; run it again, or delete its folder."
        )
    sample = bool(record.task["sample"]) or record.task["name"].endswith("@sample")
    seconds = [item["seconds"] for item in record.training.values() if "seconds" in item]
    run = Run(
        path=path,
        digest=sha,
        status=record.status,
        moment=record.finished_at or record.started_at,
        task=record.task["name"].removesuffix("@sample") + ("@sample" if sample else ""),
        split=record.task["split"],
        sample=sample,
        model=model_name(model),
        version=int(model["version"]),
        encoder=encoder_name(model),
        trivial=bool(model["trivial"]),
        parameters=model["parameters"],
        protocol=protocol["name"] if protocol["version"] is None else f"{protocol['name']}@{protocol['version']}",
        seeds=len(record.config["seeds"]),
        limit=record.config["limit"],
        key=str(key["sha256"]),
        parts=key["parts"],
        hardware=key.get("hardware_class"),
        revision=revision(record.revision),
        minutes=sum(seconds) / len(seconds) / 60 if seconds else None,
        values=values(record.results) if record.status == "success" else {},
        reason=reason(record),
        verified=all(
            file.get("verified") for split in record.data.get("splits", {}).values() for file in split["files"]
        ),
        flattered=any(str(item.get("chosen_on")).endswith(ALSO_RANKS) for item in record.training.values()),
        changed=model["changed"],
        timed=bool(record.speed),
        disturbed=str(record.speed.get("disturbed") or ""),
        reference=str(record.speed.get("reference") or ""),
        threads=record.environment.get("threads"),
        details=timing_details(record.speed.get("measures") or {}),
        refused=tuple(
            dict.fromkeys(window for item in record.training.values() for window in item.get("refused") or ())
        ),
        metrics=key.get("metrics", {}),
        other_version=bool(record.speed.get("version")),
    )
    for names, kinds in KINDS.items():
        for name in names:
            if not isinstance(getattr(run, name), kinds):
                raise TypeError(f"{name} is {getattr(run, name)!r}")
    return run


def values(results: Mapping[str, Any]) -> dict[str, Value]:
    """The metrics of a record that are finite numbers, in the record's order."""
    made = {}
    for name, entry in results.items():
        value = finite(entry["value"])
        if value is None:
            continue
        doubt = entry.get("uncertainty") or {}
        interval = doubt.get("confidence_interval") or {}
        stated = interval.get("confidence_level") == LEVEL  # a column says 95 %: no other interval may stand in it
        made[name] = Value(
            value=value,
            unit=str(entry["unit"]),
            higher_is_better=bool(entry["higher_is_better"]),
            n=int(entry["n"]),
            lower=finite(interval["lower"]) if stated else None,
            upper=finite(interval["upper"]) if stated else None,
            standard_error=finite(doubt.get("standard_error")),
            seed_sd=finite(entry.get("seed_sd")),
            seeds=len(entry.get("per_seed") or [0]),
            overlap_free=finite((entry.get("overlap_free") or {}).get("value")),
            by=tuple(
                (key, float(part["value"])) for key, part in (entry.get("by") or {}).items() if key.startswith(DRAWN)
            ),
        )
    return made


def timing_details(measures: Mapping[str, Any]) -> dict[str, float]:
    """What the blocks of a timing say beside its results: amounts a second, latency in seconds of one text at a time.

    >>> measures = {"predict/whole/trace": {"seconds": [0.5, 0.4, 0.9], "examples": 32, "tokens": 100}}
    >>> timing_details(measures | {"predict/whole/1x128": {"latency_s": {"p50": 0.01}}})
    {'predict_examples_per_second': 64.0, 'latency_p50': 0.01}
    """
    shown = (("train/whole", "examples"), ("predict/whole", "examples"), ("tokenise/whole", "tokens"))
    made = {}
    for kind, amount in shown:
        trace = measures.get(f"{kind}/trace")
        if trace:
            name = f"{kind.partition('/')[0]}_{amount}_per_second"
            made[name] = trace[amount] / statistics.median(trace["seconds"])
    latency = measures.get("predict/whole/1x128", {}).get("latency_s", {})
    return made | {f"latency_{name}": seconds for name, seconds in latency.items()}


def finite(value: Any) -> float | None:
    """The value if it is a finite number.

    >>> finite(0.5), finite(float("nan")), finite(None)
    (0.5, None, None)
    """
    return value if type(value) in (int, float) and math.isfinite(value) else None  # the exact type: True is no score


def revision(facts: Mapping[str, Any]) -> str | None:
    """The commit in ten digits, with a plus where the source had been changed since and is that of no known commit.

    >>> revision({"commit": "0123456789abcdef", "dirty": True, "source_sha256": "of no commit"})
    '0123456789+'
    """
    commit, changed = commit_of(facts)
    return f"{commit[:10]}{'+' if changed else ''}" if commit else None


def reason(record: RunRecord) -> str:
    """Why a run has no score; empty for one that has."""
    if record.status == "success":
        return ""
    if record.status == "started":
        done, wanted = len(record.training), len(record.config["seeds"])
        return (
            f"unfinished, {done} of {wanted} seeds are done; the same command resumes it: {shlex.join(record.command)}"
        )
    error = record.error or {}
    kind = "" if record.status == "skipped" else f"{error.get('type', 'unknown')}: "
    return f"{kind}{error.get('message', 'no reason is on record')}"
