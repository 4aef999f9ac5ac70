"""What each span metric means, as cases small enough to check by hand."""

from __future__ import annotations

import warnings

import pytest

from harness.metrics.spans import METRICS, score_spans
from harness.spec import Example, Text

LABELS = ("dis", "sym", "bod")
WORDS = Text("New York is big", ((0, 3), (4, 8), (9, 11), (12, 15)))
ABC = Text("abcdefghij")

# name: (text, gold, predicted, {metric: (tp, fp, fn)}); F1 follows from the counts
CASES = {
    "all right": (
        ABC,
        [(0, 2, "dis"), (4, 6, "sym")],
        [(0, 2, "dis"), (4, 6, "sym")],
        {"span_f1": (2, 0, 0), "untyped_span_f1": (2, 0, 0), "boundary_f1": (4, 0, 0), "token_f1": (4, 0, 0)},
    ),
    "nothing predicted": (
        ABC,
        [(0, 2, "dis")],
        [],
        {"span_f1": (0, 0, 1), "untyped_span_f1": (0, 0, 1), "boundary_f1": (0, 0, 2), "token_f1": (0, 0, 2)},
    ),
    "nothing gold": (
        ABC,
        [],
        [(0, 2, "dis")],
        {"span_f1": (0, 1, 0), "untyped_span_f1": (0, 1, 0), "boundary_f1": (0, 2, 0), "token_f1": (0, 2, 0)},
    ),
    "nothing at all": (
        ABC,
        [],
        [],
        {"span_f1": (0, 0, 0), "untyped_span_f1": (0, 0, 0), "boundary_f1": (0, 0, 0), "token_f1": (0, 0, 0)},
    ),
    "label wrong, edges right": (
        ABC,
        [(0, 2, "dis")],
        [(0, 2, "sym")],
        {"span_f1": (0, 1, 1), "untyped_span_f1": (1, 0, 0), "boundary_f1": (2, 0, 0), "token_f1": (0, 2, 2)},
    ),
    "one edge off by one": (
        ABC,
        [(0, 3, "dis")],
        [(0, 2, "dis")],
        {"span_f1": (0, 1, 1), "untyped_span_f1": (0, 1, 1), "boundary_f1": (1, 1, 1), "token_f1": (2, 0, 1)},
    ),
    "an edge is a side and a place: an end at 2 is no start at 2": (
        ABC,
        [(0, 2, "dis")],
        [(2, 4, "dis")],
        {"span_f1": (0, 1, 1), "untyped_span_f1": (0, 1, 1), "boundary_f1": (0, 2, 2), "token_f1": (0, 2, 2)},
    ),
    "outer found, inner missed; they share a start and two tokens": (
        ABC,
        [(0, 4, "sym"), (0, 2, "bod")],
        [(0, 4, "sym")],
        {"span_f1": (1, 0, 1), "untyped_span_f1": (1, 0, 1), "boundary_f1": (2, 0, 1), "token_f1": (4, 0, 2)},
    ),
    "one span, two labels, one found": (
        ABC,
        [(0, 2, "dis"), (0, 2, "sym")],
        [(0, 2, "sym")],
        {"span_f1": (1, 0, 1), "untyped_span_f1": (1, 0, 0), "boundary_f1": (2, 0, 0), "token_f1": (2, 0, 2)},
    ),
    "a repeated prediction counts once": (
        ABC,
        [(0, 2, "dis")],
        [(0, 2, "dis"), (0, 2, "dis")],
        {"span_f1": (1, 0, 0), "untyped_span_f1": (1, 0, 0), "boundary_f1": (2, 0, 0), "token_f1": (2, 0, 0)},
    ),
    "one entity split in two": (
        ABC,
        [(0, 4, "dis")],
        [(0, 2, "dis"), (2, 4, "dis")],
        {"span_f1": (0, 2, 1), "untyped_span_f1": (0, 2, 1), "boundary_f1": (2, 2, 0), "token_f1": (4, 0, 0)},
    ),
    "words: tokens are counted, not code points": (
        WORDS,
        [(0, 8, "dis")],
        [(4, 8, "dis")],
        {"span_f1": (0, 1, 1), "untyped_span_f1": (0, 1, 1), "boundary_f1": (1, 1, 1), "token_f1": (1, 0, 1)},
    ),
    "words: a span that cuts a token covers it": (
        WORDS,
        [(0, 3, "dis")],
        [(1, 5, "dis")],
        {"span_f1": (0, 1, 1), "untyped_span_f1": (0, 1, 1), "boundary_f1": (0, 2, 2), "token_f1": (1, 1, 0)},
    ),
    "words: blanks alone cover no token": (
        WORDS,
        [],
        [(3, 4, "dis")],
        {"span_f1": (0, 1, 0), "untyped_span_f1": (0, 1, 0), "boundary_f1": (0, 2, 0), "token_f1": (0, 0, 0)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_hand_worked(case: str) -> None:
    """Counts are what a person gets with a pencil, and every F1 is 2tp / (2tp + fp + fn) of them."""
    text, gold, predicted, expected = CASES[case]
    scores = score_spans([Example("a", text, tuple(gold))], [predicted], labels=LABELS)
    for name, (tp, fp, fn) in expected.items():
        assert tuple(scores[name].sufficient.values()) == (tp, fp, fn), name
        assert scores[name].value == (2 * tp / (2 * tp + fp + fn) if tp else 0.0), name
    tp, fp, fn = expected["span_f1"]
    assert scores["span_precision"].value == (tp / (tp + fp) if tp else 0.0)
    assert scores["span_recall"].value == (tp / (tp + fn) if tp else 0.0)


def test_pooled_over_documents() -> None:
    """Counts are summed before dividing: a long document weighs more than a short one."""
    gold = [Example("a", ABC, tuple((i, i + 1, "dis") for i in range(9))), Example("b", ABC, ((0, 1, "dis"),))]
    scores = score_spans(gold, [[], [(0, 1, "dis")]], labels=LABELS)
    assert scores["span_f1"].value == pytest.approx(2 / 11)
    assert scores["span_f1"].counts.tolist() == [[0, 0, 9], [1, 0, 0]]


def test_documents_do_not_touch() -> None:
    """The end of one text and the start of the next are different places, also for tokens and empty texts."""
    gold = [Example("a", Text("ab"), ((1, 2, "dis"),)), Example("e", Text(""), ()), Example("b", Text("ab"), ())]
    scores = score_spans(gold, [[], [], [(0, 1, "dis")]], labels=LABELS)
    for name in ("span_f1", "untyped_span_f1", "boundary_f1", "token_f1"):
        assert scores[name].sufficient["tp"] == 0, name
        assert scores[name].counts[1].tolist() == [0, 0, 0]


def test_label_breakdown() -> None:
    """Each label has the score of the corpus with all other labels taken away; absent labels are there with zeros."""
    gold = [Example("a", ABC, ((0, 2, "dis"), (3, 4, "sym"), (5, 6, "sym")))]
    by = score_spans(gold, [[(0, 2, "dis"), (3, 4, "dis"), (5, 6, "sym")]], labels=LABELS)["span_f1"].by
    expected = {"value": 2 / 3, "precision": 0.5, "recall": 1.0, "tp": 1, "fp": 1, "fn": 0, "n": 1}
    assert by["label:dis"] == pytest.approx(expected)
    assert (by["label:sym"]["recall"], by["label:sym"]["n"]) == (0.5, 2)
    assert by["label:bod"] == {"value": 0.0, "precision": 0.0, "recall": 0.0, "tp": 0, "fp": 0, "fn": 0, "n": 0}


@pytest.mark.parametrize(
    ("gold", "expected"),
    [
        ([(0, 2), (2, 4)], {"flat": 2}),
        ([(0, 4), (1, 3)], {"outer": 1, "inner": 1}),
        ([(0, 4), (0, 2)], {"outer": 1, "inner": 1}),
        ([(0, 4), (2, 4)], {"outer": 1, "inner": 1}),
        ([(0, 4), (2, 6)], {"crossing": 2}),
        ([(0, 9), (1, 5), (2, 3)], {"outer": 2, "inner": 2}),
        ([(0, 4), (2, 6), (7, 8)], {"crossing": 2, "flat": 1}),
        ([(0, 6), (1, 3), (2, 5)], {"outer": 1, "inner": 2, "crossing": 2}),
    ],
)
def test_structure(gold: list[tuple[int, int]], expected: dict[str, int]) -> None:
    """Gold entities are sorted by how they stand to the others of their document; the middle one is outer and inner."""
    spans = tuple((start, end, "dis") for start, end in gold)
    by = score_spans([Example("a", ABC, spans), Example("b", ABC, ())], [spans, []], labels=LABELS)["span_f1"].by
    found = {name.split(":")[1]: row["n"] for name, row in by.items() if name.startswith("structure:") and row["n"]}
    assert found == expected
    assert all(row["value"] == 1.0 for name, row in by.items() if name.startswith("structure:") and row["n"])


def test_one_span_with_two_labels_is_inner_twice() -> None:
    """Two labels on one span make two inner entities and no outer one; recall says which were found."""
    spans = ((0, 2, "dis"), (0, 2, "sym"))
    by = score_spans([Example("a", ABC, spans)], [[(0, 2, "sym")]], labels=LABELS)["span_f1"].by
    assert by["structure:inner"] == {"value": 0.5, "tp": 1, "fn": 1, "n": 2}
    assert by["structure:outer"]["n"] == by["structure:flat"]["n"] == 0


FAULTS = {
    "unknown label": ([(0, 2, "xyz")], r"'b'.*unknown label.*bod, dis, sym"),
    "label is a list": ([(0, 2, ["dis"])], r"'b'.*unknown label"),
    "label is None": ([(0, 2, None)], r"'b'.*unknown label"),
    "end beyond the text": ([(8, 11, "dis")], r"'b'.*outside its text of 10 code points"),
    "negative start": ([(-1, 2, "dis")], r"'b'.*outside its text"),
    "empty": ([(2, 2, "dis")], r"'b'.*empty or reversed"),
    "reversed": ([(4, 2, "dis")], r"'b'.*empty or reversed"),
    "float edge": ([(0.0, 2, "dis")], r"'b'.*edge that is no integer"),
    "string edge": ([("0", 2, "dis")], r"'b'.*edge that is no integer"),
    "list edges": ([([0], [2], "dis")], r"'b'.*edge that is no integer"),
    "missing edge": ([(None, 2, "dis")], r"'b'.*edge that is no integer"),
    "huge edge": ([(0, 2**80, "dis")], r"'b'.*outside its text"),
    "edge that wraps": ([(0, 2**63 + 5, "dis")], r"'b'.*outside its text"),
    "pair": ([(0, 2)], r"'b'.*not \(start, end, label\)"),
    "pair and quadruple": ([(0, 2), (1, 2, 3, "dis")], r"'b'.*not \(start, end, label\)"),
    "string for a span": (["dis"], r"'b'.*not \(start, end, label\)"),
    "no list": (None, r"'b'.*expected a list of spans"),
    "a number": (3, r"'b'.*expected a list of spans"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("side", ["gold", "predicted"])
def test_faulty_spans_are_named(fault: str, side: str) -> None:
    """A span that cannot be scored is an error that names its example, in gold as in predictions."""
    spans, message = FAULTS[fault]
    gold = [Example("a", ABC, ((0, 1, "dis"),)), Example("b", ABC, spans if side == "gold" else ())]
    with pytest.raises(ValueError, match=message):
        score_spans(gold, [[(0, 1, "dis")], spans if side == "predicted" else []], labels=LABELS)


def test_lengths_that_differ() -> None:
    """An output missing or too many is an error; the first example without one is named."""
    gold = [Example("a", ABC, ()), Example("b", ABC, ())]
    with pytest.raises(ValueError, match=r"2 examples but 1 outputs; the first without one is 'b'"):
        score_spans(gold, [[]], labels=LABELS)
    with pytest.raises(ValueError, match="2 examples but 3 outputs"):
        score_spans(gold, [[], [], []], labels=LABELS)


def test_no_examples() -> None:
    """No example is no score, rather than a score of zero."""
    with pytest.raises(ValueError, match="nothing to score"):
        score_spans([], [], labels=LABELS)


def test_labels_that_repeat() -> None:
    """A label listed twice would be two labels of one name."""
    with pytest.raises(ValueError, match="labels repeat"):
        score_spans([Example("a", ABC, ())], [[]], labels=("dis", "dis"))


def test_integers_that_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A corpus too large for the 64-bit encoding is refused, never scored with wrapped integers."""
    monkeypatch.setattr("harness.metrics._span_arrays.LIMIT", 11 * 11 * 3)
    with pytest.raises(OverflowError, match="score in parts"):
        score_spans([Example("a", ABC, ())], [[]], labels=LABELS)
    monkeypatch.setattr("harness.metrics._span_arrays.LIMIT", 11 * 11 * 3 + 1)
    score_spans([Example("a", ABC, ())], [[]], labels=LABELS)


def test_cards_and_scores_have_one_set_of_names() -> None:
    """Every card in METRICS has its score on a flat task, and the other way round; span F1 comes first."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # also: no warning reaches the user when there is no entity
        scores = score_spans([Example("a", ABC, ())], [[]], labels=LABELS, flat=True)
    assert list(scores) == [metric.name for metric in METRICS]
    assert next(iter(scores)) == "span_f1"
    assert all(type(score.value) is float and score.n == 1 for score in scores.values())
    assert all(type(total) is int for score in scores.values() for total in score.sufficient.values())
    nested_task = score_spans([Example("a", ABC, ())], [[]], labels=LABELS)
    assert "seqeval_f1" not in nested_task
