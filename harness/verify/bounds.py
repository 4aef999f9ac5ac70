"""Part of the fourth rung: how high, how low and how fast a result can be at all.

A wrong answer gave another label or token at least the probability of the right one, so that the right one had one half
at most and cost ln 2 nats at least. Where every answer is one of the labels, a score far below chance is no weakness: its
labels are mixed up, or the record is not what it says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import HarnessError
from harness.records.record import RunRecord
from harness.registry import shelves
from harness.verify.finding import IDENTITIES, Finding, close, not_checkable, verdict

ERRORS = 5.0
"""So many standard errors below chance are no chance: p below 3e-7, over hundreds of records too."""
FAR = 0.75
"""A score above this share of chance is not far below it: prompts may be read the wrong way around."""
CPU_CORE = 2.5e11
GPU = 2.5e15
"""Floating point operations a second that no processor core and no GPU of today exceeds."""


def check(record: RunRecord) -> Iterator[Finding]:
    """Scores against chance, oracles and costs; shares against what they are shares of; work against hardware."""
    yield verdict(IDENTITIES, "oracle", list(_oracle(record)), "no score is above what the model's output can hold")
    yield verdict(IDENTITIES, "costs", list(_costs(record)), "wrong answers cost what they must")
    yield verdict(IDENTITIES, "shares", list(_shares(record)), "each share is one of its n")
    yield from _chance(record)
    if record.speed:
        yield from _work(record)


def _oracle(record: RunRecord) -> Iterator[str]:
    found = record.results
    oracle, own, recall = (found.get(name) for name in ("oracle_span_f1", "span_f1", "span_recall"))
    if oracle and own and max(own["per_seed"]) > oracle["value"] + 1e-12:
        yield f"span_f1 {max(own['per_seed'])} is above its oracle {oracle['value']}"
    lost = found.get("entities_lost_to_length")
    if lost and recall:
        gold = recall["sufficient"][0]["tp"] + recall["sufficient"][0]["fn"]
        most = gold - lost["value"]
        if max(counts["tp"] for counts in recall["sufficient"]) > most:
            yield f"more entities are found than the {most} of {gold} that are not cut off"
    untyped = found.get("untyped_span_f1")
    if own and untyped:
        for one, two in zip(own["sufficient"], untyped["sufficient"], strict=True):
            alike = all(one["tp"] + one[part] == two["tp"] + two[part] for part in ("fp", "fn"))
            if alike and two["tp"] < one["tp"]:
                yield f"{one['tp']} spans are right with their labels, {two['tp']} without"


def _costs(record: RunRecord) -> Iterator[str]:
    found = record.results
    if {"label_nats", "accuracy"} <= found.keys():
        pairs = zip(found["accuracy"]["per_seed"], found["label_nats"]["per_seed"], strict=True)
        for accuracy, nats in pairs:
            if nats < (1 - accuracy) * math.log(2) * (1 - 1e-6):
                yield f"label_nats {nats} is below ln 2 for each of the {1 - accuracy:.4f} wrong answers"
    for name, entry in found.items():
        for counts in entry.get("sufficient", ()):
            if {"nats", "right", "tokens"} <= counts.keys():
                least = (counts["tokens"] - counts["right"]) * math.log(2)
                if counts["nats"] < least * (1 - 1e-6):
                    yield f"{name}: {counts['nats']} nats are below ln 2 for each wrong token"


def _shares(record: RunRecord) -> Iterator[str]:
    for name, entry in record.results.items():
        for value, counts in zip(entry.get("per_seed", ()), entry.get("sufficient", ()), strict=False):
            if counts.keys() == {"right", "wrong"} and not whole(value, entry["n"]):
                yield f"{name} {value} is no share of {entry['n']}"
        if name == "accuracy":
            free, seeds = entry.get("overlap_free"), len(entry["per_seed"])
            parts = [*(entry.get("by") or {}).items(), *([("free of overlap", free)] if free else [])]
            for part, row in parts:
                if not whole(row["value"] * seeds, row["n"]):
                    yield f"{name}, {part}: {row['value']} is no mean over {seeds} seeds of shares of {row['n']}"


def whole(share: float, n: float) -> bool:
    """Whether a share of n is a whole number of them.

    >>> whole(0.25, 8), whole(0.26, 8)
    (True, False)
    """
    return close(share * n, round(share * n), absolute=1e-6)


def _chance(record: RunRecord) -> Iterator[Finding]:
    name = record.task["name"].removesuffix("@sample")
    try:
        card = shelves.find("tasks", name).card
    except HarnessError:
        yield not_checkable(IDENTITIES, "chance", f"the task {name} is not known here")
        return
    entry = record.results.get(card.metrics[0]) if card.metrics else None
    counts = (entry or {}).get("sufficient") or [{}]
    if not entry or not card.chance or counts[0].keys() != {"right", "wrong"}:
        return  # an answer that is none of the labels may well be below chance
    error = max(standard_error(entry), math.sqrt(card.chance * (1 - card.chance) / entry["n"]))
    far = entry["value"] < FAR * card.chance and entry["value"] < card.chance - ERRORS * error
    words = f"{card.metrics[0]} {entry['value']:.4f} is far below chance, {card.chance} with a standard error of {error:.4f}"
    yield verdict(IDENTITIES, "chance", [words] if far else [], f"not far below chance, {card.chance}")


def standard_error(entry: Mapping[str, Any]) -> float:
    """Standard error of a result over its items and its seeds, as far as the record has them.

    >>> standard_error({"per_seed": [0.1, 0.3, 0.2, 0.2], "seed_sd": 0.08, "uncertainty": {"standard_error": 0.03}})
    0.05
    """
    held = [entry.get(part) or {} for part in ("checkpoints", "uncertainty")]  # by groups of items, or one by one
    items = next((part["standard_error"] for part in held if "standard_error" in part), 0.0)
    return math.hypot(items, (entry.get("seed_sd") or 0.0) / math.sqrt(len(entry["per_seed"])))


def _work(record: RunRecord) -> Iterator[Finding]:
    entry, measure = (
        record.results.get("predict_multiply_accumulates"),
        record.speed["measures"].get("predict/whole/trace"),
    )
    if not entry or not measure:
        return
    gpus, cores = record.environment["gpus"], record.environment["cores"]
    rate = 2 * entry["value"] * measure["examples"] / min(measure["seconds"])
    most = len(gpus) * GPU or cores * CPU_CORE
    what = ", ".join(gpu["name"] for gpu in gpus) or f"{cores} cores"
    wrong = [f"{rate:.1e} operations a second are beyond {what}"] if rate > most else []
    yield verdict(IDENTITIES, "work", wrong, f"{rate:.1e} operations a second, as {what} can do")
