"""JSON of texts with entities by offsets: doccano, Label Studio, spaCy, CBLUE, CLUENER and their like.

One object a line or an array of them. Options of a ``Form``: ``layout`` ("lines", "array", "object"), ``shape`` (how
entities are spelled, see ``harness.readers.marks.SHAPES``), ``text`` and ``entities`` (fields of a row), ``order`` (of a
triple) or ``start``, ``end``, ``label``, ``mention`` (fields of an entity), ``ends`` ("exclusive" or "inclusive"),
``units`` ("characters", "utf16", "utf8"), ``tokens`` ("characters" or "words"), ``id`` (the field whose values are the ids of the
examples, or "no": rows are numbered).

Rows of tokens with a tag each, ``{"tokens": [...], "ner_tags": [...]}``, have the shape "tags" and the options ``words``
and ``tags`` (fields of a row), ``names`` (the tags that numbers stand for, from 0), ``scheme``, ``joiner``, ``spaced``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.readers import conll
from harness.readers.form import Form, Known, Option, checked
from harness.readers.json_source import answered, layout, rows
from harness.readers.span_rows import OPTIONS as FIELDS
from harness.readers.span_rows import fill_spans, read_spans, recognise_spans
from harness.readers.tag_rows import tag_layout
from harness.spec import Example, Span, Text

OPTIONS: Known = {"layout": ("lines", "array", "object"), **FIELDS}


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a JSON file with offsets: its fields, whether ends are inclusive, and what offsets count."""
    given = checked(asked, OPTIONS, "json_offsets")
    shape = layout(path)  # told by the file itself, whatever another one was
    options, labels, notes = recognise_spans(path, lambda: rows(path, Counter(), shape), given, hidden)
    return Form("json_offsets", kind, labels, {"layout": shape, **options}, notes)


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a JSON file whose form is known; see ``harness.readers.read``. The other layout is read as well."""
    options = checked(form.options, OPTIONS, "json_offsets")
    return read_spans(rows(path, surprises), split, form, options, surprises, hidden)


def write(path: Path, form: Form, answers: Sequence[Sequence[Span]]) -> Iterator[str]:
    """The text of a JSON file with these answers as its entities; what else a row holds stays as it is."""
    options = checked(form.options, OPTIONS, "json_offsets")
    filled = (
        fill_spans(row, spans, options, place)
        for (place, row), spans in zip(rows(path, Counter()), answers, strict=True)
    )
    return answered(path, filled)


def fit(form: Form, text: Text, spans: Sequence[Span]) -> Sequence[Span]:
    """The spans that rows of this form can say: tags say those on token borders that do not overlap."""
    options = checked(form.options, OPTIONS, "json_offsets")
    return conll.fitting(text, spans, tag_layout(form, options)) if options.get("shape") == "tags" else spans
