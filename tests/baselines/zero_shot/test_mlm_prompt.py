"""The gap filler against one option at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from baselines.zero_shot import mlm_prompt
from harness.capability import Ranks
from harness.errors import EnvironmentFailure, RunError, UsageError
from harness.spec import Question

from .conftest import write


def build(task, folder, **settings):
    """The model on the tiny BERT."""
    return mlm_prompt.build(mlm_prompt.Config(encoder=folder, unknown=1.0, **settings), task, "cpu", 1)


def naive(folder, before, word, after):
    """Sum of the log-probabilities of a word's characters, one row at a time, over the whole vocabulary."""
    from transformers import AutoTokenizer, BertForMaskedLM

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertForMaskedLM.from_pretrained(folder).eval()
    coded = tokenizer(before + "[MASK]" * len(word) + after, return_tensors="pt")
    with torch.no_grad():
        found = model(**coded).logits[0].log_softmax(-1)
    places = (coded["input_ids"][0] == tokenizer.mask_token_id).nonzero()[:, 0].tolist()
    return sum(float(found[at, tokenizer.convert_tokens_to_ids(c)]) for at, c in zip(places, word, strict=True))


def test_scores_are_those_of_the_naive_loop(bert, topics, texts):
    """Options of one and two pieces should have their mean log-probability in the prompt before the text."""
    model = build(topics, bert)
    assert isinstance(model, Ranks)
    for question, answer in zip(texts, model.rank(texts), strict=True):
        for word, score in zip(topics.words, answer.scores, strict=True):
            assert abs(score - naive(bert, "这是一则", word, "新闻" + question.text) / len(word)) < 1e-5


def test_sums_and_own_templates(bert, topics, texts):
    """Without normalisation the sum should stand, and a template of one's own be used as it is."""
    answers = build(topics, bert, length_normalised=False, template="{text}，是{option}书").rank(texts)
    for question, answer in zip(texts, answers, strict=True):
        expected = [naive(bert, question.text + "，是", word, "书") for word in topics.words]
        assert np.abs(np.array(answer.scores) - expected).max() < 1e-5


def test_calibration_takes_off_what_is_likely_without_a_text(bert, topics, texts):
    """The same score under the prompt alone should be subtracted."""
    plain, calibrated = build(topics, bert).rank(texts), build(topics, bert, calibrate=True).rank(texts)
    base = [naive(bert, "这是一则", word, "新闻") / len(word) for word in topics.words]
    for one, two in zip(plain, calibrated, strict=True):
        assert np.abs(np.array(one.scores) - base - two.scores).max() < 1e-5


def test_a_blank_becomes_masks(bert, idioms, blanks):
    """Options should be held against as many masks in the place of the blank."""
    for question, answer in zip(blanks, build(idioms, bert).rank(blanks), strict=True):
        before, after = question.text.split("____")
        expected = [naive(bert, before, option, after) / 2 for option in question.options]
        assert np.abs(np.array(answer.scores) - expected).max() < 1e-5


def test_pairs_have_a_cloze(bert, likeness, couples):
    """A pair should be said as one running text with the label's word in it."""
    for question, answer in zip(couples, build(likeness, bert).rank(couples), strict=True):
        expected = [naive(bert, question.text + "，", word, "，" + question.pair) for word in likeness.words]
        assert np.abs(np.array(answer.scores) - expected).max() < 1e-5


def test_long_texts_lose_their_end(bert, topics):
    """A row too long for the model should lose the end of its text, as much for each option, and be marked."""
    long = write("long", 200)
    short, answer = build(topics, bert).rank([Question("书"), Question(long)])
    assert answer.cut
    assert not short.cut
    kept = long[: 64 - 2 - 6 - 2]  # the longest option has two pieces
    expected = [naive(bert, "这是一则", word, "新闻" + kept) / len(word) for word in topics.words]
    assert np.abs(np.array(answer.scores) - expected).max() < 1e-5


def test_long_texts_keep_their_blank(bert, idioms):
    """A window around the blank should be read."""
    before, after = write("x", 90), write("y", 90)
    (answer,) = build(idioms, bert).rank([Question(before + "____" + after, options=("大国", "人民"))])
    expected = [naive(bert, before[-30:], option, after[:30]) / 2 for option in ("大国", "人民")]
    assert answer.cut
    assert np.abs(np.array(answer.scores) - expected).max() < 1e-5


def test_long_pairs_give_way_after_the_text(bert, likeness):
    """Where the pair alone is too long, its end should be left out as well."""
    pair = write("pair", 90)
    (answer,) = build(likeness, bert).rank([Question("书球", pair)])
    expected = [naive(bert, "，", word, "，" + pair[: 64 - 2 - 3]) for word in likeness.words]
    assert answer.cut
    assert np.abs(np.array(answer.scores) - expected).max() < 1e-5


def test_company_does_not_matter(bert, topics, texts):
    """A question should score alone as among others."""
    model = build(topics, bert)
    for question, answer in zip(texts, model.rank(texts), strict=True):
        assert np.abs(np.array(model.rank([question])[0].scores) - answer.scores).max() < 1e-5
    assert model.rank([]) == []


def test_bad_input_is_explained(bert, headless, topics, idioms, reference):
    """A checkpoint without the head, a template without a place, an unreadable option: errors in words."""
    with pytest.raises(EnvironmentFailure, match="a head for masked words"):
        build(topics, headless)
    with pytest.raises(UsageError, match="0 places for an option"):
        build(replace(reference, words=("不", "是")), bert).rank([Question("我", "你", "他")])
    with pytest.raises(RunError, match="finds no token in the option"):
        build(idioms, bert).rank([Question("我____你", options=("\u200b", "大国"))])
    with pytest.raises(RunError, match=r"has more even without the text"):
        build(topics, bert, template=write("x", 80) + "{option}").rank([Question("书")])


def test_special_tokens_in_a_text_are_text(bert, topics):
    """A text that spells [MASK] or [SEP] asks the same question: no mask is added, and no segment ends."""
    model = build(topics, bert)
    spelt, blank = (model.rank([Question(f"今天{mark}球")])[0].scores for mark in ("[MASK]", "[ MASK]"))
    assert spelt == blank
    (question,) = [mlm_prompt.spelt_out(Question("好[SEP]"), model.tokenizer.all_special_tokens)]
    coded = model.tokenizer(question.text, add_special_tokens=False)["input_ids"]
    assert model.tokenizer.sep_token_id not in coded
