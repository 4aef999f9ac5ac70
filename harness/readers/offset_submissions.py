"""Entities filled in as offsets: the submissions of CLUENER, of CBLUE and of CHIP-2020, whose readers are in ``offsets``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.readers.offsets import (
    cblue_span,
    chip_span,
    cluener_spans,
    filled_lines,
    list_of,
    read_cblue,
    read_chip,
    read_cluener,
    text_of,
)
from harness.readers.submissions import JSON, SPLIT, Submission, paired, rows, same_number, whole_lines
from harness.readers.text import read_text
from harness.spec import Example, Span


def cluener_submission(labels: Sequence[str], name: str = "", where: str = "") -> Submission:
    """CLUENER's lines without labels, filled in as ``{"id", "label": {type: {mention: [[start, end], ...]}}}``."""

    def read(path: Path, surprises: Counter[str]) -> Iterator[Example]:
        rows(path)  # before a model is asked: without ids there is nothing to hand in
        return read_cluener(path, SPLIT, labels, surprises, hidden=True)

    def write(path: Path, answers: Sequence[Sequence[Span]]) -> Iterator[str]:
        asked = rows(path)
        texts = [text_of(row, place) for place, row in asked]
        return whole_lines(
            JSON({"id": row["id"], "label": by_mention(text, spans)})
            for (_, row), text, spans in zip(asked, texts, answers, strict=True)
        )

    def check(path: Path, handed: Path) -> Iterator[tuple[Span, ...]]:
        for place, row, answer in paired(path, handed):
            if "label" not in answer:
                raise DataError(f"{place}: no field 'label'. A row without entities has 'label': {{}}.")
            yield _once(cluener_spans(text_of(row, place), answer["label"], labels, place), place)

    return Submission(read, write, check, name, where)


def by_mention(text: str, spans: Iterable[Span]) -> dict[str, dict[str, list[list[int]]]]:
    """Spans by label and by the words that they cover, ends inclusive.

    >>> by_mention("头痛又头痛", [(0, 2, "sym"), (3, 5, "sym")])
    {'sym': {'头痛': [[0, 1], [3, 4]]}}
    """
    made: dict[str, dict[str, list[list[int]]]] = {}
    for start, end, label in sorted(spans):
        made.setdefault(label, {}).setdefault(text[start:end], []).append([start, end - 1])
    return made


def cblue_submission(labels: Sequence[str], name: str = "", where: str = "") -> Submission:
    """CBLUE's array with its ``entities`` filled in; every other field of a row stays as it is."""

    def write(path: Path, answers: Sequence[Sequence[Span]]) -> Iterator[str]:
        made = []
        for row, spans in zip(_array(path), answers, strict=True):
            text = row["text"]
            entities = [
                {"start_idx": start, "end_idx": end - 1, "type": label, "entity": text[start:end]}
                for start, end, label in spans
            ]
            made.append({**row, "entities": entities})
        yield json.dumps(made, ensure_ascii=False, indent=2) + "\n"

    def check(path: Path, handed: Path) -> Iterator[tuple[Span, ...]]:
        asked, given = _array(path), _array(handed)
        same_number(len(asked), len(given), path, handed)
        for number, (row, answer) in enumerate(zip(asked, given, strict=True), 1):
            place = f"{handed}, row {number}"
            text = _same_text(row["text"], answer["text"], place)
            yield _once(
                (cblue_span(text, one, labels, place) for one in list_of(answer, "entities", False, place)), place
            )

    return Submission(
        lambda path, found: read_cblue(path, SPLIT, labels, found, hidden=True), write, check, name, where
    )


def _array(path: Path) -> list[dict[str, Any]]:
    """The rows of a CBLUE file, each with a text. ``DataError`` naming the row for one without."""
    try:
        found = json.loads(read_text(path, Counter()))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON ({error}). Is the file cut short, or of JSON lines?") from None
    if not isinstance(found, list):
        raise DataError(f"{path}: not a JSON array of rows. Is it the CBLUE form of this task?")
    for number, row in enumerate(found, 1):
        text_of(row, f"{path}, row {number}")
    return found


def chip_submission(labels: Sequence[str], name: str = "", where: str = "") -> Submission:
    """CHIP-2020's texts, a line each, filled in as ``text|||start    end    type|||...|||``, ends inclusive."""

    def write(path: Path, answers: Sequence[Sequence[Span]]) -> Iterator[str]:
        texts = [line.split("|||")[0] for _, line in filled_lines(path, Counter())]
        return whole_lines(
            text + "|||" + "".join(f"{start}    {end - 1}    {label}|||" for start, end, label in spans)
            for text, spans in zip(texts, answers, strict=True)
        )

    def check(path: Path, handed: Path) -> Iterator[tuple[Span, ...]]:
        asked, given = list(filled_lines(path, Counter())), list(filled_lines(handed, Counter()))
        same_number(len(asked), len(given), path, handed)
        for (_, line), (place, answer) in zip(asked, given, strict=True):
            text, *cells = answer.split("|||")
            _same_text(line.split("|||")[0], text, place)
            if not cells or cells[-1].strip():
                raise DataError(f"{place}: does not end in '|||'. A text without entities is followed by it once.")
            yield _once((chip_span(text, cell, labels, place) for cell in cells[:-1]), place)

    return Submission(lambda path, found: read_chip(path, SPLIT, labels, found, hidden=True), write, check, name, where)


def _same_text(asked: str, given: str, place: str) -> str:
    if asked != given:
        raise DataError(
            f"{place}: the text is {given[:40]!r}, where the input has {asked[:40]!r}. "
            "Answers stand in the order of the input, with its texts as they are."
        )
    return asked


def _once(spans: Iterable[Span], place: str) -> tuple[Span, ...]:
    """Spans in order; ``DataError`` for an empty one and for one that is handed in twice."""
    found = sorted(spans)
    for start, end, label in found:
        if start >= end:
            raise DataError(f"{place}: the entity at {start} covers nothing: its end lies before its start.")
        if found.count((start, end, label)) > 1:
            raise DataError(f"{place}: the entity {start} to {end - 1}, {label}, is handed in twice.")
    return tuple(found)
