"""What rows hold for each kind of task, wherever they come from: how they are recognised and read.

``ROWS`` has an entry a kind: formats whose rows serve several kinds look theirs up, so that none asks which kind it is.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from harness.readers import label_rows, span_rows
from harness.readers.form import Form, Known, Option
from harness.readers.offset_rows import Rows
from harness.spec import Example

SAMPLE = 500
"""So many rows tell which fields hold text and label."""
Found: TypeAlias = tuple[dict[str, Option], tuple[str, ...], tuple[str, ...]]
"""Options, labels and notes of a form."""


@dataclass(frozen=True)
class Names:
    """What numbers stand for, by field: ``tags`` in lists of tags, ``labels`` in fields of one label."""

    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)


Recognise: TypeAlias = Callable[[str | Path, Rows, Mapping[str, Option], Names, bool], Found]
"""Path, rows, options that are asked for, names, and whether answers are hidden -> which fields hold what."""
Read: TypeAlias = Callable[[Rows, str, Form, Mapping[str, Option], Counter[str], bool, Names], Iterator[Example]]
"""Rows, split, form, its options, surprises, whether answers are hidden, names -> examples, one at a time."""


@dataclass(frozen=True)
class RowKind:
    """Rows of one kind of task; ``options`` are those of a ``Form``."""

    options: Known
    recognise: Recognise
    read: Read


def _recognise_spans(path: str | Path, rows: Rows, asked: Mapping[str, Option], names: Names, hidden: bool) -> Found:
    return span_rows.recognise_spans(path, rows, asked, hidden, names.tags)


def _read_spans(
    rows: Rows,
    split: str,
    form: Form,
    options: Mapping[str, Option],
    surprises: Counter[str],
    hidden: bool,
    names: Names,
) -> Iterator[Example]:
    return span_rows.read_spans(rows(), split, form, options, surprises, hidden, names.tags)


def _recognise_label(path: str | Path, rows: Rows, asked: Mapping[str, Option], names: Names, hidden: bool) -> Found:
    sample = [row for _, row in itertools.islice(rows(), SAMPLE)]
    fields = label_rows.fields_of(sample, asked, path, not hidden)
    return label_rows.recognise_labels(rows(), fields, asked, names.labels, hidden, path)


def _read_label(
    rows: Rows,
    split: str,
    form: Form,
    options: Mapping[str, Option],
    surprises: Counter[str],
    hidden: bool,
    names: Names,
) -> Iterator[Example]:
    return label_rows.read_labels(rows(), split, form, options, surprises, hidden, names.labels)


def _recognise_tokens(path: str | Path, rows: Rows, asked: Mapping[str, Option], names: Names, hidden: bool) -> Found:
    sample = [row for _, row in itertools.islice(rows(), SAMPLE)]
    return {"text": label_rows.fields_of(sample, asked, path, label=False)[0]}, (), ()


def _read_tokens(
    rows: Rows,
    split: str,
    form: Form,
    options: Mapping[str, Option],
    surprises: Counter[str],
    hidden: bool,
    names: Names,
) -> Iterator[Example]:
    return label_rows.read_texts(rows(), split, options)


ROWS: Mapping[str, RowKind] = {
    "spans": RowKind(span_rows.OPTIONS, _recognise_spans, _read_spans),
    "label": RowKind(label_rows.OPTIONS, _recognise_label, _read_label),
    "tokens": RowKind({"text": str}, _recognise_tokens, _read_tokens),
}
"""Kind -> its rows."""
