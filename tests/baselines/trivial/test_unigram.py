"""Counting bytes: the costs are those of their shares in train."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.trivial import unigram
from harness.spec import Example, Task

TASK = Task(kind="tokens", title="letters", source="here", licence="none", units="bytes")


def test_costs_are_shares_with_one_more_of_each():
    """A byte should cost the logarithm of its share in train, each of the 256 counted once more."""
    model = unigram.build(None, TASK, "cpu", 0)
    model.fit([Example("a", "aab", ((0, 3),))])
    pieces = model.pieces("ab?")
    nats, right = model.nats(np.array([[model.first, *pieces.ids]]), 3)
    np.testing.assert_allclose(nats[0], -np.log(np.array([3, 2, 1]) / 259))
    assert right[0].tolist() == [True, False, False]


def test_costs_are_a_distribution():
    """Over all bytes the probabilities should add up to one."""
    model = unigram.build(None, TASK, "cpu", 0)
    model.fit([Example("a", "天地", ((0, 2),))])
    nats, _ = model.nats(np.arange(256)[:, None].repeat(2, 1), 1)
    assert np.exp(-nats).sum() == pytest.approx(1.0)
