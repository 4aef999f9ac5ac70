"""What a file of columns looks like: how many, which hold token and tags, and of what scheme."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import DataError, UsageError
from harness.readers.columns import Columns, sentences, split
from harness.readers.form import Option, listed
from harness.readers.script import unspaced
from harness.readers.tags import PREFIXED, Census
from harness.readers.text import lines

SAMPLE = 5000
"""Lines from which the columns are told; scheme and labels are told from all of them."""


def sniff_columns(
    path: Path, asked: Mapping[str, Option], hidden: bool = False
) -> tuple[dict[str, Option], tuple[str, ...], tuple[str, ...]]:
    """Options, labels and notes of a file of columns; what is ``asked`` is not guessed.

    Raises ``UsageError`` where no column can be told to hold tags, ``DataError`` for a malformed line.
    """
    given = list(itertools.islice((line for _, line in lines(path, Counter()) if _filled(line)), SAMPLE))
    if not given:
        raise DataError(f"{path}: holds no sentence. Get a fresh copy.")
    rows_only = [line for line in given if not line.startswith("#")] or given
    width, separator = _width(rows_only)
    width = int(asked.get("columns", width))
    rows = [cells for line in rows_only if len(cells := split(line, width, Counter(), separator == "tab")) == width]
    token = int(asked["token"]) - 1 if "token" in asked else int(width > 2 and _numbered(rows))
    options: dict[str, Option] = {"columns": width, "token": token + 1}
    if separator == "tab" or "separator" in asked:
        options["separator"] = asked.get("separator", separator)
    notes: list[str] = []
    if "tag" in asked:
        options["tag"] = str(asked["tag"])
    elif tags := _tag_columns(rows, token, notes):
        options["tag"] = " ".join(str(column + 1) for column in tags)
    elif hidden:
        options |= {"columns": width + 1, "tag": str(width + 1)}
    else:
        raise UsageError(
            f"{path}: no column holds tags such as B-LOC. A row reads {' | '.join(rows[0]) if rows else given[0]!r}: "
            f"say which column it is, counted from 1: tag={max(width, 2)}. Is it another format than conll?"
        )
    _within(path, options, int(options["columns"]))
    labels = _settle(path, options, asked, rows, given, notes, hidden)
    return options, labels, tuple(notes)


def _within(path: Path, options: Mapping[str, Option], width: int) -> None:
    """Raise ``UsageError`` for a column that the rows do not have."""
    for name in ("token", "tag"):
        for column in str(options[name]).split():
            if not column.isdecimal() or not 0 < int(column) <= width:
                raise UsageError(f"{path}: {name}={options[name]}: rows have {width} columns, counted from 1.")


def _filled(line: str) -> bool:
    return bool(line) and not line.isspace() and not line.startswith("-DOCSTART-")


def _width(rows: Sequence[str]) -> tuple[int, str]:
    """How many columns most lines have, and whether one tab alone separates them.

    >>> _width(["New York\\tB-LOC", "is\\tO", "San Jose\\tB-LOC"]), _width(["a  O", "b \\tO"])
    ((2, 'tab'), (2, 'any'))
    """
    typed, many = Counter(len(re.split(r"[ \t]+", line.rstrip(" \t"))) for line in rows).most_common(1)[0]
    tabs, strict = Counter(line.count("\t") + 1 for line in rows).most_common(1)[0]
    return (tabs, "tab") if tabs > 1 and strict > many else (typed, "any")


def _numbered(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first column counts the tokens of each sentence."""
    numbers = [int(cells[0]) for cells in rows if re.fullmatch(r"[0-9]{1,6}", cells[0])]
    pairs = list(itertools.pairwise(numbers))
    steps = sum(after in (before + 1, 0, 1) for before, after in pairs)
    counts = any(after == before + 1 for before, after in pairs)
    return counts and len(numbers) > 0.9 * len(rows) and steps > 0.9 * len(pairs)


def _tag_columns(rows: Sequence[Sequence[str]], token: int, notes: list[str]) -> list[int]:
    """The columns of tags: the last one, and those before it that hold labels of the same set (entities that nest)."""
    if not rows:
        return []
    columns = {column: Counter(cells[column] for cells in rows) for column in range(len(rows[0])) if column != token}
    found = {column: labels for column, cells in columns.items() if (labels := _labels(cells, len(rows))) is not None}
    filled = [column for column, labels in found.items() if labels]
    if not filled:
        last = max(columns, default=-1)
        return [last] if last in found or (last >= 0 and _bare(columns[last], len(rows))) else list(found)[-1:]
    same = [column for column in found if not found[column] - found[filled[-1]] or found[column] & found[filled[-1]]]
    same = [column for column in same if found[column] or column > filled[0]]
    for column in found:
        if column not in same:
            notes.append(
                f"Column {column + 1} holds tags of its own ({listed(sorted(found[column]), 5)}), which are not used; "
                f"tag={column + 1} takes them."
            )
    return same


def _labels(cells: Counter[str], rows: int) -> set[str] | None:
    """The labels of a column of tags; ``None`` for a column of something else."""
    tags = {cell: match for cell in cells if (match := PREFIXED.fullmatch(cell))}
    fit = sum(cells[cell] for cell in tags) + cells["O"]
    if fit >= 0.9 * rows:
        return {match[3] for match in tags.values()}
    return None


def _bare(cells: Counter[str], rows: int) -> bool:
    """Whether a column looks like labels without a prefix, and ``O``."""
    labels = set(cells) - {"O"}
    fit = all(re.fullmatch(r"[^\W\d_][\w./-]*", label) for label in labels)
    return fit and cells["O"] >= 0.2 * rows and len(labels) <= 60


def _settle(
    path: Path,
    options: dict[str, Option],
    asked: Mapping[str, Option],
    rows: Sequence[Sequence[str]],
    given: Sequence[str],
    notes: list[str],
    hidden: bool,
) -> tuple[str, ...]:
    """Fill in scheme, joiner, comments and spacing from the whole file; returns the labels."""
    tags = tuple(int(number) - 1 for number in re.findall(r"\d+", str(options.get("tag", ""))))
    cells = Counter(row[column] for row in rows for column in tags if column < len(row))
    matches = [match for cell in cells if (match := PREFIXED.fullmatch(cell))]
    bare = not matches and bool(set(cells) - {"O"})
    joiner = str(asked.get("joiner", "_" if matches and all(match[2] == "_" for match in matches) else "-"))
    comments = bool(asked.get("comments", any(line.startswith("#") for line in given)))
    scheme = str(asked.get("scheme", "IO" if bare else ""))
    census, words = Census(), Counter[str]()
    layout = Columns(
        (), scheme, len(tags), width=int(options["columns"]), token=int(options["token"]) - 1, tags=tags,
        joiner=joiner, comments=comments, strict=options.get("separator") == "tab", hidden=hidden,
    )  # fmt: skip
    for sentence in sentences(path, layout, Counter()):
        for level in range(1, len(sentence[0])):
            census.add([row[level] if level < len(row) else "O" for row in sentence])
        if words.total() < SAMPLE:
            words.update(row[0] for row in sentence)
    single = sum(count for word, count in words.items() if len(word) == 1) > 0.95 * words.total()
    options["scheme"] = scheme or census.scheme()
    options["spaced"] = bool(asked.get("spaced", not (single or unspaced(words.elements()))))
    options |= ({"joiner": joiner} if joiner != "-" else {}) | ({"comments": True} if comments else {})
    if bare:
        notes.append("Tags are labels without B- or I-, so neighbouring entities of one label cannot be told apart.")
    return tuple(sorted(census.labels))
