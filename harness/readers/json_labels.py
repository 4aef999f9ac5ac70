"""JSON of texts with a label each (kind "label"), or of texts alone (kind "tokens"): one object a line or an array.

Options of a ``Form``: ``layout`` ("lines", "array", "object"), ``text`` and ``label`` (fields of a row; ``text`` may be
several, ``title+body``), ``tokens`` ("characters" or "words").
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.readers import label_rows
from harness.readers.form import Form, Known, Option, checked
from harness.readers.json_source import layout, rows
from harness.spec import Example

OPTIONS: Known = {"layout": ("lines", "array", "object"), **label_rows.OPTIONS}


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a JSON file of texts: its fields and its labels, numbers in their order and words in the alphabet's."""
    given = checked(asked, OPTIONS, "json_labels")
    shape = str(given.get("layout") or layout(path))
    sample = [row for _, row in itertools.islice(rows(path, Counter(), shape), 500)]
    text, label = label_rows.fields_of(sample, given, path, kind == "label" and not hidden)
    if kind == "tokens":
        return Form("json_labels", kind, (), {"layout": shape, "text": text})
    found = label_rows.recognise_labels(rows(path, Counter(), shape), (text, label), given, hidden=hidden)
    return Form("json_labels", kind, found[1], {"layout": shape, **found[0]}, found[2])


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a JSON file whose form is known; see ``harness.readers.read``."""
    options = checked(form.options, OPTIONS, "json_labels")
    if form.kind == "tokens":
        return label_rows.read_texts(rows(path, surprises), split, options)
    return label_rows.read_labels(rows(path, surprises), split, form, options, surprises, hidden)
