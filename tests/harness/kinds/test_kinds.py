"""Kinds: each is found by name, identifies its inputs, and says what is right and wrong in the form that scores take."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import kinds
from harness.errors import UsageError
from harness.protocols import cards
from harness.registry.shelves import entries, load
from harness.spec import Question, Text

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = {type(card.settings).__name__ for card in cards()} | {
    "Training",
    "Labelling",
    "ZeroShot",
    "Perplexity",
    "Timing",
}
OWNERS = ("kinds", "protocols", "metrics")
"""The rooms that may know one kind or one protocol from another."""


def test_every_registered_task_is_of_a_kind() -> None:
    """No task has a kind that nothing says anything of, and no kind is without a task."""
    assert {entry.card.kind for entry in entries("tasks")} == set(kinds.every())


def test_an_unknown_kind_is_named() -> None:
    """The message says which kinds there are."""
    with pytest.raises(UsageError, match="no kind of task is called 'riddles'; there are choice, label"):
        kinds.find("riddles")


def test_an_input_that_no_kind_reads() -> None:
    """An object of another class has no identity."""
    with pytest.raises(TypeError, match="no kind reads a float"):
        kinds.text_of(0.5)


@pytest.mark.parametrize("entry", entries("tasks"), ids=lambda entry: entry.name)
def test_each_kind_reads_the_inputs_of_its_tasks(entry) -> None:
    """Every sample input is of a class that its kind reads, and is shown as JSON values."""
    kind = kinds.find(entry.card.kind)
    example = next(iter(load(entry).sample(entry.card.train_split)))
    assert isinstance(example.input, kind.reads)
    assert kind.identity(example.input) == kinds.text_of(example.input)
    assert kind.shown(example, entry.card)


def test_a_question_is_more_than_its_passage() -> None:
    """Another second text, focus or order of options is another question; the passage alone tells what was seen before."""
    first = Question("他累了", pair="老师", focus="他")
    others = [
        Question("他累了", pair="学生", focus="他"),
        Question("他累了", pair="老师", focus="累"),
        Question("他累了"),
    ]
    assert len({kinds.text_of(first), *map(kinds.text_of, others)}) == 4
    assert {kinds.passage_of(question) for question in (first, *others)} == {"他累了"}
    swapped = [kinds.text_of(Question("a____", options=order)) for order in (("b", "c"), ("c", "b"))]
    assert swapped[0] != swapped[1]
    assert kinds.passage_of(Text("北京")) == kinds.passage_of("北京") == "北京"


# ---------------------------------------------------------------- who may ask which kind it is


def branches(source: str) -> Iterator[str]:
    """Lines of code that compare a kind with a literal, or test the class of a protocol's settings."""
    for node in ast.walk(ast.parse(source)):
        compared = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        if any(map(_is_kind, compared)) and _names(node):
            yield f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass", "type"):
            names = {leaf.id for leaf in ast.walk(node) if isinstance(leaf, ast.Name)}
            attributes = {leaf.attr for leaf in ast.walk(node) if isinstance(leaf, ast.Attribute)}
            if (names | attributes) & SETTINGS:
                yield f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Subscript) and _is_kind(node.slice) and _names(node.value):
            yield f"line {node.lineno}: a table by kind"
        if isinstance(node, ast.Match) and _is_kind(node.subject):
            yield f"line {node.lineno}: match {ast.unparse(node.subject)}"


def _names(node: ast.AST) -> set[str]:
    """The names of kinds that stand in code as literals."""
    return {leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant)} & {*kinds.every()}


def _is_kind(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):  # of a record: task["kind"]
        return isinstance(node.slice, ast.Constant) and node.slice.value == "kind"
    return (isinstance(node, ast.Attribute) and node.attr == "kind") or (
        isinstance(node, ast.Name) and node.id == "kind"
    )


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted((ROOT / "harness").rglob("*.py"))
        if path.relative_to(ROOT / "harness").parts[0] not in OWNERS
    ],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_nobody_else_asks_which_kind_it_is(path: Path) -> None:
    """Outside kinds, protocols and metrics no code compares a kind with a literal or tests the class of settings."""
    assert not list(branches(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    [
        "card.kind == 'spans'",
        "'spans' != task.kind",
        "kind in ('label', 'picture')",
        "record.task['kind'] == 'tokens'",
        "isinstance(protocol.settings, Timing)",
        "isinstance(x, spec.ZeroShot | Training)",
        "{'spans': 1, 'choice': 2}[card.kind]",
        "match card.kind:\n    case 'spans': pass",
    ],
)
def test_a_branch_on_a_kind_is_seen(source: str) -> None:
    """The judge itself is tested: each of these is a branch on a kind or on a class of settings."""
    assert list(branches(source))


@pytest.mark.parametrize("source", ["row.role == 'learned'", "isinstance(x, Text)", "kind = kinds.find(card.kind)"])
def test_other_code_is_left_alone(source: str) -> None:
    """Comparisons of other things are none."""
    assert not list(branches(source))
