"""What a claim's predicate says in full, and what makes a card wrong.

``expanded`` names every side, task and metric, and writes out ``Tasks``, ``Sides`` and trends; what follows works on
that form: ``AllOf``, ``AnyOf`` and ``AtLeast`` over ``Above``, ``Below`` and ``Within``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from harness.claim import (
    ARITHMETICS,
    DEVICES,
    KINDS,
    Above,
    AllOf,
    AnyOf,
    AtLeast,
    Below,
    Claim,
    Condition,
    Difference,
    Falling,
    Mean,
    MeanOverTasks,
    Quantity,
    Rising,
    Sides,
    Slope,
    Tasks,
    TimeRatio,
    Within,
    walk,
)
from harness.ledger.fields import wrong

MOST = {"seeds": 1000, "items": 10_000_000}
"""What a card may ask for."""


def expanded(claim: Claim) -> Any:
    """The predicate in full."""
    return _expand(claim.predicate, claim, "", "")


def _expand(node: Any, claim: Claim, task: str, side: str) -> Any:
    """An expression in full, where ``task`` and ``side`` fill what is left empty."""
    if isinstance(node, tuple):
        return tuple(_expand(item, claim, task, side) for item in node)
    if isinstance(node, Tasks):
        return _several(node.at_least, tuple(_expand(node.of, claim, name, side) for name in claim.tasks))
    if isinstance(node, Sides):
        return _several(node.at_least, tuple(_expand(node.of, claim, task, name) for name in node.among))
    if isinstance(node, MeanOverTasks):
        return Mean(tuple(_expand(node.of, claim, name, side) for name in claim.tasks))
    if isinstance(node, Rising | Falling):
        steps = [_expand(item, claim, task, side) for item in node.of]
        pairs = [(late, early) if isinstance(node, Rising) else (early, late) for early, late in pairwise(steps)]
        return AllOf(tuple(Above(Difference(*pair), node.margin) for pair in pairs))
    if not dataclasses.is_dataclass(node):
        return node
    fields = {
        field.name: _expand(getattr(node, field.name), claim, task, side)
        for field in dataclasses.fields(node)  # type: ignore[arg-type]
    }
    only = claim.tasks[0] if len(claim.tasks) == 1 else ""
    for name, usual in {"task": task or only, "side": side, "metric": claim.metric}.items():
        if name in fields:
            fields[name] = fields[name] or usual
    return replace(node, **fields)  # type: ignore[type-var]


def _several(at_least: int | None, of: tuple[Any, ...]) -> Any:
    return AllOf(of) if at_least is None else AtLeast(at_least, of)


def problems(claim: Claim) -> Iterator[str]:
    """What a card says that cannot be, a sentence each; the predicate is read where the rest is sound."""
    found = list(_types(claim)) or list(_fields(claim))
    yield from found or _faults(claim, [side.name for side in claim.sides])


def _types(claim: Claim) -> Iterator[str]:
    """Which fields of the card and of its sides hold what they cannot hold."""
    found = list(wrong(claim))
    yield from found or (f"{told} (side {side.name!r})" for side in claim.sides for told in wrong(side))


def _fields(claim: Claim) -> Iterator[str]:
    """What is wrong beside the predicate."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_]*", claim.id):
        yield f"id {claim.id!r} is not made of small letters, digits and underscores"
    for field in ("says", "source", "section", "published", "metric", "assumes", "scope"):
        if not getattr(claim, field).strip():
            yield f"{field} is empty"
    for field, known in {"kind": KINDS, "arithmetic": ARITHMETICS}.items():
        if getattr(claim, field) not in known:
            yield f"{field} {getattr(claim, field)!r} is none of {', '.join(known)}"
    names = [side.name for side in claim.sides]
    if not claim.tasks or not names or len({*names}) < len(names):
        yield "it needs at least one task, and sides of different names"
    if len({*claim.tasks}) < len(claim.tasks):
        yield "tasks names a task twice"
    if not (claim.smallest > 0 and 0 < claim.power < 1 and claim.seeds > 0 and claim.items > 0):
        yield "smallest, seeds and items must be above 0, and power between 0 and 1"
    for field, most in MOST.items():
        if getattr(claim, field) > most:
            yield f"{field} is {getattr(claim, field)}: nobody has more than {most:,}"
    for date, told in claim.deviations:
        if not _date(date) or not told.strip():
            yield f"a deviation is (date as YYYY-MM-DD, what was done otherwise), found {(date, told)!r}"
    dates = [date for date, _ in claim.deviations]
    if dates != sorted(dates):
        yield "deviations are not in order of date"


def _date(text: str) -> bool:
    """Whether a text is a day of the calendar."""
    with contextlib.suppress(ValueError):
        return datetime.date.fromisoformat(text).isoformat() == text
    return False


def _faults(claim: Claim, names: list[str]) -> Iterator[str]:
    """What is wrong with the predicate."""
    shape = list(_shape(claim.predicate, condition=True))
    shape = shape or [told for node in walk(claim.predicate) for told in wrong(node)]
    yield from shape
    if shape:
        return
    for node in walk(claim.predicate):
        yield from _numbers(node)
        if isinstance(node, Sides) and {*node.among} - {*names}:
            yield f"Sides names {sorted({*node.among} - {*names})}; the claim's sides are {', '.join(names)}"
    inner = list(walk(expanded(claim)))
    for node in inner:
        yield from _names(node, claim, names)
    if claim.kind == "equivalence" and not any(isinstance(node, Within) for node in inner):
        yield "an equivalence needs a condition Within"
    unused = {*names} - {getattr(node, field, "") for node in inner for field in ("side", "reference")}
    if unused:
        yield f"the sides {', '.join(sorted(unused))} are not in the predicate"


SEVERAL = (Rising, Falling, AllOf, AnyOf, AtLeast, Mean, Slope)
"""Parts that are made of a tuple of others."""
OVER_CONDITIONS = (AllOf, AnyOf, AtLeast, Tasks, Sides)
"""Parts that are made of conditions; all others that hold parts are made of quantities."""


def _shape(node: Any, condition: bool) -> Iterator[str]:
    """Where a condition stands in place of a quantity, a single one in place of several, and the like."""
    if not isinstance(node, Condition if condition else Quantity):
        yield f"{node!r:.60} stands where a {'condition' if condition else 'quantity'} is needed"
        return
    held = [getattr(node, name) for name in ("first", "second", "of") if hasattr(node, name)]
    if isinstance(node, SEVERAL):
        (held,) = held
        if not isinstance(held, tuple) or not held:
            yield f"{type(node).__name__} takes a tuple that is not empty; one of length 1 ends with a comma"
            return
    for item in held:
        yield from _shape(item, isinstance(node, OVER_CONDITIONS))


def _numbers(node: Any) -> Iterator[str]:
    """What is wrong with the constants of one part."""
    name = type(node).__name__
    if min(getattr(node, "strata", ()), default=0) < 0:
        yield f"the strata of {name} are {node.strata}: they are numbered from 0"
    if isinstance(node, Within) and node.margin <= 0:
        yield "the margin of Within must be above 0: nothing measured is equal to the last digit"
    if isinstance(node, Slope) and (len(node.of) != len(node.at) or len({*node.at}) < 2 or min(node.at) <= 0):
        yield "Slope needs two or more quantities, and for each a length above 0"
    if isinstance(node, Rising | Falling) and len(node.of) < 2:
        yield f"{name} needs two or more quantities"
    if isinstance(node, Above | Below | Within) and _times(node):
        if not isinstance(node.of, TimeRatio):
            yield "a TimeRatio stands alone in its condition: Below(TimeRatio(...), margin=1.0)"
        elif node.margin <= 0:
            yield "the margin of a TimeRatio must be above 0: 1.0 is as fast, 0.8 a fifth faster"


def _times(node: Any) -> bool:
    return any(isinstance(part, TimeRatio) for part in walk(node))


def _names(node: Any, claim: Claim, names: list[str]) -> Iterator[str]:
    """What one part of the expanded predicate names and is not there."""
    name = type(node).__name__
    for field in ("side", "reference"):
        if getattr(node, field, names[0]) not in names:
            yield f"{name} names the side {getattr(node, field)!r}; the claim's are {', '.join(names)}"
    if getattr(node, "task", claim.tasks[0]) not in claim.tasks:
        yield f"{name} names the task {node.task!r}; the claim's are {', '.join(claim.tasks)}"
    if isinstance(node, TimeRatio) and node.device not in DEVICES:
        yield f"device {node.device!r} is none of {', '.join(DEVICES)}"
    if isinstance(node, AtLeast) and not 1 <= node.count <= len(node.of):
        yield f"{node.count} of {len(node.of)} conditions are asked for"
