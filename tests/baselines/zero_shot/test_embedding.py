"""Cosines of mean-pooled states."""

from __future__ import annotations

import numpy as np
import torch

from baselines.zero_shot import embedding
from harness.capability import Decides, Ranks
from harness.spec import Question

from .conftest import write


def build(task, folder, **settings):
    """The model on the tiny BERT."""
    return embedding.build(embedding.Config(encoder=folder, unknown=1.0, **settings), task, "cpu", 1)


def naive(folder, first, second):
    """The cosine of two texts, each read alone."""
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder).eval()
    with torch.no_grad():
        one, two = (
            model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0, 1:-1].mean(0) for text in (first, second)
        )
    return float(torch.cosine_similarity(one, two, dim=0))


def test_cosines_are_those_of_the_naive_loop(headless, topics, texts):
    """The text should be held against each option's sentence; a checkpoint without heads is enough."""
    model = build(topics, headless)
    assert isinstance(model, Ranks)
    assert isinstance(model, Decides)
    for question, answer in zip(texts, model.rank(texts), strict=True):
        expected = [naive(headless, question.text, f"这是一则{word}新闻") for word in topics.words]
        assert np.abs(np.array(answer.scores) - expected).max() < 1e-5


def test_a_gap_filler_is_enough(masked, topics, texts):
    """A checkpoint whose pooler is missing should be read all the same: nothing here looks at it."""
    (answer,) = build(topics, masked, template="0").rank(texts[:1])
    expected = [naive(masked, texts[0].text, word) for word in topics.words]
    assert np.abs(np.array(answer.scores) - expected).max() < 1e-5


def test_pairs_have_one_cosine(bert, likeness, couples):
    """The two texts should give one score, and thresholds the labels."""
    model = build(likeness, bert)
    answers = model.rank(couples)
    assert abs(answers[1].scores[0] - naive(bert, couples[1].text, couples[1].pair)) < 1e-5
    scores = [answer.scores[0] for answer in answers]
    assert sorted(model.decide(scores, scores)) == [0] * 4 + [1] * 4


def test_a_blank_is_left_out(bert, idioms):
    """The context without the blank should be held against each option."""
    (answer,) = build(idioms, bert).rank([Question("书____球", options=("大国", "人民"))])
    assert np.abs(np.array(answer.scores) - [naive(bert, "书球", option) for option in ("大国", "人民")]).max() < 1e-5


def test_long_and_empty_texts(bert, topics):
    """A text too long should be cut and marked; one without pieces is near to nothing."""
    long = write("long", 100)
    cut, empty = build(topics, bert).rank([Question(long), Question("")])
    assert cut.cut
    assert abs(cut.scores[0] - naive(bert, long[:62], "这是一则书新闻")) < 1e-5
    assert empty.scores == (0.0, 0.0, 0.0)
    assert not empty.cut
    assert build(topics, bert).rank([]) == []
