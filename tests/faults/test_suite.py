"""The suite itself: large enough, over every command, with names of their own, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.cli.parser import parser
from tests.faults import test_arguments, test_data_files, test_evidence, test_forms, test_records, test_user_files
from tests.faults.cases import Case, World, troubles

FEWEST = 300


def _cases() -> list[Case]:
    return [
        case
        for file in (test_arguments, test_data_files, test_evidence, test_forms, test_records, test_user_files)
        for case in file.all_cases()
    ]


def _commands(made: Any, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command of the parser, those below ``data`` and ``records`` each."""
    inner = [pair for action in made._actions if hasattr(action.choices, "items") for pair in action.choices.items()]
    if words and not inner:
        yield " ".join(words)
    for name, command in inner:
        yield from _commands(command, (*words, name))


def test_there_are_enough() -> None:
    """At least 300 faulty inputs, no two of one name."""
    names = [case.name for case in _cases()]
    assert len(names) >= FEWEST
    assert len(set(names)) == len(names)


def test_every_command_is_tried() -> None:
    """No command is left out."""
    lines = [" ".join(case.command) for case in _cases()]
    missing = [
        name for name in _commands(parser()) if not any(line == name or line.startswith(f"{name} ") for line in lines)
    ]
    assert missing == []


def test_the_judge_can_condemn(world: World) -> None:
    """A code that is not among those allowed, a name that is not named, and a file that stays are each found."""
    kind = [one.split(":")[0] for one in troubles(Case("x", ("list", "tasks"), (2,), ("no such word",)), world)]
    assert kind == ["silent success", "message", "command"]
    kind = [one.split(":")[0] for one in troubles(Case("x", ("leaderboard", "--output", "board.md"), (0,)), world)]
    assert kind == ["half-written", "command"]
    kind = [one.split(":")[0] for one in troubles(Case("x", ("show", "petts"), (4,)), world)]
    assert kind == ["wrong exit code", "command"]
