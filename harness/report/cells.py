"""Cells of tables and parts of captions that all formats of a board share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.board.values import Ends, Value, number
from harness.statistics.ranks import Place

LINK = re.compile(r"\][(\[:]")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes the beginning of a formula for."""


@dataclass(frozen=True)
class Cell:
    """What a table shows in one place, what it is sorted by, and where it leads."""

    text: str = ""
    sort: float | str | None = None
    link: str = ""


def plain(text: Any) -> str:
    r"""Text that cannot break a line or a table, nor be taken for a tag or a link.

    >>> plain("two\nlines <b> \x00")
    'two lines &lt;b> \ufffd'
    >>> print(plain("[a](javascript:b) and [c]"))
    \[a](javascript:b) and \[c]
    """
    shown = printable(text).replace("<", "&lt;")
    return shown.replace("[", "\\[") if LINK.search(shown) else shown


def printable(text: Any) -> str:
    r"""Text in one line without signs that XML, UTF-8 or a terminal has no form for.

    >>> printable("two\nlines <b> \x00")
    'two lines <b> \ufffd'
    """
    joined = " ".join(str(text).split())
    return "".join("\ufffd" if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in joined)


def inert(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of CSV in which no text is a formula for a spreadsheet: what begins like one gets an apostrophe before it.

    >>> inert({"model": "=1+1", "change": "-", "value": -0.5})
    {'model': "'=1+1", 'change': '-', 'value': -0.5}
    """
    return {
        name: f"'{item}" if isinstance(item, str) and item[:1] in FORMULA and len(item) > 1 else item
        for name, item in row.items()
    }


def text_cell(value: str | None) -> Cell:
    """A cell of text; empty for ``None``."""
    return Cell(value or "", value)


def count_cell(value: int | None) -> Cell:
    """A cell of a whole number; empty for ``None``.

    >>> count_cell(2505235)
    Cell(text='2,505,235', sort=2505235, link='')
    """
    return Cell(f"{value:,}", value) if value is not None else Cell()


def interval_text(ends: Ends, unit: str = "proportion") -> str:
    """An interval; a dash where the reason is known why there is none, nothing where nothing is known of the error.

    >>> interval_text(Ends(0.4, 0.6)), interval_text(Ends(none="one seed")), interval_text(Ends())
    ('40.00 to 60.00', '-', '')
    """
    if ends.lower is None or ends.upper is None:
        return "-" if ends.none else ""
    return f"{number(ends.lower, unit)} to {number(ends.upper, unit)}"


def interval_cell(value: Value | None, of: str) -> Cell:
    """A cell of the interval ``checkpoints`` or ``recipe`` of a value, sorted by its lower end."""
    if value is None:
        return Cell()
    ends: Ends = getattr(value, of)
    return Cell(interval_text(ends, value.unit), ends.lower)


def place_text(place: Place) -> str:
    """A range of places, marked where it is of these checkpoints; a dash where there is none.

    >>> place_text(Place(1, 4, "recipe")), place_text(Place(2, 2, "checkpoints")), place_text(Place(None, None, ""))
    ('1-4', '2 *', '-')
    """
    if place.first is None or place.last is None:
        return "-"
    span = str(place.first) if place.first == place.last else f"{place.first}-{place.last}"
    return f"{span}{' *' if place.basis == 'checkpoints' else ''}"


def place_cell(place: Place, role: str = "learned") -> Cell:
    """A cell of a range of places, sorted by its middle; the role of a row that is never ranked."""
    if role not in ("learned", "timed"):
        return Cell(role)
    if place.first is None or place.last is None:
        return Cell("-")
    return Cell(place_text(place), (place.first + place.last) / 2)


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


ENDS = ("lower", "upper", "standard_error", "degrees")
"""What is written of an interval for programs."""


def placed(place: Place) -> dict[str, Any]:
    """A range of places for programs."""
    return {"first_place": place.first, "last_place": place.last, "ranked_as": place.basis}


def scored(value: Value) -> dict[str, Any]:
    """A value with both intervals for programs, and the one that plots draw as ``lower`` and ``upper``."""
    made = {"value": value.value, "printed": value.printed, "lower": value.drawn.lower, "upper": value.drawn.upper}
    for name in ("checkpoints", "recipe"):
        made |= {f"{name}_{end}": getattr(getattr(value, name), end) for end in ENDS}
    return made
