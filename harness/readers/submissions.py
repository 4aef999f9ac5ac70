"""Submissions: files whose answers are missing, how they are filled in, and what a server asks of a filled-in one.

A task file may offer ``submission(path)``, which gives the ``Submission`` for a file without answers: ``harness predict`` fills it
in, and ``harness predict --check`` holds a filled-in file against it. Answers are what targets are: sorted spans, or the
number of a label or option.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from harness.errors import DataError
from harness.readers.text import numbered_lines, read_text
from harness.spec import Example

SPLIT = "input"
"""How the ids of examples begin that come from no split of a task."""
JSON = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Submission:
    """One form of file. ``check`` raises ``DataError`` naming the row at the first thing that a server would refuse."""

    read: Callable[[Path, Counter[str]], Iterator[Example]]  # examples without targets, a row each, in order
    write: Callable[[Path, Sequence[Any]], Iterator[str]]  # the text of the file filled in, piece by piece
    check: Callable[[Path, Path], Iterator[Any]]  # the answers of the second file, which fills in the first
    name: str = ""  # what a server wants the file to be called; empty where there is none
    where: str = ""  # who takes the file, in a few words
    # an input and its answer -> what the form can say of it
    fit: Callable[[Any, Any], Any] = lambda item, answer: answer


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def decoded(text: str, place: str) -> dict[str, Any]:
    """A JSON object. ``DataError`` for what is none, and for NaN and the infinities, which JSON does not have.

    >>> decoded('{"id": 3}', "a.json, line 1")
    {'id': 3}
    """
    try:
        row = json.loads(text, parse_constant=_constant)
    except ValueError as error:
        raise DataError(f"{place}: not valid JSON ({error}). Is the file cut short?") from None
    except RecursionError:
        raise DataError(f"{place}: JSON nested too deeply. Is it the right file?") from None
    if not isinstance(row, dict):
        raise DataError(f"{place}: not a JSON object. Is it the right file?")
    return row


def filled(path: Path, surprises: Counter[str]) -> Iterator[tuple[str, str]]:
    """The lines of a file that hold something, each with the words that say where it stands."""
    for number, line in numbered_lines(read_text(path, surprises)):
        if line.strip():
            yield f"{path}, line {number}", line


def rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a file of JSON lines with their places; each has an ``id``, and no two have the same.

    Raises ``DataError`` naming the line.
    """
    found = [(place, decoded(line, place)) for place, line in filled(path, Counter())]
    seen: dict[str, str] = {}
    for place, row in found:
        if type(row.get("id")) not in (int, str):
            raise DataError(f"{place}: no 'id' that is a number or a text. Answers are handed in by the ids of rows.")
        name = JSON(row["id"])
        if name in seen:
            raise DataError(
                f"{place}: id {name} stands in {seen[name].rpartition(', ')[2]} already. Ids must be unique."
            )
        seen[name] = place
    return found


def paired(path: Path, handed: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Place, row and answer for every row of a file of JSON lines.

    Raises ``DataError`` where the answers are not those of the rows, in their order.
    """
    asked, given = rows(path), rows(handed)
    for (_, row), (place, answer) in zip(asked, given, strict=False):
        if answer["id"] != row["id"] or type(answer["id"]) is not type(row["id"]):
            raise DataError(
                f"{place}: id {JSON(answer['id'])}, where the input has {JSON(row['id'])}. "
                "Answers stand in the order of the input, with its ids as they are written there."
            )
    same_number(len(asked), len(given), path, handed)
    for (_, row), (place, answer) in zip(asked, given, strict=True):
        yield place, row, answer


def same_number(asked: int, given: int, path: Path, handed: Path) -> None:
    """Raise ``DataError`` unless there is an answer for every row, and none besides."""
    if asked != given:
        raise DataError(f"{handed} has {given:,} rows, and {path} has {asked:,}. Answer every row, once.")


def whole_lines(lines: Iterable[str]) -> Iterator[str]:
    """Lines with their ends."""
    return (line + "\n" for line in lines)
