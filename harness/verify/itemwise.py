"""Part of the third rung: whether items say of each answer what the answer itself tells, without gold.

How many spans were predicted, what a text cost, which label was given: all of it stands in the predictions. And gold is
one: an item has as many gold spans, and the same right label, under every seed; answers that are equal are right or wrong
together. Letters for shapes: ``S`` seeds, ``N`` items, ``C`` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.files import digest
from harness.metrics import bits
from harness.statistics.table import Floats, Table
from harness.verify.evidence import Evidence

ROUNDED = 2e-4
"""Probabilities of answers are stored with four decimals."""
SPANS: Mapping[str, Callable[[Sequence[Any]], int]] = {
    "span_f1": lambda spans: len({tuple(span) for span in spans}),
    "span_precision": lambda spans: len({tuple(span) for span in spans}),
    "span_recall": lambda spans: len({tuple(span) for span in spans}),
    "untyped_span_f1": lambda spans: len({(span[0], span[1]) for span in spans}),
}
"""Metric of tp, fp and fn -> how many answers count as hits or false alarms."""
OVERLAPS = frozenset({"span_f1_partial", "span_f1_type"})
"""Metrics whose counts name what was predicted and what is gold: see ``harness.metrics.overlaps``."""


def faults(evidence: Evidence, seeds: Sequence[int]) -> Iterator[str]:
    """What items say otherwise than predictions do."""
    tables = evidence.tables
    if not tables:
        return
    order = next(iter(tables.values())).ids
    held = {seed: {row["id"]: row["prediction"] for row in evidence.seeds[seed]} for seed in seeds}
    if any(rows.keys() != set(order) for rows in held.values()):
        yield "items are of other ids than the predictions"
        return
    answers = [[held[seed][name] for name in order] for seed in seeds]
    first = answers[0][0]
    if isinstance(first, list):
        yield from _spans(tables, answers)
    elif isinstance(first, Mapping) and "usual" in first:
        yield from _texts(tables, answers)
    elif isinstance(first, Mapping) and "nats" in first:
        yield from _costs(tables, answers)
    if not isinstance(first, list) and "accuracy" in tables:
        yield from _labels(tables, answers)


def _spans(tables: Mapping[str, Table], answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    for name, count in SPANS.items():
        if name in tables:
            said = np.array([[count(spans) for spans in outputs] for outputs in answers])
            table = tables[name]
            yield from _unlike(name, "predicted spans", table.counts[..., 0] + table.counts[..., 1], said, table)
    for name in sorted(OVERLAPS & tables.keys()):
        table = tables[name]
        said = np.array([[len({tuple(span) for span in spans}) for spans in outputs] for outputs in answers])
        yield from _unlike(name, "predicted spans", table.counts[..., 2], said, table)
        gold = table.counts[..., 3]
        yield from _unlike(name, "gold spans under every seed", gold, np.broadcast_to(gold[:1], gold.shape), table)
    for name, table in tables.items():
        if table.counts.shape[2] == 3 and name in SPANS:
            gold = table.counts[..., 0] + table.counts[..., 2]
            yield from _unlike(name, "gold spans under every seed", gold, np.broadcast_to(gold[:1], gold.shape), table)


def _texts(tables: Mapping[str, Table], answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Readings of texts hold their own counts."""
    for name, table in tables.items():
        measure = next((measure for measure in ("recall", *bits.MEASURES) if name.startswith(measure)), "")
        reading = name.removeprefix(measure).lstrip("_") or answers[0][0]["usual"]
        if not measure or reading not in answers[0][0]:
            yield f"{name} is no reading of the predictions"
            continue
        unit, kind = bits.MEASURES.get(measure, ("tokens", "share"))
        places = bits.COUNTS.index("right" if kind == "share" else "nats"), bits.COUNTS.index(unit)
        said = np.array([[[output[reading][place] for place in places] for output in outputs] for outputs in answers])
        yield from _unlike(name, "counts", table.counts, said, table)


def _costs(tables: Mapping[str, Table], answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    """The cost of the right label, and whether it was the one that was given: the likeliest has the largest share."""
    nats = np.array([[output["nats"] for output in outputs] for outputs in answers])
    if "label_nats" in tables:
        table = tables["label_nats"]
        yield from _unlike("label_nats", "nats", table.counts[..., 0], nats, table)
    if "accuracy" in tables and "confidence" in answers[0][0]:
        table = tables["accuracy"]
        given = np.array([[output["confidence"] for output in outputs] for outputs in answers])
        share, right = np.exp(-nats), table.counts[..., 0] > 0
        odd = (right & (np.abs(share - given) > ROUNDED)) | (~right & (share > np.minimum(given, 1 - given) + ROUNDED))
        yield from _at(
            "accuracy", "is right where the right label cost more, or wrong where it cost no more", odd, table
        )


def _labels(tables: Mapping[str, Table], answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Equal answers to an item are right together, unlike ones not both; macro F1 names the label that was given."""
    given = np.array([[_number(output) for output in outputs] for outputs in answers])
    table = tables["accuracy"]
    right = table.counts[..., 0] > 0
    same = given[:, None] == given[None]
    odd = (same & (right[:, None] != right[None])) | (~same & right[:, None] & right[None])
    yield from _at("accuracy", "is right under one seed and wrong under another that answers alike", odd.any(1), table)
    macro = tables.get("macro_f1")
    if macro is not None:
        by = macro.counts.reshape(*macro.counts.shape[:2], -1, 3)
        said = (by[..., 0] + by[..., 1]).argmax(-1)
        yield from _unlike("macro_f1", "labels", said, given, macro)
        yield from _at("macro_f1", "is right where accuracy is wrong", (by[..., 0].sum(-1) > 0) != right, macro)
        label = gold_labels(macro)
        yield from _unlike(
            "macro_f1", "gold labels under every seed", label, np.broadcast_to(label[:1], label.shape), macro
        )


def _number(output: Any) -> int:
    return int(output["label"] if isinstance(output, Mapping) else output)


def gold_labels(table: Table) -> Any:
    """The right label (S, N) of each item, by the counts of macro F1: where a hit or a miss stands."""
    by = table.counts.reshape(*table.counts.shape[:2], -1, 3)
    return (by[..., 0] + by[..., 2]).argmax(-1)


def gold(evidence: Evidence) -> dict[str, str]:
    """Digests of what gold alone determines, item by item: equal in all records of the same data."""
    found, tables = {}, evidence.tables
    for name, table in tables.items():
        if name in SPANS:
            found[f"gold spans of items ({name})"] = _digest(table.counts[0, :, 0] + table.counts[0, :, 2])
        elif name in OVERLAPS:
            found[f"gold spans of items ({name})"] = _digest(table.counts[0, :, 3])
        elif name == "macro_f1":
            found["gold labels of items"] = _digest(gold_labels(table)[0])
    if tables:
        first = next(iter(tables.values()))
        found["groups of items"] = digest([list(first.ids), first.groups.tolist(), first.strata.tolist()])
    return found


def _digest(numbers: Any) -> str:
    return digest([int(number) for number in numbers])


def _unlike(name: str, what: str, held: Floats, said: Any, table: Table) -> Iterator[str]:
    """Where counts are not what the predictions say, up to rounding."""
    if held.shape != said.shape:
        yield f"{name} has counts of shape {held.shape}, the predictions {said.shape}"
        return
    odd = ~np.isclose(held, said, rtol=1e-9, atol=1e-9)
    odd = odd.reshape(*odd.shape[:2], -1).any(-1)
    yield from _at(name, f"has not the {what} of its answers", odd, table)


def _at(name: str, what: str, odd: Any, table: Table) -> Iterator[str]:
    if odd.any():
        seed, item = (int(place[0]) for place in np.nonzero(odd))
        where = f"item {table.ids[item]} of seed {table.seeds[seed]}"
        yield f"{name} {what}: {where}" + (f" and {int(odd.sum()) - 1:,} more" if odd.sum() > 1 else "")
