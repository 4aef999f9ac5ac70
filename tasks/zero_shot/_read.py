"""The JSON lines of FewCLUE, read strictly: a row that is not as promised is an error, never a guess.

What every loader of this folder promises:

* examples come in file order, and ``<split>-<row>`` counts rows from 0, dropped ones included;
* a malformed row raises ``DataError`` naming the file, the line, what is wrong and the way out;
* whatever is dropped or repaired is counted in ``surprises`` under a plain sentence.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.readers.clue import Code, labels_submission
from harness.readers.submissions import Submission
from harness.readers.text import read_text
from harness.spec import BLANK, DataFile, Example, Question

BLANK_LINE = "blank line skipped"
NO_AGREEMENT = "row without an agreed label dropped"
FIX = "Correct the row or get a fresh copy."


@dataclass(frozen=True)
class Row:
    """One JSON object of a file, and the words that say where it stands."""

    place: str
    fields: Mapping[str, Any]

    def fault(self, reason: str) -> DataError:
        """The error of this row, to be raised."""
        return DataError(f"{self.place}: {reason}")

    def value(self, name: str) -> Any:
        """The value of a field; ``DataError`` where there is no such field."""
        if name not in self.fields:
            hint = " of a split whose labels are hidden, or" if name in ("label", "answer") else ""
            raise self.fault(f"no field {name!r}. Is it the file{hint} of another task?")
        return self.fields[name]

    def text(self, name: str) -> str:
        """A text that is not blank."""
        found = self.value(name)
        if not isinstance(found, str):
            raise self.fault(f"{name!r} is {found!r}, not a text. {FIX}")
        if not found.strip():
            raise self.fault(f"{name!r} is an empty text. {FIX}")
        return found

    def whole(self, name: str) -> int:
        """A whole number; ``true`` is none."""
        found = self.value(name)
        if isinstance(found, bool) or not isinstance(found, int):
            raise self.fault(f"{name!r} is {found!r}, not a whole number. {FIX}")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, none of them blank, at least one."""
        found = self.value(name)
        if not isinstance(found, list) or not found:
            raise self.fault(f"{name!r} is {found!r}, not a filled list of texts. {FIX}")
        return tuple(
            Row(self.place, {f"{name}[{place}]": item}).text(f"{name}[{place}]") for place, item in enumerate(found)
        )

    def row(self, name: str) -> Row:
        """An object inside the row."""
        found = self.value(name)
        if not isinstance(found, dict):
            raise self.fault(f"{name!r} is {found!r}, not an object with fields. {FIX}")
        return Row(f"{self.place}, {name}", found)

    def label(self, labels: Sequence[str], name: str = "label") -> int:
        """The number of the label that a field names."""
        found = self.text(name)
        if found not in labels:
            known = ", ".join(labels[:20]) + (f" and {len(labels) - 20} more" if len(labels) > 20 else "")
            raise self.fault(
                f"unknown label {found!r}. This task knows {known}; is the file of another task or version?"
            )
        return labels.index(found)


Parse = Callable[[Row], tuple[Question, int] | None]
"""A row as question and number of the right option; ``None`` where it has no agreed label."""


def read(
    split: str, known: Sequence[DataFile], files: Mapping[str, Path], surprises: Counter[str], parse: Parse
) -> Iterator[Example]:
    """The examples of a split, each row turned into question and answer by the task's own ``parse``."""
    path = pick(split, known, files)
    kept = 0
    for number, row in enumerate(rows(path, surprises)):
        parsed = parse(row)
        if parsed is None:
            surprises[NO_AGREEMENT] += 1
            continue
        kept += 1
        yield Example(f"{split}-{number}", *parsed)
    if not kept:
        raise DataError(f"{path}: no row has a label. Is it the file of a split whose labels are hidden?")


def fewclue_submission(
    question: Callable[[Row], Question], codes: Sequence[Code], name: str, field: str = "label"
) -> Submission:
    """The test of FewCLUE without labels: how a row asks, how its labels are written, and what the server wants the file
    to be called."""
    return labels_submission(lambda place, fields: question(Row(place, fields)), codes, name, "FewCLUE", field)


def pick(split: str, known: Sequence[DataFile], files: Mapping[str, Path]) -> Path:
    """The path of a split's file. ``DataError`` listing what would do where none is at hand."""
    names = [file.name for file in known if file.split == split]
    if not names:
        splits = ", ".join(dict.fromkeys(file.split for file in known))
        raise DataError(f"this task has no files for a split called {split!r}. Its splits are: {splits}.")
    for name in names:
        if name in files:
            return Path(files[name])
    raise DataError(f"no file of split {split!r} is at hand. Bring {', '.join(names)}.")


def rows(path: Path, surprises: Counter[str]) -> Iterator[Row]:
    """The JSON objects of a file, one a line; only a line feed ends a line, because texts may hold other separators."""
    lines = read_text(path, surprises).split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            if number < len(lines):  # the last line feed ends a line and begins none
                surprises[BLANK_LINE] += 1
            continue
        place = f"{path}, line {number}"
        try:
            found = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(
                f"{place}: not valid JSON ({error.msg}). The file is probably cut short: get a fresh copy."
            ) from None
        except RecursionError:
            raise DataError(f"{place}: JSON nested too deeply. Is it the file of another task?") from None
        if not isinstance(found, dict):
            raise DataError(f"{place}: not a JSON object with fields. Is it the file of another task?")
        yield Row(place, found)


def with_blank(row: Row, name: str, mark: str) -> str:
    """The text of a field with its single ``mark`` replaced by ``BLANK``.

    >>> with_blank(Row("a.json, line 1", {"content": "我#idiom#地等他"}), "content", "#idiom#")
    '我____地等他'
    """
    text = row.text(name)
    if text.count(mark) != 1 or BLANK in text:
        raise row.fault(
            f"{name!r} holds {mark} {text.count(mark)} times and {BLANK} {text.count(BLANK)} times; "
            f"{mark} must stand there once and {BLANK} never. {FIX}"
        )
    return text.replace(mark, BLANK)


def spelled(text: str, row: Row, name: str) -> str:
    """The words ``<name>_text`` that stand in ``text`` at ``<name>_index``.

    >>> spelled("老师说他累了", Row("a.json, line 1", {"span1_text": "老师", "span1_index": 0}), "span1")
    '老师'
    """
    words, start = row.text(f"{name}_text"), row.whole(f"{name}_index")
    if start < 0 or text[start : start + len(words)] != words:
        held = text[max(start, 0) : max(start, 0) + len(words)]
        raise row.fault(
            f"{name}_text is {words!r}, but the text holds {held!r} at {name}_index {start}. "
            "The text or the index was changed: get a fresh copy."
        )
    return words
