"""Tables made up for tests of statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.metrics.choice import accuracy
from harness.statistics.table import Statistic, Table


def table(
    counts: Any,
    groups: Sequence[int] | None = None,
    strata: Sequence[int] | None = None,
    statistic: Statistic = accuracy,
    seeds: Sequence[int] | None = None,
) -> Table:
    """A table of counts (S, N, C) whose items are named by their place; by default each is its own group."""
    counts = np.asarray(counts)
    size = counts.shape[1]
    return Table(
        tuple(range(len(counts))) if seeds is None else tuple(seeds),
        tuple(map(str, range(size))),
        np.arange(size) if groups is None else np.asarray(groups),
        np.zeros(size, int) if strata is None else np.asarray(strata),
        counts,
        statistic,
    )


def right(answers: Any) -> Any:
    """Right and wrong (S, N, 2) of right answers (S, N)."""
    answers = np.asarray(answers, int)
    return np.stack([answers, 1 - answers], axis=-1)
