"""The contract of models of kind ``choice``: a sound one passes, and each way to break a promise is named."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from harness.contract import judging
from harness.contract.model_case import ModelCase, form
from harness.registry.shelves import find

choice = runpy.run_path(str(Path(__file__).parents[1] / "_choice.py"))


def failures(folder: Path, change: tuple[str, str]) -> dict[str, str]:
    """Rule -> reason for the rules that the toy model fails after a change to its source."""
    path = folder / "baselines" / "toys" / "looker.py"
    source = path.read_text(encoding="utf-8")
    assert change[0] in source
    path.write_text(source.replace(*change), encoding="utf-8")
    return {verdict.rule: verdict.reason for verdict in judging.examine(find("models", "looker")) if not verdict.holds}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy models and tasks."""
    made: Path = choice["shelves"](tmp_path)
    monkeypatch.setenv("HARNESS_PATH", str(made))
    return made


def test_a_sound_model_passes(folder: Path) -> None:
    """Ranking options, ranking samples and deciding: nothing is found wrong."""
    assert failures(folder, ("", "")) == {}


def test_a_model_is_tried_on_every_form_of_question(folder: Path) -> None:
    """One task with labels and one with pairs at the least, the ones with few labels."""
    case = ModelCase(find("models", "looker"))
    forms = {form(task): len(task.card.labels) for task in case.tasks}
    assert forms["choice, labels"] == forms["choice, pair"] == 2


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        (('fault: str = "none"', 'fault: str = "short"'), "answers_every_input", "rank gave 23 answers to 24 inputs"),
        (
            ('fault: str = "none"', 'fault: str = "many"'),
            "answers_every_input",
            "8 scores for a question with 7 options",
        ),
        (('fault: str = "none"', 'fault: str = "nan"'), "answers_every_input", "is no finite number"),
        (('fault: str = "none"', 'fault: str = "mixed"'), "answers_every_input", "Keep to one form on a task"),
        (("(place, item) for", "(place, item).scores for"), "answers_every_input", "not a harness.spec.Ranked"),
        (('fault: str = "none"', 'fault: str = "batch"'), "answers_alone_as_in_a_batch", "differ when asked alone"),
        (('fault: str = "none"', 'fault: str = "undecided"'), "decides_from_scores_alone", "give a number from 0 to 1"),
        (('("Ranks", "Decides")', '("Ranks",)'), "decides_from_scores_alone", "the card needs Decides"),
        (
            ('("Ranks", "Decides")', '("Decides",)'),
            "card_fits_a_protocol",
            "the card needs Ranks among its capabilities",
        ),
        (
            ("def decide(", "def resolve("),
            "offers_what_it_promises",
            "promises Decides, but the model has no method decide",
        ),
    ],
)
def test_a_broken_promise_is_named(folder: Path, change: tuple[str, str], rule: str, said: str) -> None:
    """Each fault is found by the rule that is about it, with the reason."""
    found = failures(folder, change)
    assert said in found[rule], found
