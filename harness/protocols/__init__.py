"""Protocols: the rules of a run. Each module here holds ``PROTOCOLS``, literals, and ``carry_out(trial)``."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import UsageError
from harness.files import digest
from harness.protocols import given
from harness.registry.cards import read_constant
from harness.registry.shelves import unknown
from harness.spec import Protocol


def cards() -> list[Protocol]:
    """Every protocol, in the order of the files and of the lines in them."""
    modules = sorted(Path(__file__).parent.glob("[a-z]*.py"))
    return [card for module in modules for card in read_constant(module, "PROTOCOLS", required=False) or ()]


def find(name: str, kind: str | None = None) -> Protocol:
    """The newest protocol of a name (``mini`` or ``mini@1``) that serves a kind of task, with the settings given in it.

    ``mini:overlap=64`` is ``mini`` with another value of that setting, and its name says so. Raises ``UsageError`` with
    the nearest names, with the kinds that the protocol serves, or with what its settings take.
    """
    plain, version, settings = given.read(name)
    named = [card for card in cards() if card.name == plain and version in ("", str(card.version))]
    if not named:
        known = [f"{card.name}@{card.version}" for card in cards()]
        raise UsageError(unknown("protocol", name, known, "harness list protocols"))
    fitting = [card for card in named if kind is None or kind in card.kinds]
    if not fitting:
        served = dict.fromkeys(kind for card in named for kind in card.kinds)
        raise UsageError(
            f"protocol {name} serves tasks of kind {', '.join(served)}, not {kind}. "
            "`harness list protocols` shows which serve it."
        )
    newest = max(fitting, key=lambda card: (kind is None and given.fits(card, settings), card.version))
    return given.settled(newest, settings, kind)


FIRST_FIELDS: Mapping[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "Training": """epochs batch_size learning_rate pretrained_learning_rate warmup decay weight_decay clip
            train_tokens predict_tokens selection holdout predict_batch_tokens bf16""",
        "ZeroShot": "tokens chunk",
        "Labelling": """rates pilot_epochs epochs rows batch_size pretrained_learning_rate warmup weight_decay clip
            tokens holdout predict_batch_tokens bf16""",
        "Perplexity": """length batch_size steps learning_rate optimiser momentum warmup weight_decay clip windows
            stride single single_windows targets bins batch_tokens save_every bf16""",
        "Effort": "warmup warmup_seconds blocks grid_blocks iterations seconds",
        "Timing": """examples batch_size tokens grid_batches grid_tokens steady repeat_gain foreign_load cpu gpu""",
    }.items()
}
"""The fields that each class of settings had when the first records were made.

It never grows: see ``protocol_digest``.
"""


def protocol_digest(card: Protocol) -> str:
    """SHA-256 of every setting that can move a number; the title may be reworded freely.

    A field that joins a class of settings later (one that ``FIRST_FIELDS`` does not name) is left out while it has its
    default, so that protocols which do not use it keep their digest and old records stay comparable. Therefore the
    default of such a field says what was done before there was the field, and it never changes.
    """
    return digest({"name": card.name, "version": card.version, "data": card.data, "settings": _settings(card.settings)})


def _settings(settings: Any) -> dict[str, Any]:
    """The settings that count, by name: those of ``FIRST_FIELDS``, and later ones that are not at their default."""
    first = FIRST_FIELDS.get(type(settings).__name__, frozenset())
    held = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name in first or value != _default(field):
            held[field.name] = _settings(value) if dataclasses.is_dataclass(value) else value
    return held


def _default(field: dataclasses.Field[Any]) -> Any:
    """A field's default; ``MISSING``, which equals nothing else, where it has none."""
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()


def procedure(card: Protocol) -> ModuleType:
    """The module that carries a protocol out."""
    return importlib.import_module(f"harness.protocols.{card.procedure}")
