"""What holds for all corpora: agreement with plain Python sets, with seqeval, and under reordering."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics._iob2 import iob2, place
from harness.metrics.spans import f1, precision, recall, score_spans
from harness.spec import Example, Span, Text

LABELS = ("a", "b", "c-")  # the last one is a name that seqeval would strip
Corpus = tuple[list[Example], list[list[Span]]]
LETTERS = Text("abcdefghij")
few = settings(max_examples=100, deadline=None)  # no deadline: a busy machine is no failure


@st.composite
def texts(draw: st.DrawFn) -> Text:
    """A text whose tokens are its code points or words with blanks between them."""
    lengths = draw(st.lists(st.integers(1, 3), max_size=5))
    if draw(st.booleans()):
        return Text("x" * sum(lengths))
    tokens, place = [], 0
    for length in lengths:
        tokens.append((place, place + length))
        place += length + draw(st.integers(0, 1))
    return Text("x" * place, tuple(tokens))


def spans_of(length: int) -> st.SearchStrategy[list[Span]]:
    """Any valid spans, nested, crossing and repeated ones among them."""
    if not length:
        return st.just([])
    edges = st.tuples(st.integers(0, length), st.integers(0, length)).filter(lambda pair: pair[0] != pair[1])
    return st.lists(st.tuples(edges, st.sampled_from(LABELS)).map(lambda s: (min(s[0]), max(s[0]), s[1])), max_size=6)


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    """Gold and outputs of one to four documents."""
    gold, outputs = [], []
    for number in range(draw(st.integers(1, 4))):
        text = draw(texts())
        gold.append(Example(f"d{number}", text, tuple(sorted(set(draw(spans_of(len(text.text))))))))
        outputs.append(draw(spans_of(len(text.text))))
    return gold, outputs


@st.composite
def flat_spans(draw: st.DrawFn, text: Text) -> list[Span]:
    """Spans that IOB2 tags can hold: along tokens, without overlap."""
    spans, number = [], 0
    offsets = text.offsets()
    while number < len(offsets):
        last = min(number + draw(st.integers(1, 3)), len(offsets))
        if draw(st.booleans()):
            spans.append((offsets[number][0], offsets[last - 1][1], draw(st.sampled_from(LABELS))))
        number = last
    return spans


@st.composite
def flat_corpora(draw: st.DrawFn) -> Corpus:
    """Gold and outputs that IOB2 tags can hold."""
    gold, outputs = [], []
    for number in range(draw(st.integers(1, 4))):
        text = draw(texts())
        gold.append(Example(f"d{number}", text, tuple(draw(flat_spans(text)))))
        outputs.append(draw(flat_spans(text)))
    return gold, outputs


def naive(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, list[list[int]]]:
    """The same counts by plain sets, one document and one view at a time."""
    views = {
        "span_f1": lambda text, spans: set(spans),
        "untyped_span_f1": lambda text, spans: {(start, end) for start, end, _ in spans},
        "boundary_f1": lambda text, spans: {("start", s) for s, _, _ in spans} | {("end", e) for _, e, _ in spans},
        "token_f1": lambda text, spans: {
            (number, label)
            for number, (left, right) in enumerate(text.offsets())
            for start, end, label in spans
            if start < right and left < end
        },
    }
    table: dict[str, list[list[int]]] = {name: [] for name in views}
    for example, output in zip(gold, outputs, strict=True):
        for name, view in views.items():
            true, said = view(example.input, example.target), view(example.input, output)
            table[name].append([len(true & said), len(said - true), len(true - said)])
    return table


def naive_structure(spans: Sequence[Span]) -> dict[Span, set[str]]:
    """Places of the spans of one document, by comparing all pairs."""
    places: dict[Span, set[str]] = {span: set() for span in spans}
    for one in spans:
        for other in spans:
            if one == other or other[1] <= one[0] or one[1] <= other[0]:
                continue
            if one[0] >= other[0] and one[1] <= other[1]:
                places[one].add("inner")
            elif other[0] >= one[0] and other[1] <= one[1]:
                places[one].add("outer")
            else:
                places[one].add("crossing")
    return {span: found or {"flat"} for span, found in places.items()}


@few
@given(corpora())
def test_equals_sets(corpus: Corpus) -> None:
    """Per document, every count equals that of plain Python sets."""
    scores = score_spans(*corpus, labels=LABELS)
    for name, counts in naive(*corpus).items():
        assert scores[name].counts.tolist() == counts, name


@few
@given(corpora())
def test_identities(corpus: Corpus) -> None:
    """Values follow from totals, totals from documents, totals from labels; scores are proportions."""
    scores = score_spans(*corpus, labels=LABELS)
    for name, score in scores.items():
        assert score.counts.shape == (len(corpus[0]), 3)
        assert score.counts.min() >= 0
        assert dict(score.sufficient) == dict(zip(("tp", "fp", "fn"), score.counts.sum(0).tolist(), strict=True))
        assert score.statistic is not None
        assert score.value == float(score.statistic(score.counts.sum(0)))
        assert 0.0 <= score.value <= 1.0, name
    tp, fp, fn = scores["span_f1"].sufficient.values()
    p, r = scores["span_precision"].value, scores["span_recall"].value
    assert scores["span_f1"].value == pytest.approx(2 * p * r / (p + r) if p + r else 0.0)
    rows = [row for name, row in scores["span_f1"].by.items() if name.startswith("label:")]
    assert [sum(row[key] for row in rows) for key in ("tp", "fp", "fn")] == [tp, fp, fn]
    assert sum(row["n"] for row in rows) == tp + fn


@few
@given(corpora())
def test_structure_equals_all_pairs(corpus: Corpus) -> None:
    """Recall by place equals that of comparing every gold entity with every other."""
    gold, outputs = corpus
    by = score_spans(gold, outputs, labels=LABELS)["span_f1"].by
    for place_name in ("outer", "inner", "crossing", "flat"):
        found = [
            span in set(output)
            for example, output in zip(gold, outputs, strict=True)
            for span, places in naive_structure(example.target).items()
            if place_name in places
        ]
        assert (by[f"structure:{place_name}"]["n"], by[f"structure:{place_name}"]["tp"]) == (len(found), sum(found))


@few
@given(corpora(), st.randoms(use_true_random=False))
def test_order_does_not_matter(corpus: Corpus, shuffle: random.Random) -> None:
    """Shuffling documents shuffles the counts and changes no value; shuffling spans changes nothing."""
    gold, outputs = corpus
    before = score_spans(gold, outputs, labels=LABELS)
    order = list(range(len(gold)))
    shuffle.shuffle(order)
    mixed = [shuffle.sample(output, len(output)) for output in outputs]
    after = score_spans([gold[i] for i in order], [mixed[i] for i in order], labels=LABELS)
    for name, score in before.items():
        assert after[name].value == score.value
        assert after[name].counts.tolist() == score.counts[order].tolist()
        assert after[name].by == score.by


@few
@given(corpora())
def test_perfect_is_one(corpus: Corpus) -> None:
    """Gold as prediction scores 1 wherever gold has an entity (for tokens: one that covers a token)."""
    gold, _ = corpus
    scores = score_spans(gold, [list(example.target) for example in gold], labels=LABELS)
    for score in scores.values():
        assert score.sufficient["fp"] == score.sufficient["fn"] == 0
        assert score.value == (1.0 if score.sufficient["tp"] else 0.0)


def test_statistics_take_any_leading_shape() -> None:
    """Statistics map totals (..., 3) to (...), and nothing of nothing is 0.0."""
    totals = np.array([[[2, 1, 1], [0, 0, 0]], [[0, 3, 0], [0, 0, 3]]])
    assert f1(totals).tolist() == pytest.approx(np.array([[2 / 3, 0], [0, 0]]))
    assert precision(totals).shape == recall(totals).shape == (2, 2)
    assert float(f1(totals.astype(float)[0, 0])) == pytest.approx(2 / 3)


@few
@given(flat_corpora())
def test_equals_seqeval_on_flat_data(corpus: Corpus) -> None:
    """Where tags can express both sides, exact span F1 is seqeval's strict IOB2 F1."""
    scores = score_spans(*corpus, labels=LABELS, flat=True)
    assert scores["seqeval_f1"].value == pytest.approx(scores["span_f1"].value, abs=1e-12)
    assert scores["seqeval_f1"].counts.tolist() == scores["span_f1"].counts.tolist()
    assert scores["seqeval_f1"].sufficient["dropped_overlapping"] == 0
    assert scores["seqeval_f1"].sufficient["dropped_off_token"] == 0


@few
@given(flat_corpora(), st.data())
def test_seqeval_counts_are_those_of_the_tags(corpus: Corpus, data: st.DataObject) -> None:
    """With any predictions, the stored counts give seqeval's value and the drops make up the difference."""
    gold, _ = corpus
    outputs = [data.draw(spans_of(len(example.input.text))) for example in gold]
    scores = score_spans(gold, outputs, labels=LABELS, flat=True)
    tags = scores["seqeval_f1"]
    assert tags.value == pytest.approx(float(f1(tags.counts.sum(0))), abs=1e-12)
    dropped = tags.sufficient["dropped_overlapping"] + tags.sufficient["dropped_off_token"]
    said = scores["span_f1"].sufficient["tp"] + scores["span_f1"].sufficient["fp"]
    assert tags.sufficient["tp"] + tags.sufficient["fp"] == said - dropped


def _both(gold: Sequence[Span], output: Sequence[Span], text: Text = LETTERS) -> tuple[float, float]:
    scores = score_spans([Example("a", text, tuple(gold))], [output], labels=LABELS, flat=True)
    return scores["span_f1"].value, scores["seqeval_f1"].value


def test_differs_when_predictions_overlap() -> None:
    """Tags keep one of two overlapping predictions: a false alarm is lost, so the tag score is higher here."""
    span, tags = _both([(0, 4, "a")], [(0, 4, "a"), (2, 6, "b")])
    assert (span, tags) == (pytest.approx(2 / 3), 1.0)


def test_differs_when_the_wrong_one_is_kept() -> None:
    """The rule does not look at gold, so tags may also lose the hit: the earlier start wins."""
    span, tags = _both([(2, 6, "b")], [(0, 4, "a"), (2, 6, "b")])
    assert (span, tags) == (pytest.approx(2 / 3), 0.0)


def test_differs_when_a_prediction_cuts_a_token() -> None:
    """A span inside a token has no tags: a false alarm for spans, nothing for tags."""
    span, tags = _both([(0, 2, "a")], [(0, 2, "a"), (4, 5, "b")], Text("ab cde", ((0, 2), (3, 6))))
    assert (span, tags) == (pytest.approx(2 / 3), 1.0)


def test_a_wrong_label_is_wrong_for_both_but_not_for_untyped() -> None:
    """A mistake in the label alone costs exact and tag scores all, and the untyped score nothing."""
    scores = score_spans([Example("a", Text("abcd"), ((0, 2, "a"),))], [[(0, 2, "b")]], labels=LABELS, flat=True)
    assert scores["span_f1"].value == scores["seqeval_f1"].value == 0.0
    assert scores["untyped_span_f1"].value == scores["boundary_f1"].value == 1.0


@pytest.mark.parametrize("gold", [[(0, 4, "a"), (1, 3, "b")], [(0, 3, "a"), (2, 4, "b")], [(0, 2, "a"), (0, 2, "b")]])
def test_gold_that_tags_cannot_hold_is_counted(gold: list[Span]) -> None:
    """Gold that tags cannot express is left out of the tag score, and the record says how much."""
    scores = score_spans([Example("a", Text("abcdefgh"), tuple(gold))], [gold], labels=LABELS, flat=True)
    assert scores["seqeval_f1"].sufficient["dropped_gold"] == 1
    assert scores["span_f1"].value == 1.0


def test_the_rule_for_overlaps() -> None:
    """Earlier start, then longer, then the label that sorts first; what follows may start where the kept one ends."""
    text = Text("abcdefghij")
    assert place(text, [(1, 5, "b"), (1, 5, "a"), (1, 3, "c"), (4, 9, "a"), (5, 6, "a")]) == (
        [(1, 5, "a"), (5, 6, "a")],
        3,
        0,
    )


def test_neighbours_of_one_label_stay_two() -> None:
    """IOB2 tells touching entities of one label apart by their B."""
    assert iob2(4, [(0, 2, "a"), (2, 4, "a")]) == ["B-a", "I-a", "B-a", "I-a"]
