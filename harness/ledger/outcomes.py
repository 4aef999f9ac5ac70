"""All claims against all records: a pure function of cards, their lock and a results folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.ledger import lock, names, verifying, words
from harness.ledger.evidence import Shelf
from harness.ledger.form import expanded
from harness.ledger.judging import VOID, Node, adjusted, assess, verdicts
from harness.ledger.leaves import Measured
from harness.ledger.measuring import Measures, Misnamed, measure
from harness.ledger.shelf import Filed
from harness.registry.cards import CardError


@dataclass(frozen=True)
class Outcome:
    """The verdict on a claim and all that a reader needs to check it."""

    filed: Filed
    verdict: str
    reason: str
    exploratory: bool  # whether a record is older than the lock, or there is no lock
    here: str  # what was measured, with its interval
    lock: lock.State
    node: Node

    @property
    def records(self) -> tuple[str, ...]:
        """Folders of the records that were used, below the results folder."""
        return tuple(sorted({path for leaf in self.node.leaves for path in leaf.measured.records}))

    @property
    def seeds(self) -> int:
        """Paired seeds of the condition with fewest; 0 where nothing is drawn."""
        return min((leaf.measured.seeds for leaf in self.node.leaves if leaf.measured.value is not None), default=0)

    def as_json(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        claim = self.filed.claim
        told = {name: getattr(claim, name) for name in ("says", "source", "section", "published", "kind", "scope")}
        conditions = [
            {
                "condition": words.condition(leaf.condition),
                "here": words.here(leaf),
                "value": leaf.measured.value,
                "interval": leaf.measured.interval(),
                "p_supported": leaf.supports,
                "p_refuted": leaf.refutes,
                "seeds": leaf.measured.seeds,
                "groups": leaf.measured.groups,
                "none": leaf.measured.none or None,
            }
            for leaf in self.node.leaves
        ]
        head = {
            "claim": self.filed.name,
            "verdict": self.verdict,
            "exploratory": self.exploratory,
            "reason": self.reason,
        }
        deviations = [list(deviation) for deviation in claim.deviations]
        locked = {"state": self.lock.state, "date": self.lock.date, "sha256": claim.sha256}
        rest = {"lock": locked, "deviations": deviations, "conditions": conditions, "records": list(self.records)}
        return {**head, **told, "here": self.here, **rest}


def outcomes(claims: Sequence[Filed], root: Path, asked: Sequence[str] | None = None) -> list[Outcome]:
    """The verdict on each claim, or on those asked for: their families are judged with all ``claims`` in any case.

    Raises ``UsageError`` for a card that names what does not exist, ``CardError`` for one that names strata or items that no
    record has, ``DataError`` for a lock that was edited.
    """
    for filed in claims:
        names.check(filed)
    states = {filed.name: lock.state(filed, lock.read(lock.lock_file(filed))) for filed in claims}
    sources = {filed.claim.source for filed in claims if asked is None or filed.name in asked}
    judged = [filed for filed in claims if filed.claim.source in sources]
    measures = Measures(Shelf(root))
    later = {filed.name: assessed(filed, measures.newer(states[filed.name].date), states) for filed in judged}
    every = {filed.name: assessed(filed, measures, states) for filed in judged}
    broken = failing([*later.values(), *every.values()], root)
    found = {}
    for filed in judged:
        node = later[filed.name] if whole(later[filed.name], states[filed.name]) else every[filed.name]
        found[filed.name] = voided(node, states[filed.name], broken)
    families = {filed.name: filed.claim.source for filed in judged}
    decided, p = verdicts(found, families), adjusted(found, families)
    made = []
    for filed in judged:
        name, size = filed.name, sum(source == filed.claim.source for source in families.values())
        reason = words.reason(found[name], decided[name], p[name], size)
        made.append(outcome(filed, found[name], decided[name], reason, states[name]))
    return [one for one in made if asked is None or one.filed.name in asked]


def failing(nodes: Iterable[Node], root: Path) -> dict[str, str]:
    """The records behind these conditions that do not hold together, and why."""
    used = {path for node in nodes for leaf in node.leaves for path in leaf.measured.records}
    found = verifying.failures(root / path for path in sorted(used))
    return {folder.relative_to(root).as_posix(): why for folder, why in found.items()}


def assessed(filed: Filed, measures: Measures, states: Mapping[str, lock.State]) -> Node:
    """The conditions of a claim, measured."""
    seen: dict[Any, Measured] = {}

    def read(quantity: Any) -> Measured:
        if quantity not in seen:
            try:
                seen[quantity] = measure(quantity, filed.claim, measures, states[filed.name].date)
            except Misnamed as error:
                raise CardError(f"{filed.path}: claim {filed.claim.id!r}: {error}.") from error
        return seen[quantity]

    return assess(expanded(filed.claim), read)


def whole(node: Node, state: lock.State) -> bool:
    """Whether records after the lock measure all that a claim is about: then they alone count."""
    return state.state == lock.LOCKED and not node.missing


def voided(node: Node, state: lock.State, broken: Mapping[str, str]) -> Node:
    """The same conditions, void where the card was edited or a record does not hold together."""
    why = ""
    if state.state == lock.EDITED:
        why = f"the card was edited after it was locked on {state.date[:10]}; `harness claims --lock` locks it anew"
    for leaf in node.leaves:
        for path in leaf.measured.records:
            if path in broken and not why:
                why = f"the record {path} {broken[path]}"
    if not why:
        return node
    leaves = tuple(replace(leaf, measured=replace(leaf.measured, none=why, void=True)) for leaf in node.leaves)
    return Node(1.0, 1.0, leaves)


def outcome(filed: Filed, node: Node, verdict: str, reason: str, state: lock.State) -> Outcome:
    """One claim's verdict."""
    used = [leaf.measured for leaf in node.leaves if leaf.measured.records]
    older = state.state == lock.OPEN or any(measured.older for measured in used)
    return Outcome(
        filed, verdict, reason, bool(used) and older and verdict != VOID, words.summary(node, filed.claim), state, node
    )
