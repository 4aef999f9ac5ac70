"""The causal model against one text at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.zero_shot import causal_lm
from harness.capability import Ranks
from harness.errors import UsageError
from harness.spec import Question

from .conftest import write


def build(task, folder, **settings):
    """The model on the tiny GPT-2."""
    return causal_lm.build(causal_lm.Config(encoder=folder, unknown=1.0, **settings), task, "cpu", 1)


def naive(folder, text):
    """Sum of the log-probabilities of a text's characters after the token for the beginning."""
    from transformers import AutoTokenizer, GPT2LMHeadModel

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = GPT2LMHeadModel.from_pretrained(folder).eval()
    ids = torch.tensor([[tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]])
    with torch.no_grad():
        found = model(input_ids=ids).logits[0].log_softmax(-1)
    return float(found[torch.arange(ids.shape[1] - 1), ids[0, 1:]].sum())


def test_scores_are_those_of_the_naive_loop(gpt2, topics, texts):
    """Each option should have the mean log-probability of the whole text with it."""
    texts = [question for question in texts if len(question.text) < 30]
    model = build(topics, gpt2)
    assert isinstance(model, Ranks)
    for question, answer in zip(texts, model.rank(texts), strict=True):
        filled = [f"这是一则{word}新闻{question.text}" for word in topics.words]
        assert np.abs(np.array(answer.scores) - [naive(gpt2, text) / len(text) for text in filled]).max() < 1e-5


def test_sums_of_a_filled_blank(gpt2, idioms, blanks):
    """The blank should be filled, and without normalisation the sum stand."""
    answers = build(idioms, gpt2, length_normalised=False).rank(blanks)
    for question, answer in zip(blanks, answers, strict=True):
        expected = [naive(gpt2, question.text.replace("____", option)) for option in question.options]
        assert np.abs(np.array(answer.scores) - expected).max() < 1e-4


def test_long_texts_lose_as_much_for_each_option(gpt2, topics):
    """A text too long should be cut alike for options of one and of two tokens, and marked."""
    long = write("long", 90)
    short, answer = build(topics, gpt2).rank([Question("书"), Question(long)])
    kept = long[: 48 - 1 - 6 - 2]
    filled = [f"这是一则{word}新闻{kept}" for word in topics.words]
    assert np.abs(np.array(answer.scores) - [naive(gpt2, text) / len(text) for text in filled]).max() < 1e-5
    assert (short.cut, answer.cut) == (False, True)


def test_company_does_not_matter(gpt2, likeness, couples):
    """A question should score alone as among others; equal questions share their work."""
    model = build(likeness, gpt2)
    for question, answer in zip(couples, model.rank(couples), strict=True):
        assert np.abs(np.array(model.rank([question])[0].scores) - answer.scores).max() < 1e-5
    assert model.rank([couples[0]] * 3) == [model.rank(couples[:1])[0]] * 3
    assert model.rank([]) == []


def test_an_encoder_has_to_be_named(topics):
    """Without a checkpoint the error should say which flag gives one."""
    with pytest.raises(UsageError, match="give --encoder"):
        build(topics, "")


def test_a_model_that_sees_what_follows_is_refused(masked, topics):
    """A BERT would read the answer off the text, though transformers loads it as a causal model."""
    with pytest.raises(UsageError, match="is no causal language model"):
        build(topics, masked)
