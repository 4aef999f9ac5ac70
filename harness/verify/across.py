"""Fifth rung: what the records of a folder say of each other, above all whether one is a copy.

Predictions are copied where two seeds, models or runs answer all items in the very same way although at least one of
them drew at random. Not copies are models that draw nothing, a run that was made again with the same model and seed,
answers that are the same for every item, and two trainings with the same losses in unlike times: a setting that changed
nothing, such as flooding below a level that the loss never reached.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.files import digest
from harness.records.record import RunRecord, model_name
from harness.verify.evidence import Evidence
from harness.verify.finding import ACROSS, OPEN, PASS, Finding, verdict


@dataclass(frozen=True)
class Answers:
    """All answers of one seed of a record, as a digest, and what tells whether they may be those of another."""

    run: str
    seed: int
    model: str  # with settings and encoder
    learns: bool  # by gradients, so that each seed draws
    uniform: bool  # the same answer to every item
    training: str  # digest of parameters and losses; two seeds or settings that matter never share them
    seconds: float
    digest: str


@dataclass
class Seen:
    """What is kept of each record for this rung, so that its predictions need not stay in memory."""

    run: str
    model: str
    asked: str  # task, split, data and limit: equal where the gold is equal
    made: str  # digest of moments, durations and training: no two runs have the same
    answers: list[Answers] = field(default_factory=list)
    gold: dict[str, Any] = field(default_factory=dict)  # counts that gold alone determines
    blocks: dict[str, str] = field(default_factory=dict)  # measure -> digest of its seconds
    still: str = ""  # why a spread of zero is wrong


def see(evidence: Evidence, run: str) -> Seen | None:
    """What this rung needs of a record; ``None`` where it cannot be read."""
    record = evidence.record
    if record is None:
        return None
    parts = {name: record.comparability_key["parts"].get(name) for name in ("task", "split", "data", "limit")}
    whole = f"{model_name(record.model)} on {record.model['encoder']} {digest(record.model['encoder_files'])}"
    made = [record.started_at, record.finished_at, record.durations_s, record.training]
    seen = Seen(run, whole, digest(parts), digest(made))
    if record.status == "success" and record.speed:
        seen.blocks = {name: digest(held["seconds"]) for name, held in record.speed["measures"].items()}
    elif record.status == "success":
        seen.gold, seen.still = _gold(record), _still(record)
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
        yield Answers(run, seed, model, learns(record, seed), len(set(said)) == 1, trained, seconds, held)


def learns(record: RunRecord, seed: int) -> bool:
    """Whether a seed of a run was trained by gradients: its report counts steps."""
    report = record.training.get(str(seed))
    return isinstance(report, Mapping) and bool(report.get("steps"))


def _still(record: RunRecord) -> str:
    spreads = [entry["seed_sd"] for entry in record.results.values() if entry.get("seed_sd") is not None]
    if spreads and not any(spreads) and all(learns(record, seed) for seed in record.config["seeds"]):
        return f"{len(record.config['seeds'])} seeds of a model that trains by gradients have no spread at all"
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


def check(records: Iterable[Seen]) -> dict[str, list[Finding]]:
    """Run -> what is found of it among all records."""
    seen = list(records)
    found: dict[str, list[Finding]] = {one.run: [_spread(one)] for one in seen}
    if len(seen) < 2:
        for one in seen:
            found[one.run].append(Finding(ACROSS, "copies", OPEN, "there is no other record to compare it with"))
    wrong, said = _copies(seen)
    others = _runs(seen)
    gold = _unlike_gold(seen)
    for one in seen:
        inside = len(one.answers) > 1
        if len(seen) > 1 or inside:
            faults = wrong.get(one.run, []) + others.get(one.run, [])
            words = "; ".join(dict.fromkeys(said.get(one.run, ["no other has its answers or times"])))
            found[one.run].append(verdict(ACROSS, "copies" if len(seen) > 1 else "seeds", faults, words))
        if len(seen) > 1:
            found[one.run].append(
                verdict(ACROSS, "gold", gold.get(one.run, []), "scored on what others were scored on")
            )
    return found


def _spread(one: Seen) -> Finding:
    if one.still:
        return verdict(ACROSS, "spread", [one.still], "")
    return Finding(ACROSS, "spread", PASS, "its seeds differ, or it has one, or draws nothing")


def _copies(seen: list[Seen]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Run -> copied answers, and run -> equal answers that are to be expected, in words."""
    wrong: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    groups: dict[tuple[str, str], list[Answers]] = {}
    for one in seen:
        for answers in one.answers:
            groups.setdefault((one.asked, answers.digest), []).append(answers)
    for group in groups.values():
        for place, first in enumerate(group):
            for second in group[place + 1 :]:
                why = _expected(first, second)
                for own, other in ((first, second), (second, first)):
                    told = f"seed {own.seed} answers as seed {other.seed} of {other.run}"
                    (said if why else wrong).setdefault(own.run, []).append(f"{told}{': ' if why else ''}{why}")
    return wrong, said


def _expected(first: Answers, second: Answers) -> str:
    """Why two equal sets of answers are no copies; empty where they are."""
    if first.uniform:
        return "the same answer to every item"
    if not first.learns and not second.learns:
        return "neither trains by gradients"
    if first.run != second.run and (first.model, first.seed) == (second.model, second.seed):
        return "the same model and seed again"
    if first.seed == second.seed and first.training == second.training and first.seconds != second.seconds:
        return (
            "the same network by another name or setting: parameters and every loss are the same, its time is its own"
        )
    return ""


def _runs(seen: list[Seen]) -> dict[str, list[str]]:
    """Records of one run under two names, and timings with the very same blocks."""
    wrong: dict[str, list[str]] = {}
    first: dict[tuple[str, ...], Seen] = {}
    for one in seen:
        places = [("run", one.asked, one.model, one.made)] + [("blocks", name, sha) for name, sha in one.blocks.items()]
        for place in places:
            other = first.setdefault(place, one)
            if other is not one:
                what = "is the same run as" if place[0] == "run" else f"has the times of {place[1]} of"
                wrong.setdefault(one.run, []).append(f"it {what} {other.run}")
                wrong.setdefault(other.run, []).append(f"it {what} {one.run}")
    return wrong


def _unlike_gold(seen: list[Seen]) -> dict[str, list[str]]:
    """Records whose counts of gold differ from those of most others on the same data."""
    wrong: dict[str, list[str]] = {}
    values: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for one in seen:
        for name, value in one.gold.items():
            values.setdefault((one.asked, name), []).append((one.run, value))
    for (_, name), held in values.items():
        counted: dict[str, int] = {}
        for _, value in held:
            counted[digest(value)] = counted.get(digest(value), 0) + 1
        usual = max(counted, key=lambda sha: counted[sha])
        for run, value in held:
            if digest(value) != usual:
                wrong.setdefault(run, []).append(f"{name} is not what it is in other records of the same data")
    return wrong
