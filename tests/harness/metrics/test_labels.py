"""Scores of labels: against scikit-learn and a loop, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, log_loss

from harness.metrics.labels import BINS, score_labels
from harness.spec import Example

LABELS = ("a", "b", "c")
ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.lists(st.floats(0.01, 1), min_size=3, max_size=3)), min_size=1, max_size=40
)


def made(rows):
    """Gold and outputs of probabilities, and these."""
    gold, outputs, table = [], [], []
    for number, (target, weights) in enumerate(rows):
        shares = [weight / sum(weights) for weight in weights]
        label = int(np.argmax(shares))
        gold.append(Example(str(number), None, target))
        outputs.append({"label": label, "confidence": shares[label], "nats": -math.log(shares[target])})
        table.append(shares)
    return gold, outputs, np.array(table)


@given(ROWS)
def test_agrees_with_scikit_learn(rows):
    """Accuracy, macro F1 over the labels of gold, and mean cost should be scikit-learn's."""
    gold, outputs, table = made(rows)
    true, said = [row.target for row in gold], [row["label"] for row in outputs]
    scores = score_labels(gold, outputs, labels=LABELS)
    assert scores["accuracy"].value == pytest.approx(accuracy_score(true, said))
    present = sorted(set(true))
    assert scores["macro_f1"].value == pytest.approx(
        f1_score(true, said, average="macro", labels=present, zero_division=0)
    )
    assert scores["label_nats"].value == pytest.approx(log_loss(true, table, labels=[0, 1, 2]))


@given(ROWS)
def test_calibration_error_by_its_definition(rows):
    """A loop over bins should give the same."""
    gold, outputs, _ = made(rows)
    total = 0.0
    for number in range(BINS):
        inside = [
            (row["label"] == example.target, row["confidence"])
            for example, row in zip(gold, outputs, strict=True)
            if number / BINS < row["confidence"] <= (number + 1) / BINS
        ]
        if inside:
            right = sum(hit for hit, _ in inside) / len(inside)
            total += len(inside) / len(gold) * abs(right - sum(sure for _, sure in inside) / len(inside))
    assert score_labels(gold, outputs, labels=LABELS)["calibration_error"].value == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize(
    ("target", "output", "message"),
    [
        (3, {"label": 0, "confidence": 1.0, "nats": 0.0}, "'x': the target 3"),
        (0, {"label": True, "confidence": 1.0, "nats": 0.0}, "'x': the label True"),
        (0, {"label": 0, "confidence": 1.5, "nats": 0.0}, "no probability"),
        (0, {"label": 0, "confidence": 0.5, "nats": math.nan}, "no negative logarithm"),
    ],
)
def test_what_is_no_answer_is_refused(target, output, message):
    """The example and the fault are named."""
    with pytest.raises(ValueError, match=message):
        score_labels([Example("x", None, target)], [output], labels=LABELS)


def test_lengths_must_agree():
    """An output too few, or nothing at all, is an error."""
    with pytest.raises(ValueError, match="1 examples but 0 outputs"):
        score_labels([Example("x", None, 0)], [], labels=LABELS)
    with pytest.raises(ValueError, match="nothing to score"):
        score_labels([], [], labels=LABELS)
