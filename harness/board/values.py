"""One metric of one record as a board shows it: the value, its intervals, and how it is written.

A score has two intervals. ``checkpoints`` is about these trained models: how the score moves with other items of the
same kind. ``recipe`` is about the method: it also contains what another seed would change. A timing has one, over its
blocks.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.spec import Reference

LEVEL = 0.95
DRAWN = ("position:", "distance:")
"""Parts of a metric that a board draws as curves."""


@dataclass(frozen=True, slots=True)
class Ends:
    """A 95 % interval; or, in ``none``, why there is no interval."""

    lower: float | None = None
    upper: float | None = None
    standard_error: float | None = None
    degrees: float | None = None  # of Student's t
    none: str = ""

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return self.lower is not None and self.upper is not None


UNKNOWN = Ends()
"""Nothing is said of the error: of a published number, of one that is no sum over items."""


@dataclass(frozen=True, slots=True)
class Value:
    """One metric of one record, in the metric's own unit; or a published number."""

    value: float
    unit: str = "proportion"
    higher_is_better: bool = True
    n: int = 0
    checkpoints: Ends = UNKNOWN
    recipe: Ends = UNKNOWN
    blocks: Ends = UNKNOWN  # of a timing
    seed_sd: float | None = None
    seeds: int = 1
    overlap_free: float | None = None
    by: tuple[tuple[str, float], ...] = ()  # parts that are drawn: by position in a window, by distance
    printed: str = ""  # of a published number: as its source prints it, a proportion in percent

    @property
    def drawn(self) -> Ends:
        """The interval that plots draw: of the recipe, where there is none of the checkpoints, of a timing its own.

        >>> Value(0.5, checkpoints=Ends(0.4, 0.6)).drawn, Value(0.5).drawn.known
        (Ends(lower=0.4, upper=0.6, standard_error=None, degrees=None, none=''), False)
        """
        return next((ends for ends in (self.recipe, self.checkpoints, self.blocks) if ends.known), UNKNOWN)

    @property
    def basis(self) -> str:
        """What the drawn interval is about: ``recipe``, ``checkpoints``, ``blocks``, or nothing.

        >>> Value(0.5, checkpoints=Ends(0.4, 0.6)).basis, Value(0.5).basis
        ('checkpoints', '')
        """
        return next((name for name in ("recipe", "checkpoints", "blocks") if getattr(self, name).known), "")


def shown(value: Value) -> str:
    """A value as text: proportions in percent; published ones as they are printed.

    >>> shown(Value(0.64839)), shown(Value(12, unit="entities")), shown(Value(1.23456, unit="bits"))
    ('64.84', '12', '1.235')
    >>> shown(Value(0.33, printed="33.0 (0.34)"))
    '33.0 (0.34)'
    """
    return value.printed or number(value.value, value.unit)


def as_printed(item: Reference, unit: str = "proportion", higher_is_better: bool = True) -> Value:
    """A published number, with its spread in brackets where its source prints one.

    >>> shown(as_printed(Reference("A", "accuracy", 0.33, "test", "a paper", printed="33.0", spread="0.34")))
    '33.0 (0.34)'
    """
    spread = f" ({item.spread})" if item.printed and item.spread else ""
    return Value(item.value, unit, higher_is_better, printed=f"{item.printed}{spread}")


def number(value: float, unit: str) -> str:
    """A number of a unit as text: proportions in percent, others with four digits, zeros at their end kept.

    >>> number(0.5, "proportion"), number(4.0, "bits"), number(12.0, "entities"), number(1234.5, "perplexity")
    ('50.00', '4.000', '12', '1234')
    """
    if unit == "proportion":
        return f"{100 * value:.2f}"
    if float(value).is_integer() and unit not in ("bits", "nats", "perplexity"):
        return f"{value:.0f}"
    return f"{value:#.4g}" if abs(value) < 1000 else f"{value:.4g}"


def values(results: Mapping[str, Any]) -> dict[str, Value]:
    """The metrics of a record that are finite numbers, in the record's order."""
    made = {}
    for name, entry in results.items():
        value = finite(entry["value"])
        if value is None:
            continue
        made[name] = Value(
            value=value,
            unit=str(entry["unit"]),
            higher_is_better=bool(entry["higher_is_better"]),
            n=int(entry["n"]),
            checkpoints=ends(entry.get("checkpoints")),
            recipe=ends(entry.get("recipe")),
            seed_sd=finite(entry.get("seed_sd")),
            seeds=len(entry.get("per_seed") or [0]),
            overlap_free=finite((entry.get("overlap_free") or {}).get("value")),
            by=tuple(
                (key, float(part["value"])) for key, part in (entry.get("by") or {}).items() if key.startswith(DRAWN)
            ),
        )
    return made


def timings(results: Mapping[str, Any]) -> dict[str, Value]:
    """The measures of a timing that are finite numbers, each with its interval over blocks."""
    made = {}
    for name, entry in results.items():
        value, doubt = finite(entry["value"]), entry.get("uncertainty") or {}
        if value is not None:
            found = {**(doubt.get("confidence_interval") or {}), "standard_error": doubt.get("standard_error")}
            unit, higher = str(entry["unit"]), bool(entry["higher_is_better"])
            made[name] = Value(value, unit, higher, int(entry["n"]), blocks=ends(found))
    return made


def ends(told: Mapping[str, Any] | None) -> Ends:
    """An interval as a record has it. A column says 95 %: no other interval may stand in it.

    >>> ends({"lower": 0.4, "upper": 0.6, "confidence_level": 0.95}).known, ends({"lower": 0.4, "upper": 0.6}).known
    (True, False)
    >>> ends({"none": "one seed"})
    Ends(lower=None, upper=None, standard_error=None, degrees=None, none='one seed')
    """
    told = told or {}
    if "none" in told:
        return Ends(none=str(told["none"]))
    if told.get("confidence_level") != LEVEL:
        return UNKNOWN
    lower, upper, error, degrees = (finite(told.get(name)) for name in ("lower", "upper", "standard_error", "degrees"))
    return Ends(lower, upper, error, degrees)


def finite(value: Any) -> float | None:
    """The value if it is a finite number.

    >>> finite(0.5), finite(float("nan")), finite(None)
    (0.5, None, None)
    """
    if type(value) not in (int, float):  # the exact type: True is no score
        return None
    return value if abs(value) <= sys.float_info.max and math.isfinite(value) else None
