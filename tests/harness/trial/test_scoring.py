"""From predictions to the results of a record."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from harness import kinds
from harness.errors import DataError, RunError
from harness.metrics import bits
from harness.registry.metrics import metric_cards
from harness.registry.shelves import find, load
from harness.spec import Example, Score, Task, Text
from harness.trial import scoring

GOLD = [Example("a", Text("头痛两天"), ((0, 2, "sym"),)), Example("b", Text("胸闷"), ((0, 2, "sym"),))]
ENTRY = find("tasks", "cmeee")


def _results(outputs: dict[int, list[list[tuple[int, int, str]]]], clean: set[str]) -> dict[str, dict[str, object]]:
    return scoring.scored(ENTRY.card, load(ENTRY), GOLD, outputs, clean, deterministic=False).results


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


def test_a_seed_that_is_not_of_the_record_is_told_as_that() -> None:
    """Predictions of other seeds than the record names, and seeds without any, are no matter of the data."""
    rows = [{"id": name, "seed": 0, "prediction": []} for name in ("a", "b")]
    with pytest.raises(DataError, match=r"predictions of seed 0; the record is of seed 1\. The record was edited"):
        scoring.outputs_by_seed(rows, GOLD, [1])
    with pytest.raises(DataError, match=r"seeds 1, 2 of the record: there are no predictions, only those of seed 0"):
        scoring.outputs_by_seed(rows, GOLD, [0, 1, 2])


def test_a_metric_has_the_interval_of_its_checkpoints_and_of_its_recipe() -> None:
    """Each is an interval or says why there is none; a model that draws nothing has the same twice."""
    gold = [Example(f"t-{place}", Text(f"头痛{place:02}"), ((0, 2, "sym"),)) for place in range(20)]
    said = {seed: [[(0, 2, "sym")] if (place + seed) % 3 else [] for place in range(20)] for seed in (0, 1, 2)}
    module = load(ENTRY)
    drawn = scoring.scored(ENTRY.card, module, gold, said, set(), deterministic=False)
    entry = drawn.results["span_f1"]
    assert entry["checkpoints"]["lower"] < entry["value"] < entry["checkpoints"]["upper"]
    assert entry["recipe"]["lower"] < entry["value"] < entry["recipe"]["upper"]
    assert set(drawn.tables) == {name for name, entry in drawn.results.items() if "checkpoints" in entry}
    alone = scoring.scored(ENTRY.card, module, gold, {0: said[0]}, set(), deterministic=False).results["span_f1"]
    assert alone["recipe"]["none"].startswith("one seed")
    fixed = scoring.scored(ENTRY.card, module, gold, {0: said[0]}, set(), deterministic=True).results["span_f1"]
    assert fixed["recipe"] == fixed["checkpoints"] == alone["checkpoints"]


def test_lost_to_length_counts_entities_beyond_the_cut() -> None:
    """An entity that ends after the cut can never be found; it is counted, not forgotten."""
    gold = [Example("a", Text("头痛两天胸闷"), ((0, 2, "sym"), (4, 6, "sym")))]
    for tokens, lost in ((5, 1), (6, 0)):
        made = scoring.beside(kinds.find("spans").limits(ENTRY.card, load(ENTRY).score, None, gold, tokens))
        assert made["entities_lost_to_length"] == {"value": lost, "unit": "entities", "higher_is_better": False, "n": 2}


def test_what_lies_in_no_window_is_lost() -> None:
    """With windows an entity behind the first one is found; one that is longer than what they share may lie in none."""
    gold = [Example("a", Text("头痛两天胸闷"), ((0, 2, "sym"), (2, 6, "sym"), (4, 6, "sym")))]
    score, lost = load(ENTRY).score, "entities_lost_to_length"
    for overlap, count in ((0, 2), (2, 0), (1, 1)):
        size = 4 if overlap != 1 else 3
        assert kinds.find("spans").limits(ENTRY.card, score, None, gold, size, overlap)[lost] == (count, 3)


def test_a_kind_scores_beside_the_task() -> None:
    """What a kind scores of every task stands behind the task's own metrics, with intervals, items and no label twice."""
    said = {seed: [[(0, 2, "dis")], [(1, 2, "sym")]] for seed in (0, 1)}
    made = scoring.scored(ENTRY.card, load(ENTRY), GOLD, said, {"a"}, deterministic=False)
    assert list(made.results)[-2:] == ["span_f1_partial", "span_f1_type"] == list(kinds.find("spans").further)
    assert made.results["span_f1_partial"]["per_seed"] == [0.75, 0.75]
    assert made.results["span_f1_type"]["per_seed"] == [0.5, 0.5]
    assert made.results["span_f1_partial"]["overlap_free"] == {"value": 1.0, "n": 1}
    assert "checkpoints" in made.results["span_f1_type"]
    assert made.tables["span_f1_partial"].counts[0].tolist() == [[1, 0, 1, 1], [0, 1, 1, 1]]


def test_a_task_that_gives_such_a_score_itself_keeps_its_own() -> None:
    """The task's own `score` has the last word on a name."""
    given = {"span_f1": Score(value=0.5, n=2), "span_f1_type": Score(value=0.25, n=2)}
    own = SimpleNamespace(score=lambda gold, outputs: given)
    made = scoring.scores(ENTRY.card, own, GOLD, [[], []])
    assert made["span_f1_type"] is given["span_f1_type"]
    assert list(made) == ["span_f1", "span_f1_type", "span_f1_partial"]


def test_every_ranking_metric_has_a_card() -> None:
    """A score that a task gives is a metric that `harness list metrics` explains."""
    assert set(_results({0: [[], []]}, set())) <= set(metric_cards())


def test_a_metric_without_a_finite_value_is_left_out_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A text of words that no blanks part has bits a byte, and no perplexity a word; where that ranks, it is an error."""
    gold = [Example("a", "天" * 2000, ((0, 2000),))]
    outputs = {0: [{"usual": "nonoverlapping_4", "nonoverlapping_4": [20000.0, 6000, 6000, 1, 0]}]}
    card = Task(kind="tokens", title="t", source="s", licence="l", units="bytes", metrics=("bits_per_byte",))
    module = SimpleNamespace(score=bits.score_text)
    made = scoring.scored(card, module, gold, outputs, set(), deterministic=True)
    assert {"bits_per_byte", "token_perplexity"} <= made.results.keys() == made.tables.keys()
    assert "word_perplexity" not in made.results
    assert "word_perplexity has no finite value" in capsys.readouterr().err
    with pytest.raises(RunError, match="word_perplexity, which ranks"):
        scoring.scored(replace(card, metrics=("word_perplexity",)), module, gold, outputs, set(), deterministic=True)


def test_a_card_without_metrics_is_told() -> None:
    """Scores of a task whose card names no metrics rank nothing."""
    card = Task(kind="tokens", title="t", source="s", licence="l", units="bytes")
    with pytest.raises(RunError, match=r"pets\.py: TASK names no metrics"):
        scoring.own_scores(card, SimpleNamespace(__file__="pets.py", score=lambda *_: {"a": 1}), [], [])
