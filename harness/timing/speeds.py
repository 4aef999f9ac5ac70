"""From the timed blocks of a record to numbers with intervals: tokens a second, ratios, growth with the length.

Pure functions of ``RunRecord.speed``; see ``harness.timing.cases`` for what was timed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.registry.metrics import metric_cards
from harness.statistics.block_bootstrap import bootstrap
from harness.statistics.estimates import LEVEL
from harness.statistics.ratios import FEWEST, GROWTH_BATCHES, Floats, exponents, logarithms, yuen

PERCENTILES = (50, 90, 99)


Estimate = Callable[[Floats, float], tuple[float, float, float, float]]
"""From values (N,) and a level to the trimmed mean, the ends of its interval, and its standard error."""
YUEN = "trimmed mean of log times, Yuen's interval"
METHODS: Mapping[str, Estimate] = {YUEN: yuen, "trimmed mean of log times, bootstrap over blocks": bootstrap}
"""By the name that a record has: the first is that of new records, the other that of older ones."""


def results(
    own: Mapping[str, Any],
    reference: Mapping[str, Any],
    multiply_accumulates: float | None = None,
    method: str = YUEN,
) -> dict[str, Any]:
    """The ``results`` of a record, from the measures of a model and of the session's reference, and from its counts."""
    cards, made = metric_cards(), {}
    found = list(_numbers(own, reference, METHODS[method]))
    if multiply_accumulates is not None:
        found.append(("predict_multiply_accumulates", (multiply_accumulates, None, None, None, 1)))
    for name, (value, lower, upper, error, blocks) in found:
        card = cards[name]
        entry: dict[str, Any] = {
            "value": value,
            "n": blocks,
            "unit": card.unit,
            "higher_is_better": card.higher_is_better,
        }
        if lower is not None:
            entry["uncertainty"] = {
                "standard_error": error,
                "confidence_interval": {"lower": lower, "upper": upper, "confidence_level": LEVEL},
                "method": method,
            }
        made[name] = entry
    return made


Number = tuple[float, float | None, float | None, float | None, int]
"""Value, lower and upper end of its interval, standard error, and the blocks it rests on."""


def _numbers(own: Mapping[str, Any], reference: Mapping[str, Any], estimate: Estimate) -> Iterator[tuple[str, Number]]:
    for phase in ("train", "predict"):
        whole = own.get(f"{phase}/whole/trace")
        if whole:
            yield f"{phase}_tokens_per_second", rate(whole["seconds"], whole["tokens"], estimate)
        for part, name in (("whole", f"{phase}_time_ratio"), ("head", f"{phase}_head_time_ratio")):
            measure = f"{phase}/{part}/trace"
            if measure in own and measure in reference:
                yield name, against(own[measure]["seconds"], reference[measure]["seconds"], estimate)
        fitted = (growth(own, f"{phase}/whole", batch, estimate) for batch in GROWTH_BATCHES)
        found = next(filter(None, fitted), None)
        if found:
            yield f"{phase}_growth", found
    peak = (own.get("train/whole/trace") or {}).get("peak_bytes")
    if peak is not None:
        yield "train_peak_bytes", (peak, None, None, None, 1)


def rate(seconds: Sequence[float], amount: float, estimate: Estimate = yuen) -> Number:
    """Amount a second.

    >>> value, lower, upper, error, blocks = rate([0.5, 0.5, 0.5], 100)
    >>> round(value), round(lower), round(upper), blocks
    (200, 200, 200, 3)
    """
    middle, low, high, error = estimate(logarithms(seconds), LEVEL)
    value = amount / math.exp(middle)
    return value, amount / math.exp(high), amount / math.exp(low), value * error, len(seconds)


def against(own: Sequence[float], reference: Sequence[float], estimate: Estimate = yuen) -> Number:
    """Time over the reference's, from blocks timed in turn; of the reference itself exactly 1, without uncertainty."""
    if list(own) == list(reference):
        return 1.0, None, None, None, len(own)
    if len(own) != len(reference):
        raise ValueError(f"paired blocks must match: {len(own)} of the model, {len(reference)} of the reference")
    middle, low, high, error = estimate(logarithms(own) - logarithms(reference), LEVEL)
    value = math.exp(middle)
    return value, math.exp(low), math.exp(high), value * error, len(own)


def growth(measures: Mapping[str, Any], step: str, batch: int, estimate: Estimate = yuen) -> Number | None:
    """The exponent b of time = a * length^b over the cells of the grid with this batch; ``None`` with fewer than two.

    Least squares on logarithms, once for each block; then the trimmed mean over blocks and its interval.

    >>> cells = {f"train/whole/8x{n}": {"seconds": [n**2 / 1e6] * 3} for n in (128, 256, 512)}
    >>> value, lower, upper, _, blocks = growth(cells, "train/whole", 8)
    >>> round(value, 6), round(lower, 6), round(upper, 6), blocks
    (2.0, 2.0, 2.0, 3)
    """
    slopes = exponents({name: measure["seconds"] for name, measure in measures.items()}, step, batch)
    if slopes is None:
        return None
    if len(slopes) < FEWEST:
        return float(slopes[0]), None, None, None, len(slopes)
    return *estimate(slopes, LEVEL), len(slopes)


def percentiles(each: Sequence[float]) -> dict[str, float]:
    """The latency of single iterations in seconds.

    >>> percentiles([0.1, 0.2, 0.3])["p50"]
    0.2
    """
    return {f"p{share}": float(np.percentile(np.asarray(each), share)) for share in PERCENTILES}
