"""Partial and type credit: against the best matching found by enumeration, and against nervaluate where it has a rule."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator
from scipy.optimize import linear_sum_assignment

from harness.metrics.overlaps import overlap_f1, score_overlaps
from harness.metrics.spans import score_spans
from harness.spec import Example, Span, Text

LABELS = ("x", "y", "z")
SIZE = 14
Answers = list[tuple[Span, ...]]


@st.composite
def spans(draw: st.DrawFn, most: int = 6) -> tuple[Span, ...]:
    """Any spans of a text of 14 characters: nested, crossing, with two labels on one span."""
    found = set()
    for _ in range(draw(st.integers(0, most))):
        start = draw(st.integers(0, SIZE - 1))
        found.add((start, draw(st.integers(start + 1, SIZE)), draw(st.sampled_from(LABELS))))
    return tuple(sorted(found))


documents = st.lists(st.tuples(spans(), spans()), min_size=1, max_size=4)


def examples(gold: Answers, size: int = SIZE) -> list[Example]:
    """Gold spans as examples."""
    return [Example(str(number), Text("字" * size), target) for number, target in enumerate(gold)]


def best(gold: tuple[Span, ...], said: tuple[Span, ...], typed: bool) -> int:
    """Twice the credit of the best one-to-one matching, from a table of what each pair earns."""
    earned = np.zeros((len(gold), len(said)), int)
    for row, (start, end, label) in enumerate(gold):
        for column, (other, until, called) in enumerate(said):
            overlap = start < until and other < end
            if typed:
                earned[row, column] = 2 * (overlap and label == called)
            else:
                earned[row, column] = 2 if (start, end) == (other, until) else int(overlap)
    rows, columns = linear_sum_assignment(earned, maximize=True)
    return int(earned[rows, columns].sum())


@given(documents)
def test_credit_is_that_of_the_best_matching(made: list[tuple[tuple[Span, ...], tuple[Span, ...]]]) -> None:
    """Document by document, in flat and nested answers, no matching earns more and none that is better is missed."""
    gold, said = [pair[0] for pair in made], [pair[1] for pair in made]
    found = score_overlaps(examples(gold), said, labels=LABELS)
    for name, typed in (("span_f1_partial", False), ("span_f1_type", True)):
        score = found[name]
        wanted = [best(*pair, typed) for pair in made]
        assert (2 * score.counts[:, 0] + score.counts[:, 1]).tolist() == wanted
        assert score.counts[:, 2].tolist() == [len(answer) for answer in said]
        assert score.counts[:, 3].tolist() == [len(answer) for answer in gold]
        total = sum(map(len, gold)) + sum(map(len, said))
        assert score.value == pytest.approx(sum(wanted) / total if total else 0.0)
        assert overlap_f1(score.counts.sum(0)) == score.value
        assert score.sufficient == dict(
            zip(("correct", "partial", "predicted", "gold"), score.counts.sum(0).tolist(), strict=True)
        )


@given(documents, st.randoms(use_true_random=False))
def test_no_order_matters(made: list[tuple[tuple[Span, ...], tuple[Span, ...]]], rng: random.Random) -> None:
    """Predictions in another order, or one of them twice, give the same counts."""
    gold, said = [pair[0] for pair in made], [pair[1] for pair in made]
    mixed = [tuple(rng.sample(answer, len(answer))) + answer[:1] for answer in said]
    first, second = (score_overlaps(examples(gold), answers, labels=LABELS) for answers in (said, mixed))
    assert all((first[name].counts == second[name].counts).all() for name in first)


@given(documents)
def test_the_schemes_stand_in_order(made: list[tuple[tuple[Span, ...], tuple[Span, ...]]]) -> None:
    """Partial credit is no less than that of exact borders, type credit no less than the strict one; gold earns 1."""
    gold, said = [pair[0] for pair in made], [pair[1] for pair in made]
    found = score_overlaps(examples(gold), said, labels=LABELS)
    strict = score_spans(examples(gold), said, labels=LABELS)["span_f1"]
    assert found["span_f1_type"].value >= strict.value
    assert found["span_f1_partial"].value >= strict.value
    right = score_overlaps(examples(gold), gold, labels=LABELS)
    assert {score.value for score in right.values()} == {1.0 if any(gold) else 0.0}


@given(documents)
def test_labels_add_up_to_the_whole(made: list[tuple[tuple[Span, ...], tuple[Span, ...]]]) -> None:
    """The row of a label is the score with all other labels taken away."""
    gold, said = [pair[0] for pair in made], [pair[1] for pair in made]
    rows = score_overlaps(examples(gold), said, labels=LABELS)["span_f1_type"].by
    for label in LABELS:
        mine = [[tuple(span for span in answer if span[2] == label) for answer in side] for side in (gold, said)]
        alone = score_overlaps(examples(mine[0]), mine[1], labels=LABELS)["span_f1_type"]
        row = rows[f"label:{label}"]
        assert row["value"] == pytest.approx(alone.value)
        assert row["n"] == alone.sufficient["gold"]
        credit = alone.sufficient["correct"]
        assert row["recall"] == pytest.approx(credit / max(1, alone.sufficient["gold"]))
        assert row["precision"] == pytest.approx(credit / max(1, alone.sufficient["predicted"]))


def test_words_overlap_by_tokens() -> None:
    """Offsets of words: a span of two words and one of them overlap, neighbours with a blank between do not."""
    text = Text("Bonn am Rhein", ((0, 4), (5, 7), (8, 13)))
    gold = [Example("a", text, ((0, 13, "x"),)), Example("b", text, ((0, 4, "x"),))]
    found = score_overlaps(gold, [[(8, 13, "x")], [(5, 7, "x")]], labels=LABELS)
    assert found["span_f1_partial"].counts.tolist() == [[0, 1, 1, 1], [0, 0, 1, 1]]
    assert found["span_f1_type"].counts.tolist() == [[1, 0, 1, 1], [0, 0, 1, 1]]


@pytest.mark.parametrize("said", [[], [[(0, 99, "x")]], [[(0, 1, "w")]], [[(0.0, 1, "x")]]])
def test_what_cannot_be_scored_is_told(said: Any) -> None:
    """Too few outputs, spans outside their text, unknown labels, edges that are no integers."""
    with pytest.raises(ValueError, match=r"cannot be scored|example '0'"):
        score_overlaps(examples([()]), said, labels=LABELS)


def test_many_spans_that_all_overlap_take_no_time() -> None:
    """Two hundred thousand spans of a corpus are matched in seconds, not by pairs of Python objects."""
    rng = random.Random(0)
    gold = [
        tuple(sorted({(at, at + rng.randint(1, 6), rng.choice(LABELS)) for at in rng.sample(range(90), 20)}))
        for _ in range(5000)
    ]
    said = [tuple((max(0, start - rng.randint(0, 1)), end, label) for start, end, label in row) for row in gold]
    found = score_overlaps(examples(gold, 100), said, labels=LABELS)
    assert 0.5 < found["span_f1_partial"].value < 1
    assert found["span_f1_partial"].sufficient["gold"] > 90_000


# ---------------------------------------------------------------- nervaluate


def theirs(gold: Answers, said: Answers) -> dict[str, Any]:
    """nervaluate's result of each scheme; its ends are inclusive."""
    sides = [
        [[{"start": start, "end": end - 1, "label": label} for start, end, label in answer] for answer in side]
        for side in (gold, said)
    ]
    found = Evaluator(*sides, tags=list(LABELS), loader="dict").evaluate()
    return dict(found["overall"])


def ours(gold: Answers, said: Answers, size: int = SIZE) -> dict[str, float]:
    """Our F1 under the names that nervaluate gives the schemes."""
    made = examples(gold, size)
    exact, soft = score_spans(made, said, labels=LABELS), score_overlaps(made, said, labels=LABELS)
    return {
        "strict": exact["span_f1"].value,
        "exact": exact["untyped_span_f1"].value,
        "partial": soft["span_f1_partial"].value,
        "ent_type": soft["span_f1_type"].value,
    }


@st.composite
def apart(draw: st.DrawFn) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Gold and predicted spans that each overlap one of the other side at most: some alike, some shifted, some alone."""
    gold, said, at = [], [], 0
    for _ in range(draw(st.integers(0, 5))):
        start, middle, size = at + draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
        way = draw(st.sampled_from(["gold", "said", "same", "longer", "crossing"]))
        one = (start, start + middle + size, draw(st.sampled_from(LABELS)))
        two = (
            start + (way == "crossing") * middle,
            one[1] + (way in ("longer", "crossing")) * 2,
            draw(st.sampled_from(LABELS)),
        )
        gold += [] if way == "said" else [one]
        said += [] if way == "gold" else [two]
        at = max(one[1], two[1])
    return tuple(gold), tuple(said)


@given(st.lists(apart(), min_size=1, max_size=5))
def test_all_four_schemes_are_those_of_nervaluate(made: list[tuple[tuple[Span, ...], tuple[Span, ...]]]) -> None:
    """Where no span overlaps two of the other side nothing is left to a matching rule: F1, precision and recall agree."""
    gold, said = [pair[0] for pair in made], [pair[1] for pair in made]
    found, own = theirs(gold, said), ours(gold, said, 80)
    for scheme, value in own.items():
        assert value == pytest.approx(found[scheme].f1, abs=1e-12), scheme
    soft = score_overlaps(examples(gold, 80), said, labels=LABELS)
    for scheme, name in (("partial", "span_f1_partial"), ("ent_type", "span_f1_type")):
        counts = soft[name].sufficient
        assert (found[scheme].correct, found[scheme].partial) == (counts["correct"], counts["partial"])
        assert (found[scheme].actual, found[scheme].possible) == (counts["predicted"], counts["gold"])
        credit = counts["correct"] + counts["partial"] / 2
        assert found[scheme].precision == pytest.approx(credit / counts["predicted"] if counts["predicted"] else 0)
        assert found[scheme].recall == pytest.approx(credit / counts["gold"] if counts["gold"] else 0)


@given(documents)
def test_nervaluate_never_gives_more(made: list[tuple[tuple[Span, ...], tuple[Span, ...]]]) -> None:
    """Its matching is one of those that ours is the best of."""
    gold, said = [pair[0] for pair in made], [pair[1] for pair in made]
    found, own = theirs(gold, said), ours(gold, said)
    for scheme in ("strict", "partial", "ent_type"):
        assert own[scheme] >= found[scheme].f1 - 1e-12, scheme


def test_an_exact_prediction_is_not_taken_by_one_that_overlaps() -> None:
    """nervaluate gives a gold span to the first prediction that touches it: the exact one behind is then spurious."""
    gold, said = [((2, 4, "x"),)], [((0, 3, "x"), (2, 4, "x"))]
    assert theirs(gold, said)["strict"].correct == theirs(gold, said)["partial"].correct == 0
    assert theirs(gold, [said[0][::-1]])["strict"].correct == theirs(gold, [said[0][::-1]])["partial"].correct == 1
    assert (
        ours(gold, said)
        == ours(gold, [said[0][::-1]])
        == {
            "strict": pytest.approx(2 / 3),
            "exact": pytest.approx(2 / 3),
            "partial": pytest.approx(2 / 3),
            "ent_type": pytest.approx(2 / 3),
        }
    )


def test_two_labels_on_one_span() -> None:
    """A prediction of another label takes nothing away from the right one (nervaluate, issue 84: 0 of 1 in this order)."""
    gold, said = [((0, 2, "x"),)], [((0, 3, "y"), (0, 3, "x"))]
    assert theirs(gold, said)["ent_type"].correct == 0
    assert ours(gold, said)["ent_type"] == pytest.approx(2 / 3)


def test_an_overlap_is_an_overlap_however_long_the_entity() -> None:
    """One token of a gold span of 150 is less than the hundredth that nervaluate asks for."""
    gold, said = [((0, 150, "x"),)], [((149, 152, "x"),)]
    assert theirs(gold, said)["partial"].partial == 0
    assert ours(gold, said, 160)["partial"] == 0.5
