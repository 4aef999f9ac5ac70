"""What the board takes from each record on disk, and nothing more: ten thousand records fit into little memory.

A record file is read once; its digest is of the very bytes that were read, so that every row of a board can be traced
to a file and proved. Messages name paths relative to the results folder: a board is the same from wherever it is made.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.board.values import Value, timings, values
from harness.errors import DataError, UsageError
from harness.files import contents, digest
from harness.machine.commits import commit_of
from harness.protocols.supervised import ALSO_RANKS
from harness.records.record import RunRecord, encoder_name, model_name, parse, table_key

KINDS: Mapping[tuple[str, ...], Any] = {
    ("moment", "split", "task"): str,
    ("encoder", "hardware"): str | None,
    ("parameters", "limit"): int | None,
    ("parts", "changed", "metrics"): dict,
}
"""What an edited record may break and a table would stumble over later."""


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
    precision: str = ""  # of a timing: the arithmetic of its training steps
    session: str = ""  # of a timing: what was timed in turn with it says the same
    blocks: dict[str, tuple[float, ...]] = field(default_factory=dict)  # of a timing: seconds of each block, by measure
    unsteady: int = 0  # of a timing: measures whose warm-up ended before it was steady
    refused: tuple[str, ...] = ()  # windows, in tokens, that the model would not read
    metrics: dict[str, str] = field(default_factory=dict)  # metric -> digest of the code that it comes from
    items: bool = False  # whether the record has items, from which places follow
    deterministic: bool = False  # whether the model draws nothing, so that every seed gives the same
    other_version: bool = False  # whether it was timed as another version of the code, to hold the present one against

    @property
    def arithmetic(self) -> str:
        """The class of arithmetic that the run computed in; ``exact`` for one that needed no torch."""
        return str(self.parts.get("arithmetic", ""))

    def table_key(self, metric: str) -> str:
        """What runs have in common whose values of a metric differ in the class of arithmetic at most."""
        parts = {name: part for name, part in self.parts.items() if name != "arithmetic"}
        return table_key({"parts": parts, "metrics": self.metrics}, metric)


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
    root: Path | None = None  # the folder; None for runs that are in no folder


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
            content = contents(Path(path))
            record = parse(content.decode(), Path(relative), Path(path).parent)
            reading.runs.append(run_of(record, relative, short(content)))
        except DataError as error:
            reading.damaged.append(Damaged(relative, short(content), str(error)))
        except OSError as error:
            reading.damaged.append(Damaged(relative, short(content), f"{relative} cannot be read ({error.strerror})."))
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            reason = f"{relative} does not hold together ({type(error).__name__}: {error}). The file was edited; run it again, or delete its folder."
            reading.damaged.append(Damaged(relative, short(content), reason))
    return Reading(reading.runs, reading.damaged, passed, root)


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
    measures = record.speed.get("measures") or {}
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
        values=measured(record) if record.status == "success" else {},
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
        details=timing_details(measures),
        precision=str((record.speed.get("precision") or {}).get("train/whole/trace") or ""),
        session=str(record.speed.get("session") or ""),
        blocks={name: tuple(map(float, measure["seconds"])) for name, measure in measures.items()},
        unsteady=sum(not (measure.get("warmup") or {}).get("steady") for measure in measures.values()),
        refused=tuple(
            dict.fromkeys(window for item in record.training.values() for window in item.get("refused") or ())
        ),
        metrics=key.get("metrics", {}),
        items=bool(record.items),
        deterministic=bool(model.get("deterministic")),
        other_version=bool(record.speed.get("version")),
    )
    for names, kinds in KINDS.items():
        for name in names:
            if not isinstance(getattr(run, name), kinds):
                raise TypeError(f"{name} is {getattr(run, name)!r}")
    return run


def measured(record: RunRecord) -> dict[str, Value]:
    """The values of a record that succeeded."""
    return timings(record.results) if record.speed else values(record.results)


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
