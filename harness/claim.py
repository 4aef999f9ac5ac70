"""A claim that somebody published, as a card: what is claimed, of what, and what numbers would show it or refute it.

``claims/POST.py`` holds ``CLAIMS = (Claim(...), ...)``, literals and constants that are read from the syntax tree. The
predicate is an expression of the classes below and of nothing else: *quantities*, which are numbers with an error, and
*conditions*, which hold a quantity against a margin. Margins and quantities are in the metric's own unit: an F1 of
64.84 % is 0.6484, half a point is 0.005. ``power`` is for the effect that ``assumes`` names, not for ``smallest``; it is
the author's number, and nothing computes it.

>>> claim = Claim(
...     id="flat", says="GlobalPointer reads flat entities as well as a CRF.", source="https://example.org/8373",
...     section="table 2", published="95.51 against 95.46", kind="equivalence", tasks=("ner/resume",),
...     sides=(Side("pointer", "ner/globalpointer", encoder="bilstm"), Side("crf", "ner/crf", encoder="bilstm")),
...     metric="span_f1", predicate=Within(Difference(Value("pointer"), Value("crf")), margin=0.005),
...     smallest=0.005, seeds=10, items=477, power=0.8, assumes="standard error 0.002", scope="a BiLSTM, from scratch")
>>> [type(node).__name__ for node in walk(claim.predicate)]
['Within', 'Difference', 'Value', 'Value']
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.files import digest

KINDS = ("comparison", "equivalence", "trend", "existence", "impossibility", "identity")
ARITHMETICS = ("float32", "tf32", "bf16", "exact")
DEVICES = ("cpu", "cuda")
WORDING = ("says", "deviations")
"""What may be changed on a locked card: how the claim is said, and the list of deviations."""


@dataclass(frozen=True, slots=True)
class Side:
    """A system under a name for this claim, spelled as ``harness run`` takes it."""

    name: str
    model: str  # with settings: ner/globalpointer:rope=false
    encoder: str = ""  # empty: the protocol's, or none
    regime: str = "plain"


# Quantities


@dataclass(frozen=True, slots=True)
class Value:
    """The score of a side on a task, mean over seeds."""

    side: str = ""  # empty: inside ``Sides``, each of its sides
    task: str = ""  # empty: the claim's only task; inside ``Tasks`` and ``MeanOverTasks``, each of them
    metric: str = ""  # empty: the claim's metric
    strata: tuple[int, ...] = ()  # only items of these strata (of copy_far: lengths), numbered from 0; empty: all


@dataclass(frozen=True, slots=True)
class Recorded:
    """A number of a record that has no error, such as multiply-accumulates, or ``parameters`` of the model."""

    side: str = ""
    task: str = ""
    metric: str = ""


@dataclass(frozen=True, slots=True)
class Chance:
    """The score of guessing, as the task's card has it."""

    task: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The first minus the second."""

    first: Quantity
    second: Quantity


@dataclass(frozen=True, slots=True)
class Ratio:
    """The first divided by the second: a share, such as 0.92 of another's accuracy."""

    first: Quantity
    second: Quantity


@dataclass(frozen=True, slots=True)
class Mean:
    """The plain mean of several quantities."""

    of: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class MeanOverTasks:
    """The plain mean of a quantity over all tasks of the claim."""

    of: Quantity


@dataclass(frozen=True, slots=True)
class Slope:
    """How much a quantity grows when a length doubles: least squares over the base-2 logarithm of the lengths."""

    of: tuple[Quantity, ...]
    at: tuple[float, ...]  # lengths, one for each


@dataclass(frozen=True, slots=True)
class TimeRatio:
    """Time of a side divided by that of another, from timing records: below 1 the side is faster.

    A claim that has other quantities beside it cannot be in the same condition: times and scores are not combined.
    """

    side: str = ""
    reference: str = ""
    task: str = ""
    measure: str = "train/whole/trace"  # as in timing records: train or predict / whole or head / trace or 8x256
    device: str = "cpu"  # or "cuda"


Quantity = Value | Recorded | Chance | Number | Difference | Ratio | Mean | MeanOverTasks | Slope | TimeRatio


# Conditions


@dataclass(frozen=True, slots=True)
class Above:
    """The quantity is greater than the margin. Non-inferiority is a difference above a negative margin."""

    of: Quantity
    margin: float


@dataclass(frozen=True, slots=True)
class Below:
    """The quantity is less than the margin."""

    of: Quantity
    margin: float


@dataclass(frozen=True, slots=True)
class Within:
    """The quantity lies between -margin and +margin: an equivalence, for differences."""

    of: Quantity
    margin: float


@dataclass(frozen=True, slots=True)
class Rising:
    """A monotone trend: each quantity exceeds the one before it by more than the margin."""

    of: tuple[Quantity, ...]
    margin: float


@dataclass(frozen=True, slots=True)
class Falling:
    """A monotone trend: each quantity lies below the one before it by more than the margin."""

    of: tuple[Quantity, ...]
    margin: float


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every condition holds."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least so many of the conditions hold."""

    count: int
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Tasks:
    """The condition holds on every task of the claim, or on at least so many; its quantities leave ``task`` empty."""

    of: Condition
    at_least: int | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """The condition holds for each of these sides, or for at least so many; its quantities leave ``side`` empty."""

    of: Condition
    among: tuple[str, ...]
    at_least: int | None = None


Condition = Above | Below | Within | Rising | Falling | AllOf | AnyOf | AtLeast | Tasks | Sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim. All fields but ``says`` and ``deviations`` are locked once ``harness claims --lock`` has seen them."""

    id: str
    says: str  # what is claimed, in one sentence of ours
    source: str  # citation or address; claims of one source are a family for Holm's correction
    section: str  # where in the source: section, table, figure
    published: str  # the numbers as printed; "none" where the source gives none
    kind: str  # one of KINDS
    tasks: tuple[str, ...]
    sides: tuple[Side, ...]
    metric: str
    predicate: Condition
    smallest: float  # the smallest effect of interest, in the metric's unit (of TimeRatio: a share of the time)
    seeds: int  # paired seeds that a random recipe needs before there is a verdict; at least 6 are asked for
    items: int  # independent groups of items that it needs
    power: float  # how often the effect named in ``assumes`` would be seen with these seeds and items
    assumes: str  # the effect and the spreads that the power follows from, and where they are from
    scope: str  # at which size, data and budget the verdict holds
    protocol: str = "mini@1"
    timing: str = "throughput@1"  # the protocol of timing records
    arithmetic: str = "float32"  # of all sides; those that compute without torch ("exact") join any
    deviations: tuple[tuple[str, str], ...] = ()  # (date, what was done otherwise and why), in order of date

    @property
    def sha256(self) -> str:
        """Digest of all but wording and deviations."""
        return digest({name: form for name, form in as_json(self)["Claim"].items() if name not in WORDING})

    def side(self, name: str) -> Side:
        """The side of this name."""
        return next(side for side in self.sides if side.name == name)


def as_json(value: Any) -> Any:
    """A card as JSON values, its classes by name and without fields at their default: a new field changes no digest.

    >>> as_json(Above(Value("a", "b"), margin=0.0))
    {'Above': {'of': {'Value': {'side': 'a', 'task': 'b'}}, 'margin': 0.0}}
    """
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if not dataclasses.is_dataclass(value):
        return value
    given = {field.name: (getattr(value, field.name), field.default) for field in dataclasses.fields(value)}
    return {
        type(value).__name__: {name: as_json(item) for name, (item, usual) in given.items() if item != usual},
    }


def walk(node: Any) -> Iterator[Any]:
    """Every quantity and condition of an expression, from the outside in."""
    if isinstance(node, tuple):
        for item in node:
            yield from walk(item)
    elif dataclasses.is_dataclass(node):
        yield node
        for field in dataclasses.fields(node):
            yield from walk(getattr(node, field.name))
