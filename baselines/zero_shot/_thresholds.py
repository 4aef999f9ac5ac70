"""Samples-contrast: one score per question, cut into K equally frequent labels at quantiles of a reference.

Sun et al. 2022, arXiv 2109.03564, section 3.3, with the parts of the published code: of n sorted scores the first K - 1
parts have ``n // K`` each, the last part the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError, RunError, UsageError

Scores = NDArray[np.float64]


def check_thresholds(thresholds: str, batch: int, labels: int) -> None:
    """Check the settings ``thresholds`` and ``batch``.

    Raises:
        UsageError: a value that does not exist; the message names those that do.
    """
    if thresholds not in ("dev", "batch"):
        raise UsageError(f"thresholds={thresholds} is neither dev nor batch")
    if batch < 0 or 0 < batch < labels:
        raise UsageError(
            f"batch={batch}: {labels} labels need {labels} questions in a batch or more; 0 takes all as one"
        )


def decide_labels(
    scores: Sequence[float], reference: Sequence[float], labels: int, thresholds: str = "dev", batch: int = 0
) -> list[int]:
    """The number of a label for each score: larger scores get later labels.

    ``dev``: thresholds between the parts of the reference scores. ``batch``: each batch of scores, in file order, is
    cut into parts itself, without the reference.

    >>> decide_labels([0.1, 0.5, 0.9], [0.0, 0.2, 0.6, 0.8], labels=2)
    [0, 1, 1]
    >>> decide_labels([0.9, 0.1, 0.5, 0.4], [], labels=2, thresholds="batch")
    [1, 0, 1, 0]

    Raises:
        DataError: there are fewer reference scores than labels.
        RunError: a score is not finite.
    """
    own = np.asarray(scores, np.float64)
    if not np.isfinite(own).all():
        raise RunError("a score is not a finite number and has no label")
    if thresholds == "batch":
        found = by_batch(own, labels, batch or max(1, len(own)))
    else:
        found = by_reference(own, np.asarray(reference, np.float64), labels)
    return [int(label) for label in found]


def by_reference(scores: Scores, reference: Scores, labels: int) -> NDArray[np.int64]:
    """Thresholds midway between the parts of the reference.

    A score on a threshold gets the higher label, as in the published code. Where equal reference scores lie on both
    sides of a border, the threshold is their value and all of them get the higher label: equal scores have equal
    labels. (The published code takes the highest score of the lower part as the threshold; midway, that score keeps its
    part.)
    """
    if len(reference) < labels:
        raise DataError(
            f"{len(reference)} reference questions cannot be cut into {labels} parts. Use a larger dev split, or "
            f"thresholds=batch"
        )
    ordered = np.sort(reference)
    borders = np.arange(1, labels) * (len(ordered) // labels)
    between = ordered[borders - 1] + (ordered[borders] - ordered[borders - 1]) / 2
    return np.searchsorted(between, scores, side="right").astype(np.int64)


def by_batch(scores: Scores, labels: int, batch: int) -> NDArray[np.int64]:
    """Equal parts of each batch; of equal scores the earlier one gets the lower label.

    The last batch may be short; with fewer questions than labels all of it gets the last label, as in the published
    code.
    """
    found = np.empty(len(scores), np.int64)
    whole = len(scores) // batch * batch
    for block, size in ((slice(0, whole), batch), (slice(whole, None), len(scores) - whole)):
        if size and len(scores[block]):
            rows = scores[block].reshape(-1, size)
            ranks = np.argsort(np.argsort(rows, axis=1, kind="stable"), axis=1)
            found[block] = (
                np.minimum(ranks // max(1, size // labels), labels - 1).reshape(-1) if size >= labels else labels - 1
            )
    return found
