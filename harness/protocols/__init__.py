"""Protocols: what makes a trial fair. Each module here holds ``PROTOCOLS``, literals, and ``carry_out(trial)``."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from harness.errors import UsageError
from harness.files import digest
from harness.registry.cards import read_constant
from harness.registry.shelves import unknown
from harness.spec import Protocol


def cards() -> list[Protocol]:
    """Every protocol, in the order of the files and of the lines in them."""
    modules = sorted(Path(__file__).parent.glob("[a-z]*.py"))
    return [card for module in modules for card in read_constant(module, "PROTOCOLS", required=False) or ()]


def find(name: str, kind: str | None = None) -> Protocol:
    """The newest protocol of a name (``mini`` or ``mini@1``) that serves a kind of task.

    Raises ``UsageError`` with the nearest names, or with the kinds that the protocol serves.
    """
    plain, _, version = name.partition("@")
    named = [card for card in cards() if card.name == plain and version in ("", str(card.version))]
    if not named:
        known = [f"{card.name}@{card.version}" for card in cards()]
        raise UsageError(unknown("protocol", name, known, "harness list protocols"))
    fitting = [card for card in named if kind is None or kind in card.kinds]
    if not fitting:
        served = dict.fromkeys(kind for card in named for kind in card.kinds)
        raise UsageError(
            f"protocol {name} serves tasks of kind {', '.join(served)}, not {kind}. `harness list protocols` shows which serve it."
        )
    return max(fitting, key=lambda card: card.version)


def protocol_digest(card: Protocol) -> str:
    """SHA-256 of every setting that can move a number; the title may be reworded freely."""
    return digest({"name": card.name, "version": card.version, "data": card.data, "settings": card.settings})


def procedure(card: Protocol) -> ModuleType:
    """The module that carries a protocol out."""
    return importlib.import_module(f"harness.protocols.{card.procedure}")
