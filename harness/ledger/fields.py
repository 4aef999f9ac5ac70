"""Whether the fields of a card hold what they are declared to hold: texts, whole numbers, numbers, and tuples of them.

Cards are literals that somebody wrote; a dataclass takes whatever it is given. Parts of a predicate that stand in a field
are looked at by ``form``, which knows what may stand where.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Iterator
from typing import Any

import harness.claim

NAMES = {str: "a text", int: "a whole number", float: "a number", type(None): "None"}


def wrong(node: Any) -> Iterator[str]:
    """A sentence for each field of a card, side or part of a predicate that holds something else than it should.

    >>> list(wrong(harness.claim.Side(name="a", model=5)))
    ['the model of Side is 5, not a text']
    >>> list(wrong(harness.claim.Value("a", strata=1)))
    ['the strata of Value is 1, not a tuple of whole numbers: write (1,), with the comma']
    """
    kind: Any = type(node)
    for name, hint in hints(kind).items():
        value = getattr(node, name)
        if not fits(value, hint):
            whose = "" if kind is harness.claim.Claim else f" of {kind.__name__}"
            yield f"the {name}{whose} is {value!r:.60}, not {told(hint)}{comma(value, hint)}"


@functools.cache
def hints(kind: Any) -> dict[str, Any]:
    """The types of the fields that hold literals or sides."""
    found = typing.get_type_hints(kind, vars(harness.claim))
    return {field.name: found[field.name] for field in dataclasses.fields(kind) if literal(found[field.name])}


def literal(hint: Any) -> bool:
    """Whether a field is made of literals and sides alone.

    >>> literal(tuple[int, ...]), literal(harness.claim.Quantity)
    (True, False)
    """
    parts = [part for part in typing.get_args(hint) if part is not Ellipsis]
    return all(map(literal, parts)) if parts else hint in (*NAMES, harness.claim.Side)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type. ``True`` is no number, and a number is finite.

    >>> fits(1, float), fits(True, int), fits(float("inf"), float), fits(("a",), tuple[str, ...]), fits("a", tuple[str, ...])
    (True, False, False, True, False)
    """
    parts = typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        return any(fits(value, part) for part in parts)
    if parts and parts[-1] is Ellipsis:
        return type(value) is tuple and all(fits(item, parts[0]) for item in value)
    if parts:
        return type(value) is tuple and len(value) == len(parts) and all(map(fits, value, parts))
    if hint is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is hint


def told(hint: Any) -> str:
    """A type in words.

    >>> told(tuple[tuple[str, str], ...]), told(int | None)
    ('a tuple of pairs of texts', 'a whole number or None')
    """
    parts = typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        return " or ".join(map(told, parts))
    if parts and parts[-1] is Ellipsis:
        return f"a tuple of {many(parts[0])}"
    return NAMES.get(hint) or f"a {hint.__name__}"


def many(hint: Any) -> str:
    """A type in words, in the plural."""
    parts = typing.get_args(hint)
    return f"pairs of {many(parts[0])}" if parts else f"{told(hint).removeprefix('a ')}s"


def comma(value: Any, hint: Any) -> str:
    """What helps where one item stands in place of a tuple."""
    parts = typing.get_args(hint)
    alone = bool(parts) and parts[-1] is Ellipsis and fits(value, parts[0])
    return f": write ({value!r:.60},), with the comma" if alone else ""
