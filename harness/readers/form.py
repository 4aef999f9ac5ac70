"""What a file is: its format, the labels in it, and how the format is spelled there."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.errors import UsageError

Option: TypeAlias = str | int | bool

YES = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


@dataclass(frozen=True)
class Form:
    """What a file is, in literals alone: it can be written into a task file as it prints.

    ``format`` is a module of ``harness.readers``; ``kind`` is "spans", "label" or "tokens"; ``labels`` are those found,
    in the order in which a target of kind "label" counts them; ``options`` are the format's own, described in its
    module; ``notes`` say in a sentence each what is worth knowing before the file is used.

    >>> Form("conll", "spans", ("LOC",), {"scheme": "BIO"}).options["scheme"]
    'BIO'
    """

    format: str
    kind: str
    labels: tuple[str, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Known: TypeAlias = Mapping[str, type | tuple[str, ...]]
"""Name of an option -> ``int``, ``bool``, ``str``, or the words that it may be."""


def checked(options: Mapping[str, Option], known: Known, format: str) -> dict[str, Option]:
    """Options with their types, however they came; those of a command line are words.

    Raises ``UsageError`` for an option that the format does not have, and for a value that does not fit.

    >>> checked({"token": "2", "spaced": "no", "ends": "inclusive"},
    ...         {"token": int, "spaced": bool, "ends": ("inclusive", "exclusive")}, "x")
    {'token': 2, 'spaced': False, 'ends': 'inclusive'}
    """
    return {name: _checked(name, value, known, format) for name, value in options.items() if value is not None}


def _checked(name: str, value: Option, known: Known, format: str) -> Option:
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        raise UsageError(
            f"the format {format} has no option {name!r}{f'; is {near[0]} meant' if near else ''}? "
            f"Its options are {', '.join(known)}."
        )
    wanted = known[name]
    if isinstance(wanted, tuple):
        if str(value) not in wanted:
            raise UsageError(f"{name}={value}: no such value. It is one of {', '.join(wanted)}.")
        return str(value)
    if wanted is bool:
        if str(value).lower() not in YES:
            raise UsageError(f"{name}={value}: write yes or no.")
        return YES[str(value).lower()]
    if wanted is int:
        try:
            return int(value)
        except ValueError:
            raise UsageError(f"{name}={value}: write a whole number.") from None
    return str(value)


def listed(words: object, most: int = 12) -> str:
    """Words one after another, the first ones where they are many.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    given = [str(word) for word in words]  # type: ignore[attr-defined]
    if len(given) <= most:
        return ", ".join(given)
    return f"{', '.join(given[:most])} and {len(given) - most} more"
