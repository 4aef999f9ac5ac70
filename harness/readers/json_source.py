"""The rows of a JSON file, one at a time: an object a line, an array of them, or an array inside one object."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.readers.text import lines, pieces, read_text

BLANK_LINE = "blank line skipped"
LAST_COMMA = "comma behind the last row of an array passed over"
LARGEST = 1 << 26
"""Characters that may follow a fault before it counts as one: a row of an array may be so long."""

CUT = "The file is probably cut short: get a fresh copy."
CORRECT = "Correct it or get a fresh copy."
DECODER = json.JSONDecoder()
WHITE = re.compile(r"[ \t\r\n]*")


def layout(path: Path) -> str:
    """How rows stand in a JSON file: "lines", "array", or "object", which holds an array or is the only row.

    A file that begins like none of them counts as "lines", whose first one is then named as malformed.
    """
    first, second = "", ""
    for _, line in lines(path, Counter()):
        if line.strip():
            first, second = (first, line.strip()) if first else (line.strip(), "")
            if second:
                break
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        if first.startswith("["):
            return "array"
        open_end = first == "{" or first[-1] in ",[{"
        return "object" if first.startswith("{") and open_end and second and second[0] != "{" else "lines"
    if isinstance(value, list):
        return "lines" if second.startswith("[") or (value and isinstance(value[0], str)) else "array"
    return "object" if not second and isinstance(value, dict) and _array_inside(value) is not None else "lines"


def _array_inside(value: dict[str, Any]) -> list[Any] | None:
    """The list of rows that an object holds, itself or one level down; ``None`` where the object is itself a row."""
    if isinstance(value.get("data"), dict) or any(isinstance(value.get(name), str) for name in ("text", "sentence")):
        return None
    deeper = [item for held in value.values() if isinstance(held, dict) for item in held.values()]
    for item in (*value.values(), *deeper):
        if isinstance(item, list) and item and all(_like_row(row) for row in item):
            return item
    return None


def _like_row(row: Any) -> bool:
    if isinstance(row, list):
        return len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict)
    return isinstance(row, dict) and (
        isinstance(row.get("data"), dict) or any(isinstance(v, str) for v in row.values())
    )


def rows(path: Path, surprises: Counter[str], shape: str = "") -> Iterator[tuple[str, Any]]:
    """Each row with the words that say where it stands; memory holds one row, or all where one object holds them.

    Raises ``DataError`` naming the line for what is not valid JSON.
    """
    shape = shape or layout(path)
    if shape == "array":
        yield from _array(path, surprises)
    elif shape == "object":
        value = _parsed(read_text(path, surprises), str(path))
        inside = _array_inside(value) if isinstance(value, dict) else None
        yield from ((f"{path}, row {number}", row) for number, row in enumerate(inside or [value], 1))
    else:
        for number, line in lines(path, surprises):
            if line.strip():
                yield f"{path}, line {number}", _parsed(line, str(path), number)
            else:
                surprises[BLANK_LINE] += 1


def answered(path: Path, filled: Iterable[Any]) -> Iterator[str]:
    """The text of a JSON file in its own layout with other rows in place of those that it has."""
    shape = layout(path)
    encode = json.JSONEncoder(ensure_ascii=False).encode
    if shape == "lines":
        yield from (encode(row) + "\n" for row in filled)
    elif shape == "array":
        before = "[\n"
        for row in filled:
            yield before + encode(row)
            before = ",\n"
        yield "\n]\n"
    else:
        value = _parsed(read_text(path, Counter()), str(path))
        inside = _array_inside(value) if isinstance(value, dict) else None
        if inside is None:
            (value,) = filled
        else:
            inside[:] = filled
        yield encode(value) + "\n"


def _parsed(content: str, path: str, line: int = 1) -> Any:
    """One value, whose text begins in that line of the file."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise _fault(path, line + error.lineno - 1, error) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}, line {line}: JSON that cannot be read ({error}). {CORRECT}") from None


def _fault(path: str, line: int, error: json.JSONDecodeError) -> DataError:
    """What to say of a fault in JSON, with its likely cause."""
    if error.msg.startswith("Extra data"):
        cause = f"There are two values without a comma between them. {CORRECT}"
    elif error.doc[error.pos : error.pos + 1] == "'":
        cause = "Strings stand in double quotes in JSON."
    elif error.msg.startswith("Unterminated"):
        cause = f"A string has no end: does it hold a line break? If not: {CUT}"
    else:
        cause = CUT if error.pos >= len(error.doc.rstrip()) - 1 else CORRECT
    return DataError(f"{path}, line {line}: not valid JSON ({error.msg}). {cause}")


def _array(path: Path, surprises: Counter[str]) -> Iterator[tuple[str, Any]]:
    """The items of one array, read as the file comes."""
    source, number = _Source(path, surprises), 0
    source.place += source.peek() == "["
    while source.peek() != "]":
        if number:
            source.comma()
            if source.peek() == "]":
                surprises[LAST_COMMA] += 1
                break
        number += 1
        yield f"{path}, row {number}", source.value()
    source.place += 1
    if source.peek():
        raise DataError(f"{path}, line {source.line()}: there is more behind the end of the array. {CORRECT}")


class _Source:
    """The text of a file from the place that was reached; read piece by piece."""

    def __init__(self, path: Path, surprises: Counter[str]) -> None:
        self.path, self.pieces = path, pieces(path, surprises)
        self.text, self.place, self.passed, self.more = "", 0, 1, True

    def fill(self) -> None:
        """Forget what was read and take at least as much again as is left, so that a long row costs no more than its length."""
        self.passed += self.text.count("\n", 0, self.place)
        parts, left = [self.text[self.place :]], len(self.text) - self.place
        while self.more and (len(parts) == 1 or sum(map(len, parts[1:])) < left):
            parts.append(next(self.pieces, ""))
            self.more = bool(parts[-1])
        self.text, self.place = "".join(parts), 0

    def line(self, place: int | None = None) -> int:
        """The line of a place in the text, from 1."""
        return self.passed + self.text.count("\n", 0, self.place if place is None else place)

    def peek(self) -> str:
        """The next character that is not white; empty at the end of the file."""
        while True:
            self.place = WHITE.match(self.text, self.place).end()  # type: ignore[union-attr]
            if self.place < len(self.text) or not self.more:
                return self.text[self.place : self.place + 1]
            self.fill()

    def comma(self) -> None:
        """Pass over the comma between two rows."""
        if self.peek() != ",":
            what = CUT if not self.peek() else f"There stands {self.text[self.place : self.place + 20]!r}. {CORRECT}"
            raise DataError(
                f"{self.path}, line {self.line()}: not valid JSON: no comma and no end of the array. {what}"
            )
        self.place += 1

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, after = DECODER.raw_decode(self.text, self.place)
            except json.JSONDecodeError as error:
                if not self.more or len(self.text) - error.pos > LARGEST:
                    raise _fault(str(self.path), self.line(error.pos), error) from None
            except (ValueError, RecursionError) as error:
                raise DataError(
                    f"{self.path}, line {self.line()}: JSON that cannot be read ({error}). {CORRECT}"
                ) from None
            else:
                if after < len(self.text) or not self.more:
                    self.place = after
                    return value
            self.fill()
