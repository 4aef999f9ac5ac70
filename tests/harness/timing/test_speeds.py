"""From blocks to numbers, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.registry.metrics import metric_cards
from harness.timing import speeds


def measures(factor: float, blocks: int = 20) -> dict:
    """Times of a model so many times slower than the reference; a step of 8 texts grows with length to the power 1.5."""
    noise = np.random.default_rng(0).lognormal(0, 0.05, blocks)  # the machine's mood, common to all
    made = {
        f"{phase}/{part}/trace": {"seconds": list(factor * noise * 0.1), "tokens": 1000.0, "examples": 32.0}
        for phase in ("train", "predict")
        for part in ("whole", "head")
    }
    for tokens in (128, 256, 512):
        made[f"train/whole/8x{tokens}"] = {"seconds": list(factor * noise * tokens**1.5 / 1e5), "tokens": 8.0 * tokens}
    made["train/whole/trace"]["peak_bytes"] = 10**6
    return made


def test_numbers_of_a_session() -> None:
    """A model twice as slow has the ratio 2 without doubt, since noise is common; its speed has the noise's interval."""
    found = speeds.results(measures(2.0), measures(1.0))
    assert found["train_time_ratio"]["value"] == pytest.approx(2.0)
    assert found["train_time_ratio"]["uncertainty"]["confidence_interval"]["upper"] == pytest.approx(2.0)
    speed = found["train_tokens_per_second"]
    interval = speed["uncertainty"]["confidence_interval"]
    assert interval["lower"] < speed["value"] < interval["upper"]
    assert speed["value"] == pytest.approx(5000, rel=0.05)
    assert found["train_growth"]["value"] == pytest.approx(1.5)
    assert found["train_peak_bytes"]["value"] == 10**6
    assert "predict_growth" not in found  # no cells of the grid were timed for it


def test_the_reference_is_one() -> None:
    """The reference over itself is exactly 1 and has no interval."""
    entry = speeds.results(measures(1.0), measures(1.0))["predict_head_time_ratio"]
    assert entry["value"] == 1.0
    assert "uncertainty" not in entry


def test_every_number_is_a_metric() -> None:
    """Each has a card, whose unit and direction stand in the record."""
    cards = metric_cards()
    for name, entry in speeds.results(measures(2.0), measures(1.0)).items():
        assert (entry["unit"], entry["higher_is_better"]) == (cards[name].unit, cards[name].higher_is_better)


def test_growth_needs_two_lengths() -> None:
    """One length tells nothing; one block gives a value without an interval."""
    cells = {f"train/whole/8x{tokens}": {"seconds": [tokens / 1e3]} for tokens in (128, 256)}
    assert speeds.growth(dict([next(iter(cells.items()))]), "train/whole", 8) is None
    value, lower, upper, error, blocks = speeds.growth(cells, "train/whole", 8)
    assert (value, lower, upper, error, blocks) == (pytest.approx(1.0), None, None, None, 1)


def test_growth_agrees_with_a_fit_of_numpy() -> None:
    """The exponent is the slope of a least-squares line through logarithms."""
    rng = np.random.default_rng(1)
    cells = {f"train/whole/8x{n}": {"seconds": list(n**1.3 * rng.lognormal(0, 0.1, 1))} for n in (128, 256, 512)}
    times = [cells[f"train/whole/8x{n}"]["seconds"][0] for n in (128, 256, 512)]
    slope = np.polyfit(np.log([128, 256, 512]), np.log(times), 1)[0]
    assert speeds.growth(cells, "train/whole", 8)[0] == pytest.approx(slope)
