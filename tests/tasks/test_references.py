"""Published numbers on the cards of tasks."""

from __future__ import annotations

import pytest

from harness.registry.metrics import metric_cards
from harness.registry.shelves import entries
from harness.verify.published.numbers import printed

REFERENCES = [(entry.name, item) for entry in entries("tasks") for item in entry.card.references]


@pytest.mark.parametrize(
    ("task", "item"), [pytest.param(task, item, id=f"{task} {item.model} {item.metric}") for task, item in REFERENCES]
)
def test_a_published_number_is_the_printed_one(task: str, item: object) -> None:
    """What a card computes with is what the source prints, digit by digit; only ratios of times are converted."""
    unit = metric_cards()[item.metric].unit
    if not item.printed:
        assert unit == "ratio", f"{task}: give {item.model} the digits that its source prints"
        return
    found = printed(item.printed)
    assert found is not None
    assert found.value == pytest.approx(item.value * (100 if unit == "proportion" else 1), abs=1e-9)
