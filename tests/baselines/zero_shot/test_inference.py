"""Batches and answers."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.zero_shot import _inference
from baselines.zero_shot._inference import batches_by_length, resolve_precision, to_ranked
from harness.errors import RunError, UsageError
from harness.registry.shelves import entries


@pytest.mark.parametrize("tokens", [1, 50, 300, 10**6])
def test_every_row_is_in_one_batch(tokens):
    """Batches should hold each row once, and no more tokens than allowed unless one row alone has more."""
    sizes = np.random.default_rng(0).integers(0, 100, 200)
    found = list(batches_by_length(sizes, tokens))
    assert sorted(np.concatenate(found).tolist()) == list(range(200))
    assert all(len(rows) == 1 or len(rows) * sizes[rows].max() <= tokens or not sizes[rows].any() for rows in found)
    assert list(batches_by_length(np.zeros(0, np.int64), tokens)) == []


def test_scores_that_are_no_numbers_are_refused():
    """A score that is not finite should be an error with the number of such scores, never an answer."""
    with pytest.raises(RunError, match="2 of 3 scores are not finite"):
        to_ranked(np.array([1.0, np.nan, np.inf]), np.zeros(3, np.bool_), [3])


@pytest.mark.parametrize(("has_bf16", "expected"), [(True, "bf16"), (False, "float32")])
def test_auto_is_what_the_machine_has(has_bf16, expected, monkeypatch):
    """Left to the machine, the precision is bf16 where the CPU multiplies in it; asked for, it is what was asked."""
    monkeypatch.setattr(_inference, "_cpu_has_bf16", lambda: has_bf16)
    assert resolve_precision("cpu", "auto") == expected
    assert [resolve_precision("cpu", asked) for asked in ("bf16", "float32")] == ["bf16", "float32"]
    with pytest.raises(UsageError, match="precision=half is none of auto, float32, bf16"):
        resolve_precision("cpu", "half")


def test_by_default_every_model_computes_in_float32():
    """An answer should not change with the batch that it is asked in, which bf16 does to about one in two hundred."""
    defaults = {
        entry.name: setting.default
        for entry in entries("models")
        for setting in entry.settings
        if setting.name == "precision"
    }
    assert len(defaults) >= 4
    assert set(defaults.values()) == {"float32"}
