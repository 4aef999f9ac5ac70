"""Runs of one model with seeds of their own, as one side of a comparison."""

from __future__ import annotations

import numpy as np

from harness.statistics.differences import difference
from harness.trial.comparing import joined
from tests.harness.statistics._tables import right, table


def test_the_order_of_runs_changes_nothing() -> None:
    """Seeds 3 to 5 given before 0 to 2 are the seeds 0 to 5, and are paired with those of the other side."""
    rng = np.random.default_rng(3)
    a, b = (right(rng.random((6, 60)) < rate) for rate in (0.5, 0.7))
    early, late = table(a[:3], seeds=(0, 1, 2)), table(a[3:], seeds=(3, 4, 5))
    one, two = joined([early, late]), joined([late, early])
    assert one.seeds == two.seeds == (0, 1, 2, 3, 4, 5)
    assert (one.counts == two.counts).all()
    other = table(b)
    assert difference(two, other) == difference(one, other)
    assert difference(two, other).paired_seeds
