"""The shelf of claims: every card that ships or stands in a folder of ``HARNESS_PATH``, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.claim import Claim
from harness.errors import UsageError
from harness.ledger.form import problems
from harness.registry.cards import CardError
from harness.registry.shelves import Entry, entries, find, unknown


@dataclass(frozen=True)
class Filed:
    """A claim with its place: ``POST/ID`` and the file."""

    post: str
    claim: Claim
    path: Path

    @property
    def name(self) -> str:
        """``POST/ID``."""
        return f"{self.post}/{self.claim.id}"


def read(entry: Entry) -> list[Filed]:
    """The claims of one post, in the order of the file.

    Raises ``CardError`` naming the file, the claim and what cannot be.
    """
    cards = entry.card
    if not isinstance(cards, tuple) or not cards or not all(isinstance(card, Claim) for card in cards):
        raise CardError(f"{entry.path}: CLAIMS is no tuple of claims; see docs/claims.md.")
    for card in cards:
        for problem in problems(card):
            raise CardError(f"{entry.path}: claim {card.id!r}: {problem}.")
    names = [card.id for card in cards]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CardError(f"{entry.path}: two claims are called {twice[0]!r}. Rename one of them.")
    return [Filed(entry.name, card, entry.path) for card in cards]


def filed(name: str | None = None) -> list[Filed]:
    """All claims; those of a post; or the one that ``POST/ID`` names, alone in a list.

    Raises ``UsageError`` with the nearest names for one that does not exist.
    """
    if not name:
        return [claim for entry in entries("claims") for claim in read(entry)]
    post, slash, wanted = name.partition("/")
    claims = read(find("claims", post))
    found = [claim for claim in claims if not slash or claim.claim.id == wanted]
    if not found:
        raise UsageError(unknown("claim", name, [claim.name for claim in claims], f"harness claims {post}"))
    return found
