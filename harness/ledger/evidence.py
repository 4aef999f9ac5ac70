"""The records that a claim stands on: which there are of each side, and which of them may be held against each other.

Sides are compared on records of one comparability key: task and its version, data, split, limit, protocol, class of
arithmetic. Where a seed is on record twice the run with more seeds counts, then the earlier one, so that nobody runs a
seed again until it suits him.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.claim import Claim, Side
from harness.errors import HarnessError
from harness.files import canonical, contents, digest
from harness.ledger import names
from harness.records.record import RunRecord, parse
from harness.records.store import RunFolder
from harness.spec import Protocol

EXACT = "exact"
CODE = "metric"
ARITHMETIC = "arithmetic"


@dataclass(frozen=True)
class Held:
    """A record and its folder; ``path`` is that below the results folder."""

    path: str
    folder: RunFolder
    record: RunRecord

    @property
    def deterministic(self) -> bool:
        """Whether its model draws nothing: it is the same under every seed."""
        return bool(self.record.model.get("deterministic"))

    @property
    def arithmetic(self) -> str:
        """The class of arithmetic that it was computed in; empty where the record does not say."""
        return str(self.record.comparability_key["parts"].get(ARITHMETIC, ""))

    def code(self, metric: str) -> str:
        """The digest of a metric's code, with the version of an outside scorer."""
        key = self.record.comparability_key
        scorer = (key.get("scorers") or {}).get(metric, "")
        return f"{(key.get('metrics') or {}).get(metric) or key['parts'].get(CODE)} {scorer}"


@dataclass(frozen=True)
class Trouble:
    """Why a side has no records to use. ``void`` marks a record that is damaged; else they are missing or do not fit."""

    reason: str
    void: bool = False


@dataclass(frozen=True)
class Chosen:
    """The records of one side on one task, with the seeds that each of them gives."""

    side: Side
    runs: tuple[tuple[Held, tuple[int, ...]], ...]

    @property
    def deterministic(self) -> bool:
        """Whether all of them draw nothing."""
        return all(run.deterministic for run, _ in self.runs)

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds, ascending."""
        return tuple(sorted(seed for _, seeds in self.runs for seed in seeds))


@dataclass(frozen=True)
class Named:
    """A side on a task as records spell it."""

    task: str
    version: int
    protocol: Protocol
    system: names.System


@dataclass
class Shelf:
    """A results folder, read where a claim asks for it."""

    root: Path
    since: str = ""  # only records that began after this moment
    _read: dict[tuple[str, str], tuple[list[Held], list[str]]] = field(default_factory=dict)
    _named: dict[tuple[Side, str, str], Named] = field(default_factory=dict)

    def newer(self, since: str) -> Shelf:
        """The same folder without older records."""
        return Shelf(self.root, since, self._read, self._named)

    def named(self, claim: Claim, side: Side, task: str, timed: bool) -> Named:
        """What records of a side on a task are called; each is looked up once."""
        key = side, task, claim.timing if timed else claim.protocol
        if key not in self._named:
            protocol = names.trial(claim, task, timed)
            self._named[key] = Named(*names.task_version(task), protocol, names.system(side, protocol))
        return self._named[key]

    def runs(self, task: str, model: str) -> tuple[list[Held], list[str]]:
        """The finished records of a model on a task, and what is wrong with those that cannot be read."""
        if (task, model) not in self._read:
            found, wrong = [], []
            for path in sorted((self.root / task / model).glob("*/result.json")):
                below = path.parent.relative_to(self.root).as_posix()
                try:
                    record = parse(contents(path).decode(), Path(below, path.name), path.parent)
                    key = record.comparability_key
                    if digest(key["parts"]) != key["sha256"]:
                        raise ValueError("its comparability key is not the hash of its parts")
                    found.append(Held(below, RunFolder(path.parent), record))
                except HarnessError as error:
                    wrong.append(str(error))
                except (OSError, ValueError, KeyError, TypeError) as error:
                    wrong.append(f"{below}/{path.name} does not hold together ({error}).")
            self._read[task, model] = found, wrong
        found, wrong = self._read[task, model]
        return [run for run in found if run.record.started_at > self.since], wrong


def candidates(shelf: Shelf, claim: Claim, side: Side, task: str, timed: bool) -> list[Held] | Trouble:
    """The records of a side on a task, or why there are none."""
    named = shelf.named(claim, side, task, timed)
    name, protocol, system = named.task, named.protocol, named.system
    found, wrong = shelf.runs(name, system.model)
    if wrong:
        return Trouble(wrong[0], void=True)
    spelled = {"name": protocol.name, "version": protocol.version}
    fitting = [
        run
        for run in found
        if run.record.status == "success"
        and not run.record.task["sample"]
        and run.record.config["limit"] is None
        and bool(run.record.speed) == timed
        and not run.record.speed.get("version")
        and {part: run.record.protocol[part] for part in spelled} == spelled
        and run.record.model["changed"] == system.changed
        and run.record.model["encoder"] == system.encoder
    ]
    current = [
        run
        for run in fitting
        if (run.record.task["version"], run.record.model["version"]) == (named.version, system.version)
    ]
    if fitting and not current:
        return Trouble(f"the records of {side.name} on {name} are of another version of the task or the model")
    if not current:
        return Trouble(f"no record of {side.name} on {name}; `{names.command(side, task, claim, timed)}` would give it")
    return current


def choose(shelf: Shelf, claim: Claim, sides: Iterable[str], task: str) -> dict[str, Chosen] | Trouble:
    """Records of all sides on a task that may be compared: of one key, those with most seeds in common.

    Raises nothing: what stands in the way is a ``Trouble``.
    """
    by_side: dict[str, dict[str, list[Held]]] = {}
    for name in sides:
        found = candidates(shelf, claim, claim.side(name), task, timed=False)
        if isinstance(found, Trouble):
            return found
        fitting = [run for run in found if run.arithmetic in (claim.arithmetic, EXACT)]
        if not fitting:
            other = ", ".join(sorted({run.arithmetic or "unknown arithmetic" for run in found}))
            return Trouble(f"the records of {name} on {task} are of {other}, the claim is about {claim.arithmetic}")
        groups: dict[str, list[Held]] = {}
        for run in fitting:
            groups.setdefault(canonical(_parts(run)), []).append(run)
        by_side[name] = groups
    common = set.intersection(*({*groups} for groups in by_side.values()))
    if not common:
        return Trouble(f"on {task} the records of {_unlike(by_side)}: they may not be compared")
    made = [{name: pick(claim.side(name), groups[key]) for name, groups in by_side.items()} for key in sorted(common)]
    return max(made, key=lambda sides: len(paired(list(sides.values()))))


def _parts(run: Held) -> dict[str, Any]:
    """What must be equal: the key without the code of metrics, which is looked at metric by metric, and arithmetic."""
    parts = run.record.comparability_key["parts"]
    return {name: value for name, value in parts.items() if name not in (CODE, ARITHMETIC)}


def _unlike(by_side: Mapping[str, Mapping[str, Sequence[Held]]]) -> str:
    """Which two sides differ, and in which parts of the key."""
    first, *others = by_side
    one = _parts(next(iter(by_side[first].values()))[0])
    for other in others:
        two = _parts(next(iter(by_side[other].values()))[0])
        parts = [name for name in sorted({*one, *two}) if one.get(name) != two.get(name)]
        if parts:
            return f"{first} and {other} differ in {', '.join(parts)}"
    return f"{' and '.join(by_side)} have no key in common"


def pick(side: Side, runs: Sequence[Held]) -> Chosen:
    """Each seed from the run with most seeds, then the earliest; files that one model loads, those with most seeds."""
    by_files: dict[str, list[Held]] = {}
    for run in sorted(runs, key=lambda run: (-len(run.record.config["seeds"]), run.record.started_at, run.path)):
        by_files.setdefault(
            canonical([run.record.model.get(part) for part in ("encoder_files", "files", "read")]), []
        ).append(run)
    made = []
    for group in by_files.values():
        taken: set[int] = set()
        parts = []
        for run in group:
            seeds = tuple(seed for seed in run.record.config["seeds"] if seed not in taken)
            taken.update(seeds)
            if seeds:
                parts.append((run, seeds))
        made.append(Chosen(side, tuple(parts)))
    return max(made, key=lambda chosen: len(chosen.seeds))


def paired(sides: Sequence[Chosen]) -> tuple[int, ...]:
    """The seeds that all sides have which draw something; none where no side does.

    A side that draws nothing is the same under every seed.
    """
    random = [{*side.seeds} for side in sides if not side.deterministic]
    return tuple(sorted(set.intersection(*random))) if random else ()
