"""First rung: the record has the form that readers of records count on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness import protocols
from harness.errors import HarnessError
from harness.records import schema
from harness.records.record import RunRecord
from harness.registry import shelves
from harness.registry.metrics import metric_cards
from harness.verify.evidence import Evidence
from harness.verify.finding import FORM, PASS, Finding, is_number, not_checkable, verdict

RANGES: Mapping[str, tuple[float, float]] = {"proportion": (0.0, 1.0), "perplexity": (1.0, math.inf)}
"""Lowest and highest value of a unit; others are zero or more, and an exponent is any number."""
ROUNDING = 1e-9
WANTED = ("value", "n", "unit", "higher_is_better")


def check(evidence: Evidence) -> Iterator[Finding]:
    """Whether the file is a record that can be read, and its numbers are possible ones."""
    record = evidence.record
    if evidence.raw is None or record is None:
        words = next(iter(evidence.trouble.values()), "result.json is not a JSON object")
        yield verdict(FORM, "record", [words], "", True)
        return
    yield Finding(FORM, "record", PASS, f"a record of schema {evidence.raw.get('schema_version')}")
    yield from _schema(evidence.raw)
    yield verdict(FORM, "status", list(_status(record)), "its status agrees with its parts")
    yield verdict(FORM, "numbers", list(_numbers(record)), "finite and possible in their units")
    yield from _names(record)
    yield from _draws(evidence.raw, record)


def _schema(raw: dict[str, Any]) -> Iterator[Finding]:
    wrong = schema.faults(raw, f"result-{raw['schema_version']}")
    yield verdict(FORM, "schema", wrong, "as the JSON Schema says")


def _status(record: RunRecord) -> Iterator[str]:
    done = record.status == "success"
    if done and not record.results:
        yield "status success without results"
    if done and not (record.samples or record.speed):
        yield "status success without predictions or timings"
    if done and (record.error or not record.finished_at):
        yield "status success with an error, or without an end"
    if not done and record.results:
        yield f"status {record.status} with results"
    if record.finished_at and record.finished_at < record.started_at:
        yield f"it ended at {record.finished_at}, before it began at {record.started_at}"
    seeds = record.config["seeds"]
    if len(set(seeds)) != len(seeds) or (done and not seeds):
        yield f"its seeds are {seeds}"


def _numbers(record: RunRecord) -> Iterator[str]:
    cards = metric_cards()
    for name, entry in record.results.items():
        lacking = [part for part in WANTED if part not in entry]
        if lacking:
            yield f"{name} lacks {', '.join(lacking)}"
            continue
        if name in cards and (cards[name].unit, cards[name].higher_is_better) != (
            entry["unit"],
            entry["higher_is_better"],
        ):
            yield f"{name} is in {entry['unit']!r}, its card says {cards[name].unit!r}"
        low, high = RANGES.get(entry["unit"], (-math.inf if entry["unit"] == "exponent" else 0.0, math.inf))
        for value in [entry["value"], *entry.get("per_seed", ())]:
            if not is_number(value) or not math.isfinite(value) or not low - ROUNDING <= value <= high + ROUNDING:
                yield f"{name} {value!r} is no {entry['unit']}"
        if not is_number(entry["n"]) or entry["n"] < 0 or entry["n"] != int(entry["n"]):
            yield f"{name} has n {entry['n']!r}"


def _names(record: RunRecord) -> Iterator[Finding]:
    task, model = record.task["name"].removesuffix("@sample"), record.model["name"]
    protocol = f"{record.protocol['name']}@{record.protocol['version']}"
    asked: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("task", task, lambda: shelves.find("tasks", task)),
        ("model", model, lambda: shelves.find("models", model)),
        ("protocol", protocol, lambda: protocols.find(protocol, record.task["kind"])),
    )
    for what, name, find in asked:
        try:
            find()
        except HarnessError:
            yield not_checkable(FORM, what, f"the {what} {name} is not known here")
        else:
            yield Finding(FORM, what, PASS, f"the {what} {name} is known")


def _draws(raw: dict[str, Any], record: RunRecord) -> Iterator[Finding]:
    """Whether the record says of its model what its card says: that it draws nothing, or that it does.

    A record of schema 3 that an older version of the card was run for keeps what that version said.
    """
    if not record.items and "deterministic" not in raw["model"]:  # no flag, so that it counts as one that draws
        return
    said, name = record.model.get("deterministic"), record.model["name"]
    try:
        card = shelves.find("models", name).card
    except HarnessError:
        yield not_checkable(FORM, "deterministic", f"the model {name} is not known here")
        return
    same = type(said) is bool and said == card.deterministic
    if not same and raw["schema_version"] >= 3 and record.model["version"] != card.version:
        words = f"it says {said}, of version {record.model['version']} of {name}; the card here is of {card.version}"
        yield not_checkable(FORM, "deterministic", words)
        return
    where = "items.json" if raw["schema_version"] < 3 else "its model"
    words = f'"deterministic" of {where} is {said!r}, the card of {name} says {card.deterministic}'
    yield verdict(FORM, "deterministic", [] if same else [words], f"{said}, as the card of {name} says")
