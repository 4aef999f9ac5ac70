"""Third rung: the numbers that follow from predictions, counts and timed blocks alone, without gold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness import kinds
from harness.metrics import bits, choice, spans
from harness.records.record import RunRecord
from harness.registry.metrics import metric_cards
from harness.spec import Metric, Score
from harness.statistics.intervals import over_seeds
from harness.statistics.table import Table
from harness.trial import scoring
from harness.verify import timings
from harness.verify.evidence import Evidence
from harness.verify.finding import RECOMPUTATION, Finding, close, not_checkable, verdict

COUNTED = {"span_precision": spans.precision, "span_recall": spans.recall}
"""Metrics of counts tp, fp, fn; all others of them are F1."""


FEWEST = 100
"""Items from which on the mean of their costs is taken as normal."""
NORMAL = 1.959964
ERROR_SLACK, END_SLACK = 0.12, 0.35
"""By what share of the standard error it, and by how many of them an end, may miss the normal one."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """Predictions complete, seeds joined, values from counts, what predictions determine, timings from blocks."""
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
    if evidence.rows is None:
        yield not_checkable(RECOMPUTATION, "predictions", evidence.trouble["rows"])
        return
    incomplete = list(_complete(evidence, record))
    yield verdict(RECOMPUTATION, "rows", incomplete, "each seed answers each item once")
    if not incomplete:
        words = "what predictions determine follows from them"
        yield verdict(RECOMPUTATION, "predictions", list(_determined(evidence, record)), words)


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
    by_seed = [evidence.seeds[seed] for seed in record.config["seeds"]]
    found = scoring.beside(kinds.find(record.task["kind"]).facts(evidence.rows or []))
    for name, entry in found.items():
        if not _same(entry, record.results.get(name)):
            yield f"{name} is not what the predictions say"
    answers = [[row["prediction"] for row in rows] for rows in by_seed]
    first = answers[0][0]
    if isinstance(first, Mapping) and "usual" in first:
        yield from _texts(record, answers)
    if "span_f1" in record.results:
        yield from _spans(record, answers)
    yield from _costs(record, answers)
    yield from _labels(record, answers)
    yield from _shares(record)


def _texts(record: RunRecord, answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Readings of texts hold their own counts: every value and interval follows."""
    for name, entry in record.results.items():
        scores = [_reading(name, outputs) for outputs in answers]
        if all(scores):
            yield from _interval(name, entry, [score for score in scores if score])
        else:
            yield f"{name} is no reading of the predictions"


def _reading(name: str, outputs: Sequence[Any]) -> Score | None:
    measure = next((measure for measure in ("recall", *bits.MEASURES) if name.startswith(measure)), "")
    reading = name.removeprefix(measure).lstrip("_") or outputs[0]["usual"]
    if not measure or reading not in outputs[0]:
        return None
    unit, kind = bits.MEASURES.get(measure, ("tokens", "share"))
    first = bits.COUNTS.index("right" if kind == "share" else "nats")
    second = bits.COUNTS.index(unit)
    table = np.array([[output[reading][first], output[reading][second]] for output in outputs], float)
    statistic = {"share": bits.share, "bits": bits.bits}.get(kind, bits.perplexity)
    return _scored(table, statistic)


def _costs(record: RunRecord, answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    """The cost of the right label stands in each answer: the value follows, and the interval up to its draws.

    Draws of real numbers depend on which rows are bit by bit the same, so the interval is held against the normal one.
    """
    entry = record.results.get("label_nats")
    if not entry:
        return
    nats = np.array([[output["nats"] for output in outputs] for outputs in answers])  # (seeds, items)
    if not _same(nats.mean(1).tolist(), entry["per_seed"]):
        yield "label_nats: per_seed is not what its items give"
    if nats.shape[1] < FEWEST or "uncertainty" not in entry:
        return
    error = float(nats.mean(0).std()) / math.sqrt(nats.shape[1])
    held = entry["uncertainty"]
    ends = (held["confidence_interval"]["lower"], held["confidence_interval"]["upper"])
    if abs(held["standard_error"] - error) > ERROR_SLACK * error + 1e-9:
        yield f"label_nats: its standard error is {held['standard_error']}, its items give {error:.5f}"
    for end, sign in zip(ends, (-1, 1), strict=True):
        if abs(end - entry["value"] - sign * NORMAL * error) > END_SLACK * error + 1e-9:
            yield f"label_nats: its interval ends at {end}, its items give {entry['value'] + sign * NORMAL * error:.5f}"


def _shares(record: RunRecord) -> Iterator[str]:
    """The interval of one seed's accuracy follows from how many answers are right, in whatever order they stand."""
    entry = record.results.get("accuracy")
    if entry and len(entry["per_seed"]) == 1 and entry["sufficient"][0].keys() == {"right", "wrong"}:
        counts = entry["sufficient"][0]
        right = np.arange(counts["right"] + counts["wrong"]) < counts["right"]
        table = np.stack([right, ~right], axis=1).astype(np.int64)
        yield from _interval("accuracy", entry, [_scored(table, choice.accuracy, counts)])


def _scored(table: Any, statistic: Callable[[Any], Any], counts: Mapping[str, int] | None = None) -> Score:
    """The score of counts (N, C)."""
    value = float(statistic(table.sum(0)))
    return Score(value=value, n=len(table), counts=table, statistic=statistic, sufficient=counts or {})


def _interval(name: str, entry: Mapping[str, Any], scores: list[Score]) -> Iterator[str]:
    """A metric again from the counts of each item; the order of items moves no draw."""
    card: Metric = metric_cards()[name]
    again = scoring.joined(card, scores, ())
    if "uncertainty" in entry:
        size = scores[0].n
        table = Table(
            seeds=tuple(range(len(scores))),
            ids=tuple(map(str, range(size))),
            groups=np.arange(size),
            strata=np.zeros(size, np.int64),
            counts=np.stack([score.counts for score in scores]),
            statistic=scores[0].statistic,  # type: ignore[arg-type]
        )
        again["uncertainty"] = scoring.older(card, table, entry["uncertainty"])
    for part in ("value", "n", "per_seed", "uncertainty"):
        if not _same(again.get(part), entry.get(part)):
            yield f"{name}: {part} is not what its items give"


def _spans(record: RunRecord, answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Hits and false alarms are all that was predicted."""
    for place, outputs in enumerate(answers):
        said = sum(len({tuple(span) for span in spans_}) for spans_ in outputs)
        for name in ("span_f1", "span_precision", "span_recall"):
            counts = record.results[name]["sufficient"][place]
            if counts["tp"] + counts["fp"] != said:
                yield f"{name} counts {counts['tp'] + counts['fp']} predicted spans, there are {said}"


def _labels(record: RunRecord, answers: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Macro F1 of one seed, from the right answers of each label and how often each was given."""
    entry = record.results.get("macro_f1")
    by = record.results.get("accuracy", {}).get("by") or {}
    if not entry or len(answers) > 1 or not by or not all(name.startswith("label:") for name in by):
        return
    said = [output["label"] if isinstance(output, Mapping) else output for output in answers[0]]
    given = _numbers_of(record, by)
    if given is None:
        return
    table = np.array(
        [[row["right"], said.count(number) - row["right"], row["n"] - row["right"]] for number, row in given]
    )
    value = float(choice.macro_f1(table.reshape(-1)))
    if not close(value, entry["value"]):
        yield f"macro_f1 is {entry['value']}, labels and answers give {value}"


def _numbers_of(record: RunRecord, by: Mapping[str, Any]) -> list[tuple[int, Any]] | None:
    """The rows of a breakdown by label with the numbers of their labels, where the task's card is at hand."""
    from harness.errors import HarnessError
    from harness.registry import shelves

    try:
        names = shelves.find("tasks", record.task["name"].removesuffix("@sample")).card.labels
        return [(names.index(name.removeprefix("label:")), row) for name, row in by.items()]
    except (HarnessError, ValueError):
        return None


def _same(first: Any, second: Any) -> bool:
    """Whether two results say the same, number by number; what only the second has is not asked for."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return all(_same(value, second.get(name)) for name, value in first.items())
    if isinstance(first, Sequence) and not isinstance(first, str) and isinstance(second, Sequence):
        return len(first) == len(second) and all(map(_same, first, second))
    return first == second or close(first, second)
