"""The gazetteer."""

from __future__ import annotations

import pytest

from baselines.trivial import gazetteer
from harness.capability import Fits, Predicts
from harness.spec import Example, Text


def fitted(task, *pairs, least=1):
    """A gazetteer of texts and their spans."""
    model = gazetteer.build(gazetteer.Config(least=least), task, "cpu", 1)
    model.fit([Example(str(n), Text(text), tuple(spans)) for n, (text, spans) in enumerate(pairs)])
    return model


def test_offers_what_its_card_says(nested_task):
    """It should fit and predict."""
    model = fitted(nested_task)
    assert isinstance(model, Fits)
    assert isinstance(model, Predicts)
    assert model.predict([Text("abc"), Text("")]) == [[], []]


def test_longest_mention_wins(nested_task):
    """The longest mention that starts here should be taken, and the search should go on behind it."""
    model = fitted(nested_task, ("abc", [(0, 2, "x"), (0, 3, "y"), (1, 3, "x")]))
    assert model.predict([Text("abcabab")]) == [[(0, 3, "y"), (3, 5, "x"), (5, 7, "x")]]
    assert model.predict([Text("abbc")]) == [[(0, 2, "x"), (2, 4, "x")]]


def test_most_frequent_label_wins(nested_task):
    """A mention should get the label it had most often, and of equals the first by name."""
    model = fitted(
        nested_task, ("a", [(0, 1, "y")]), ("a", [(0, 1, "y")]), ("a", [(0, 1, "x")]), ("b", [(0, 1, "y"), (0, 1, "x")])
    )
    assert model.predict([Text("ab")]) == [[(0, 1, "y"), (1, 2, "x")]]


def test_words_match_as_words(nested_task):
    """With word tokens a mention should match whole tokens whatever the spaces, and give code points."""
    text = Text("in New York", ((0, 2), (3, 6), (7, 11)))
    model = gazetteer.build(gazetteer.Config(), nested_task, "cpu", 1)
    model.fit([Example("1", text, ((3, 11, "x"),))])
    assert model.predict([Text("New  York!", ((0, 3), (5, 9), (9, 10)))]) == [[(0, 9, "x")]]
    assert model.predict([Text("New Yorker", ((0, 3), (4, 10)))]) == [[]]


@pytest.mark.parametrize(("least", "found"), [(1, 1), (2, 0)])
def test_rare_mentions_can_be_left_out(nested_task, least, found):
    """Mentions seen less often than asked for should not be listed."""
    assert len(fitted(nested_task, ("a", [(0, 1, "x")]), least=least).predict([Text("a")])[0]) == found
