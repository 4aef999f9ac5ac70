"""Which label, and how sure: scores of examples that have one right label among few.

    accuracy, macro F1     as for questions (``harness.metrics.choice``)
    nats                   - ln of the probability that the model gave to the right label, mean over examples
    ECE                    sum over bins of confidence, (examples of the bin / N) |accuracy - mean confidence|

The confidence of an answer is the probability of the label that was chosen. The expected calibration error has 15 bins of
equal width (Guo et al. 2017, ICML, equation 3): it says how far "I am 80 % sure" is from being right four times in five.
It is an estimate that few examples push upwards (Roelofs et al. 2022): compare it on the same examples only.
Letters for shapes: ``N`` examples, ``K`` labels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.metrics.choice import accuracy, macro_f1
from harness.spec import Example, Metric, Score

METRICS: tuple[Metric, ...] = (
    Metric(
        "calibration_error",
        "expected calibration error: how far confidence is from accuracy, mean over 15 bins of confidence",
        higher_is_better=False,
        source="Guo et al. 2017, ICML, equation 3",
    ),
    Metric(
        "label_nats",
        "mean negative logarithm of the probability of the right label",
        unit="nats",
        higher_is_better=False,
        source="Good 1952, Journal of the Royal Statistical Society B 14",
    ),
)
BINS = 15


def calibration_error(totals: Any) -> Any:
    """The error of totals (..., 3 BINS) holding examples, right answers and summed confidence of each bin; shape (...).

    >>> row = np.zeros(3 * BINS)
    >>> row[-3:] = 10, 8, 9.5  # ten answers given with 95 % on average, eight of them right
    >>> round(float(calibration_error(row)), 3)
    0.15
    """
    totals = np.asarray(totals, float)
    count, right, confidence = np.moveaxis(totals.reshape(*totals.shape[:-1], BINS, 3), -1, 0)
    whole = count.sum(-1)
    gaps = np.abs(right - confidence).sum(-1)
    return np.divide(gaps, whole, out=np.zeros(np.shape(whole)), where=whole > 0)


def mean_cost(totals: Any) -> Any:
    """Summed nats over examples, of totals (..., 2) holding both; shape (...)."""
    nats, count = np.moveaxis(np.asarray(totals, float), -1, 0)
    return np.divide(nats, count, out=np.zeros(np.shape(count)), where=count > 0)


def score_labels(
    gold: Sequence[Example], outputs: Sequence[Mapping[str, Any]], *, labels: Sequence[str]
) -> dict[str, Score]:
    """Score outputs ``{"label": number, "confidence": its probability, "nats": cost of the right label}``.

    The breakdown ``by`` of accuracy is the recall of each label. Raises ``ValueError`` naming the example for a label that
    is none, a confidence that is no probability, a cost that is no number, and for lengths that differ or are zero.

    >>> gold = [Example("a", None, 1), Example("b", None, 0)]
    >>> outputs = [{"label": 1, "confidence": 0.9, "nats": 0.105}, {"label": 1, "confidence": 0.6, "nats": 0.916}]
    >>> scores = score_labels(gold, outputs, labels=("bad", "good"))
    >>> scores["accuracy"].value, round(scores["label_nats"].value, 4), round(scores["calibration_error"].value, 2)
    (0.5, 0.5105, 0.35)
    """
    if len(gold) != len(outputs):
        raise ValueError(f"{len(gold)} examples but {len(outputs)} outputs")
    if not gold:
        raise ValueError("nothing to score: there is no example")
    for example, output in zip(gold, outputs, strict=True):
        _check(example, output, len(labels))
    true = np.array([example.target for example in gold])
    said = np.array([output["label"] for output in outputs])
    sure = np.array([output["confidence"] for output in outputs], float)
    nats = np.array([output["nats"] for output in outputs], float)
    hits, rows = true == said, np.arange(len(gold))
    counts = np.stack([hits, ~hits], axis=1).astype(np.int64)
    table: Any = np.zeros((len(gold), len(labels), 3), np.int64)
    table[rows[hits], true[hits], 0] = 1
    table[rows[~hits], said[~hits], 1] = 1
    table[rows[~hits], true[~hits], 2] = 1
    table = table.reshape(len(gold), -1)
    bins: Any = np.zeros((len(gold), BINS, 3))
    place = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)  # (0, 1/15], (1/15, 2/15], ...
    bins[rows, place] = np.stack([np.ones(len(gold)), hits, sure], axis=1)
    bins = bins.reshape(len(gold), -1)
    costs = np.stack([nats, np.ones(len(gold))], axis=1)
    by = {
        f"label:{labels[number]}": {
            "value": float(hits[true == number].mean()),
            "right": int(hits[true == number].sum()),
            "n": int((true == number).sum()),
        }
        for number in np.unique(true).tolist()
    }
    n, right = len(gold), int(hits.sum())
    found = {"right": right, "wrong": n - right}
    return {
        "accuracy": Score(value=right / n, n=n, counts=counts, statistic=accuracy, sufficient=found, by=by),
        "macro_f1": _score(table, macro_f1),
        "label_nats": _score(costs, mean_cost),
        "calibration_error": _score(bins, calibration_error),
    }


def _score(counts: Any, statistic: Any) -> Score:
    return Score(value=float(statistic(counts.sum(0))), n=len(counts), counts=counts, statistic=statistic)


def certain(example: Example) -> dict[str, Any]:
    """The output of a model that knows the label of an example beforehand; for the tests of a task's score."""
    return {"label": example.target, "confidence": 1.0, "nats": 0.0}


def _check(example: Example, output: Mapping[str, Any], labels: int) -> None:
    for what, value in (("target", example.target), ("label", output["label"])):
        if type(value) is not int or not 0 <= value < labels:
            raise ValueError(f"example {example.id!r}: the {what} {value!r} is no number of a label, 0 to {labels - 1}")
    if not 0 <= output["confidence"] <= 1 + 1e-6:
        raise ValueError(f"example {example.id!r}: the confidence {output['confidence']!r} is no probability")
    if not math.isfinite(output["nats"]) or output["nats"] < 0:
        raise ValueError(
            f"example {example.id!r}: the cost {output['nats']!r} is no negative logarithm of a probability"
        )
