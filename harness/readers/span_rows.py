"""Rows with entities, by offsets or by tags: which of both, and their examples."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.readers.fields import ENTITIES, shape_of
from harness.readers.form import Form, Known, Option
from harness.readers.marks import opened
from harness.readers.offset_rows import OPTIONS as BY_OFFSETS
from harness.readers.offset_rows import Rows, fill, read_offsets, recognise_offsets
from harness.readers.tag_rows import OPTIONS as BY_TAGS
from harness.readers.tag_rows import fill_tags, read_tags, recognise_tags, tag_fields
from harness.spec import Example, Span

SAMPLE = 100
OPTIONS: Known = {**BY_OFFSETS, **BY_TAGS, "shape": (*BY_OFFSETS["shape"], "tags")}  # type: ignore[misc]


def recognise_spans(
    path: str | Path,
    rows: Rows,
    asked: Mapping[str, Option],
    hidden: bool = False,
    known: Mapping[str, Sequence[str]] | None = None,
) -> tuple[dict[str, Option], tuple[str, ...], tuple[str, ...]]:
    """Options, labels and notes of rows with entities; ``known`` are the names of numbers, by field."""
    sample = [opened(row) for _, row in itertools.islice(rows(), SAMPLE)]
    fields = tag_fields(sample, asked)
    offsets = any(isinstance(row, dict) and shape_of(row.get(name)) for row in sample for name in ENTITIES)
    if fields[0] and (asked.get("shape") == "tags" or not (offsets or asked.get("shape"))):
        return recognise_tags(path, rows(), fields, asked, known or {})
    return recognise_offsets(path, rows, {name: value for name, value in asked.items() if name in BY_OFFSETS}, hidden)


def read_spans(
    rows: Iterable[tuple[str, Any]],
    split: str,
    form: Form,
    options: Mapping[str, Option],
    surprises: Counter[str],
    hidden: bool = False,
    known: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Example]:
    """Examples of rows whose form is known, one at a time."""
    if options.get("shape") == "tags":
        return read_tags(rows, split, form, options, surprises, hidden, known)
    return read_offsets(rows, split, form, options, surprises, hidden)


def fill_spans(row: Any, spans: Sequence[Span], options: Mapping[str, Option], place: str) -> Any:
    """A row with these spans as its entities; its other fields stay as they are."""
    return (fill_tags if options.get("shape") == "tags" else fill)(row, spans, options, place)
