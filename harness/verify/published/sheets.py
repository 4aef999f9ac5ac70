"""Tables of a file: CSV, TSV, Markdown or JSON, every row with its place in the file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataError, UsageError

RULE = re.compile(r"^\s*\|?(\s*:?-+:?\s*\|)*\s*:?-+:?\s*\|?\s*$")
SUFFIXES = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
LARGEST = 20_000_000
"""Bytes of a file that is still taken for a table."""


class NoNumber(str):
    """``NaN`` or ``Infinity`` of a JSON file that writes them without quotes."""


@dataclass(frozen=True)
class Sheet:
    """One table: the names of its columns, and each row with its place."""

    place: str  # the file, and the line where the table begins
    header: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]  # place, cells


def read(path: Path) -> list[Sheet]:
    """The tables of a file.

    Raises ``UsageError`` for a file that is not there or has another suffix, ``DataError`` naming file and row for
    one that is no table.
    """
    suffix = path.suffix.lower()
    if suffix not in (*SUFFIXES, ".md", ".markdown", ".json"):
        raise UsageError(f"{path} is no table that can be read: give a file that ends with .csv, .tsv, .md or .json.")
    if path.is_dir() or not path.exists():
        what = "is a folder" if path.is_dir() else "does not exist: no such file"
        raise UsageError(f"{path} {what}. Give the file of a table.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}). Give the file of a table.") from error
    if len(content) > LARGEST:
        raise DataError(f"{path} has {len(content):,} bytes: that is no table of a publication. Give the table alone.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}: not UTF-8 ({error.reason}). Save the table as UTF-8.") from error
    if suffix == ".json":
        found = _json(path, text)
    else:
        found = list(_separated(path, text, SUFFIXES[suffix]) if suffix in SUFFIXES else _markdown(path, text))
    if not found:
        raise DataError(f"{path} holds no table with a header and a row.")
    return found


def _sheet(path: Path, line: int, header: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> Sheet:
    names = tuple(name.strip() for name in header)
    double = sorted({name for name in names if name and names.count(name) > 1})
    if double:
        raise DataError(f"{path}:{line}: the column {double[0]!r} is there twice. Give every column a name of its own.")
    made = []
    for number, cells in rows:
        if len(cells) != len(names):
            raise DataError(f"{path}:{number}: {len(cells)} cells under {len(names)} columns. Correct the row.")
        made.append((f"{path}:{number}", tuple(cells)))
    return Sheet(f"{path}:{line}", names, tuple(made))


def _separated(path: Path, text: str, separator: str) -> Iterator[Sheet]:
    first = text.partition("\n")[0]
    if separator == "," and "," not in first and ";" in first:
        separator = ";"
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows += [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: {error}. Correct the row.") from error
    if len(rows) > 1:
        yield _sheet(path, rows[0][0], rows[0][1], rows[1:])


def _markdown(path: Path, text: str) -> Iterator[Sheet]:
    lines = text.splitlines()
    number = 0
    while number + 1 < len(lines):
        if "|" in lines[number] and "|" in lines[number + 1] and RULE.match(lines[number + 1]):
            header, begin, rows = _cells(lines[number]), number + 1, []
            number += 2
            while number < len(lines) and "|" in lines[number]:
                cells = _cells(lines[number])
                rows.append((number + 1, cells + [""] * (len(header) - len(cells))))
                number += 1
            if rows:
                yield _sheet(path, begin, header, rows)
        else:
            number += 1


def _cells(line: str) -> list[str]:
    return [
        cell.replace("\\|", "|").strip()
        for cell in re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    ]


def _json(path: Path, text: str) -> list[Sheet]:
    """Rows as objects, or columns and rows apart; numbers keep the digits that they are written with."""
    try:
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=NoNumber)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}:{getattr(error, 'lineno', 1)}: not JSON ({error}). Correct the file.") from error
    if isinstance(value, dict) and isinstance(value.get("columns"), list):
        rows = value.get("rows", value.get("data"))
        header = [str(name) for name in value["columns"]]
    else:
        rows = (
            [{"": name, **row} for name, row in value.items() if isinstance(row, dict)]
            if isinstance(value, dict)
            else value
        )
        header = list(dict.fromkeys(name for row in rows or () if isinstance(row, dict) for name in row))
    if not isinstance(rows, list):
        return []
    made = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict | list):
            raise DataError(f"{path}:row {number}: {row!r:.40} is no row. Give a list of objects.")
        for value_ in row.values() if isinstance(row, dict) else row:
            if isinstance(value_, NoNumber):
                raise DataError(f"{path}:row {number}: {value_} is no number. Correct the row, or leave the cell out.")
        made.append(
            (number, [_text(row.get(name)) for name in header] if isinstance(row, dict) else list(map(_text, row)))
        )
    return [_sheet(path, 1, header, made)] if made else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)
