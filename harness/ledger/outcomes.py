"""All claims against all records: a pure function of cards, their lock and a results folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.ledger import lock, names, verifying, words
from harness.ledger.evidence import Shelf
from harness.ledger.form import expanded
from harness.ledger.judging import VOID, Node, assess, verdicts
from harness.ledger.leaves import Measured
from harness.ledger.measuring import Measures, measure
from harness.ledger.shelf import Filed
from harness.statistics.pairs import holm


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

    Raises ``UsageError`` for a card that names what does not exist, ``DataError`` for a lock that was edited.
    """
    for filed in claims:
        names.check(filed)
    states = {filed.name: lock.state(filed, lock.read(lock.lock_file(filed))) for filed in claims}
    sources = {filed.claim.source for filed in claims if asked is None or filed.name in asked}
    judged = [filed for filed in claims if filed.claim.source in sources]
    measures = Measures(Shelf(root))
    later = {filed.name: assessed(filed, measures.newer(states[filed.name].date), states) for filed in judged}
    every = {filed.name: assessed(filed, measures, states) for filed in judged}
    used = {path for node in every.values() for leaf in node.leaves for path in leaf.measured.records}
    broken = {
        str(folder.relative_to(root)): why
        for folder, why in verifying.failures(root / path for path in sorted(used)).items()
    }
    found = {
        filed.name: later[filed.name] if whole(later[filed.name], states[filed.name]) else every[filed.name]
        for filed in judged
    }
    found = {name: voided(node, states[name], broken) for name, node in found.items()}
    decided = verdicts(found, {filed.name: filed.claim.source for filed in judged})
    made = [outcome(filed, found, decided, states, judged) for filed in judged]
    return [one for one in made if asked is None or one.filed.name in asked]


def assessed(filed: Filed, measures: Measures, states: Mapping[str, lock.State]) -> Node:
    """The conditions of a claim, measured."""
    seen: dict[Any, Measured] = {}

    def read(quantity: Any) -> Measured:
        if quantity not in seen:
            seen[quantity] = measure(quantity, filed.claim, measures, states[filed.name].date)
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
    from dataclasses import replace

    leaves = tuple(replace(leaf, measured=replace(leaf.measured, none=why, void=True)) for leaf in node.leaves)
    return Node(1.0, 1.0, leaves)


def outcome(
    filed: Filed,
    found: Mapping[str, Node],
    decided: Mapping[str, str],
    states: Mapping[str, lock.State],
    judged: Sequence[Filed],
) -> Outcome:
    """One claim's verdict with its reason."""
    import numpy as np

    node, verdict, state = found[filed.name], decided[filed.name], states[filed.name]
    family = [one.name for one in judged if one.claim.source == filed.claim.source]
    adjusted = holm(np.array([1.0 if found[name].void else found[name].p for name in family]))[family.index(filed.name)]
    older = any(leaf.measured.older for leaf in node.leaves) or state.state == lock.OPEN
    used = any(leaf.measured.records for leaf in node.leaves)
    reason = words.reason(node, verdict, float(adjusted), len(family))
    return Outcome(filed, verdict, reason, older and used and verdict != VOID, words.summary(node), state, node)
