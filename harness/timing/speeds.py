"""From the timed blocks of a record to numbers with intervals: tokens a second, ratios, growth with the length.

Pure functions of ``RunRecord.speed``; see ``harness.timing.cases`` for what was timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.registry.metrics import metric_cards
from harness.statistics.ratios import expanded, ratio, resampled, trimmed

LEVEL = 0.95
PERCENTILES = (50, 90, 99)
GROWTH_BATCHES = (8, 1)  # texts in the batches whose growth with the length is fitted: the first that was timed


def results(
    own: Mapping[str, Any], reference: Mapping[str, Any], multiply_accumulates: float | None = None
) -> dict[str, Any]:
    """The ``results`` of a record, from the measures of a model and of the session's reference, and from its counts."""
    cards, made = metric_cards(), {}
    found = list(_numbers(own, reference))
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
                "method": "trimmed mean of log times, bootstrap over blocks",
            }
        made[name] = entry
    return made


Number = tuple[float, float | None, float | None, float | None, int]
"""Value, lower and upper end of its interval, standard error, and the blocks it rests on."""


def _numbers(own: Mapping[str, Any], reference: Mapping[str, Any]) -> Iterator[tuple[str, Number]]:
    for phase in ("train", "predict"):
        whole = own.get(f"{phase}/whole/trace")
        if whole:
            yield f"{phase}_tokens_per_second", rate(whole["seconds"], whole["tokens"])
        for part, name in (("whole", f"{phase}_time_ratio"), ("head", f"{phase}_head_time_ratio")):
            measure = f"{phase}/{part}/trace"
            if measure in own and measure in reference:
                yield name, against(own[measure]["seconds"], reference[measure]["seconds"])
        fitted = (growth(own, f"{phase}/whole", batch) for batch in GROWTH_BATCHES)
        found = next(filter(None, fitted), None)
        if found:
            yield f"{phase}_growth", found
    peak = (own.get("train/whole/trace") or {}).get("peak_bytes")
    if peak is not None:
        yield "train_peak_bytes", (peak, None, None, None, 1)


def rate(seconds: Sequence[float], amount: float) -> Number:
    """Amount a second.

    >>> value, lower, upper, error, blocks = rate([0.5, 0.5, 0.5], 100)
    >>> round(value), round(lower), round(upper), blocks
    (200, 200, 200, 3)
    """
    found = ratio(seconds, [1.0] * len(seconds), paired=True, level=LEVEL)
    value = amount / found.value
    return value, amount / found.upper, amount / found.lower, value * found.standard_error, found.blocks


def against(own: Sequence[float], reference: Sequence[float]) -> Number:
    """Time over the reference's, from blocks timed in turn; of the reference itself exactly 1, without uncertainty."""
    if list(own) == list(reference):
        return 1.0, None, None, None, len(own)
    found = ratio(own, reference, paired=True, level=LEVEL)
    return found.value, found.lower, found.upper, found.value * found.standard_error, found.blocks


def growth(measures: Mapping[str, Any], step: str, batch: int) -> Number | None:
    """The exponent b of time = a * length^b over the cells of the grid with this batch; ``None`` with fewer than two.

    Least squares on logarithms, once for each block; then the trimmed mean over blocks and its bootstrap interval.

    >>> cells = {f"train/whole/8x{n}": {"seconds": [n**2 / 1e6] * 3} for n in (128, 256, 512)}
    >>> value, lower, upper, _, blocks = growth(cells, "train/whole", 8)
    >>> round(value, 6), round(lower, 6), round(upper, 6), blocks
    (2.0, 2.0, 2.0, 3)
    """
    cells = {
        int(name.rpartition("x")[2]): measure["seconds"]
        for name, measure in measures.items()
        if name.startswith(f"{step}/{batch}x")
    }
    if len(cells) < 2:
        return None
    lengths = np.log(np.array(sorted(cells), np.float64))
    blocks = min(len(seconds) for seconds in cells.values())
    times = np.log(np.array([cells[length][:blocks] for length in sorted(cells)]))  # (lengths, blocks)
    centred = lengths - lengths.mean()
    slopes = centred @ times / (centred @ centred)
    if blocks < 2:
        return float(slopes[0]), None, None, None, blocks
    draws = trimmed(resampled(slopes, np.random.default_rng(0)))
    tail = expanded((1 - LEVEL) / 2, blocks)
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    return float(trimmed(slopes)), float(lower), float(upper), float(draws.std(ddof=1)), blocks


def percentiles(each: Sequence[float]) -> dict[str, float]:
    """The latency of single iterations in seconds.

    >>> percentiles([0.1, 0.2, 0.3])["p50"]
    0.2
    """
    return {f"p{share}": float(np.percentile(np.asarray(each), share)) for share in PERCENTILES}
