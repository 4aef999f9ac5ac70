"""Templates, slots, words and blanks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from baselines.zero_shot._cloze import fill_cloze
from baselines.zero_shot._templates import pattern_verbalizer
from harness.errors import DataError, UsageError
from harness.spec import Question, Template


def test_a_sentence_for_each_option(topics):
    """The chosen template should be filled with the word of each label, in order; the last one is the default."""
    question = Question("书")
    assert pattern_verbalizer(topics, "-1").prompts(question) == [
        "这是一则书新闻",
        "这是一则房钱新闻",
        "这是一则学军新闻",
    ]
    assert pattern_verbalizer(topics, "0").prompts(question) == ["书", "房钱", "学军"]
    assert pattern_verbalizer(topics, "我说{option}").prompts(question)[1] == "我说房钱"


def test_a_sentence_alone(likeness, reference):
    """Without options the pair alone should stand beside the text, and the focus go into the text."""
    made = pattern_verbalizer(likeness, "-1")
    assert made.samples_contrast
    assert made.prompts(Question("我", "你")) == ["你"]
    made = pattern_verbalizer(reference, "-1")
    assert made.text(Question("他说她来了", "人", "她")) == "他说她来了上文中她是指"
    contrasted = pattern_verbalizer(likeness, "{option}，{pair}")
    assert contrasted.prompts(Question("我", "你")) == ["不，你", "是，你"]


def test_the_templates_own_words_come_first(topics):
    """Words of a template should replace the task's."""
    task = replace(topics, templates=(Template(words=("大", "中", "下")),))
    assert pattern_verbalizer(task, "0").prompts(Question("书")) == ["大", "中", "下"]


def test_a_blank_has_two_sides(idioms):
    """The text of a question with options should come in two sides, whatever the template puts around it."""
    question = Question("书____球", options=("大国", "人民"))
    assert pattern_verbalizer(idioms, "-1").text(question) == ("书", "球")
    assert pattern_verbalizer(idioms, "-1").prompts(question) == ["大国", "人民"]
    task = replace(idioms, templates=(Template(text="上{text}下"),))
    assert pattern_verbalizer(task, "-1").text(question) == ("上书", "球下")


def test_an_underscore_is_no_blank_elsewhere(topics):
    """The marker in a text without options of its own should stay text."""
    assert pattern_verbalizer(topics, "-1").text(Question("书____球")) == "书____球"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("7", r"template=7: the task has 2 templates. Give 0 to 1"),
        ("-3", r"template=-3"),
        ("这是新闻", r"has no slot \{option\}"),
        ("这是{label}新闻{option}", r"has a slot \{label\}; there are \{text\}, \{pair\}, \{focus\}, \{option\}"),
        ("这是{option新闻", r"expected '}'"),
    ],
)
def test_wrong_templates_are_named(topics, template, message):
    """A template that does not exist or lacks a slot should be refused, naming the slot."""
    with pytest.raises(UsageError, match=message):
        pattern_verbalizer(topics, template)


def test_a_pair_needs_its_slot(likeness):
    """A text of one's own for pairs should hold the pair."""
    with pytest.raises(UsageError, match=r"has no slot \{pair\}"):
        pattern_verbalizer(likeness, "{text}{option}")


def test_a_label_without_a_word_is_named(topics):
    """Too few words, an empty one, too many and none should all be refused, naming the label where there is one."""
    for words in (("书", "房"), ("书", "房", "")):
        with pytest.raises(UsageError, match=r"label '102' has no word"):
            pattern_verbalizer(replace(topics, words=words), "-1")
    with pytest.raises(UsageError, match="3 labels and 4 words"):
        pattern_verbalizer(replace(topics, words=("书", "房", "车", "球")), "-1")
    with pytest.raises(UsageError, match="label '100' of 'topics' has no word"):
        pattern_verbalizer(replace(topics, words=()), "-1").prompts(Question("书"))


def test_nothing_to_choose_from_is_an_error(idioms):
    """A question without options on a task without labels, and an empty option, should be refused with the text."""
    with pytest.raises(DataError, match="no options, and the task has no labels: '书球'"):
        pattern_verbalizer(idioms, "-1").prompts(Question("书球"))
    with pytest.raises(DataError, match="an empty option"):
        pattern_verbalizer(idioms, "-1").prompts(Question("书____球", options=("大国", "")))


@pytest.mark.parametrize(("text", "count"), [("书球", 0), ("____书____", 2)])
def test_a_blank_stands_once(idioms, text, count):
    """Options need one blank to fill."""
    with pytest.raises(DataError, match=f"has {count} blanks"):
        pattern_verbalizer(idioms, "-1").text(Question(text, options=("大国",)))


def test_running_texts(topics, likeness, idioms):
    """A running text should be the cloze, the filled blank, or the prompt and then the text; and know its parts."""
    filled = fill_cloze(pattern_verbalizer(likeness, "-1"), Question("我", "你"), "是")
    assert filled.text == "我，是，你"
    assert (filled.option, filled.own, filled.pair) == ((2, 3), ((0, 1),), ((4, 5),))
    filled = fill_cloze(pattern_verbalizer(idioms, "-1"), Question("书____球", options=("大国",)), "大国")
    assert (filled.text, filled.option, filled.own) == ("书大国球", (1, 3), ((0, 1), (3, 4)))
    filled = fill_cloze(pattern_verbalizer(topics, "-1"), Question("我"), "书")
    assert (filled.text, filled.option, filled.own) == ("这是一则书新闻我", (4, 5), ((7, 8),))
    assert fill_cloze(pattern_verbalizer(topics, "{text}，{option}"), Question("我"), "书").text == "我，书"


def test_a_running_text_has_one_place(reference, idioms):
    """A pair template without a cloze, and a blank beside a slot, should be refused."""
    with pytest.raises(UsageError, match=r"has 0 places for an option"):
        fill_cloze(pattern_verbalizer(reference, "-1"), Question("我", "你", "他"), "是")
    with pytest.raises(UsageError, match=r"has 2 places for an option"):
        fill_cloze(pattern_verbalizer(idioms, "{text}{option}"), Question("书____球", options=("大国",)), "大国")
