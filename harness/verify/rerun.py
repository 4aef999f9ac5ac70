"""Last rung: the model is asked again for some items, and must answer as the record says.

The items are those whose digest with the record's own bytes comes first, so that whoever runs the check does not choose
them. A model that learned by gradients is given the weights that ``--keep-weights`` kept, found by the digest on record;
one that counts learns again, one that is not trained is built. Items are asked in the very batches of the run. On a
machine of the same class with the same packages every answer must be the stored one to the last digit; elsewhere
numbers may differ by a tolerance and some answers may differ, as said in ``allowance``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import HarnessError, where
from harness.files import canonical
from harness.machine.clock import Clock
from harness.records.record import RunRecord
from harness.records.store import RunFolder
from harness.trial import replanning
from harness.trial.answering import OtherWeightsError, make_ready
from harness.trial.planning import Plan, computes_with_torch
from harness.trial.recorded import recorded_splits
from harness.trial.running import trials
from harness.verify.evidence import Evidence
from harness.verify.finding import RERUN, Finding, not_checkable, verdict

WAY_OUT = "A run is asked again on its own data: bring them by `harness data add PATH`, or name them with --data."


@dataclass(frozen=True)
class Asked:
    """What ``harness verify --to rerun`` is told beside the records."""

    weights: Path | None = None  # the folder that --keep-weights filled
    items: int = 32  # of each seed
    data: Path | None = None  # where the data are, if not where they are usually found


@dataclass(frozen=True)
class Allowance:
    """How far answers may be from the stored ones."""

    tolerance: float  # of a number, relative, and absolute below one
    share: float  # of items that must be equal within it
    words: str


EXACT = Allowance(0.0, 1.0, "every digit was asked for: machine and packages are of the same kind")
ELSEWHERE = {"float32": (1e-3, 0.95), "exact": (1e-3, 1.0)}
LOW_PRECISION = (2e-2, 0.85)
"""Tolerance and share of equal items on another machine, by the arithmetic of answering; the last is for bf16."""


def check(evidence: Evidence, asked: Asked) -> Iterator[Finding]:
    """The model answers the items of the record's choice as the record says."""
    record = evidence.record
    why = _closed(evidence)
    if record is None or why:
        yield not_checkable(RERUN, "answers", why)
        return
    try:
        with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(sys.stderr):
            yield from _seeds(evidence, record, asked, Path(place))
    except HarnessError as error:
        yield not_checkable(RERUN, "answers", str(error))


def _closed(evidence: Evidence) -> str:
    """Why a record cannot be asked again; empty where it may."""
    record = evidence.record
    if record is None:
        return "the record cannot be read"
    if record.status != "success":
        return f"a run of status {record.status} has no answers"
    if record.speed:
        return "a timing has no answers"
    return evidence.trouble["rows"] if evidence.rows is None else ""


def _seeds(evidence: Evidence, record: RunRecord, asked: Asked, place: Path) -> Iterator[Finding]:
    """What each seed's model says, and how many answers of all seeds are the stored ones."""
    made = replanning.replanned(record)
    _, module, splits = recorded_splits(record, record.data["splits"], asked.data, WAY_OUT)
    device = replanning.device_of(made, record)
    procedure, trial_of = trials(made, module, splits, device, RunFolder(place), Clock())
    wrong, compared, same, allowed = [], 0, 0, EXACT
    for seed in made.seeds:
        trial = trial_of(seed)
        allowed = allowance(record, made, trial.model, device)  # its packages are loaded now
        held = {row["id"]: row for row in evidence.seeds.get(seed, ())}
        chosen = picked(evidence.content or b"", seed, list(held), asked.items)
        try:
            make_ready(procedure, trial, record, [asked.weights] if asked.weights else [])
            again = answers(procedure, trial, chosen, held)
        except Exception as error:  # also what a model of one's own raises, and weights of another shape
            yield _unasked(seed, error)
            continue
        pairs = [(name, again.get(name), held[name]) for name in chosen]
        compared, same = compared + len(chosen), same + sum(one == other for _, one, other in pairs)
        wrong += [f"{name} of seed {seed}" for name, one, other in pairs if not alike(one, other, allowed.tolerance)]
    if compared:
        yield _compared(wrong, compared, same, allowed)


def _unasked(seed: int, error: Exception) -> Finding:
    """Why a seed's model was not asked: something is not here, the weights are other ones, or the model raised."""
    if isinstance(error, OtherWeightsError):
        return verdict(RERUN, f"weights of seed {seed}", [str(error)], "", True)
    if isinstance(error, HarnessError):
        return not_checkable(RERUN, f"answers of seed {seed}", str(error))
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return not_checkable(RERUN, f"answers of seed {seed}", "out of memory")
    return verdict(RERUN, f"answers of seed {seed}", [f"the model cannot be asked: {where(error)[:300]}"], "")


def _compared(wrong: Sequence[str], compared: int, same: int, allowed: Allowance) -> Finding:
    equal = compared - len(wrong)
    said = f"{equal} of {compared} items are answered as stored, {same} of them to the last digit; {allowed.words}"
    enough = equal >= allowed.share * compared
    return verdict(RERUN, "answers", [] if enough else [f"only {said}; not {', '.join(wrong[:3])}"], said)


def picked(content: bytes, seed: int, ids: Sequence[str], items: int) -> list[str]:
    """So many ids, chosen by the bytes of a record: those whose digest with these and the seed comes first.

    >>> picked(b"{}", 0, ["a", "b", "c", "d"], 2), picked(b"{ }", 0, ["d", "c", "b", "a"], 2)
    (['b', 'a'], ['a', 'b'])
    """
    record = hashlib.sha256(content).hexdigest()
    return sorted(ids, key=lambda name: hashlib.sha256(f"{record} {seed} {name}".encode()).digest())[:items]


def answers(
    procedure: ModuleType, trial: Any, chosen: Sequence[str], held: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Id -> the line that the model gives for it now; each is asked together with the rows that it was asked with."""
    wanted = set(chosen)
    found: dict[str, dict[str, Any]] = {}
    for chunk in procedure.chunks(trial):
        if wanted & {example.id for example in chunk}:
            rows: list[dict[str, Any]] = json.loads(canonical(procedure.lines(trial, chunk)))
            found |= {row["id"]: row for row in rows}
    if hasattr(procedure, "settle"):  # labels depend on the scores of all items
        procedure.settle(trial, {name: found.get(name) or dict(row) for name, row in held.items()})
    return found


def allowance(record: RunRecord, made: Plan, model: Any, device: str) -> Allowance:
    """How far answers may be from those of a record, given this machine and the arithmetic that the model answers in."""
    differing = replanning.differences(made, record, device)
    if not differing:
        return EXACT
    kind = getattr(model, "precision", "float32") if computes_with_torch(made.model) else "exact"
    tolerance, share = ELSEWHERE.get(kind, LOW_PRECISION)
    words = f"{share:.0%} within {tolerance:g} were asked for, in {kind}: {'; '.join(differing)}"
    return Allowance(tolerance, share, words)


def alike(again: Any, held: Any, tolerance: float) -> bool:
    """Whether an answer is the stored one; numbers with a fraction, and whole ones beside them, within a tolerance.

    >>> alike({"label": 1, "nats": 0.25}, {"label": 1, "nats": 0.2501}, 1e-3), alike([[0, 2, "PER"]], [[0, 3, "PER"]], 1)
    (True, False)
    """
    if isinstance(again, dict) and isinstance(held, dict):
        return again.keys() == held.keys() and all(alike(again[name], held[name], tolerance) for name in again)
    if isinstance(again, list) and isinstance(held, list):
        loose = any(isinstance(value, float) for value in held)
        pairs = list(zip(again, held, strict=False))
        return len(again) == len(held) and all(
            _near(one, other, tolerance) if loose and _numbers(one, other) else alike(one, other, tolerance)
            for one, other in pairs
        )
    if isinstance(again, float) and _numbers(again, held):
        return _near(again, held, tolerance)
    return type(again) is type(held) and bool(again == held)


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _near(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance * max(1.0, abs(one), abs(other))
