"""Verdicts: conditions put together, families of claims corrected, and every outcome with its reason.

The parts of a predicate are tested on their own; a whole is supported with the p of a partial conjunction: that at least k
of n conditions hold has

    p = (n - k + 1) p_(k)        p_(k): the k-th smallest of the n p

which is the largest p where all must hold and n times the smallest where one is enough (Benjamini and Heller 2008,
Biometrics 64(4), with Bonferroni's sums). It is refuted with the p of the opposite: at least n - k + 1 fail. Claims of one
source are a family: their p are adjusted by Holm's method over all of its claims, with records or without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.claim import Above, AllOf, AnyOf, Below, Within
from harness.ledger.leaves import Leaf, Measured, judge
from harness.statistics.estimates import LEVEL
from harness.statistics.pairs import holm
from harness.statistics.verdicts import REFUTED, SUPPORTED, UNDECIDED

VOID = "void"
VERDICTS = (SUPPORTED, REFUTED, UNDECIDED, VOID)


@dataclass(frozen=True)
class Node:
    """A condition or several of them: the p of either verdict, and the single conditions below."""

    supports: float
    refutes: float
    leaves: tuple[Leaf, ...]

    @property
    def p(self) -> float:
        """Of the verdict that is nearer."""
        return min(self.supports, self.refutes)

    @property
    def void(self) -> str:
        """Why it cannot be judged at all; empty where it can."""
        return next((leaf.measured.none for leaf in self.leaves if leaf.measured.void), "")

    @property
    def missing(self) -> tuple[str, ...]:
        """Why conditions were not judged, each reason once."""
        return tuple(dict.fromkeys(leaf.measured.none for leaf in self.leaves if leaf.measured.none))


def assess(condition: Any, measure: Callable[[Any], Measured]) -> Node:
    """Judge an expanded predicate, whose quantities ``measure`` gives."""
    if isinstance(condition, Above | Below | Within):
        leaf = judge(condition, measure(condition.of))
        return Node(leaf.supports, leaf.refutes, (leaf,))
    parts = [assess(part, measure) for part in condition.of]
    wanted = {AllOf: len(parts), AnyOf: 1}.get(type(condition)) or condition.count
    return joined(parts, wanted)


def joined(parts: Sequence[Node], wanted: int) -> Node:
    """At least so many of the parts hold.

    >>> found = joined([Node(0.01, 1.0, ()), Node(0.02, 1.0, ()), Node(1.0, 0.001, ())], wanted=2)
    >>> found.supports, found.refutes
    (0.04, 1.0)
    """
    size = len(parts)
    supports, refutes = sorted(part.supports for part in parts), sorted(part.refutes for part in parts)
    return Node(
        min(1.0, (size - wanted + 1) * supports[wanted - 1]),
        min(1.0, wanted * refutes[size - wanted]),
        tuple(leaf for part in parts for leaf in part.leaves),
    )


def verdicts(nodes: Mapping[str, Node], families: Mapping[str, str], level: float = LEVEL) -> dict[str, str]:
    """The verdict on each claim; ``families`` says which source each belongs to.

    >>> found = {"a": Node(0.02, 1.0, ()), "b": Node(1.0, 0.001, ()), "c": Node(0.6, 0.9, ())}
    >>> verdicts(found, dict.fromkeys(found, "one source"))
    {'a': 'supported', 'b': 'refuted', 'c': 'undecided'}
    """
    found = adjusted(nodes, families)
    return {name: decided(node, found[name] <= 1 - level + 1e-12) for name, node in nodes.items()}


def adjusted(nodes: Mapping[str, Node], families: Mapping[str, str]) -> dict[str, float]:
    """The p of each claim, adjusted by Holm's method among those of its source."""
    made: dict[str, float] = {}
    for family in set(families.values()):
        own = [name for name in nodes if families[name] == family]
        p = holm(np.array([1.0 if nodes[name].void else nodes[name].p for name in own]))
        made |= dict(zip(own, p.tolist(), strict=True))
    return made


def decided(node: Node, sure: bool) -> str:
    """The verdict where the adjusted p is small enough, or not."""
    if node.void:
        return VOID
    if not sure:
        return UNDECIDED
    return SUPPORTED if node.supports < node.refutes else REFUTED
