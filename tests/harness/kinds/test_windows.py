"""Long texts in windows: where they lie, what is learned in them, and how their answers become one, against naive forms."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.kinds.label import cut_text
from harness.kinds.spans import cut
from harness.kinds.windows import (
    Window,
    join_logs,
    join_spans,
    label_rows,
    lost,
    places,
    shares,
    span_rows,
    windows,
)
from harness.metrics.limits import lost_to_length
from harness.spec import Example, Span, Text

LABELS = ("x", "y")


@st.composite
def texts(draw: st.DrawFn) -> Text:
    """Texts of characters, and texts of words of one to three letters with one to two blanks around them."""
    if draw(st.booleans()):
        return Text("字" * draw(st.integers(0, 60)))
    sizes = draw(st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3)), max_size=40))
    written, offsets = "", []
    for blanks, letters in sizes:
        written += " " * blanks
        offsets.append((len(written), len(written) + letters))
        written += "a" * letters
    return Text(written + "  ", tuple(offsets))


@st.composite
def cases(draw: st.DrawFn, longest: int | None = None) -> tuple[Text, int, int, tuple[Span, ...]]:
    """A text, the size of a window, an overlap, and gold spans of at most ``longest`` tokens (None: the overlap)."""
    text = draw(texts())
    size = draw(st.integers(1, 20))
    overlap = draw(st.integers(0, size - 1))
    most = overlap if longest is None else longest
    found: set[Span] = set()
    if len(text) and most:
        for _ in range(draw(st.integers(0, 12))):
            first = draw(st.integers(0, len(text) - 1))
            last = min(len(text) - 1, first + draw(st.integers(1, most)) - 1)
            offsets = text.offsets()
            found.add((offsets[first][0], offsets[last][1], draw(st.sampled_from(LABELS))))
    return text, size, overlap, tuple(sorted(found))


def apart(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Of sorted spans those that overlap none before them."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return tuple(kept)


def perfect(parts: list[Window], gold: tuple[Span, ...]) -> list[list[Span]]:
    """What a model answers that finds in each window all that lies wholly in it, at the places of the window."""
    return [
        [
            (start - part.begin, end - part.begin, label)
            for start, end, label in gold
            if part.begin <= start and end <= part.end
        ]
        for part in parts
    ]


@given(st.integers(0, 200), st.integers(1, 30), st.integers(0, 29))
def test_windows_hold_every_token_and_every_short_stretch(length: int, size: int, overlap: int) -> None:
    """Windows are full, share what is asked (the last may share more), and hold every stretch as long as that."""
    overlap = min(overlap, size - 1)
    found = places(length, size, overlap)
    if not overlap:
        assert found == [(0, min(length, size))]
        return
    assert found[0][0] == 0
    assert found[-1][1] == length
    assert all(end - start == min(size, length) for start, end in found)
    shared = [one[1] - two[0] for one, two in itertools.pairwise(found)]
    assert all(tokens == overlap for tokens in shared[:-1])
    assert all(tokens >= overlap for tokens in shared)
    for start in range(length - overlap + 1):
        assert length < overlap or any(begin <= start and start + overlap <= end for begin, end in found)


@given(cases())
def test_a_window_is_its_part_of_the_text(case: tuple[Any, ...]) -> None:
    """A window's text and tokens are those of the whole text at its place; the first one is what the cut leaves."""
    text, size, overlap, _ = case
    parts = windows(text, size, overlap)
    assert parts[0].text == text.head(size)
    for part in parts:
        assert part.text.text == text.text[part.begin : part.end]
        assert part.text.pieces() == text.pieces()[slice(*part.tokens)]
        moved = tuple((start + part.begin, end + part.begin) for start, end in part.text.offsets())
        assert moved == text.offsets()[slice(*part.tokens)]


@given(cases(longest=20), st.integers(0, 5))
def test_windows_as_long_as_the_text_change_nothing(case: tuple[Any, ...], more: int) -> None:
    """One window: the input itself, and the model's answer as it is, whatever it is."""
    text, _, _, gold = case
    size = max(1, len(text)) + more
    parts = windows(text, size, size - 1)
    assert [part.text for part in parts] == [text]
    answer = [*gold[::-1], *gold]
    assert join_spans(parts, [answer]) == join_spans(parts, [answer], flat=True) == answer
    logs = [-1.0, math.nan]
    assert join_logs(parts, [logs]) is logs
    example = Example("a", text, gold)
    assert [*span_rows(example, size, size - 1)] == [*label_rows(example, size, size - 1)] == [example]


@given(cases())
def test_a_perfect_model_is_perfect_on_the_whole(case: tuple[Any, ...]) -> None:
    """Where no entity is longer than the overlap, right answers in every window are the right answer; none is lost."""
    text, size, overlap, gold = case
    parts = windows(text, size, overlap)
    if overlap:
        assert join_spans(parts, perfect(parts, gold)) == list(gold)
        flat = apart(gold)
        assert join_spans(parts, perfect(parts, flat), flat=True) == list(flat)
        assert lost([Example("a", text, gold)], size, overlap) == (0, len(gold))


@given(cases(longest=20))
def test_an_entity_is_lost_if_it_lies_in_no_window(case: tuple[Any, ...]) -> None:
    """Counted one window after the other; without overlap it is the count of the cut."""
    text, size, overlap, gold = case
    parts = windows(text, size, overlap)
    missed = sum(not any(part.begin <= start and end <= part.end for part in parts) for start, end, _ in gold)
    assert lost([Example("a", text, gold)], size, overlap) == (missed, len(gold))
    assert lost([Example("a", text, gold)], size, 0) == lost_to_length([Example("a", text, gold)], size)
    assert len(join_spans(parts, perfect(parts, gold))) == len(gold) - missed


def naive_join(text: Text, parts: list[Window], answers: list[list[Span]]) -> list[Span]:
    """For every span that a window could hold: the window where it is furthest from an edge that cuts, the first of
    equals; it is answered if that window says so."""
    found = []
    for start, end in itertools.combinations(range(len(text.text) + 1), 2):
        distances = [
            min(
                math.inf if part is parts[0] else start - part.begin,
                math.inf if part is parts[-1] else part.end - end,
            )
            if part.begin <= start and end <= part.end
            else -1.0
            for part in parts
        ]
        best = max(distances)
        if best >= 0:
            number = distances.index(best)
            said = {
                (one + parts[number].begin, two + parts[number].begin, label) for one, two, label in answers[number]
            }
            found += [(start, end, label) for label in LABELS if (start, end, label) in said]
    return sorted(found)


@st.composite
def answered(draw: st.DrawFn) -> tuple[Text, list[Window], list[list[Span]]]:
    """A text in windows, with any answers in each."""
    text, size, overlap, _ = draw(cases())
    parts = windows(text, size, overlap)
    answers: list[list[Span]] = []
    for part in parts:
        offsets, spans = part.text.offsets(), []
        for _ in range(draw(st.integers(0, 6)) if offsets else 0):
            first, last = sorted(draw(st.tuples(*[st.integers(0, len(offsets) - 1)] * 2)))
            spans.append((offsets[first][0], offsets[last][1], draw(st.sampled_from(LABELS))))
        answers.append(spans)
    return text, parts, answers


@given(answered())
def test_spans_are_joined_as_the_naive_form_joins_them(case: tuple[Any, ...]) -> None:
    """Each span from the window in which it lies furthest from an edge, and no span twice."""
    text, parts, answers = case
    if len(parts) > 1:
        found = join_spans(parts, answers)
        assert found == naive_join(text, parts, answers)
        assert len(set(found)) == len(found)


@given(answered())
def test_flat_answers_of_windows_join_to_a_flat_answer(case: tuple[Any, ...]) -> None:
    """Where no window's spans overlap, those of the whole do not; what was left out overlaps one that is no worse."""
    _, parts, answers = case
    if len(parts) == 1:
        return
    disjoint = [list(apart(tuple(sorted(spans)))) for spans in answers]
    whole, flat = join_spans(parts, disjoint), join_spans(parts, disjoint, flat=True)
    assert list(apart(tuple(flat))) == flat
    for start, end, label in set(whole) - set(flat):
        margin = max(part.margin(start, end) for part in parts)
        rivals = [span for span in flat if span[0] < end and start < span[1]]
        assert any(max(part.margin(*rival[:2]) for part in parts) >= margin for rival in rivals), label


@given(cases())
def test_a_window_counts_by_the_tokens_that_are_its_own(case: tuple[Any, ...]) -> None:
    """Shares are those of tokens that lie furthest from an edge in a window, the first of equals; they sum to 1."""
    text, size, overlap, _ = case
    parts = windows(text, size, overlap)
    if not overlap or not len(text):
        return
    own = [0] * len(parts)
    for token in range(len(text)):
        distances = [
            min(
                math.inf if part is parts[0] else token - part.tokens[0],
                math.inf if part is parts[-1] else part.tokens[1] - token - 1,
            )
            if part.tokens[0] <= token < part.tokens[1]
            else -1.0
            for part in parts
        ]
        own[distances.index(max(distances))] += 1
    assert shares(parts) == pytest.approx([count / len(text) for count in own])


@given(cases(), st.lists(st.tuples(st.floats(-60, 0), st.floats(-60, 0)), min_size=60, max_size=60))
def test_probabilities_are_averaged_by_tokens(case: tuple[Any, ...], logs: list[tuple[float, float]]) -> None:
    """The joined answer is the plain weighted mean of probabilities, and a distribution where each of them is one."""
    text, size, overlap, _ = case
    parts = windows(text, size, overlap)
    answers = [[log - math.log(math.exp(one) + math.exp(two)) for log in (one, two)] for one, two in logs[: len(parts)]]
    found = [math.exp(log) for log in join_logs(parts, answers)]
    weights = shares(parts)
    for label in range(2):
        mean = sum(weight * math.exp(answer[label]) for weight, answer in zip(weights, answers, strict=True))
        assert found[label] == pytest.approx(mean, rel=1e-9)
    assert sum(found) == pytest.approx(1)


def test_a_probability_below_all_floats_is_kept() -> None:
    """Logarithms are added up without going through probabilities: -800 stays about -800."""
    parts = windows(Text("abcdefgh"), 5, 2)
    assert join_logs(parts, [[-800.0, 0.0], [-801.0, 0.0]])[0] == pytest.approx(-800 + math.log((1 + math.exp(-1)) / 2))


@given(cases(longest=20))
def test_rows_to_learn_from_hold_what_lies_wholly_in_them(case: tuple[Any, ...]) -> None:
    """Each row has the entities of its window at their places; without overlap rows are those of the cut."""
    text, size, overlap, gold = case
    example = Example("a", text, gold)
    rows, parts = [*span_rows(example, size, overlap)], windows(text, size, overlap)
    assert [row.input for row in rows] == [part.text for part in parts]
    assert [list(row.target) for row in rows] == perfect(parts, gold)
    assert len({row.id for row in rows}) == len(rows)
    assert [*span_rows(example, size, 0)] == [cut(example, size)]
    labelled = Example("a", text, 1)
    assert [row.target for row in label_rows(labelled, size, overlap)] == [1] * len(parts)
    assert [*label_rows(labelled, size, 0)] == [cut_text(labelled, size)]


def test_what_is_no_text_has_one_window() -> None:
    """A picture is given whole."""
    picture = object()
    assert [part.text for part in windows(picture, 5, 2)] == [picture]
    example = Example("a", picture, 1)
    assert [*label_rows(example, 5, 2)] == [example]
