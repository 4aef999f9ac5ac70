"""From predictions to the results of a record."""

from __future__ import annotations

import pytest

from harness import kinds
from harness.errors import DataError
from harness.registry.metrics import metric_cards
from harness.registry.shelves import find, load
from harness.spec import Example, Text
from harness.trial import scoring

GOLD = [Example("a", Text("头痛两天"), ((0, 2, "sym"),)), Example("b", Text("胸闷"), ((0, 2, "sym"),))]
ENTRY = find("tasks", "cmeee")


def _results(outputs: dict[int, list[list[tuple[int, int, str]]]], clean: set[str]) -> dict[str, dict[str, object]]:
    return scoring.results(ENTRY.card, load(ENTRY).score, GOLD, outputs, clean)


def test_a_metric_is_the_mean_over_seeds_with_its_spread() -> None:
    """Value, worst and standard deviation follow from the per-seed scores."""
    made = _results({0: [[(0, 2, "sym")], [(0, 2, "sym")]], 1: [[(0, 2, "sym")], []]}, {"a", "b"})["span_f1"]
    assert made["per_seed"] == [1.0, pytest.approx(2 / 3)]
    assert made["value"] == pytest.approx(5 / 6)
    assert made["worst_seed"] == pytest.approx(2 / 3)
    assert made["seed_sd"] == pytest.approx(1 / 3 / 2**0.5)
    assert made["sufficient"] == [{"tp": 2, "fp": 0, "fn": 0}, {"tp": 1, "fp": 0, "fn": 1}]


def test_the_overlap_free_score_leaves_out_rows_seen_in_train() -> None:
    """A row whose text stands in train counts in the full score alone."""
    made = _results({0: [[(0, 2, "sym")], []]}, {"b"})["span_f1"]
    assert made["value"] == pytest.approx(2 / 3)
    assert made["overlap_free"] == {"value": 0.0, "n": 1}


def test_predictions_of_other_data_are_refused() -> None:
    """A prediction for an unknown example, or none for a known one, is an error that names it."""
    with pytest.raises(DataError, match="'zz' of seed 0 belongs to no example"):
        scoring.outputs_by_seed([{"id": "zz", "seed": 0, "prediction": []}], GOLD, [0])
    with pytest.raises(DataError, match="no prediction for 1 examples, first 'b'"):
        scoring.outputs_by_seed([{"id": "a", "seed": 0, "prediction": []}], GOLD, [0])


def test_lost_to_length_counts_entities_beyond_the_cut() -> None:
    """An entity that ends after the cut can never be found; it is counted, not forgotten."""
    gold = [Example("a", Text("头痛两天胸闷"), ((0, 2, "sym"), (4, 6, "sym")))]
    for tokens, lost in ((5, 1), (6, 0)):
        made = scoring.beside(kinds.find("spans").limits(ENTRY.card, load(ENTRY).score, None, gold, tokens))
        assert made["entities_lost_to_length"] == {"value": lost, "unit": "entities", "higher_is_better": False, "n": 2}


def test_every_ranking_metric_has_a_card() -> None:
    """A score that a task gives is a metric that `harness list metrics` explains."""
    assert set(_results({0: [[], []]}, set())) <= set(metric_cards())
