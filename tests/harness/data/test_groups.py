"""Groups: what items belong to is told by kind or task, as numbers; strata are told by the task alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.data.groups import groups
from harness.errors import RunError
from harness.registry.shelves import find, load
from harness.spec import Example, Image, Question, Task, Text


def card(kind: str) -> Task:
    """A task of a kind, called toy."""
    return Task(kind=kind, title="toy", source="", licence="")


def numbers(kind: str, inputs: list[Any], **functions: Any) -> tuple[list[int], list[int]]:
    """Groups and strata of inputs with ids from 0."""
    examples = [Example(str(number), item, None) for number, item in enumerate(inputs)]
    found, strata = groups(card(kind), SimpleNamespace(**functions), examples)
    return found.tolist(), strata.tolist()


@pytest.mark.parametrize(
    ("kind", "inputs", "found"),
    [
        ("spans", [Text("a"), Text("b"), Text("a")], [0, 1, 0]),
        ("label", [Text("a"), Text("a"), Text("A")], [0, 0, 1]),
        ("choice", [Question("a", pair="x"), Question("b", pair="x"), Question("a", focus="a")], [0, 1, 0]),
        ("tokens", ["one", "two", "one"], [0, 1, 0]),
        ("picture", [Image(b"a", 1, 1), Image(b"b", 1, 1), Image(b"a", 1, 1)], [0, 1, 0]),
    ],
)
def test_equal_texts_are_one_group(kind: str, inputs: list[Any], found: list[int]) -> None:
    """By default a group is the text that is asked about, and there is one stratum."""
    assert numbers(kind, inputs) == (found, [0, 0, 0])


def test_a_task_has_the_last_word() -> None:
    """Functions of the task's file stand in for what the kind says; numbers follow the first appearance."""
    found = numbers(
        "tokens", ["b1", "a1", "b2", "c22"], group=lambda e: e.input[0], stratum=lambda e: str(len(e.input))
    )
    assert found == ([0, 1, 0, 2], [0, 0, 0, 1])


def test_no_examples_no_groups() -> None:
    """Two empty arrays of whole numbers."""
    found, strata = groups(card("spans"), SimpleNamespace(), [])
    assert (found.shape, strata.shape, found.dtype.kind) == ((0,), (0,), "i")


@pytest.mark.parametrize(
    ("functions", "said"),
    [
        ({"stratum": lambda e: e.id}, "toy: the group 'a' of example '1' lies in two strata, '0' and '1'"),
        ({"group": lambda e: 7}, "group of example '0' is 7, not a text"),
        ({"stratum": lambda e: None}, "stratum of example '0' is None, not a text"),
        ({"group": lambda e: e.nothing}, "group of example '0' fails: .*AttributeError"),
    ],
)
def test_faults_of_a_task_are_named(functions: dict[str, Any], said: str) -> None:
    """A group in two strata, a result that is no text and a function that fails are told with the example."""
    with pytest.raises(RunError, match=said):
        numbers("tokens", ["a", "a"], **functions)


@pytest.mark.parametrize(("name", "books"), [("novels_en", 4), ("novels_zh", 4), ("copy_far", 18), ("needle", 18)])
def test_the_samples_of_long_texts(name: str, books: int) -> None:
    """Each story of a sample is a book of its own; a probe has a stratum a length and a group a text."""
    entry = find("tasks", name)
    examples = list(load(entry).sample("test"))
    found, strata = groups(entry.card, load(entry), examples)
    assert len(set(found.tolist())) == books
    assert len(set(strata.tolist())) == (3 if name in ("copy_far", "needle") else 1)
