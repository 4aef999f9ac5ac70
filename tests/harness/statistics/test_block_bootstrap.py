"""The bootstrap of older timing records, against what is known of the noise that was put in."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics.block_bootstrap import bootstrap
from harness.statistics.ratios import yuen


@pytest.mark.parametrize("blocks", [6, 30])
def test_intervals_hold_the_truth_as_often_as_they_say(blocks: int) -> None:
    """Of 400 intervals at 95 % about 95 % hold the true mean, with few blocks as with many."""
    rng = np.random.default_rng(blocks)
    held = 0
    for _ in range(400):
        _, lower, upper, _ = bootstrap(rng.normal(0.1, 0.05, blocks), 0.95)
        held += lower <= 0.1 <= upper
    assert 0.915 <= held / 400 <= 0.985


def test_the_middle_is_that_of_every_other_ratio() -> None:
    """Old and new records say the same number; only how sure they are is found in another way, and nearly alike."""
    values = np.random.default_rng(3).normal(0, 0.1, 20)
    old, new = bootstrap(values, 0.95), yuen(values, 0.95)
    assert old[0] == new[0]
    assert old[1:3] == pytest.approx(new[1:3], abs=0.02)
    assert old[1:] != new[1:]
