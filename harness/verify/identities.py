"""Fourth rung: numbers of one record that cannot all be true at once."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.metrics import bits
from harness.metrics.choice import exact_binomial
from harness.records.record import RunRecord
from harness.trial.scoring import BIASED
from harness.verify import bounds
from harness.verify.evidence import Evidence
from harness.verify.finding import IDENTITIES, Finding, close, not_checkable, verdict

SLACK_S = 2.0
"""Moments are written to the second."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """Intervals, counts, scores that determine each other, and times."""
    record = evidence.record
    if record is None:
        yield not_checkable(IDENTITIES, "all", "the record cannot be read")
        return
    if not record.results:
        yield not_checkable(IDENTITIES, "all", f"a run of status {record.status} has no numbers")
        return
    yield verdict(IDENTITIES, "intervals", list(_intervals(record)), "each holds its value")
    yield verdict(IDENTITIES, "counts", list(_sums(record)), "counts sum to what they are counts of")
    yield verdict(IDENTITIES, "scores", list(_scores(record)), "scores that determine each other agree")
    yield verdict(IDENTITIES, "parts", list(_parts(record)), "breakdowns and parts free of overlap fit the whole")
    yield from bounds.check(record)
    yield from _alike(evidence, record)
    yield verdict(IDENTITIES, "times", list(_times(record)), "durations fit between start and end")
    if record.speed:
        yield verdict(IDENTITIES, "speed", list(_speed(record)), "time x speed is the work; latencies ascend")


def _alike(evidence: Evidence, record: RunRecord) -> Iterator[Finding]:
    """Seeds of a model that draws nothing answer alike."""
    seeds = record.config["seeds"]
    if not record.model.get("deterministic") or len(seeds) < 2 or record.speed:
        return
    if evidence.rows is None:
        yield not_checkable(IDENTITIES, "seeds", evidence.trouble["rows"])
        return
    said = {seed: {row["id"]: repr(row["prediction"]) for row in rows} for seed, rows in evidence.seeds.items()}
    first = said.get(seeds[0])
    unlike = [seed for seed in seeds[1:] if said.get(seed) != first]
    words = f"a model that draws nothing answers seeds {', '.join(map(str, [seeds[0], *unlike]))} unlike"
    yield verdict(IDENTITIES, "seeds", [words] if unlike else [], "a model that draws nothing answers all alike")


def _intervals(record: RunRecord) -> Iterator[str]:
    for name, entry in record.results.items():
        for part in ("checkpoints", "recipe"):
            held = entry.get(part)
            if held and "none" not in held:
                yield from _ordered(f"{name}, {part}", name, entry["value"], held, held["standard_error"])
        held = entry.get("uncertainty")
        if held:
            yield from _ordered(name, name, entry["value"], held["confidence_interval"], held["standard_error"])
            yield from _binomial(name, entry, held)


def _ordered(said: str, name: str, value: float, ends: Mapping[str, Any], error: float) -> Iterator[str]:
    lower, upper, slack = ends["lower"], ends["upper"], 1e-9 * max(1.0, abs(value))
    if not lower <= upper or error < 0 or not 0 < ends["confidence_level"] < 1:
        yield f"{said} has the interval {lower} to {upper}, standard error {error}"
    elif name not in BIASED and not lower - slack <= value <= upper + slack:
        yield f"{said} is {value}, outside of its interval {lower} to {upper}"


def _binomial(name: str, entry: Mapping[str, Any], held: Mapping[str, Any]) -> Iterator[str]:
    exact = held.get("exact_binomial")
    if exact:
        counts = entry["sufficient"][0]
        ends = exact_binomial(counts["right"], counts["right"] + counts["wrong"], exact["confidence_level"])
        if not all(close(exact[part], end) for part, end in zip(("lower", "upper"), ends, strict=True)):
            yield f"{name}: its exact interval is not that of {counts['right']} right answers"


def _sums(record: RunRecord) -> Iterator[str]:
    for name, entry in record.results.items():
        for counts in entry.get("sufficient", ()):
            if any(number < 0 for number in counts.values()):
                yield f"{name} has counts below zero"
            if counts.keys() == {"right", "wrong"} and counts["right"] + counts["wrong"] != entry["n"]:
                yield f"{name}: {counts['right']} right and {counts['wrong']} wrong are not {entry['n']}"
            if "predicted" in counts and counts["correct"] + counts["partial"] > min(
                counts["predicted"], counts["gold"]
            ):
                yield f"{name}: more matched pairs than predicted or gold spans"
            if "tokens" in counts and counts.get("right", counts.get("right_tokens", 0)) > counts["tokens"]:
                yield f"{name}: more right tokens than tokens"
        totals = {counts["tp"] + counts["fn"] for counts in entry.get("sufficient", ()) if "tp" in counts}
        if len(totals) > 1 and name in ("span_f1", "span_precision", "span_recall"):
            yield f"{name}: seeds were scored on {sorted(totals)} gold spans"


def _scores(record: RunRecord) -> Iterator[str]:
    found = record.results
    seeds = range(len(record.config["seeds"]))
    if {"span_f1", "span_precision", "span_recall"} <= found.keys():
        for seed in seeds:
            p, r, f = (found[f"span_{name}"]["per_seed"][seed] for name in ("precision", "recall", "f1"))
            if not close(f, 2 * p * r / (p + r) if p + r else 0.0, absolute=1e-9):
                yield f"span_f1 {f} is not that of precision {p} and recall {r}"
    nats = [_nats(found[name], name) for name in bits.MEASURES if found.get(name, {}).get("sufficient")]
    for other in nats[1:]:
        if not all(close(one, two, 1e-8) for one, two in zip(nats[0], other, strict=True)):
            yield "bits and perplexities do not come from the same nats"


def _nats(entry: Mapping[str, Any], name: str) -> list[float]:
    """Nats of each seed that a value stands for: bits x ln 2 x bytes, or ln perplexity x tokens."""
    unit, kind = bits.MEASURES[name]
    values = zip(entry["per_seed"], entry["sufficient"], strict=True)
    return [
        (value * math.log(2) if kind == "bits" else math.log(max(value, 1e-300))) * counts[unit]
        for value, counts in values
    ]


def _parts(record: RunRecord) -> Iterator[str]:
    for name, entry in record.results.items():
        free = entry.get("overlap_free")
        if free and (free["n"] > entry["n"] or (free["n"] == entry["n"] and not close(free["value"], entry["value"]))):
            yield f"{name}: {free['value']} on the {free['n']} items free of overlap, {entry['value']} on {entry['n']}"
        by = {part: row for part, row in (entry.get("by") or {}).items() if part.startswith("label:")}
        if by and entry.get("sufficient"):
            yield from _labels(name, entry, list(by.values()))


def _labels(name: str, entry: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counts = entry["sufficient"]
    for part in ("right", "tp", "fp", "fn"):
        if all(part in row for row in rows) and all(part in seed for seed in counts):
            mean = sum(seed[part] for seed in counts) / len(counts)
            if not close(sum(row[part] for row in rows), mean, 1e-9, 1e-6):
                yield f"{name}: its labels have {sum(row[part] for row in rows)} {part}, the whole has {mean}"
    for row in rows:
        if "right" in row and not close(row["right"], row["value"] * row["n"], 1e-9, 1e-6):
            yield f"{name}: a label with {row['right']} of {row['n']} right has {row['value']}"


def _times(record: RunRecord) -> Iterator[str]:
    spent = record.durations_s
    if any(seconds < 0 for seconds in spent.values()):
        yield "a duration is below zero"
    reports = [report for report in record.training.values() if isinstance(report, Mapping)]
    trained = sum(report.get("seconds", 0.0) for report in reports)
    whole_run = record.attempts == 1 and "pooled" not in record.config
    reused = any("passes" in report for report in reports)  # a language model may take weights that another run trained
    if whole_run and not reused and "train" in spent and trained > spent["train"] + SLACK_S:
        yield f"the seeds trained for {trained:.1f} s, training took {spent['train']:.1f} s"
    for report in reports:
        if {"tokens", "tokens_per_second", "seconds"} <= report.keys() and report["seconds"] > 1:
            work = report["tokens_per_second"] * report["seconds"]
            if not close(work, report["tokens"], 0.01):
                yield f"{report['tokens']} tokens in {report['seconds']} s are not {report['tokens_per_second']} a second"
    if record.finished_at and whole_run:
        begun, ended = (datetime.datetime.fromisoformat(text) for text in (record.started_at, record.finished_at))
        whole = (ended - begun).total_seconds()
        after = sum(seconds for part, seconds in spent.items() if part != "load")  # data are read before the start
        if after > whole + SLACK_S:
            yield f"its parts took {after:.1f} s, all of it {whole:.0f} s"


def _speed(record: RunRecord) -> Iterator[str]:
    for name, measure in record.speed["measures"].items():
        latency = [measure["latency_s"][part] for part in ("p50", "p90", "p99")]
        if latency != sorted(latency) or latency[0] <= 0:
            yield f"{name}: its latencies {latency} do not ascend"
        if measure["iterations"] < len(measure["seconds"]) or min(measure["seconds"]) <= 0:
            yield f"{name}: {measure['iterations']} iterations in {len(measure['seconds'])} blocks"
    for phase in ("train", "predict"):
        entry, timed = record.results.get(f"{phase}_tokens_per_second"), record.speed["measures"]
        if entry:
            measure = timed[f"{phase}/whole/trace"]
            low, high = min(measure["seconds"]), max(measure["seconds"])
            if not low * (1 - 1e-9) <= measure["tokens"] / entry["value"] <= high * (1 + 1e-9):
                yield f"{phase}: {measure['tokens']} tokens at {entry['value']} a second fit into no block"
