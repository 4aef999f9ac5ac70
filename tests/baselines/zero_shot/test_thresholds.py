"""Lone scores cut into labels."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.zero_shot._thresholds import check_thresholds, decide_labels
from harness.errors import DataError, RunError, UsageError


def published(scores, labels, batch):
    """Sun et al.'s loop over batches, as they describe it: sort, cut, the last part takes the rest."""
    found = [0] * len(scores)
    for low in range(0, len(scores), batch):
        members = sorted(range(low, min(low + batch, len(scores))), key=lambda number: scores[number])
        size = len(members) // labels
        for part in range(labels):
            end = len(members) if part == labels - 1 else (part + 1) * size
            for number in members[part * size : end]:
                found[number] = part
    return found


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("count", [3, 7, 12, 100])
@pytest.mark.parametrize("batch", [0, 3, 5, 16, 500])
def test_batches_equal_the_published_loop(labels, count, batch):
    """Whole and short batches should be cut as the loop cuts them, equal scores in file order."""
    scores = np.random.default_rng(count + batch).integers(0, 20, count) / 7
    assert decide_labels(scores, [], labels, "batch", batch) == published(scores.tolist(), labels, batch or count)


@pytest.mark.parametrize("labels", [2, 3])
def test_the_reference_is_cut_into_equal_parts(labels):
    """Deciding the reference itself should give each label as often, the larger scores the later label."""
    reference = np.random.default_rng(0).normal(size=30 * labels)
    found = np.array(decide_labels(reference, reference, labels))
    assert np.bincount(found).tolist() == [30] * labels
    assert (np.diff(found[np.argsort(reference)]) >= 0).all()


def test_labels_do_not_depend_on_the_other_scores():
    """Under dev a score should get its label whatever is ranked with it."""
    reference = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert decide_labels([1.4, 1.6, 3.4, 3.6], reference, 3) == [0, 1, 1, 2]
    assert decide_labels([3.6], reference, 3) == [2]


def test_equal_scores_get_equal_labels():
    """Where a border lies among equal reference scores, all of those should go up."""
    assert decide_labels([0.9, 1.0, 1.1], [1.0] * 6, 2) == [0, 1, 1]


def test_what_is_left_over_belongs_to_the_last_part():
    """Five reference scores in two parts should be two and three."""
    assert decide_labels([0, 1, 2, 3, 4], [0, 1, 2, 3, 4], 2) == [0, 0, 1, 1, 1]


def test_answers_are_plain_numbers():
    """Labels should be ints of Python, which JSON can hold."""
    for thresholds in ("dev", "batch"):
        assert {type(label) for label in decide_labels([0.1, 0.2], [0.1, 0.2], 2, thresholds)} == {int}
    assert decide_labels([], [], 2, "batch") == []


def test_a_reference_that_is_too_small_is_refused():
    """Fewer reference scores than labels should be an error that says the way out."""
    with pytest.raises(DataError, match=r"2 reference questions cannot be cut into 3 parts.*thresholds=batch"):
        decide_labels([0.5], [0.1, 0.2], 3)
    assert decide_labels([0.5], [0.1, 0.2, 0.3], 3) == [2]


def test_scores_that_are_no_numbers_are_refused():
    """A score that is not finite should not silently become a label."""
    with pytest.raises(RunError, match="not a finite number"):
        decide_labels([float("nan")], [0.1, 0.2], 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [(("test", 0), "neither dev nor batch"), (("batch", 1), "2 labels need 2"), (("batch", -1), "batch=-1")],
)
def test_wrong_settings_are_named(settings, message):
    """Settings that mean nothing should be refused before anything runs."""
    with pytest.raises(UsageError, match=message):
        check_thresholds(*settings, 2)
