"""Hugging Face data sets: saved on disk, in Parquet, or by their id on the hub (``hf://owner/name``).

Options of a ``Form``: ``part`` (the split of the data set; without it train, validation and test are found by their
usual names), ``config`` and ``revision`` (of a hub id), and those of rows: for kind "spans" see ``json_offsets``, for
kind "label" ``text``, ``label`` and ``tokens``, for kind "tokens" ``text``. Names of numbers come from ``ClassLabel``.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.readers import label_rows, span_rows
from harness.readers.form import Form, Known, Option, checked
from harness.readers.hf_source import Source, open_source
from harness.spec import Example

OF_SOURCE: Known = {"part": str, "config": str, "revision": str}
OPTIONS: Mapping[str, Known] = {
    "spans": {**OF_SOURCE, **span_rows.OPTIONS},
    "label": {**OF_SOURCE, **label_rows.OPTIONS},
    "tokens": {**OF_SOURCE, "text": str},
}


def recognise(path: str | Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a data set: which columns hold texts or tokens, and tags, entities or labels."""
    given = checked(asked, OPTIONS[kind], "huggingface")
    source = open_source(path, given, "")
    kept = {name: given[name] for name in OF_SOURCE if name in given}
    rest = {name: value for name, value in given.items() if name not in OF_SOURCE}
    notes = (
        (f"Looked at the part {source.part!r}; there are {', '.join(source.parts)}.",) if len(source.parts) > 1 else ()
    )
    if kind == "spans":
        found = span_rows.recognise_spans(path, source.rows, rest, hidden, source.tags)
    else:
        sample = [row for _, row in itertools.islice(source.rows(), 500)]
        text, label = label_rows.fields_of(sample, rest, path, kind == "label" and not hidden)
        if kind == "tokens":
            return Form("huggingface", kind, (), {**kept, "text": text}, notes)
        found = label_rows.recognise_labels(source.rows(), (text, label), rest, source.names, hidden)
    return Form("huggingface", kind, found[1], {**kept, **found[0]}, (*notes, *found[2]))


def read(path: str | Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a data set whose form is known; see ``harness.readers.read``."""
    options = checked(form.options, OPTIONS[form.kind], "huggingface")
    source: Source = open_source(path, options, split)
    if form.kind == "spans":
        return span_rows.read_spans(source.rows(), split, form, options, surprises, hidden, source.tags)
    if form.kind == "tokens":
        return label_rows.read_texts(source.rows(), split, options)
    return label_rows.read_labels(source.rows(), split, form, options, surprises, hidden, source.names)
