"""Files of columns, a token a line: their lines, cells and tags."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import DataError
from harness.readers.form import listed
from harness.readers.tags import SCHEMES
from harness.readers.text import lines

SPACE_CELL = "empty token cell read as a space"
WHITE_LINE = "line of white space alone read as a sentence break"
COMMENT_LINE = "comment line skipped"
DOCUMENT_LINE = "line -DOCSTART- skipped"
BLANKS = "line with more blanks than one tab or one space between its columns, or behind them"


@dataclass(frozen=True)
class Columns:
    """How a column file is laid out.

    ``levels`` counts its tag columns. ``spaced`` says that words are joined by one space; Chinese characters are joined
    by nothing. ``numbered`` files start each line with the token's number and may hold comment lines that begin with
    ``#``. ``cell`` turns the raw token cell into the token and counts what it had to repair.

    The other fields are for files with further columns: ``width`` of them (0: token and tags alone), the token in
    column ``token`` and the tags in ``tags``, from 0. ``joiner`` stands between prefix and label; ``comments`` says
    that lines with ``#`` are skipped where they are no row. Without ``labels`` every label is taken, without
    ``scheme`` every prefix. In ``strict`` files one tab stands between columns, and a token may hold spaces. ``hidden``
    files may lack their tags.
    """

    labels: tuple[str, ...]
    scheme: str = "BIO"
    levels: int = 1
    spaced: bool = False
    numbered: bool = False
    cell: Callable[[str, Counter[str]], str] | None = None
    width: int = 0
    token: int = 0
    tags: tuple[int, ...] = ()
    joiner: str = "-"
    comments: bool = False
    strict: bool = False
    hidden: bool = False

    def full(self) -> Columns:
        """The same layout with ``width``, ``token`` and ``tags`` filled in.

        >>> Columns((), levels=2, numbered=True).full().tags
        (2, 3)
        """
        if self.width:
            return self
        token = int(self.numbered)
        tags = tuple(range(token + 1, token + 1 + self.levels))
        return dataclasses.replace(self, width=token + 1 + self.levels, token=token, tags=tags)


def sentences(path: Path, layout: Columns, surprises: Counter[str]) -> Iterator[list[list[str]]]:
    """The rows ``[token, tag, ...]`` of each sentence of a column file, checked; tags come out as ``prefix-label``.

    Raises ``DataError`` for a wrong number of columns, an unknown tag or label, an empty file.
    """
    layout, rows, found = layout.full(), [], False
    tags = Tags(layout)
    for number, line in lines(path, surprises):
        skipped = _skipped(line, layout, tags, surprises)
        if skipped == COMMENT_LINE:
            continue
        if not skipped:
            rows.append(_row(line, layout, tags, surprises, f"{path}, line {number}"))
            found = True
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows
    if not found:
        raise DataError(f"{path}: holds no sentence. Get a fresh copy.")


def _skipped(line: str, layout: Columns, tags: Tags, surprises: Counter[str]) -> str:
    """Why a line is no row, counted; empty for a row."""
    if not line:
        return "blank"
    if line.isspace():
        surprises[WHITE_LINE] += 1
        return WHITE_LINE
    if line.startswith("-DOCSTART-"):
        surprises[DOCUMENT_LINE] += 1
        return DOCUMENT_LINE
    if line[0] == "#" and (layout.numbered or (layout.comments and not is_row(line, layout, tags))):
        surprises[COMMENT_LINE] += 1
        return COMMENT_LINE
    return ""


def is_row(line: str, layout: Columns, tags: Tags) -> bool:
    """Whether a line has the columns of the table, and tags in those for tags."""
    cells = split(line, layout.width, Counter(), layout.strict)
    return len(cells) == layout.width and not any(tags.problem(cells[column]) for column in layout.tags)


def split(line: str, width: int, surprises: Counter[str], strict: bool = False) -> list[str]:
    """The cells of a line as people type them: tabs or blanks between columns, one or more, and blanks at its end.

    >>> split("京 \\tB-LOC ", 2, Counter()), split(" O", 2, Counter())
    (['京', 'B-LOC'], ['', 'O'])
    """
    separator = "\t" if "\t" in line else " "
    cells = line.split(separator)
    if len(cells) == width and (" " not in line if separator == "\t" else all(cells)):
        return cells
    if separator == "\t" and len(cells) == width:
        kept = [cell.strip(" ") or cell for cell in cells]
        if strict or not any(" " in cell.strip(" ") for cell in cells):
            if kept != cells:
                surprises[BLANKS] += 1
            return kept
    cells = re.split(r"[ \t]+", line.strip(" \t"))
    if len(cells) == width - 1 and line[0] in " \t":
        cells.insert(0, " " if line.startswith("  ") else "")
    if len(cells) == width and line not in (" ".join(cells), "\t".join(cells)):
        surprises[BLANKS] += 1
    return cells


def _row(line: str, layout: Columns, tags: Tags, surprises: Counter[str], place: str) -> list[str]:
    """Token and tags of one line, checked."""
    cells = split(line, layout.width, surprises, layout.strict)
    bare = layout.hidden and len(cells) in (1, layout.width - len(layout.tags))
    if len(cells) != layout.width and not bare:
        raise DataError(
            f"{place}: {line[:40]!r} does not have {layout.width} columns (token and {layout.levels} of tags). "
            "Is it the right file, or was its separator changed? Tabs or spaces stand between columns."
        )
    token = cells[layout.token if layout.token < len(cells) else 0]
    if layout.cell is not None:
        token = layout.cell(token, surprises)
    if not token:
        surprises[SPACE_CELL] += 1
        token = " "
    try:
        return [token, *(() if len(cells) < layout.width else [tags[cells[column]] for column in layout.tags])]
    except ValueError as error:
        raise DataError(f"{place}: {error}") from None


def told_lines(path: Path, layout: Columns) -> Iterator[tuple[int, str, bool]]:
    """The lines of a column file with their numbers, and whether each is a row of a sentence."""
    layout = layout.full()
    tags = Tags(layout)
    for number, line in lines(path, Counter()):
        yield number, line, not _skipped(line, layout, tags, Counter())


def filled_row(line: str, tags: Sequence[str], layout: Columns) -> str:
    """A line with other tags, which it may lack; what stands between its columns stays the first that it has.

    >>> filled_row("Bonn NNP O", ["B-LOC"], Columns((), width=3, tags=(2,)))
    'Bonn NNP B-LOC'
    >>> filled_row("京", ["B-LOC"], Columns((), hidden=True))
    '京 B-LOC'
    """
    layout = layout.full()
    cells = split(line, layout.width, Counter(), layout.strict)
    if len(cells) < layout.width:
        rest = iter(cells)
        bare = len(cells) == 1
        cells = [
            "" if place in layout.tags else (cells[0] if place == layout.token else "_") if bare else next(rest)
            for place in range(layout.width)
        ]
    for place, tag in zip(layout.tags, tags, strict=True):
        cells[place] = tag
    return ("\t" if "\t" in line or layout.strict else " ").join(cells)


class Tags(dict[str, str]):
    """Each tag as it is written -> as ``prefix-label``; filled as tags come, because a file repeats few of them.

    >>> Tags(Columns(("PER",), joiner="_"))["B_PER"], Tags(Columns(("PER",), "IO"))["PER"]
    ('B-PER', 'I-PER')
    """

    def __init__(self, layout: Columns) -> None:
        super().__init__({"O": "O"})
        self.layout = layout

    def __missing__(self, tag: str) -> str:
        problem = self.problem(tag)
        if problem:
            raise ValueError(problem)
        prefix, label = self.parts(tag)
        self[tag] = f"{prefix}-{label}"
        return self[tag]

    def parts(self, tag: str) -> tuple[str, str]:
        """Prefix and label of a tag."""
        prefix, _, label = ("I", "", tag) if self.layout.scheme == "IO" else tag.partition(self.layout.joiner)
        return prefix, label

    def problem(self, tag: str) -> str:
        """What is wrong with a tag, or nothing."""
        if tag in self:
            return ""
        scheme, labels = self.layout.scheme, self.layout.labels
        prefix, label = self.parts(tag)
        allowed = SCHEMES.get(scheme, "BIMESLU")
        if len(prefix) != 1 or prefix not in allowed or not label:
            hint = " Is the letter O meant?" if tag in ("0", "o") else ""
            return f"{tag!r} is not a tag of the scheme {scheme or 'BIO'}.{hint} Correct the line or get a fresh copy."
        if labels and label not in labels:
            return (
                f"unknown label {label!r}. This task knows {listed(labels, 40)}; "
                "is the file of another task or version?"
            )
        return ""
