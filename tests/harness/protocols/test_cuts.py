"""What training is given of each text, by protocol and model."""

from __future__ import annotations

from typing import Any

import pytest

from harness import protocols
from harness.protocols.cuts import learned
from harness.spec import Example, Model, Text

ROWS = [Example(str(place), Text(str(place)), 0) for place in range(300)]


def model(*capabilities: str) -> Model:
    """A model that can do so much."""
    return Model(title="m", source="s", kinds=("spans",), capabilities=capabilities)


@pytest.mark.parametrize(
    ("protocol", "kind", "capabilities", "rows", "tokens"),
    [
        ("mini", "spans", ("Learns", "Predicts"), 300, 256),
        ("mini", "spans", ("Fits", "Predicts"), 300, None),
        ("smoke", "label", ("Learns", "Predicts"), 240, 256),
        ("smoke", "label", ("Fits", "Predicts"), 240, 256),
        ("paper", "label", ("Learns", "Predicts"), 300, 128),
        ("mini", "choice", ("Ranks",), 300, None),
        ("mini", "tokens", ("ScoresText",), 300, None),
    ],
)
def test_rows_and_cut(protocol: str, kind: str, capabilities: Any, rows: int, tokens: int | None) -> None:
    """Classifiers have a budget of rows and a cut; entity models that learn in one go have whole texts."""
    given, cut = learned(protocols.find(protocol, kind), model(*capabilities), ROWS)
    assert (len(given), cut) == (rows, tokens)
