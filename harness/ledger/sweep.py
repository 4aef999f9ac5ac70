"""The runs that would decide the claims that are undecided, as TOML: one table a run, with the seeds that are lacking."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.claim import Recorded, Side, TimeRatio, Value, walk
from harness.ledger import names
from harness.ledger.evidence import EXACT, Held, Shelf, Trouble, candidates
from harness.ledger.leaves import Leaf
from harness.ledger.outcomes import Outcome
from harness.ledger.words import level_of
from harness.statistics import verdicts

MOST_SEEDS = 30
"""More seeds than this are not asked for: the claim is then too close to its margin."""
HEAD = (
    "# The runs that would decide claims that are undecided, made by `harness claims --sweep FILE` from cards and records.\n"
    "# A [[run]] is a `harness run` with these seeds; a [[bench]] times its models in turn, on the device named.\n"
)


@dataclass(frozen=True)
class Wanted:
    """One run or timing, and the claims that ask for it."""

    kind: str  # "run" or "bench"
    task: str
    models: tuple[str, ...]
    encoder: str
    regime: str
    protocol: str
    where: str  # of a run: the class of arithmetic; of a timing: the device
    seeds: tuple[int, ...]
    claim: str


def wanted(outcomes: Iterable[Outcome], root: Path) -> list[Wanted]:
    """What the undecided claims ask for, in their order."""
    shelf = Shelf(root)
    return [
        run
        for one in outcomes
        if one.verdict == verdicts.UNDECIDED
        for leaf in one.node.leaves
        for run in (*runs(one, leaf, shelf), *timings(one, leaf))
    ]


def runs(one: Outcome, leaf: Leaf, shelf: Shelf) -> Iterator[Wanted]:
    """The seeds that each side of a condition lacks on each task."""
    claim = one.filed.claim
    seeds = max(verdicts.FEWEST_SEEDS, claim.seeds, more(leaf))
    if leaf.measured.error is not None and not leaf.measured.none and min(leaf.supports, leaf.refutes) < 0.001:
        return  # this condition is clear; others of the claim are not
    if seeds > MOST_SEEDS:
        return
    for node in walk(leaf.condition):
        if isinstance(node, Value | Recorded):
            side = claim.side(node.side)
            found = candidates(shelf, claim, side, node.task, timed=False)
            held = [] if isinstance(found, Trouble) else fitting(found, claim.arithmetic)
            if any(run.deterministic for run in held):
                continue
            lacking = {*range(seeds)} - {seed for run in held for seed in run.record.config["seeds"]}
            if lacking:
                yield run_of(one, side, node.task, tuple(sorted(lacking)))


def fitting(found: Sequence[Held], arithmetic: str) -> list[Held]:
    """The records of a class of arithmetic."""
    return [run for run in found if run.arithmetic in (arithmetic, EXACT)]


def more(leaf: Leaf) -> int:
    """How many seeds in all would decide a condition that was measured; 0 where that is not known."""
    found = leaf.measured
    if found.parts is None or found.none or found.value is None:
        return 0
    return leaf.needed(level_of(leaf, 1)).seeds or 0


def run_of(one: Outcome, side: Side, task: str, seeds: tuple[int, ...]) -> Wanted:
    """A run of one side."""
    claim = one.filed.claim
    name = names.task_version(task)[0]
    return Wanted(
        "run", name, (side.model,), side.encoder, side.regime, claim.protocol, claim.arithmetic, seeds, one.filed.name
    )


def timings(one: Outcome, leaf: Leaf) -> Iterator[Wanted]:
    """The timing that a condition on times lacks."""
    node = leaf.condition.of
    if isinstance(node, TimeRatio) and leaf.measured.value is None:
        claim = one.filed.claim
        side, reference = claim.side(node.side), claim.side(node.reference)
        name = names.task_version(node.task)[0]
        models = (reference.model, side.model)
        yield Wanted("bench", name, models, side.encoder, "plain", claim.timing, node.device, (), one.filed.name)


def render(found: Sequence[Wanted]) -> str:
    """The file: what several claims ask for stands in it once, with the names of all."""
    merged: dict[tuple[object, ...], tuple[set[int], list[str]]] = {}
    for run in found:
        key = (run.kind, run.task, run.models, run.encoder, run.regime, run.protocol, run.where)
        seeds, claims = merged.setdefault(key, (set(), []))
        seeds.update(run.seeds)
        claims += [run.claim] if run.claim not in claims else []
    return "\n".join([HEAD, *(table(key, *value) for key, value in merged.items())])


def table(key: tuple[object, ...], seeds: set[int], claims: Sequence[str]) -> str:
    """One table of the file."""
    kind, task, models, encoder, regime, protocol, where = key
    assert isinstance(models, tuple)
    fields: dict[str, object] = {"task": task}
    fields |= {"model": models[0]} if kind == "run" else {"models": list(models)}
    fields |= {"encoder": encoder} if encoder else {}
    fields |= {"regime": regime} if regime != "plain" else {}
    fields |= {"protocol": protocol, "arithmetic" if kind == "run" else "device": where}
    fields |= {"seeds": sorted(seeds)} if kind == "run" else {}
    fields["claims"] = list(claims)
    return "\n".join([f"[[{kind}]]", *(f"{name} = {json.dumps(value)}" for name, value in fields.items()), ""])
