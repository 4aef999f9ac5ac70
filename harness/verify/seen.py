"""What the fifth rung keeps of each record, so that its predictions need not stay in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import HarnessError
from harness.files import digest
from harness.records.record import RunRecord, further_files, model_name
from harness.registry import shelves
from harness.verify import itemwise
from harness.verify.evidence import Evidence

SHORT_S = 1.0
"""Times below it may be equal by chance, and say little of a machine."""


@dataclass(frozen=True)
class Answers:
    """All answers of one seed of a record, as a digest, and what tells whether they may be those of another."""

    run: str
    seed: int
    model: str  # with settings and encoder
    draws: bool | None  # whether another seed would answer otherwise; None: not known
    uniform: bool  # the same answer to every item
    training: str  # digest of parameters and losses; two seeds or settings that matter never share them
    seconds: float
    digest: str


@dataclass
class Seen:
    """What is kept of each record."""

    run: str
    model: str
    asked: str  # task, split, data and limit: equal where the gold is equal
    made: str  # digest of moments, durations and training: no two runs have the same
    answers: list[Answers] = field(default_factory=list)
    gold: dict[str, Any] = field(default_factory=dict)  # counts that gold alone determines
    times: dict[str, str] = field(default_factory=dict)  # what was timed -> digest of its seconds
    machine: str = ""
    seconds: float = 0.0  # of training, a seed
    trained: str = ""  # digest of model, task, protocol and steps: what takes as long on the same machine
    still: str = ""  # why a spread of zero is wrong


def see(evidence: Evidence, run: str) -> Seen | None:
    """What this rung needs of a record; ``None`` where it cannot be read."""
    record = evidence.record
    if record is None:
        return None
    parts = {name: record.comparability_key["parts"].get(name) for name in ("task", "split", "data", "limit")}
    whole = f"{model_name(record.model)} on {record.model['encoder']} {digest(record.model['encoder_files'])}"
    further = further_files(record.model)
    whole += f" {digest(further)}" if further else ""
    made = [record.started_at, record.finished_at, record.durations_s, record.training]
    seen = Seen(run, whole, digest(parts), digest(made), times=_times(record), machine=_machine(record))
    if record.status == "success" and not record.speed:
        seen.seconds, seen.trained = _trained(record, whole)
        seen.gold, seen.still = _gold(record) | itemwise.gold(evidence), _still(record)
        seen.answers = list(_answers(evidence, record, run, whole))
    return seen


def _answers(evidence: Evidence, record: RunRecord, run: str, model: str) -> Iterator[Answers]:
    for seed, rows in evidence.seeds.items():
        said = [repr({name: value for name, value in row.items() if name not in ("seed", "id")}) for row in rows]
        text = "\n".join(f"{row['id']} {answer}" for row, answer in zip(rows, said, strict=True))
        held = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
        report = record.training.get(str(seed)) or {}
        trained = digest([report.get("parameters"), report.get("steps"), report.get("history")])
        seconds = report.get("seconds", 0.0)
        yield Answers(run, seed, model, draws(record, seed), len(set(said)) == 1, trained, seconds, held)


def draws(record: RunRecord, seed: int) -> bool | None:
    """Whether another seed would answer otherwise.

    Not where the record says that its model draws nothing; and it does where its training counts steps, or where both
    the record and the model's card of today say that it draws. ``None`` where nothing tells.
    """
    said, report = record.model.get("deterministic"), record.training.get(str(seed))
    if said:
        return False
    if isinstance(report, Mapping) and report.get("steps"):
        return True
    try:
        card = shelves.find("models", record.model["name"]).card
    except HarnessError:
        return None
    return None if said is None or card.deterministic else True


def _times(record: RunRecord) -> dict[str, str]:
    """Digests of times that no second run has to the millisecond."""
    if record.status != "success":
        return {}
    if record.speed:
        return {name: digest(held["seconds"]) for name, held in record.speed["measures"].items()}
    own = {} if sum(record.durations_s.values()) < SHORT_S else {"its parts": digest(record.durations_s)}
    reports = [report for report in record.training.values() if isinstance(report, Mapping)]
    seconds = [report.get("seconds", 0.0) for report in reports if "passes" not in report]  # weights may be shared
    return own | ({"its seeds": digest(seconds)} if len(seconds) > 1 and all(seconds) else {})


def _machine(record: RunRecord) -> str:
    reports = [report for report in record.training.values() if isinstance(report, Mapping)]
    arithmetic = sorted({str(report.get("precision")) for report in reports})
    return (
        f"{record.comparability_key.get('hardware_class')}, {record.environment.get('threads')} threads, {arithmetic}"
    )


def _trained(record: RunRecord, model: str) -> tuple[float, str]:
    """Seconds of the quickest seed, and a digest of what was trained; nothing where no seed took long."""
    reports = [report for report in record.training.values() if isinstance(report, Mapping) and report.get("steps")]
    if not reports or "pooled" in record.config or min(report.get("seconds", 0.0) for report in reports) < SHORT_S:
        return 0.0, ""
    quickest = min(reports, key=lambda report: float(report["seconds"]))
    work = [model, record.comparability_key["parts"], quickest["steps"], quickest.get("parameters")]
    return float(quickest["seconds"]), digest(work)


def _still(record: RunRecord) -> str:
    spreads = [entry["seed_sd"] for entry in record.results.values() if entry.get("seed_sd") is not None]
    if spreads and not any(spreads) and all(draws(record, seed) for seed in record.config["seeds"]):
        return f"{len(record.config['seeds'])} seeds of a model that draws have no spread at all"
    return ""


def _gold(record: RunRecord) -> dict[str, Any]:
    found: dict[str, Any] = {name: entry["n"] for name, entry in record.results.items() if "per_seed" in entry}
    for name, entry in record.results.items():
        counts = (entry.get("sufficient") or [{}])[0]
        if name == "span_f1":
            found["gold spans"] = counts["tp"] + counts["fn"]
        if name == "accuracy":
            found["items of each label"] = {label: row["n"] for label, row in (entry.get("by") or {}).items()}
    return found
