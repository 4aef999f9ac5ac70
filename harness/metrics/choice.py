"""Right or wrong: scores of questions with one right option, and how sure a share of right answers is.

    accuracy = right / questions        macro F1 = mean over labels of 2 tp / (2 tp + fp + fn)

Accuracy asks how many questions were answered rightly; where labels are uneven, macro F1 asks how well the mean *label*
was recognised (Yang and Liu 1999, SIGIR; the mean of the F1s, not the F1 of the means: Opitz and Burst 2019).
Letters for shapes: ``N`` questions, ``K`` labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from harness.spec import Example, Metric, Score

METRICS: tuple[Metric, ...] = (
    Metric("accuracy", "share of questions answered rightly", source="Xu et al. 2021, FewCLUE"),
    Metric("macro_f1", "mean F1 of the labels that gold has", source="Yang and Liu 1999, SIGIR"),
    Metric(
        "questions_cut",
        "questions that the model could not read whole; they are answered and scored all the same",
        unit="questions",
        higher_is_better=False,
        source="this project",
    ),
)


def accuracy(totals: Any) -> Any:
    """Share of right answers of totals (..., 2) holding right and wrong; shape (...). 0/0 is 0.0.

    >>> float(accuracy(np.array([3, 1])))
    0.75
    """
    right, wrong = np.moveaxis(np.asarray(totals), -1, 0)
    return _ratio(right, right + wrong)


def macro_f1(totals: Any) -> Any:
    """Mean F1 over labels of totals (..., 3 K) holding tp, fp, fn of each label in turn; shape (...).

    Only labels that gold has (tp + fn > 0) take part: of the others nothing could be found. No label at all gives 0.0.

    >>> float(macro_f1(np.array([1, 0, 0, 1, 1, 0, 0, 0, 1])))  # F1 of 1, 2/3 and 0
    0.5555555555555555
    """
    totals = np.asarray(totals)
    tp, fp, fn = np.moveaxis(totals.reshape(*totals.shape[:-1], -1, 3), -1, 0)
    present = tp + fn > 0
    return _ratio((_ratio(2 * tp, 2 * tp + fp + fn) * present).sum(-1), present.sum(-1))


def _ratio(part: Any, whole: Any) -> Any:
    """Divide; nothing of nothing is 0.0."""
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)


def score_choice(gold: Sequence[Example], outputs: Sequence[int], *, labels: Sequence[str]) -> dict[str, Score]:
    """Score the chosen numbers ``outputs[i]`` against ``gold[i].target``.

    ``labels`` are all labels of the task; empty where every question brings options of its own, whose numbers mean
    nothing across questions: then there is no macro F1. ``accuracy`` has counts (N, 2), right and wrong, because a score
    over some of the questions needs their number too; ``macro_f1`` has counts (N, 3 K). The breakdown ``by`` of
    accuracy is the share of right answers to the questions whose right answer is ``label:X`` (recall of X), or, without
    labels, whose right answer stands at ``option:0``, ``option:1``, ...: unlike values there show a taste for places.
    Raises ``ValueError`` naming the example for an output that is no number of an option, and for lengths that differ
    or are zero.

    >>> from harness.spec import Question
    >>> gold = [Example("a", Question("好"), 1), Example("b", Question("差"), 0), Example("c", Question("坏"), 0)]
    >>> scores = score_choice(gold, [1, 0, 1], labels=("bad", "good"))
    >>> round(scores["accuracy"].value, 3), round(scores["macro_f1"].value, 3)
    (0.667, 0.667)
    >>> scores["accuracy"].by["label:bad"]
    {'value': 0.5, 'right': 1, 'n': 2}
    """
    if len(gold) != len(outputs):
        without = f"; the first without one is {gold[len(outputs)].id!r}" if len(outputs) < len(gold) else ""
        raise ValueError(f"{len(gold)} examples but {len(outputs)} outputs{without}")
    if not gold:
        raise ValueError("nothing to score: there is no example")
    true = np.array([_number(example, example.target, labels, "target") for example in gold])
    said = np.array([_number(example, output, labels, "output") for example, output in zip(gold, outputs, strict=True)])
    hits = true == said
    counts = np.stack([hits, ~hits], axis=1).astype(np.int64)
    named = {number: f"label:{labels[number]}" if labels else f"option:{number}" for number in np.unique(true).tolist()}
    by = {name: _share(hits[true == number]) for number, name in named.items()}
    scores = {
        "accuracy": Score(
            value=float(accuracy(counts.sum(0))),
            n=len(gold),
            counts=counts,
            statistic=accuracy,
            sufficient={"right": int(hits.sum()), "wrong": int((~hits).sum())},
            by=by,
        )
    }
    if labels:
        table = _by_label(true, said, len(labels))
        scores["macro_f1"] = Score(value=float(macro_f1(table.sum(0))), n=len(gold), counts=table, statistic=macro_f1)
    return scores


def _number(example: Example, value: Any, labels: Sequence[str], what: str) -> int:
    """A chosen number as an int in range; numbers of other libraries do, ``True`` and 1.0 do not."""
    options = len(example.input.options) or len(labels)
    try:
        number = index(value)
    except TypeError:
        number = -1
    if isinstance(value, bool | np.bool_) or not 0 <= number < options:
        raise ValueError(f"example {example.id!r}: the {what} {value!r} is no number of an option, 0 to {options - 1}")
    return number


def _share(hits: Any) -> dict[str, float]:
    """A line of the breakdown: the share of right answers, and of how many."""
    return {"value": float(hits.mean()), "right": int(hits.sum()), "n": len(hits)}


def _by_label(true: Any, said: Any, labels: int) -> Any:
    """Counts (N, 3 K): tp, fp and fn of each label, of which each row touches one label or two."""
    rows, hits = np.arange(len(true)), true == said
    table = np.zeros((len(true), labels, 3), np.int64)
    table[rows[hits], true[hits], 0] = 1
    table[rows[~hits], said[~hits], 1] = 1
    table[rows[~hits], true[~hits], 2] = 1
    return table.reshape(len(true), -1)


def exact_binomial(correct: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of Clopper and Pearson (1934, Biometrika 26) for a share of ``correct`` right answers among ``n``.

    The lower end is the chance of success under which ``correct`` or more hits have probability ``(1 - level) / 2``, the
    upper end the one under which ``correct`` or fewer have it: the interval covers the true chance at least as often as
    ``level`` says, whatever it is. It takes questions to be independent and says nothing about seeds.
    Raises ``ValueError`` for counts or a level that cannot be.

    >>> [round(end, 4) for end in exact_binomial(0, 10)]
    [0.0, 0.3085]
    >>> [round(end, 4) for end in exact_binomial(5, 10)]
    [0.1871, 0.8129]
    """
    if not 0 <= correct <= n or n < 1 or not 0 < level < 1:
        raise ValueError(
            f"no interval for {correct} right of {n} at level {level}: need 0 <= right <= n, n > 0, 0 < level < 1"
        )
    tail = (1 - level) / 2
    return (
        0.0 if correct == 0 else 1 - _upper_end(n - correct, n, tail),  # misses are hits of the mirrored coin
        1.0 if correct == n else _upper_end(correct, n, tail),
    )


def _upper_end(correct: int, n: int, tail: float) -> float:
    """The chance ``p`` under which ``correct`` hits or fewer of ``n`` have probability ``tail``, by bisection."""
    hits = np.arange(correct + 1)
    ways = math.lgamma(n + 1) - np.array([math.lgamma(k + 1) + math.lgamma(n - k + 1) for k in hits])
    low, high = correct / n, 1.0
    for _ in range(60):  # halves [0, 1] to below the spacing of doubles
        middle = (low + high) / 2
        cumulated = (
            np.exp(ways + hits * math.log(middle) + (n - hits) * math.log1p(-middle)).sum() if middle < 1 else 0.0
        )
        low, high = (middle, high) if cumulated > tail else (low, middle)
    return (low + high) / 2
