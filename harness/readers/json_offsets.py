"""JSON of texts with entities by offsets: doccano, Label Studio, spaCy, CBLUE, CLUENER and their like.

One object a line or an array of them. Options of a ``Form``: ``layout`` ("lines", "array", "object"), ``shape`` (how
entities are spelled, see ``harness.readers.marks.SHAPES``), ``text`` and ``entities`` (fields of a row), ``order`` (of a
triple) or ``start``, ``end``, ``label``, ``mention`` (fields of an entity), ``ends`` ("exclusive" or "inclusive"),
``units`` ("characters", "utf16", "utf8"), ``tokens`` ("characters" or "words").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.readers.form import Form, Known, Option, checked
from harness.readers.json_source import layout, rows
from harness.readers.offset_rows import OPTIONS as FIELDS
from harness.readers.offset_rows import read_offsets, recognise_offsets
from harness.spec import Example

OPTIONS: Known = {"layout": ("lines", "array", "object"), **FIELDS}


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a JSON file with offsets: its fields, whether ends are inclusive, and what offsets count."""
    given = checked(asked, OPTIONS, "json_offsets")
    shape = str(given.get("layout") or layout(path))
    options, labels, notes = recognise_offsets(path, lambda: rows(path, Counter(), shape), given, hidden)
    return Form("json_offsets", kind, labels, {"layout": shape, **options}, notes)


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a JSON file whose form is known; see ``harness.readers.read``. The other layout is read as well."""
    options = checked(form.options, OPTIONS, "json_offsets")
    return read_offsets(rows(path, surprises), split, form, options, surprises, hidden)
