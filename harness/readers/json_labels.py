"""JSON of texts with a label each (kind "label"), or of texts alone (kind "tokens"): one object a line or an array.

Options of a ``Form``: ``layout`` ("lines", "array", "object"), ``text`` and ``label`` (fields of a row; ``text`` may be
several, ``title+body``), ``numbers`` (labels are whole numbers), ``tokens`` ("characters" or "words"),
``id`` (the field whose values are the ids of the examples, or "no": rows are numbered).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.readers import label_rows
from harness.readers.form import Form, Known, Option, checked
from harness.readers.json_source import answered, layout, rows
from harness.readers.row_kinds import ROWS, SAMPLE, Names
from harness.spec import Example

OPTIONS: Known = {"layout": ("lines", "array", "object"), "numbers": bool, **label_rows.OPTIONS}


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a JSON file of texts: its fields and its labels, numbers in their order and words in the alphabet's."""
    given = checked(asked, OPTIONS, "json_labels")
    shape = layout(path)  # told by the file itself, whatever another one was

    def every() -> Iterator[tuple[str, Any]]:
        return rows(path, Counter(), shape)

    found, labels, notes = ROWS[kind].recognise(path, every, given, Names(), hidden)
    options: dict[str, Option] = {"layout": shape, **found}
    label = found.get("label")
    if label and any(type(row.get(label)) is int for _, row in itertools.islice(every(), SAMPLE)):
        options["numbers"] = True
    return Form("json_labels", kind, labels, options, notes)


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a JSON file whose form is known; see ``harness.readers.read``."""
    options = checked(form.options, OPTIONS, "json_labels")
    return ROWS[form.kind].read(lambda: rows(path, surprises), split, form, options, surprises, hidden, Names())


def write(path: Path, form: Form, answers: Sequence[int]) -> Iterator[str]:
    """The text of a JSON file with these answers as its labels; what else a row holds stays as it is."""
    options = checked(form.options, OPTIONS, "json_labels")
    field, said = str(options.get("label", "label")), int if options.get("numbers") else str
    pairs = zip(rows(path, Counter()), answers, strict=True)
    return answered(path, ({**row, field: said(form.labels[answer])} for (_, row), answer in pairs))
