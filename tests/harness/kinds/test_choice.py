"""Kind ``choice``: a sound task passes, and each fault of questions or templates is named."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from harness import kinds
from harness.contract import judging
from harness.kinds.choice import audit_choice
from harness.registry.shelves import find
from harness.spec import Example, Question, Task, Template

CARD = Task(
    kind="choice",
    title="t",
    source="s",
    licence="l",
    labels=("0", "1"),
    words=("不", "也"),
    templates=(Template(prompt="{pair}", cloze="{text}{option}{pair}"),),
)
CHOICE = kinds.find("choice")
OWN = dataclasses.replace(CARD, labels=(), words=(), templates=(Template(),))


def test_sound_questions() -> None:
    """Questions about a label, with a pair, with a focus, and with options of their own have no fault."""
    assert not list(CHOICE.example_faults(Example("a", Question("好"), 1), CARD))
    assert not list(CHOICE.example_faults(Example("a", Question("他累了", pair="老师", focus="他"), 0), CARD))
    assert not list(CHOICE.example_faults(Example("a", Question("我____地等", options=("x", "y", "z")), 2), OWN))


@pytest.mark.parametrize(
    ("question", "answer", "card", "fault"),
    [
        ("好", 0, CARD, "the input is a str, not a Question"),
        (Question(" "), 0, CARD, "the text is empty"),
        (Question("他累了", focus="她"), 0, CARD, "does not hold '她'"),
        (Question("好____", options=("x", "y")), 0, CARD, "one of them must go"),
        (Question("好____"), 0, CARD, "holds ____ 1 times"),
        (Question("好", options=("x", "y")), 0, OWN, "holds ____ 0 times"),
        (Question("____好____", options=("x", "y")), 0, OWN, "holds ____ 2 times"),
        (Question("____", options=("x", "x")), 0, OWN, "empty or given twice"),
        (Question("____", options=("x", "")), 0, OWN, "empty or given twice"),
        (Question("____", options=("x",)), 0, OWN, "there are 1 options"),
        (Question("____", options=("x", "y")), 2, OWN, "the target 2 is not a number from 0 to 1"),
        (Question("好"), -1, CARD, "the target -1"),
        (Question("好"), True, CARD, "the target True"),
        (Question("好"), "1", CARD, "the target '1'"),
        (Question("好"), None, CARD, "the target None"),
    ],
)
def test_faults_of_questions(question: Any, answer: Any, card: Task, fault: str) -> None:
    """Each fault is said in words."""
    assert any(fault in found for found in CHOICE.example_faults(Example("a", question, answer), card))


def test_one_form_for_all_questions() -> None:
    """A task where only some questions have a second text is refused."""
    rows = [Example("a", Question("好", pair="坏"), 0), Example("b", Question("好"), 0)]
    (fault,) = CHOICE.sample_faults({"test": rows}, CARD)
    assert "some questions have pair and others have none" in fault


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"templates": ()}, "the card has no templates"),
        ({"words": ("不",)}, "has 2 labels but 1 words"),
        ({"words": ("不", "不")}, "the words hold one twice"),
        ({"templates": (Template(words=("好", "坏", "行")),)}, "has 2 labels but 3 words of a template"),
    ],
)
def test_faults_of_cards(change: dict[str, Any], fault: str) -> None:
    """Words must belong to the labels, one each, none twice."""
    assert any(fault in found for found in CHOICE.card_faults(dataclasses.replace(CARD, **change)))


@pytest.mark.parametrize(
    ("template", "question", "fault"),
    [
        (Template(prompt="{pear}"), Question("好", pair="坏"), "has the slot pear"),
        (Template(prompt="{option"), Question("好"), "cannot be read"),
        (Template(prompt="{option}", text="看"), Question("好"), "has a text without {text}"),
        (Template(prompt="{pair}", text="{text}{option}"), Question("好", pair="坏"), "has {option} in its text"),
        (Template(prompt="是新闻"), Question("好"), "has neither {option} nor {pair}"),
        (Template(prompt="{option}"), Question("好", pair="坏"), "leaves out {pair}"),
        (Template(prompt="{pair}"), Question("他累了", pair="老师", focus="他"), "leaves out {focus}"),
        (Template(prompt="{pair}", cloze="{text}{pair}"), Question("好", pair="坏"), "without {option}"),
    ],
)
def test_faults_of_templates(template: Template, question: Question, fault: str) -> None:
    """A template that cannot be filled, or that hides a part of the question, is refused."""
    found = CHOICE.template_faults([question], dataclasses.replace(CARD, templates=(template,)))
    assert any(fault in one for one in found)


def test_no_words_to_fill_with() -> None:
    """A card without words cannot fill {option}, unless its questions bring options."""
    bare = dataclasses.replace(CARD, words=(), templates=(Template(),))
    assert any("has nothing to fill" in fault for fault in CHOICE.template_faults([Question("好")], bare))
    assert not list(CHOICE.template_faults([Question("我____地等", options=("x", "y"))], OWN))


TASK = '''"""Moods: a task of kind choice, for tests."""
from __future__ import annotations
from harness.errors import DataError
from harness.metrics.choice import score_choice
from harness.spec import Example, Question, Task, Template
TASK = Task(kind="choice", title="Moods", source="written for a test", licence="none needed", labels=("bad", "good"),
    words=("坏", "好"), templates=(Template(),), metrics=("accuracy",))
def load(split, files, surprises): return iter(())
def sample(split):
    if split not in ("train", "dev", "test"): raise DataError(f"no split {split}")
    return (Example(f"{split}-{n}", Question(f"{split} {n}"), n % 2) for n in range(6))
def score(gold, outputs): return score_choice(gold, outputs, labels=TASK.labels)
'''


@pytest.mark.parametrize(
    ("old", "new", "rule", "reason"),
    [
        ("", "", "", ""),
        ('Question(f"{split} {n}")', 'Question(" ")', "examples_are_sound", "the text is empty"),
        ('words=("坏", "好")', 'words=("坏",)', "card_is_complete", "2 labels but 1 words"),
        ("Template()", 'Template(prompt="{mood}")', "templates_can_be_filled", "has the slot mood"),
        ("(gold, outputs, l", "(gold, [row.target for row in gold], l", "score_ranks", "answers that are all wrong"),
    ],
)
def test_rules_over_a_whole_task(shelf: Any, old: str, new: str, rule: str, reason: str) -> None:
    """`harness check` passes a sound task of this kind and names the rule that a faulty one breaks."""
    shelf({"tasks/toy/moods.py": TASK.replace(old, new) if old else TASK}, name=f"moods {rule}")
    failed = {
        verdict.rule: verdict.reason for verdict in judging.examine(find("tasks", "toy/moods")) if not verdict.holds
    }
    assert set(failed) == ({rule} if rule else set()), failed
    assert reason in failed.get(rule, "")


def test_audit() -> None:
    """Answers by label, labels without rows, options, lengths of both texts, and answers that are no option."""
    rows = [
        Example("0", Question("好" * 100, pair="坏" * 29), 1),
        Example("1", Question("好"), 1),
        Example("2", Question("好", pair="坏"), 3),
        Example("3", Question("好"), None),
    ]
    assert audit_choice(rows, ("a", "b", "c")) == {
        "rows_by_label": {"a": 0, "b": 2, "c": 0},
        "labels_without_rows": 2,
        "rows_by_options": {"3": 4},
        "longest_characters": 129,
        "mean_characters": 33.25,
        "rows_over_characters": {"128": 1, "256": 0, "510": 0},
        "outside_options": 1,
    }


def test_audit_of_own_options() -> None:
    """Without labels the answers are counted by place, in order, and questions by how many options they bring."""
    rows = [
        Example("0", Question("____", options=("x", "y", "z")), 2),
        Example("1", Question("____", options=("x", "y")), 0),
        Example("2", Question("____", options=("x", "y")), 2),
    ]
    found = CHOICE.audit(rows, ())
    assert found["rows_by_label"] == {"option 0": 1, "option 2": 1}
    assert (found["rows_by_options"], found["outside_options"]) == ({"2": 2, "3": 1}, 1)
