"""Settings of a protocol that may be given with its name: ``mini:overlap=64`` is ``mini`` with windows for long texts.

The protocol that comes of it has a digest of its own, and stands in tables of its own; its name says what was given, and
is understood wherever a protocol is named, ``mini:overlap=64@1`` included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from harness import spec
from harness.errors import UsageError
from harness.registry.cards import Setting, parse, read_comments
from harness.registry.shelves import split_settings, unknown
from harness.spec import Labelling, Protocol, Training

SETTABLE = {
    "overlap": "Long texts are read in windows that share {} tokens.",
    "bos": "Windows side by side are also read each after the token that begins a text.",
    "sentences": "Ranked texts are read each by itself, whatever their length.",
}
"""The settings that may be given, and what the title then says. Budget, seeds and what chooses on what make a protocol
what it is, and are not among them."""
UNCUT = ("picture",)
"""Kinds of a protocol with windows whose inputs are never cut."""


def read(name: str) -> tuple[str, str, dict[str, str]]:
    """Take a protocol's name apart: what it is called, its version, the settings given.

    >>> read("mini@1"), read("mini:overlap=64@1"), read("mini@1:overlap=64")
    (('mini', '1', {}), ('mini', '1', {'overlap': '64'}), ('mini', '1', {'overlap': '64'}))
    """
    called, colon, rest = name.partition(":")
    plain, _, version = called.partition("@")
    rest, _, behind = rest.partition("@")
    return plain, behind or version, split_settings(f"{plain}{colon}{rest}")[1]


def fits(card: Protocol, settings: Mapping[str, str]) -> bool:
    """Whether a protocol has all of these settings, and they may be given."""
    return all(name in SETTABLE and hasattr(card.settings, name) for name in settings)


def settled(card: Protocol, settings: Mapping[str, str], kind: str | None) -> Protocol:
    """A protocol with the settings given; itself where they are what it says anyway.

    Raises ``UsageError`` for a setting that it lacks or that may not be given, and for a value that cannot be.
    """
    if not settings:
        return card
    values = {name: parse(text, _setting(card, name), f"protocol {card.name}") for name, text in settings.items()}
    _check(card, values, kind)
    changed = {name: value for name, value in values.items() if value != getattr(card.settings, name)}
    if not changed:
        return card
    told = {name: SETTABLE[name].format(changed[name]) for name in SETTABLE if name in changed}
    return dataclasses.replace(
        card,
        name=f"{card.name}:{','.join(f'{name}={str(changed[name]).lower()}' for name in told)}",
        title=" ".join([f"{card.title.rstrip('.')}.", *told.values()]),
        kinds=tuple(name for name in card.kinds if name not in UNCUT or "overlap" not in changed),
        settings=dataclasses.replace(card.settings, **changed),
        departures=(*card.departures, *told.values()) if card.departures else (),
    )


def _setting(card: Protocol, name: str) -> Setting:
    """The declaration of a setting; ``UsageError`` where the protocol has none of that name that may be given."""
    fields = {field.name: field for field in dataclasses.fields(card.settings)}
    known = [field for field in fields if field in SETTABLE]
    if not known:
        raise UsageError(f"protocol {card.name} for tasks of kind {', '.join(card.kinds)} takes no settings.")
    if name in fields and name not in SETTABLE:
        raise UsageError(
            f"{name} is fixed by protocol {card.name}, so that all models have the same. Only {', '.join(known)} can be given."
        )
    if name not in fields:
        raise UsageError(unknown(f"setting of protocol {card.name}", name, known, f"harness show {card.name}"))
    comments = read_comments(Path(spec.__file__), type(card.settings).__name__)
    return Setting(name, str(fields[name].type), fields[name].default, comments[name])


def _check(card: Protocol, values: Mapping[str, int], kind: str | None) -> None:
    """Windows overlap by less than they hold, and only where texts are cut: else ``UsageError``."""
    settings, overlap = card.settings, values.get("overlap", 0)
    if not isinstance(settings, Training | Labelling):
        return
    window = settings.tokens if isinstance(settings, Labelling) else min(settings.train_tokens, settings.predict_tokens)
    if not 0 <= overlap < window:
        raise UsageError(
            f"overlap={overlap}: windows of protocol {card.name} have {window} tokens. "
            f"Give a whole number from 0 to {window - 1}; 0 cuts long texts."
        )
    if overlap and kind in UNCUT:
        raise UsageError(f"overlap={overlap}: inputs of kind {kind} are never cut. Leave it out.")
