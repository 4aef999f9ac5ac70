"""From predictions to the ``results`` of a record: every metric with its intervals, its spread over seeds, its parts.

Pure functions of gold and predictions. ``harness run`` and ``harness score`` both end here, so a stored run can be
scored again and must give the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from harness import kinds
from harness.data.groups import groups
from harness.errors import DataError, HarnessError, RunError, where
from harness.progress import say
from harness.records import items
from harness.records.record import names_a_file
from harness.registry.metrics import metric_cards
from harness.spec import Example, Metric, Score, Task

if TYPE_CHECKING:
    from harness.statistics.table import Table

INTERVALS = ("checkpoints", "recipe")
"""The two intervals of a metric: with these checkpoints fixed, and of the recipe that made them."""
DRAWS = 2000
BIASED = frozenset({"calibration_error"})
"""Metrics that a bootstrap pushes upwards: sums of absolute gaps, which every draw makes larger."""


def outputs_by_seed(
    rows: Sequence[Mapping[str, Any]], gold: Sequence[Example], seeds: Sequence[int]
) -> dict[int, list[Any]]:
    """Line up stored predictions with the examples, for each seed.

    Raises ``DataError`` when a prediction is missing, is of a seed that the record does not name, or belongs to no
    example: the data are then not those of the run.
    """
    held: dict[int, dict[str, Any]] = {seed: {} for seed in seeds}
    known = {example.id for example in gold}
    _check_seeds({row["seed"] for row in rows}, seeds)
    for row in rows:
        if row["id"] not in known:
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


def _check_seeds(answered: set[int], named: Sequence[int]) -> None:
    """Raise ``DataError`` where predictions are of other seeds than a record names."""
    other = sorted(answered - {*named})
    if other:
        raise DataError(
            f"there are predictions of {seeds_in_words(other)}; the record is of {seeds_in_words(named)}. "
            "The record was edited: restore it."
        )
    lacking = [seed for seed in named if seed not in answered]
    if answered and lacking:
        raise DataError(
            f"{seeds_in_words(lacking)} of the record: there are no predictions, only those of "
            f"{seeds_in_words(sorted(answered))}. The run was cut off, or the record was edited."
        )


def seeds_in_words(seeds: Sequence[int]) -> str:
    """Seeds as part of a sentence.

    >>> seeds_in_words([0]), seeds_in_words([0, 2])
    ('seed 0', 'seeds 0, 2')
    """
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def _spans(value: Any) -> Any:
    return [tuple(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Scored:
    """The results of a run as a record keeps them, and the items that they follow from, metric by metric."""

    results: dict[str, Any]
    tables: dict[str, Table]


def scored(
    card: Task,
    module: Any,
    gold: Sequence[Example],
    outputs: Mapping[int, Sequence[Any]],
    clean: set[str],
    deterministic: bool,
) -> Scored:
    """Score every seed, and join the seeds.

    ``module`` is the task's file, ``clean`` holds the ids whose text does not occur in train, and ``deterministic`` says
    whether the model draws nothing. A metric that has no finite value here, such as a perplexity a word of a text whose
    words no blanks part, is left out and told.

    Raises ``RunError`` where that metric is the one that ranks.
    """
    per_seed = by_seed(card, module, gold, outputs)
    tables = items.tables(per_seed, [example.id for example in gold], *groups(card, module, gold))
    rows = [i for i, example in enumerate(gold) if example.id in clean]
    cards, first = metric_cards(), next(iter(per_seed.values()))
    results = {}
    for name in first:
        results[name] = joined(cards[name], [scores[name] for scores in per_seed.values()], rows)
        if name in tables:
            results[name] |= intervals(tables[name], deterministic)
    return Scored(results, tables)


def by_seed(
    card: Task, module: Any, gold: Sequence[Example], outputs: Mapping[int, Sequence[Any]]
) -> dict[int, dict[str, Score]]:
    """Every seed's finite scores of what can be scored: of the task's own ``score``, then those of its kind.

    Raises ``RunError`` where the metric that ranks has no finite value.
    """
    import numpy as np

    held = kinds.find(card.kind).scorable(card, outputs)
    with np.errstate(over="ignore"):
        return finite(card, {seed: scores(card, module, gold, answers) for seed, answers in held.items()})


def own_scores(card: Task, module: Any, gold: Sequence[Example], answers: Sequence[Any]) -> Mapping[str, Score]:
    """What a task's own ``score`` says of answers.

    Raises ``RunError`` naming its file where it raises, leaves Python, or answers what are no scores.
    """
    place = getattr(module, "__file__", None) or "the task's file"
    try:
        found = module.score(gold, answers)
    except (HarnessError, MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise RunError(f"{place}: score failed: {where(error)}.") from error
    if not isinstance(found, Mapping) or not found:
        shown = "nothing" if found is None else f"{found!r:.80}"
        raise RunError(f"{place}: score answered {shown} in place of metrics by name, as harness.metrics give them.")
    if not card.metrics:
        raise RunError(f"{place}: TASK names no metrics. Name those that score gives, the one that ranks first.")
    if card.metrics[0] not in found:
        raise RunError(f"{place}: score answered {', '.join(map(str, found))}, without {card.metrics[0]}, which ranks.")
    for name, entry in found.items():
        if not names_a_file(name) or "/" in name:
            raise RunError(f"{place}: score answered {name!r:.80}, which is no name of a metric.")
        if not isinstance(entry, Score) or isinstance(entry.value, bool) or not isinstance(entry.value, Real):
            raise RunError(
                f"{place}: score answered {entry!r:.80} for {name}; harness.spec.Score with a number is asked for."
            )
    return found


def scores(card: Task, module: Any, gold: Sequence[Example], answers: Sequence[Any]) -> dict[str, Score]:
    """What the task's own ``score`` gives of one seed's answers, then what its kind scores beside."""
    own = dict(own_scores(card, module, gold, answers))
    further = kinds.find(card.kind).further_scores(card, gold, answers)
    return own | {name: held for name, held in further.items() if name not in own}


def finite(card: Task, per_seed: Mapping[int, Mapping[str, Score]]) -> dict[int, dict[str, Score]]:
    """The scores of every seed without the metrics that are infinite or no number for one of them."""
    endless = {name for scores in per_seed.values() for name, score in scores.items() if not math.isfinite(score.value)}
    for name in sorted(endless):
        if name == card.metrics[0]:
            raise RunError(
                f"{name}, which ranks, has no finite value here. Let another metric stand first on the task's card, such "
                "as bits_per_byte for a text without blanks between words."
            )
        say(f"note: {name} has no finite value here and is left out of the record")
    return {
        seed: {name: held for name, held in scores.items() if name not in endless} for seed, scores in per_seed.items()
    }


def joined(card: Metric, scores: Sequence[Score], clean_rows: Sequence[int]) -> dict[str, Any]:
    """One metric over all seeds, as a record keeps it; its intervals follow from its items, see ``intervals``."""
    from harness.statistics.intervals import over_seeds

    seeds = over_seeds([score.value for score in scores], higher_is_better=card.higher_is_better)
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
    if statistic is not None and clean_rows:
        clean = [float(statistic(score.counts[clean_rows].sum(0))) for score in scores]
        entry["overlap_free"] = {"value": sum(clean) / len(clean), "n": len(clean_rows)}
    if scores[0].by:
        entry["by"] = {
            key: _mean([score.by[key] for score in scores if key in score.by]) for key in sorted(scores[0].by)
        }
    return entry


def intervals(table: Table, deterministic: bool) -> dict[str, Any]:
    """Where these checkpoints and this recipe lie, as a record keeps it: an interval each, or why there is none."""
    from harness.statistics import estimates
    from harness.statistics.influence import influence

    try:
        found = influence(table)
    except ValueError as error:
        return {part: {"none": str(error)} for part in INTERVALS}
    made = (estimates.checkpoints(table, found=found), estimates.recipe(table, deterministic, found=found))
    return {part: estimate.as_json() for part, estimate in zip(INTERVALS, made, strict=True)}


def older(card: Metric, table: Table, held: Mapping[str, Any]) -> dict[str, Any]:
    """The interval that records of schema 1 and 2 hold: a bootstrap over items one by one, with seeds fixed.

    Intervals of ``BIASED`` metrics were moved by their bias from some day on; ``held``, the one on record, says whether
    it was.
    """
    from harness.statistics.intervals import MOVED, bootstrap

    biased = card.name in BIASED and str(held.get("method")).endswith(MOVED)
    interval = bootstrap(list(table.counts), table.statistic, draws=DRAWS, biased=biased)
    return {
        "standard_error": interval.standard_error,
        "confidence_interval": {
            "lower": max(0.0, interval.lower) if biased else interval.lower,
            "upper": interval.upper,
            "confidence_level": interval.level,
        },
        "method": interval.method,
        "draws": interval.draws,
        **_exact(card, table, interval.level),
    }


def _exact(card: Metric, table: Table, level: float) -> dict[str, Any]:
    """The exact interval of a share of right answers of one seed; nothing for other metrics."""
    from harness.metrics.choice import accuracy, exact_binomial

    if len(table.seeds) > 1 or card.unit != "proportion" or table.statistic is not accuracy:
        return {}
    right, wrong = (int(count) for count in table.counts[0].sum(0))
    lower, upper = exact_binomial(right, right + wrong, level)
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
