"""Claims that were locked or judged once and have no card now: a claim that nobody likes any more cannot be dropped.

A claim that is withdrawn keeps its card, with a dated deviation that says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.ledger import lock, log
from harness.ledger.shelf import Filed


@dataclass(frozen=True)
class Gone:
    """A claim without a card, and what is known of it."""

    claim: str  # POST/ID
    locked: str = ""  # date of its last entry in a lock
    verdict: str = ""  # its last one in the log

    @property
    def told(self) -> str:
        """What is wrong, and the way out."""
        known = [f"locked on {self.locked[:10]}"] if self.locked else []
        known += [f"{self.verdict} in the log"] if self.verdict else []
        return (
            f"{self.claim} has no card ({', '.join(known)}): restore it. A claim that is withdrawn keeps its card, "
            "with a dated deviation that says why"
        )


def gone(claims: Iterable[Filed], locks: Iterable[Path], root: Path) -> list[Gone]:
    """The claims that a lock or the log of a results folder names and that have no card, by name."""
    have = {filed.name for filed in claims}
    dates = {entry.claim: entry.date for path in sorted(set(locks)) for entry in lock.read(path)}
    last = {line.claim: line.verdict for line in log.read(root / log.NAME)}
    return [Gone(name, dates.get(name, ""), last.get(name, "")) for name in sorted({*dates, *last} - have)]
