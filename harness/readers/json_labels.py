"""JSON of texts with a label each (kind "label"), or of texts alone (kind "tokens"): one object a line or an array.

Options of a ``Form``: ``layout`` ("lines", "array", "object"), ``text`` and ``label`` (fields of a row; ``text`` may be
several, ``title+body``), ``numbers`` (labels are whole numbers), ``tokens`` ("characters" or "words").
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.readers import label_rows
from harness.readers.form import Form, Known, Option, checked
from harness.readers.json_source import answered, layout, rows
from harness.spec import Example

OPTIONS: Known = {"layout": ("lines", "array", "object"), "numbers": bool, **label_rows.OPTIONS}


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a JSON file of texts: its fields and its labels, numbers in their order and words in the alphabet's."""
    given = checked(asked, OPTIONS, "json_labels")
    shape = layout(path)  # told by the file itself, whatever another one was
    sample = [row for _, row in itertools.islice(rows(path, Counter(), shape), 500)]
    text, label = label_rows.fields_of(sample, given, path, kind == "label" and not hidden)
    if kind == "tokens":
        return Form("json_labels", kind, (), {"layout": shape, "text": text})
    found = label_rows.recognise_labels(rows(path, Counter(), shape), (text, label), given, hidden=hidden)
    options = {"layout": shape, **found[0]}
    if any(type(row.get(label)) is int for row in sample):
        options["numbers"] = True
    return Form("json_labels", kind, found[1], options, found[2])


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a JSON file whose form is known; see ``harness.readers.read``."""
    options = checked(form.options, OPTIONS, "json_labels")
    if form.kind == "tokens":
        return label_rows.read_texts(rows(path, surprises), split, options)
    return label_rows.read_labels(rows(path, surprises), split, form, options, surprises, hidden)


def write(path: Path, form: Form, answers: Sequence[int]) -> Iterator[str]:
    """The text of a JSON file with these answers as its labels; what else a row holds stays as it is."""
    options = checked(form.options, OPTIONS, "json_labels")
    field, said = str(options.get("label", "label")), int if options.get("numbers") else str
    pairs = zip(rows(path, Counter()), answers, strict=True)
    return answered(path, ({**row, field: said(form.labels[answer])} for (_, row), answer in pairs))
