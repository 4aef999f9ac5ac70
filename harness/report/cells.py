"""Cells of tables and parts of captions that all formats of a board share."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.board.values import Value, number


@dataclass(frozen=True)
class Cell:
    """What a table shows in one place, what it is sorted by, and where it leads."""

    text: str = ""
    sort: float | str | None = None
    link: str = ""


def plain(text: Any) -> str:
    r"""Text that cannot break a line or a table, nor be taken for a tag.

    >>> plain("two\nlines <b> \x00")
    'two lines &lt;b> \ufffd'
    """
    return printable(text).replace("<", "&lt;")


def printable(text: Any) -> str:
    r"""Text in one line without signs that XML, UTF-8 or a terminal has no form for.

    >>> printable("two\nlines <b> \x00")
    'two lines <b> \ufffd'
    """
    joined = " ".join(str(text).split())
    return "".join("\ufffd" if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in joined)


def text_cell(value: str | None) -> Cell:
    """A cell of text; empty for ``None``."""
    return Cell(value or "", value)


def count_cell(value: int | None) -> Cell:
    """A cell of a whole number; empty for ``None``.

    >>> count_cell(2505235)
    Cell(text='2,505,235', sort=2505235, link='')
    """
    return Cell(f"{value:,}", value) if value is not None else Cell()


def interval_text(value: Value | None) -> str:
    """The 95 % interval of a value; empty where it has none.

    >>> interval_text(Value(0.5, lower=0.4, upper=0.6)), interval_text(Value(0.5))
    ('40.00 to 60.00', '')
    """
    if value is None or value.lower is None or value.upper is None:
        return ""
    return f"{number(value.lower, value.unit)} to {number(value.upper, value.unit)}"


def interval_cell(value: Value | None) -> Cell:
    """A cell of an interval, sorted by its lower end; empty where there is none."""
    text = interval_text(value)
    return Cell(text, value.lower) if value and text else Cell()


def first_rows(limit: int | None) -> str:
    """What a caption says of a run on a part of the data; empty for a run on all of it.

    >>> first_rows(100), first_rows(None)
    (', only the first 100 rows of every split', '')
    """
    return f", only the first {limit} rows of every split" if limit else ""


def short_names(rows: Iterable[tuple[str, str | None]], task: str) -> list[str]:
    """Models with their encoders as plots name them: without the task's folder, the encoder only where there are
    several.

    >>> short_names([("ner/crf", "bilstm"), ("trivial/gazetteer", None)], "ner/cmeee")
    ['crf', 'trivial/gazetteer']
    >>> short_names([("ner/crf", "bilstm"), ("ner/crf", "bert (c0ffee12)")], "ner/cmeee")
    ['crf · bilstm', 'crf · bert (c0ffee12)']
    """
    held = list(rows)
    several = len({encoder for _, encoder in held if encoder}) > 1
    folder = task.partition("/")[0] + "/"
    named = (model.removeprefix(folder) + (f" · {encoder}" if encoder and several else "") for model, encoder in held)
    return [printable(name) for name in named]
