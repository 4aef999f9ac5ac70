"""Third rung: every number that follows from items, predictions and timed blocks, without gold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness import kinds
from harness.metrics import bits, choice, overlaps, spans
from harness.records.record import ITEMS_BESIDE, RunRecord
from harness.statistics.intervals import over_seeds
from harness.trial import scoring
from harness.trial.following import differing, of_intervals, same
from harness.verify import itemwise, older, timings
from harness.verify.evidence import Evidence
from harness.verify.finding import RECOMPUTATION, Finding, close, not_checkable, verdict

COUNTED = {"span_precision": spans.precision, "span_recall": spans.recall}
"""Metrics of counts tp, fp, fn; all others of them are F1."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """Predictions complete, every number from the items, items from predictions, timings from blocks."""
    record = evidence.record
    if record is None:
        yield not_checkable(RECOMPUTATION, "all", "the record cannot be read")
        return
    if record.status != "success":
        yield not_checkable(RECOMPUTATION, "all", f"a run of status {record.status} has no numbers")
        return
    if record.speed:
        yield from timings.check(evidence, record)
        return
    yield verdict(RECOMPUTATION, "seeds", list(_seeds(record)), "values, spread and worst seed follow from each seed")
    yield verdict(RECOMPUTATION, "counts", list(_counts(record)), "values follow from their counts")
    if evidence.items:
        wrong = list(differing(record, evidence.items))
        if wrong and all(map(of_intervals, wrong)) and (evidence.folder.path / ITEMS_BESIDE).exists():
            wrong[0] = f"intervals of other statistics: `harness records items --renew` makes them again; {wrong[0]}"
        wrong += older.faults(record, evidence.tables)
        yield verdict(RECOMPUTATION, "items", wrong, _followed(record))
    elif not record.items and any({"checkpoints", "recipe"} & entry.keys() for entry in record.results.values()):
        yield verdict(RECOMPUTATION, "items", ["it has intervals and no items"], "")
    else:
        why = evidence.trouble.get("items", "it has none: no interval can be made")
        yield not_checkable(RECOMPUTATION, "items", why)
    if evidence.rows is None:
        yield not_checkable(RECOMPUTATION, "predictions", evidence.trouble["rows"])
        return
    incomplete = list(_complete(evidence, record))
    yield verdict(RECOMPUTATION, "rows", incomplete, "each seed answers each item once")
    if not incomplete:
        words = "what predictions determine follows from them"
        yield verdict(RECOMPUTATION, "predictions", list(_determined(evidence, record)), words)


def _followed(record: RunRecord) -> str:
    """What is known of the numbers of a record whose items agree with it."""
    words = "every value, count and interval follows from the items"
    if any("uncertainty" in entry for entry in record.results.values()):
        words += "; the bootstrap intervals of older records agree with the items' errors about, not to the digit"
    return words


def _seeds(record: RunRecord) -> Iterator[str]:
    for name, entry in record.results.items():
        values = entry.get("per_seed")
        if values is None:
            continue
        if len(values) != len(record.config["seeds"]):
            yield f"{name} has {len(values)} values for {len(record.config['seeds'])} seeds"
            continue
        found = over_seeds(values, entry["higher_is_better"])
        for part, value in (("value", found.mean), ("seed_sd", found.sd), ("worst_seed", found.worst)):
            if not close(entry.get(part), value):
                yield f"{name}: {part} is {entry.get(part)}, its seeds give {value}"


def _counts(record: RunRecord) -> Iterator[str]:
    for name, entry in record.results.items():
        held = entry.get("sufficient") or []
        if held and len(held) != len(entry["per_seed"]):
            yield f"{name} has counts of {len(held)} seeds, values of {len(entry['per_seed'])}"
            continue
        for value, counts in zip(entry.get("per_seed", ()), held, strict=bool(held)) if held else ():
            found = value_of(name, counts)
            if found is not None and not close(found, value):
                yield f"{name} is {value}, its counts {dict(counts)} give {found}"


def value_of(name: str, counts: Mapping[str, float]) -> float | None:
    """The value that counts determine; ``None`` where they do not.

    >>> value_of("accuracy", {"right": 3, "wrong": 1}), value_of("macro_f1", {})
    (0.75, None)
    """
    if {"tp", "fp", "fn"} <= counts.keys():
        of = COUNTED.get(name, spans.f1)
        return float(of(np.array([counts["tp"], counts["fp"], counts["fn"]])))
    if {*overlaps.COUNTS} == counts.keys():
        return float(overlaps.overlap_f1(np.array([counts[part] for part in overlaps.COUNTS])))
    if {"right", "wrong"} == counts.keys():
        return float(choice.accuracy(np.array([counts["right"], counts["wrong"]])))
    if {"right_tokens", "tokens"} == counts.keys():
        return float(bits.share(np.array([counts["right_tokens"], counts["tokens"]])))
    measure = next((measure for measure in bits.MEASURES if name.startswith(measure)), None)
    if measure and "nats" in counts:
        unit, kind = bits.MEASURES[measure]
        statistic = bits.bits if kind == "bits" else bits.perplexity
        return float(statistic(np.array([counts["nats"], counts[unit]])))
    return None


def _complete(evidence: Evidence, record: RunRecord) -> Iterator[str]:
    seeds = record.config["seeds"]
    if sorted(evidence.seeds) != sorted(seeds):
        yield f"predictions of seeds {sorted(evidence.seeds)}, on record {sorted(seeds)}"
        return
    first = {row["id"] for row in evidence.seeds[seeds[0]]}
    for seed in seeds:
        ids = [row["id"] for row in evidence.seeds[seed]]
        if len(set(ids)) != len(ids):
            yield f"seed {seed} answers {len(ids) - len(set(ids))} items twice"
        if set(ids) != first:
            yield f"seed {seed} answers other items than seed {seeds[0]}"
    expected = record.data["splits"][record.task["split"]]["rows"]
    if len(first) != expected:
        yield f"{len(first)} items are answered, the split has {expected}"
    facts = kinds.find(record.task["kind"]).facts([])
    own = {name: entry["n"] for name, entry in record.results.items() if "per_seed" in entry and name not in facts}
    yield from (f"{name} has n {n}, {len(first)} items are answered" for name, n in own.items() if n != len(first))


def _determined(evidence: Evidence, record: RunRecord) -> Iterator[str]:
    """What a kind counts of its predictions, the number of predicted spans, and what the items say of each answer."""
    found = scoring.beside(kinds.find(record.task["kind"]).facts(evidence.rows or []))
    for name, entry in found.items():
        if not same(entry, {part: (record.results.get(name) or {}).get(part) for part in entry}):
            yield f"{name} is not what the predictions say"
    if "span_f1" in record.results:
        yield from _spans(
            record, [[row["prediction"] for row in evidence.seeds[seed]] for seed in record.config["seeds"]]
        )
    yield from itemwise.faults(evidence, record.config["seeds"])


def _spans(record: RunRecord, answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Hits and false alarms are all that was predicted."""
    for place, outputs in enumerate(answers):
        said = sum(len({tuple(span) for span in spans_}) for spans_ in outputs)
        for name in ("span_f1", "span_precision", "span_recall"):
            counts = record.results[name]["sufficient"][place]
            if counts["tp"] + counts["fp"] != said:
                yield f"{name} counts {counts['tp'] + counts['fp']} predicted spans, there are {said}"
        for name in kinds.find(record.task["kind"]).further:
            held = (record.results.get(name) or {}).get("sufficient")
            if held and held[place]["predicted"] != said:
                yield f"{name} counts {held[place]['predicted']} predicted spans, there are {said}"
