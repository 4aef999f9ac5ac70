"""The nine cards of FewCLUE: complete, readable without an import, and true to the published tables."""

from __future__ import annotations

import importlib
from statistics import mean

import pytest

from harness.registry import shelves
from harness.spec import Task

NAMES = ("eprstmt", "csldcp", "tnews", "iflytek", "ocnli", "bustm", "chid", "csl", "cluewsc")
OPTIONS = {
    "eprstmt": 2,
    "csldcp": 67,
    "tnews": 15,
    "iflytek": 119,
    "ocnli": 3,
    "bustm": 2,
    "chid": 7,
    "csl": 2,
    "cluewsc": 2,
}
PAIRS = ("ocnli", "bustm", "csl", "cluewsc")
# The published score of a method is the mean of its nine accuracies, so it checks how they were copied.
SUITE = {
    ("NSP-BERT, zero-shot", "2109.03564"): 55.96,
    ("PET, zero-shot", "2109.03564"): 45.10,
    ("PET, zero-shot", "2107.07498"): 44.60,
    ("GPT, zero-shot", "2107.07498"): 43.40,
    ("Fine-tuning", "2109.03564"): 42.80,
    ("Fine-tuning", "2107.07498"): 44.10,
    ("Human", "2107.07498"): 82.50,
    ("Majority", "2107.07498"): 29.04,
}


def card(name: str) -> Task:
    """A card as the registry reads it."""
    found: Task = shelves.find("tasks", name).card
    return found


@pytest.mark.parametrize("name", NAMES)
def test_card(name: str) -> None:
    """The card can be read without importing, equals the imported one, and belongs to the suite."""
    found = card(name)
    assert found == importlib.import_module(f"tasks.zero_shot.{name}").TASK
    assert (found.kind, found.suite, found.metrics[0]) == ("choice", "fewclue", "accuracy")
    assert (found.split, found.train_split, found.dev_split) == ("test", "train", "dev")
    assert [(file.split, file.name) for file in found.files] == [
        ("train", "train_few_all.json"),
        ("dev", "dev_few_all.json"),
        ("test", "test_public.json"),
    ]
    assert all(len(file.sha256) == 64 and file.rows for file in found.files)
    assert found.chance == pytest.approx(1 / OPTIONS[name], abs=1e-6)
    assert len(found.labels) == len(found.words) == (0 if name == "chid" else OPTIONS[name])


def test_no_two_tasks_share_a_file() -> None:
    """All nine name their files alike, so that only a digest can tell them apart: no digest comes twice."""
    digests = [file.sha256 for name in NAMES for file in card(name).files]
    assert len(set(digests)) == len(digests) == 27


@pytest.mark.parametrize("reference", SUITE)
def test_references_have_the_published_mean(reference: tuple[str, str]) -> None:
    """The nine accuracies of each published method average to its published score."""
    model, paper = reference
    values = [
        row.value for name in NAMES for row in card(name).references if row.model == model and paper in row.source
    ]
    assert len(values) == len(NAMES)
    assert 100 * mean(values) == pytest.approx(SUITE[reference], abs=0.061)


@pytest.mark.parametrize("name", NAMES)
def test_nsp_bert_says_what_it_contrasts(name: str) -> None:
    """The notes of NSP-BERT's rows tell pair tasks, where samples are contrasted, from the others."""
    (note,) = (row.note for row in card(name).references if row.model.startswith("NSP-BERT"))
    assert note == ("samples-contrast" if name in PAIRS else "candidates-contrast")


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("eprstmt", "这次买的东西很好"),
        ("csldcp", "这是一篇植物保护类论文"),
        ("tnews", "这是一则电竞新闻"),
        ("iflytek", "这是一款其他类软件"),
    ],
)
def test_default_prompt(name: str, prompt: str) -> None:
    """The last template, filled with the word of the last label, is the published sentence."""
    template = card(name).templates[-1]
    assert template.prompt.format(option=(template.words or card(name).words)[-1]) == prompt


def test_default_prompt_of_cluewsc() -> None:
    """The question is put at the end of the passage, and the candidate is the second segment."""
    template = card("cluewsc").templates[-1]
    assert template.text.format(text="他累了。", focus="他") == "他累了。上文中他是指"
    assert template.prompt.format(pair="老师") == "老师"


@pytest.mark.parametrize("name", PAIRS)
def test_clozes_are_for_one_gap(name: str) -> None:
    """Words of pair tasks are single characters, so that one gap can be filled by any of them."""
    assert {len(word) for word in card(name).words} == {1}
    assert all(template.cloze.count("{option}") == 1 for template in card(name).templates)
