"""Which numbers of a record do not follow from its items.

From the counts of every item under every seed follow: each seed's value, their mean, spread and worst, the named totals,
the intervals, the recall of each label, the score at each distance. What needs the data is not asked: which texts occur
in train, F1 by label of spans, bits by position.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from harness.records.items import Items
from harness.records.record import RunRecord
from harness.registry.metrics import metric_cards
from harness.statistics.intervals import over_seeds
from harness.statistics.table import Floats, Table
from harness.trial import scoring

SLACK = 1e-9
"""Relative difference of two floats that were summed in another order."""
ENDS, ERRORS = 0.35, 0.12
"""By how many standard errors the ends of a bootstrap interval may move, and by what share its standard error: other draws
of the same law do. Other versions of numpy draw otherwise, and draws of real numbers depend on which rows are bit by bit
the same, which rounding on another machine changes."""
NAMED = (
    ("tp", "fp", "fn"),
    ("right", "wrong"),
    ("right_tokens", "tokens"),
    ("correct", "partial", "predicted", "gold"),
)
"""Totals that are sums of a table's counts, column by column."""


def of_intervals(fault: str) -> bool:
    """Whether such a phrase is of an interval, which other statistics would give otherwise.

    >>> of_intervals("span_f1: recipe is None, its items give 1"), of_intervals("span_f1: value is 0, its items give 1")
    (True, False)
    """
    return fault.partition(": ")[2].startswith(("checkpoints is ", "recipe is "))


def differing(record: RunRecord, items: Items, older: bool = False) -> Iterator[str]:
    """A phrase for each number that does not follow, such as ``accuracy: value is 0.5, its items give 0.25``.

    ``older`` also makes the bootstrap intervals of schemas 1 and 2 again, which takes seconds.
    """
    facts = {"rows": len(items.seeds) * len(items.ids), "groups": _many(items.groups), "strata": _many(items.strata)}
    for name, value in facts.items():
        if (record.items or {}).get(name) != value:
            yield f"the record has {(record.items or {}).get(name)} {name} of items, the file {value}"
    for name, entry in record.results.items():
        if name in items.metrics:
            yield from (f"{name}: {fault}" for fault in _metric(name, entry, items.table(name), record, older))
        elif "checkpoints" in entry or "recipe" in entry:
            yield f"{name} has intervals but no items"
    yield from (f"items are of {name}, which the record lacks" for name in items.metrics if name not in record.results)
    yield from _labels(record, items)
    yield from _distances(record, items)


def _many(numbers: Any) -> int:
    return len(np.unique(numbers))


def _metric(name: str, entry: Mapping[str, Any], table: Table, record: RunRecord, older: bool) -> Iterator[str]:
    totals = table.counts.sum(1)  # (S, C)
    values = [float(table.statistic(each)) for each in totals]
    seeds = over_seeds(values, bool(entry.get("higher_is_better")))
    found: dict[str, Any] = {
        "value": seeds.mean,
        "n": len(table.ids),
        "per_seed": values,
        "seed_sd": seeds.sd,
        "worst_seed": seeds.worst,
        **scoring.intervals(table, bool(record.model.get("deterministic"))),
    }
    for part, value in found.items():
        if not same(value, entry.get(part)):
            yield f"{part} is {_short(entry.get(part))}, its items give {_short(value)}"
    yield from _totals(entry, totals)
    held = entry.get("uncertainty")
    if older and held is not None:
        again = scoring.older(metric_cards()[name], table, held)
        if not drawn_alike(again, held):
            yield f"uncertainty is {_short(held)}, its items give {_short(again)}"


def _totals(entry: Mapping[str, Any], totals: Floats) -> Iterator[str]:
    """Named totals that are sums of the counts."""
    for held, counts in zip(entry.get("sufficient") or (), totals, strict=False):
        names = next((names for names in NAMED if {*names} <= held.keys() and len(names) == len(counts)), None)
        if names is None and "nats" in held and len(counts) == 2:  # nats, and what the measure divides them by
            if not same(float(counts[0]), held["nats"]) or counts[1] not in held.values():
                yield f"sufficient is {_short(held)}, its items sum to {counts.tolist()}"
        elif names and [held[name] for name in names] != counts.tolist():
            yield f"sufficient is {_short(held)}, its items sum to {counts.tolist()}"


def _labels(record: RunRecord, items: Items) -> Iterator[str]:
    """The recall of each label, which the counts of macro F1 hold label by label."""
    by = record.results.get("accuracy", {}).get("by") or {}
    if not by or "macro_f1" not in items.metrics or not all(name.startswith("label:") for name in by):
        return
    totals = items.table("macro_f1").counts.sum(1)
    right, missed = totals[:, 0::3], totals[:, 2::3]  # (S, K)
    whole = right + missed
    present = whole[0] > 0
    found = zip((right / np.maximum(whole, 1)).mean(0), right.mean(0), whole.mean(0), strict=True)
    rows = sorted((list(row) for row, here in zip(found, present, strict=True) if here), key=_whole_first)
    held = sorted(
        ([float(row.get(part, -1)) for part in ("value", "right", "n")] for row in by.values()), key=_whole_first
    )
    if not same(rows, held):
        yield "accuracy: the recall of labels is not that of its items"


def _whole_first(row: list[float]) -> list[float]:
    """A key that rounding does not move: how many, how many of them right, and their share."""
    return row[::-1]


def _distances(record: RunRecord, items: Items) -> Iterator[str]:
    """The share of right answers at each distance, where distances are the strata."""
    by = record.results.get("recall", {}).get("by") or {}
    if "recall" not in items.metrics or not by or not all(name.startswith("distance:") for name in by):
        return
    table = items.table("recall")
    if _many(table.strata) != len(by):
        yield f"recall: {len(by)} distances, the items have {_many(table.strata)} strata"
        return
    found = []
    for stratum in np.unique(table.strata):
        here = table.strata == stratum
        found.append([float(np.mean(table.statistic(table.counts[:, here].sum(1)))), float(here.sum())])
    held = sorted([float(row["value"]), float(row["n"])] for row in by.values())
    if not same(sorted(found), held):
        yield "recall: the shares by distance are not those of its items"


def unlike(items: Items, tables: Mapping[str, Table]) -> Iterator[str]:
    """How items differ from the tables that gold and predictions give: counts, groups and strata, metric by metric."""
    for name, table in tables.items():
        if name not in items.metrics:
            yield f"{name} has no items"
            continue
        held = items.table(name)
        for part in ("seeds", "ids"):
            if getattr(held, part) != getattr(table, part):
                yield f"{name}: the items have other {part}"
        for part in ("groups", "strata", "counts"):
            if not np.array_equal(getattr(held, part), getattr(table, part)):
                yield f"{name}: the items have other {part} than gold and predictions give"


def drawn_alike(again: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether two bootstrap intervals agree: all but their draws exactly, and these as draws of one law do."""
    error = again["standard_error"]
    rest = [{**one, "standard_error": 0, "confidence_interval": {}} for one in (again, held)]
    one, two = (each["confidence_interval"] for each in (again, held))
    near = all(abs(one[end] - two[end]) <= ENDS * error + SLACK for end in ("lower", "upper"))
    spread = abs(error - held["standard_error"]) <= ERRORS * error + SLACK
    return near and spread and one["confidence_level"] == two["confidence_level"] and same(*rest)


def same(first: Any, second: Any) -> bool:
    """Whether two parts of a result say the same, number by number.

    >>> same({"lower": 0.1 + 0.2}, {"lower": 0.3}), same([1, None], [1, 0.0])
    (True, False)
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=SLACK, abs_tol=1e-12)
    return bool(first == second)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"{text[:200]}..."
