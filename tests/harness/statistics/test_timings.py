"""Comparing times: against a trimmed mean of scipy, and on series whose ratio is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from harness.statistics import timings

NAME = "train/whole/trace"


def timed(seconds: list[float], session: str = "s", tokens: float = 100, name: str = NAME) -> dict[str, Any]:
    """What a record holds of one measure."""
    measure = {"seconds": seconds, "tokens": tokens, "examples": 4, "warmup": {}}
    return {"session": session, "reference": "ner/crf", "disturbed": "", "measures": {name: measure}}


def drifting(factor: float, seed: int = 0) -> list[float]:
    """Thirty blocks of a machine that is slowed by up to a half, the same way whatever runs on it."""
    own = np.random.default_rng(seed).normal(0, 0.002, 30)
    drift = np.exp(0.2 + 0.2 * np.sin(np.arange(30)))
    return [float(value) for value in factor * drift * np.exp(own)]


def test_the_ratio_is_the_trimmed_mean_of_logarithms() -> None:
    """The fifth at either end is left out; medians and tokens are of the blocks as they are."""
    from scipy.stats import trim_mean

    a, b = drifting(0.9), drifting(1.0, seed=1)
    (found,) = timings.compare(timed(a), timed(b)).measures
    assert found.ratio.value == pytest.approx(math.exp(trim_mean(np.log(a) - np.log(b), 0.2)))
    assert (found.seconds_a, found.seconds_b, found.tokens) == (np.median(a), np.median(b), 100)


def test_turns_of_one_session_are_pairs() -> None:
    """What slows both for a while cancels within a session, and only there: 3 % is seen there alone."""
    a, b = drifting(0.97), drifting(1.0, seed=1)
    together = timings.compare(timed(a), timed(b))
    apart = timings.compare(timed(a), timed(b, session="t"))
    assert (together.same_session, apart.same_session) == (True, False)
    assert (together.measures[0].verdict, apart.measures[0].verdict) == ("faster", "undecided")
    assert (together.measures[0].ratio.paired, apart.measures[0].ratio.paired) == (True, False)
    assert timings.compare(timed(b), timed(a)).measures[0].verdict == "slower"


def test_blocks_without_a_partner_are_no_pairs() -> None:
    """Unequal numbers of blocks cannot be laid beside each other, whatever the session."""
    (found,) = timings.compare(timed(drifting(1.0)[:20]), timed(drifting(1.0))).measures
    assert (found.ratio.paired, found.ratio.blocks) == (False, 20)


def test_what_one_side_has_alone_is_named() -> None:
    """A measure of one record only, one of other batches, and one of a single block have no ratio, and none is lost."""
    a, b = timed([1.0, 1.1]), timed([1.0, 1.1])
    a["measures"] |= {
        "x": timed([1.0, 1.0])["measures"][NAME],
        "other": timed([1.0, 1.0], tokens=7)["measures"][NAME],
        "once": timed([1.0])["measures"][NAME],
    }
    b["measures"] |= {
        "y": timed([1.0, 1.0])["measures"][NAME],
        "other": timed([1.0, 1.0], tokens=8)["measures"][NAME],
        "once": timed([1.0])["measures"][NAME],
    }
    found = timings.compare(a, b)
    assert [measure.name for measure in found.measures] == [NAME]
    assert (found.only_a, found.only_b, found.unlike) == (("x",), ("y",), ("other", "once"))
