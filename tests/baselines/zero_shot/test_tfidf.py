"""Cosines of character n-grams."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from baselines.zero_shot import tfidf
from harness.capability import Decides, Fits, Ranks
from harness.errors import RunError, UsageError
from harness.spec import Example, Question


def fitted(task, *questions, **settings):
    """A model that has seen these questions, all with the same answer."""
    model = tfidf.build(tfidf.Config(**settings), task, "cpu", 1)
    model.fit([Example(str(number), question, 0) for number, question in enumerate(questions)])
    return model


def test_cosines_by_hand(likeness):
    """With characters alone the cosine should follow from counts and smoothed inverse document frequencies."""
    model = fitted(likeness, Question("书书球", "球车"), Question("车", "书"), longest=1)
    documents = ["书书球", "球车", "车", "书", "不", "是"]

    def vector(text):
        counts = Counter(text)
        return {
            c: n * (1 + math.log(7 / (1 + sum(c in document for document in documents)))) for c, n in counts.items()
        }

    one, two = vector("书球球"), vector("球车")
    dot = sum(one[c] * two.get(c, 0) for c in one)
    length = math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in two.values()))
    assert isinstance(model, Fits)
    assert isinstance(model, Ranks)
    assert isinstance(model, Decides)
    assert model.rank([Question("书球球", "球车")])[0].scores == pytest.approx((dot / length,))


def test_the_word_that_a_text_holds_wins(topics):
    """A text should be nearest to the label whose word it holds, even if no training text did."""
    model = fitted(topics, Question("大国人民"), Question("这是一则"))
    answers = model.rank([Question("我有房钱"), Question("学军在上"), Question("大国"), Question("")])
    assert [int(np.argmax(answer.scores)) for answer in answers[:2]] == [1, 2]
    assert [answer.scores for answer in answers[2:]] == [(0.0, 0.0, 0.0)] * 2


def test_answers_of_train_are_not_read(topics):
    """Other targets in train should change nothing."""
    rows = [Question("大国人民"), Question("这是一则书")]
    one, two = tfidf.build(tfidf.Config(), topics, "cpu", 1), tfidf.build(tfidf.Config(), topics, "cpu", 1)
    one.fit([Example("0", rows[0], 0), Example("1", rows[1], 1)])
    two.fit([Example("0", rows[0], 2), Example("1", rows[1], None)])
    assert one.rank(rows) == two.rank(rows)


def test_options_against_their_context(idioms):
    """Options of a blank should be held against the text around it."""
    question = Question("大事____小事", options=("大国", "人民"))
    first, second = fitted(idioms, question).rank([question])[0].scores
    assert first > second == 0.0


def test_bad_input_is_explained(topics, likeness):
    """Ranking before fitting, nothing to count, and a wrong setting should be errors in words."""
    with pytest.raises(RunError, match="has not been fitted"):
        tfidf.build(tfidf.Config(), topics, "cpu", 1).rank([Question("书")])
    with pytest.raises(UsageError, match="longest=0"):
        tfidf.build(tfidf.Config(longest=0), topics, "cpu", 1)
    assert fitted(likeness, Question("书", "球")).rank([]) == []


def test_it_needs_no_transformers():
    """What the folder shares should not load transformers, which this model's card does not name."""
    code = "import sys, baselines.zero_shot.tfidf; sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
