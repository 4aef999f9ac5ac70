"""From predictions to the ``results`` of a record: every metric with its interval, its spread over seeds, its parts.

Pure functions of gold and predictions. ``harness run`` and ``harness score`` both end here, so a stored run can be
scored again and must give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.errors import DataError
from harness.registry.metrics import metric_cards
from harness.spec import Example, Metric, Score, Task

DRAWS = 2000
BIASED = frozenset({"calibration_error"})
"""Metrics that a bootstrap pushes upwards: sums of absolute gaps, which every draw makes larger."""


def outputs_by_seed(
    rows: Sequence[Mapping[str, Any]], gold: Sequence[Example], seeds: Sequence[int]
) -> dict[int, list[Any]]:
    """Line up stored predictions with the examples, for each seed.

    Raises ``DataError`` when a prediction is missing or belongs to no example: the data are not those of the run.
    """
    held: dict[int, dict[str, Any]] = {seed: {} for seed in seeds}
    known = {example.id for example in gold}
    for row in rows:
        if row["id"] not in known or row["seed"] not in held:
            raise DataError(
                f"prediction {row['id']!r} of seed {row['seed']} belongs to no example of the split. "
                "The data at hand are not those of the run."
            )
        held[row["seed"]][row["id"]] = row["prediction"]
    for seed, answers in held.items():
        lacking = [example.id for example in gold if example.id not in answers]
        if lacking:
            raise DataError(
                f"seed {seed} has no prediction for {len(lacking)} examples, first {lacking[0]!r}. "
                "The run was cut off; the same command resumes it."
            )
    return {seed: [_spans(answers[example.id]) for example in gold] for seed, answers in held.items()}


def _spans(value: Any) -> Any:
    return [tuple(item) for item in value] if isinstance(value, list) else value


def results(
    card: Task,
    score: Callable[..., Mapping[str, Score]],
    gold: Sequence[Example],
    outputs: Mapping[int, Sequence[Any]],
    clean: set[str],
) -> dict[str, Any]:
    """Score every seed, and join the seeds. ``clean`` holds the ids whose text does not occur in train."""
    per_seed = [score(gold, answers) for answers in outputs.values()]
    rows = [i for i, example in enumerate(gold) if example.id in clean]
    cards = metric_cards()
    return {name: joined(cards[name], [scores[name] for scores in per_seed], rows) for name in per_seed[0]}


def joined(card: Metric, scores: Sequence[Score], clean_rows: Sequence[int]) -> dict[str, Any]:
    """One metric over all seeds, as a record keeps it."""
    from harness.statistics import intervals

    seeds = intervals.over_seeds([score.value for score in scores], higher_is_better=card.higher_is_better)
    entry: dict[str, Any] = {
        "value": seeds.mean,
        "unit": card.unit,
        "higher_is_better": card.higher_is_better,
        "n": scores[0].n,
        "per_seed": [score.value for score in scores],
        "seed_sd": seeds.sd,
        "worst_seed": seeds.worst,
        "sufficient": [dict(score.sufficient) for score in scores],
    }
    statistic = scores[0].statistic
    if statistic is not None:
        counts = [score.counts for score in scores]
        interval = intervals.bootstrap(counts, statistic, draws=DRAWS, biased=card.name in BIASED)
        entry["uncertainty"] = {
            "standard_error": interval.standard_error,
            "confidence_interval": {
                "lower": max(0.0, interval.lower) if card.name in BIASED else interval.lower,
                "upper": interval.upper,
                "confidence_level": interval.level,
            },
            "method": interval.method,
            "draws": interval.draws,
            **exact(card, scores, interval.level),
        }
        if clean_rows:
            clean = [float(statistic(count[clean_rows].sum(0))) for count in counts]
            entry["overlap_free"] = {"value": sum(clean) / len(clean), "n": len(clean_rows)}
    if scores[0].by:
        entry["by"] = {
            key: _mean([score.by[key] for score in scores if key in score.by]) for key in sorted(scores[0].by)
        }
    return entry


def exact(card: Metric, scores: Sequence[Score], level: float) -> dict[str, Any]:
    """The exact interval of a share of right answers; nothing for other metrics, and nothing over several seeds."""
    from harness.metrics.choice import exact_binomial

    found = scores[0].sufficient
    if len(scores) > 1 or card.unit != "proportion" or found.keys() != {"right", "wrong"}:
        return {}
    lower, upper = exact_binomial(found["right"], found["right"] + found["wrong"], level)
    return {"exact_binomial": {"lower": lower, "upper": upper, "confidence_level": level}}


def _mean(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(part[name] for part in parts) / len(parts) for name in parts[0]}


def beside(found: Mapping[str, tuple[float, int]]) -> dict[str, Any]:
    """Values without an interval as a record keeps them: metric -> value and number of items."""
    cards = metric_cards()
    return {
        name: {"value": value, "unit": cards[name].unit, "higher_is_better": cards[name].higher_is_better, "n": n}
        for name, (value, n) in found.items()
    }
