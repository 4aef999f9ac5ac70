"""Hugging Face data sets: saved on disk, in Parquet, or by their id on the hub (``hf://owner/name``).

Options of a ``Form``: ``part`` (the split of the data set; without it train, validation and test are found by their
usual names), ``config`` and ``revision`` (of a hub id), and those of rows: for kind "spans" see ``json_offsets``, for
kind "label" ``text``, ``label`` and ``tokens``, for kind "tokens" ``text``. Names of numbers come from ``ClassLabel``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.readers.form import Form, Known, Option, checked
from harness.readers.hf_source import Source, open_source
from harness.readers.row_kinds import ROWS, Names
from harness.spec import Example

OF_SOURCE: Known = {"part": str, "config": str, "revision": str}
OPTIONS: Mapping[str, Known] = {kind: {**OF_SOURCE, **rows.options} for kind, rows in ROWS.items()}


def recognise(path: str | Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a data set: which columns hold texts or tokens, and tags, entities or labels."""
    given = checked(asked, OPTIONS[kind], "huggingface")
    source = open_source(path, given, "")
    kept = {name: given[name] for name in OF_SOURCE if name in given}
    rest = {name: value for name, value in given.items() if name not in OF_SOURCE}
    several = f"Looked at the part {source.part!r}; there are {', '.join(source.parts)}."
    options, labels, notes = ROWS[kind].recognise(path, source.rows, rest, _names(source), hidden)
    return Form("huggingface", kind, labels, {**kept, **options}, (several, *notes) if len(source.parts) > 1 else notes)


def read(path: str | Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a data set whose form is known; see ``harness.readers.read``."""
    options = checked(form.options, OPTIONS[form.kind], "huggingface")
    source = open_source(path, options, split)
    return ROWS[form.kind].read(source.rows, split, form, options, surprises, hidden, _names(source))


def _names(source: Source) -> Names:
    return Names(source.tags, source.names)
