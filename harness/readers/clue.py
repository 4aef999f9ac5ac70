"""Labels as CLUE and FewCLUE take them: JSON lines ``{"id": 0, "label": "108"}``, a row for each of the test, in its order.

https://github.com/CLUEbenchmark/CLUE, "submit samples"; FewCLUE hands in the option of an idiom under ``answer``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.readers.submissions import JSON, SPLIT, Submission, decoded, filled, paired, rows, whole_lines
from harness.spec import Example

Code = str | int
Parse = Callable[[str, Mapping[str, Any]], Any]
"""Place and fields of a row -> the input that it asks about. Raises ``DataError`` naming the place."""


def labels_submission(parse: Parse, codes: Sequence[Code], name: str, where: str, field: str = "label") -> Submission:
    """The submission of a task whose labels, or options, are written as ``codes``, in the order of the card."""
    given = tuple(codes)

    def read(path: Path, surprises: Counter[str]) -> Iterator[Example]:
        rows(path)  # before a model is asked: without ids there is nothing to hand in
        for number, (place, line) in enumerate(filled(path, surprises)):
            yield Example(f"{SPLIT}-{number}", parse(place, decoded(line, place)), None)

    def write(path: Path, answers: Sequence[Any]) -> Iterator[str]:
        asked = rows(path)
        return whole_lines(
            JSON({"id": row["id"], field: given[answer]}) for (_, row), answer in zip(asked, answers, strict=True)
        )

    def check(path: Path, handed: Path) -> Iterator[int]:
        for place, _, answer in paired(path, handed):
            yield number_of(answer, field, given, place)

    return Submission(read, write, check, name, where)


def number_of(answer: Mapping[str, Any], field: str, codes: Sequence[Code], place: str) -> int:
    """Which label a row hands in. ``DataError`` for one without it, and for one that is written otherwise.

    >>> number_of({"id": 0, "label": "102"}, "label", ("101", "102"), "a.json, line 1")
    1
    """
    if field not in answer:
        raise DataError(f"{place}: no {field!r}. Each row is {{'id': ..., {field!r}: ...}}.")
    said = answer[field]
    for number, code in enumerate(codes):
        if said == code and type(said) is type(code):
            return number
    known = ", ".join(map(JSON, codes[:20])) + (f" and {len(codes) - 20} more" if len(codes) > 20 else "")
    raise DataError(f"{place}: {field} {JSON(said)} is none of those that the task knows: {known}.")
