"""Whoever joins the registry is tested: every rule of the contract over every registered task, model and encoder."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from harness.contract import judging
from harness.contract.base import Case, Rule, card_can_be_read
from harness.contract.models import STATIC
from harness.registry.shelves import Entry, Shelf, entries

SHELVES: tuple[Shelf, ...] = ("tasks", "models", "encoders")
PAIRS = [(entry, rule) for shelf in SHELVES for entry in entries(shelf) for rule in judging.RULES[shelf]]
FIRST = {entry.path.parent: entry for entry in reversed(entries("models"))}
"""The one model of each folder that every rule is applied to in `make test`; `make test-long` does the others."""


@functools.cache
def case(entry: Entry) -> Case:
    """One case a file, so that its rules share what they load and train."""
    return judging.case(entry)


def parameter(entry: Entry, rule: Rule) -> Any:
    """A file and a rule; long where a model has to be built that is not the first of its folder."""
    builds = entry.shelf == "models" and rule not in (card_can_be_read, *STATIC)
    marks = [pytest.mark.long] if builds and entry != FIRST[entry.path.parent] else []
    return pytest.param(entry, rule, marks=marks, id=f"{entry.shelf}:{entry.name}-{rule.__name__}")


@pytest.mark.parametrize(("entry", "rule"), [parameter(entry, rule) for entry, rule in PAIRS])
def test_registered_file_keeps_its_promises(entry: Entry, rule: Rule) -> None:
    """The promise in the rule's docstring holds for the file, and nothing is left to say about it."""
    verdict = judging.judge(rule, case(entry))
    assert verdict.outcome in ("pass", "n/a"), f"{entry.path}: {verdict.promise} {verdict.reason}"


def test_every_rule_has_a_promise() -> None:
    """A rule's docstring is what `harness check` prints, so it is a sentence."""
    for rules in judging.RULES.values():
        for rule in rules:
            assert (rule.__doc__ or "").splitlines()[0].endswith("."), rule.__name__


def test_something_is_registered() -> None:
    """The shelves are not empty: an empty parametrisation would pass without testing anything."""
    assert {entry.shelf for entry, _ in PAIRS} == set(SHELVES)
    assert len(PAIRS) > 100


def test_every_folder_of_models_has_one_that_keeps_all_rules() -> None:
    """`make test` applies every rule to one model of each folder: leaving all but long ones out leaves no folder out."""
    short = {(entry.path.parent, rule) for entry, rule in PAIRS if not parameter(entry, rule).marks}
    assert short >= {(folder, rule) for folder in FIRST for rule in judging.RULES["models"]}
