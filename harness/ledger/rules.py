"""What ``harness check`` asks of a post: its cards are read and sound, what they name exists, and all are locked."""

from __future__ import annotations

from collections.abc import Callable

from harness.contract.judging import Verdict
from harness.errors import HarnessError
from harness.ledger import lock, names, shelf
from harness.ledger.gone import Gone
from harness.registry.shelves import Entry


def cards_are_sound(entry: Entry) -> None:
    """Every claim of CLAIMS is a literal card whose predicate has a margin and names its own sides and tasks."""
    shelf.read(entry)


def names_exist(entry: Entry) -> None:
    """Every task, model, setting, encoder, regime, protocol and metric that a claim names exists."""
    for filed in shelf.read(entry):
        names.check(filed)


def claims_are_locked(entry: Entry) -> None:
    """Every claim is in the LOCK.json beside it as it stands."""
    for filed in shelf.read(entry):
        state = lock.state(filed, lock.read(lock.lock_file(filed))).state
        if state != lock.LOCKED:
            raise HarnessError(f"{filed.name} is {state}. `harness claims {entry.name} --lock` locks it.")


def locked_claims_have_cards(entry: Entry) -> None:
    """Every claim of this post that the LOCK.json names has its card."""
    claims = shelf.read(entry)
    have = {filed.name for filed in claims}
    for locked in lock.read(lock.lock_file(claims[0])):
        if locked.claim.partition("/")[0] == entry.name and locked.claim not in have:
            raise HarnessError(Gone(locked.claim, locked.date).told + ".")


RULES: tuple[Callable[[Entry], None], ...] = (cards_are_sound, names_exist, claims_are_locked, locked_claims_have_cards)


def examine(entry: Entry) -> list[Verdict]:
    """Every rule of a post; those after a failure are skipped."""
    made: list[Verdict] = []
    for rule in RULES:
        promise = (rule.__doc__ or "").strip()
        failed = any(not verdict.holds for verdict in made)
        outcome, reason = ("skip", "an earlier rule failed") if failed else ("pass", "")
        if not failed:
            try:
                rule(entry)
            except HarnessError as error:
                outcome, reason = "FAIL", str(error)
        made.append(Verdict(rule.__name__, promise, outcome, reason))
    return made
