"""NSP-BERT as a model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.zero_shot import nsp_bert
from harness.capability import Decides, Ranks
from harness.errors import DataError, UsageError
from harness.spec import Question

from .conftest import write


def build(task, folder, **settings):
    """The model on the tiny BERT."""
    return nsp_bert.build(nsp_bert.Config(encoder=folder, unknown=1.0, **settings), task, "cpu", 1)


def naive(folder, first, second):
    """P(IsNext), one pair at a time."""
    from transformers import AutoTokenizer, BertForNextSentencePrediction

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertForNextSentencePrediction.from_pretrained(folder).eval()
    with torch.no_grad():
        return float(model(**tokenizer(first, second, return_tensors="pt")).logits.softmax(-1)[0, 0])


def test_offers_what_its_card_says(bert, topics):
    """It should rank and decide."""
    model = build(topics, bert)
    assert isinstance(model, Ranks)
    assert isinstance(model, Decides)
    assert model.rank([]) == []


@pytest.mark.parametrize(("side", "prefix"), [("auto", True), ("prefix", True), ("suffix", False)])
def test_scores_are_those_of_the_naive_loop(bert, topics, texts, side, prefix):
    """Scores should be the log-odds of P(IsNext) of each option's sentence, on the side that was asked for."""
    answers = build(topics, bert, side=side).rank(texts)
    for question, answer in zip(texts, answers, strict=True):
        for word, score in zip(topics.words, answer.scores, strict=True):
            pair = (f"这是一则{word}新闻", question.text)
            chance = naive(bert, *(pair if prefix else pair[::-1]))
            assert abs(score - np.log(chance / (1 - chance))) < 1e-4
        assert not answer.cut


def test_the_template_says_the_side(bert, reference):
    """Under auto the side should be the template's, and the two stages be put into the text."""
    (answer,) = build(reference, bert).rank([Question("他说她来了", "人", "她")])
    chance = naive(bert, "他说她来了上文中她是指", "人")
    assert len(answer.scores) == 1
    assert abs(answer.scores[0] - np.log(chance / (1 - chance))) < 1e-4


def test_answers_do_not_depend_on_company(bert, topics, texts):
    """A question should score alone as among others, in any order."""
    model = build(topics, bert)
    together = model.rank(texts)
    alone = [model.rank([question])[0] for question in texts]
    turned = model.rank(texts[::-1])[::-1]
    for one, two, three in zip(together, alone, turned, strict=True):
        assert np.abs(np.array(one.scores) - two.scores).max() < 1e-5
        assert np.abs(np.array(one.scores) - three.scores).max() < 1e-5


def test_samples_are_contrasted(bert, likeness, couples):
    """Pairs should have one score each, with the second text first, and labels of equal share."""
    model = build(likeness, bert)
    answers = model.rank(couples)
    scores = [answer.scores[0] for answer in answers]
    chance = naive(bert, couples[2].pair, couples[2].text)
    assert abs(scores[2] - np.log(chance / (1 - chance))) < 1e-4
    assert sorted(model.decide(scores, scores)) == [0, 0, 0, 0, 1, 1, 1, 1]
    assert sorted(build(likeness, bert, thresholds="batch").decide(scores, [])) == [0, 0, 0, 0, 1, 1, 1, 1]


def test_options_of_a_blank(bert, idioms, blanks):
    """Each option of a question should have a score, and soft positions should matter."""
    answers = build(idioms, bert).rank(blanks)
    assert [len(answer.scores) for answer in answers] == [3] * len(blanks)
    plain = build(idioms, bert, soft_positions=False).rank(blanks)
    assert np.abs(np.array(answers[2].scores) - plain[2].scores).max() > 1e-3


def test_long_questions_are_counted_as_cut(bert, topics):
    """A text longer than the model's positions should be read as far as it fits, and marked."""
    long = write("long", 200)
    answers = build(topics, bert).rank([Question(long), Question("书")])
    assert [answer.cut for answer in answers] == [True, False]
    expected = build(topics, bert).rank([Question(long[:100])])[0].scores
    assert np.abs(np.array(answers[0].scores) - expected).max() < 1e-5


def test_bad_input_is_explained(bert, topics, idioms):
    """An empty candidate list, a wrong side and wrong thresholds should be errors in words."""
    with pytest.raises(DataError, match="no options, and the task has no labels"):
        build(idioms, bert).rank([Question("书球")])
    with pytest.raises(UsageError, match="side=left is none of auto, prefix, suffix"):
        build(topics, bert, side="left")
    with pytest.raises(UsageError, match="batch=2: 3 labels need 3"):
        build(topics, bert, batch=2)
