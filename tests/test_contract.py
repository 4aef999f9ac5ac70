"""Whoever joins the registry is tested: every rule of the contract over every registered task, model and encoder."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from harness.contract import judging
from harness.contract.base import Case, Rule
from harness.registry.shelves import Entry, Shelf, entries

SHELVES: tuple[Shelf, ...] = ("tasks", "models", "encoders")
PAIRS = [(entry, rule) for shelf in SHELVES for entry in entries(shelf) for rule in judging.RULES[shelf]]


@functools.cache
def case(entry: Entry) -> Case:
    """One case a file, so that its rules share what they load and train."""
    return judging.case(entry)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny tensors gain nothing from threads, and lose much where other processes run."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("entry", "rule"), PAIRS, ids=[f"{entry.shelf}:{entry.name}-{rule.__name__}" for entry, rule in PAIRS]
)
def test_registered_file_keeps_its_promises(entry: Entry, rule: Rule) -> None:
    """The promise in the rule's docstring holds for the file."""
    verdict = judging.judge(rule, case(entry))
    assert verdict.holds, f"{entry.path}: {verdict.promise} {verdict.reason}"


def test_every_rule_has_a_promise() -> None:
    """A rule's docstring is what `harness check` prints, so it is a sentence."""
    for rules in judging.RULES.values():
        for rule in rules:
            assert (rule.__doc__ or "").splitlines()[0].endswith("."), rule.__name__


def test_something_is_registered() -> None:
    """The shelves are not empty: an empty parametrisation would pass without testing anything."""
    assert {entry.shelf for entry, _ in PAIRS} == set(SHELVES)
    assert len(PAIRS) > 100
