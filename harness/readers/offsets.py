"""Entities as offsets into a text: the JSON of CBLUE, the lines of CHIP and CLUENER, the chunks of MSRA."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.readers import json_source, spots
from harness.readers.json_source import BLANK_LINE
from harness.readers.text import lines
from harness.spec import DataFile, Example, Span, Text

EMPTY_SPAN = "empty span dropped"
REPEATED_SPAN = "span given twice with one label kept once"
HIDDEN_LABELS = "row that has an answer already where answers are to be given: it is not used"
OTHER_LAYOUT = {
    "lines": "file of a row a line read where one array was expected",
    "array": "file of one array read where a row a line was expected",
}


def pick(split: str, known: Sequence[DataFile], files: Mapping[str, Path]) -> tuple[str, Path]:
    """Name and path of the first form of a split that is at hand, in the order of the card.

    Raises ``DataError`` listing the names that would do.
    """
    names = [file.name for file in known if file.split == split]
    for name in names:
        if name in files:
            return name, Path(files[name])
    if not names:
        splits = ", ".join(dict.fromkeys(file.split for file in known))
        raise DataError(f"this task has no files for a split called {split!r}. Its splits are: {splits}.")
    raise DataError(f"no file of split {split!r} is at hand. Bring one of: {', '.join(names)}.")


def checked_span(
    text: str,
    start: Any,
    last: Any,
    label: Any,
    labels: Sequence[str],
    place: str,
    ends: str = "inclusive",
    units: str = "characters",
) -> Span:
    """A half-open span from offsets whose end is inclusive, or as ``ends`` says; an empty one has ``start == end``.

    Without ``labels`` every label is taken. Raises ``DataError`` for offsets that do not lie in the text.

    >>> checked_span("咳嗽三天", 0, 1, "sym", ("sym",), "a.json, row 1")
    (0, 2, 'sym')
    """
    if labels and label not in labels:
        raise DataError(
            f"{place}: unknown label {label!r}. This task knows {', '.join(labels)}; "
            "is the file of another task or version?"
        )
    if isinstance(start, bool) or isinstance(last, bool) or not isinstance(start, int) or not isinstance(last, int):
        raise DataError(
            f"{place}: the offsets {start!r} and {last!r} are not whole numbers. Correct the row or get a fresh copy."
        )
    spot = spots.place(text, start, last, ends, units)
    if spot is None:
        others = [spots.SAID[way] for way in spots.WAYS if spots.place(text, start, last, *way) is not None]
        counted = "" if units == "characters" else f", counted in {units}"
        raise DataError(
            f"{place}: the offsets {start} to {last} (end {ends}{counted}) do not lie in a text of {len(text)} characters. "
            f"{f'They would if {others[0]}.' if others else 'Correct the row or get a fresh copy.'}"
        )
    return *spot, str(label)


def settle(spans: Iterable[Span], surprises: Counter[str]) -> tuple[Span, ...]:
    """Sorted spans without empty ones and without repetitions, both counted.

    >>> settle([(2, 3, "b"), (0, 1, "a"), (4, 4, "a"), (0, 1, "a")], Counter())
    ((0, 1, 'a'), (2, 3, 'b'))
    """
    given = list(spans)
    filled = [span for span in given if span[0] < span[1]]
    kept = tuple(sorted(set(filled)))
    _count(surprises, EMPTY_SPAN, len(given) - len(filled))
    _count(surprises, REPEATED_SPAN, len(filled) - len(kept))
    return kept


def filled_lines(path: Path, surprises: Counter[str]) -> Iterator[tuple[str, str]]:
    """The lines of a file that hold something, each with the words that say where it stands; blank ones are counted."""
    for number, line in lines(path, surprises):
        if line.strip():
            yield f"{path}, line {number}", line
        else:
            surprises[BLANK_LINE] += 1


def read_cblue(
    path: Path, split: str, labels: Sequence[str], surprises: Counter[str], hidden: bool = False
) -> Iterator[Example]:
    """CBLUE's JSON: an array of ``{"text", "entities": [{"start_idx", "end_idx", "type", "entity"}]}``, ends included."""
    for number, (place, row) in enumerate(_rows(path, "array", surprises)):
        text = text_of(row, place)
        spans = [cblue_span(text, entity, labels, place) for entity in list_of(row, "entities", hidden, place)]
        yield Example(f"{split}-{number}", Text(text), _target(spans, hidden, surprises))


def _rows(path: Path, expected: str, surprises: Counter[str]) -> Iterator[tuple[str, Any]]:
    """The rows of a JSON file that should be "lines" or an "array"; the other layout is read as well, and counted.

    Raises ``DataError`` for a file without rows.
    """
    found, filled = json_source.layout(path), False
    if {found, expected} == {"lines", "array"}:
        surprises[OTHER_LAYOUT[found]] += 1
    for place, row in json_source.rows(path, surprises, found):
        if row == {} and not filled:
            break
        filled = True
        yield place, row
    if not filled:
        raise DataError(f"{path}: not a filled JSON array of rows, nor a row a line. Is it a file of this task?")


def cblue_span(text: str, entity: Any, labels: Sequence[str], place: str) -> Span:
    """The span of one of CBLUE's entities; ``DataError`` for what is none."""
    if not isinstance(entity, dict) or not {"start_idx", "end_idx", "type"} <= entity.keys():
        raise DataError(f"{place}: an entity without start_idx, end_idx and type. Is it the CBLUE form of this task?")
    span = checked_span(text, entity["start_idx"], entity["end_idx"], entity["type"], labels, place)
    check_spelling(text, span, entity.get("entity"), place)
    return span


def read_chip(
    path: Path, split: str, labels: Sequence[str], surprises: Counter[str], hidden: bool = False
) -> Iterator[Example]:
    """CHIP-2020's lines ``text|||start    end    type|||...|||``, ends inclusive; a hidden split has texts alone."""
    for row_number, (place, line) in enumerate(filled_lines(path, surprises)):
        text, *cells = line.split("|||")
        if not cells and not hidden:
            raise DataError(
                f"{place}: no '|||' after the text, so no labels. "
                "Is it the file of a split whose labels are hidden, or cut short?"
            )
        if cells and cells[-1].strip():
            raise DataError(f"{place}: does not end in '|||'. The file is probably cut short: get a fresh copy.")
        spans = [chip_span(text, cell, labels, place) for cell in cells[:-1]]
        yield Example(f"{split}-{row_number}", Text(text), _target(spans, hidden, surprises))


def chip_span(text: str, cell: str, labels: Sequence[str], place: str) -> Span:
    """The span of ``start    end    type``, end inclusive; ``DataError`` for what is none."""
    fields = cell.split()
    if len(fields) != 3:
        raise DataError(
            f"{place}: {cell!r} has {len(fields)} fields, not the three of 'start end type'. "
            "Correct the row or get a fresh copy."
        )
    start, last = (int(field) if re.fullmatch(r"-?[0-9]+", field) else field for field in fields[:2])
    return checked_span(text, start, last, fields[2], labels, place)


def read_cluener(
    path: Path, split: str, labels: Sequence[str], surprises: Counter[str], hidden: bool = False
) -> Iterator[Example]:
    """CLUENER's JSON lines: ``{"text", "label": {type: {mention: [[start, end], ...]}}}``, ends inclusive."""
    for row_number, (place, row) in enumerate(_rows(path, "lines", surprises)):
        text = text_of(row, place)
        if "label" not in row and not hidden:
            raise DataError(f"{place}: no field 'label'. Is it the file of a split whose labels are hidden?")
        spans = list(cluener_spans(text, row.get("label", {}), labels, place))
        yield Example(f"{split}-{row_number}", Text(text), _target(spans, hidden, surprises))


def cluener_spans(text: str, by_label: Any, labels: Sequence[str], place: str) -> Iterator[Span]:
    """The spans of ``{type: {mention: [[start, end], ...]}}``, ends inclusive; ``DataError`` for what is none."""
    try:
        flat = [
            (label, mention, *pair)
            for label, mentions in by_label.items()
            for mention, pairs in mentions.items()
            for pair in pairs
        ]
        cells = [(label, mention, start, last) for label, mention, start, last in flat]
    except (AttributeError, TypeError, ValueError):
        raise DataError(
            f"{place}: 'label' is not {{type: {{mention: [[start, end], ...]}}}}. Correct the row or get a fresh copy."
        ) from None
    for label, mention, start, last in cells:
        span = checked_span(text, start, last, label, labels, place)
        check_spelling(text, span, mention, place)
        yield span


def read_chunks(path: Path, split: str, tag_labels: Mapping[str, str], surprises: Counter[str]) -> Iterator[Example]:
    """The canonical MSRA form: ``text/tag`` chunks with spaces between them, one sentence a line; ``o`` is no entity.

    ``tag_labels`` says which label a tag stands for: ``{"nr": "PER", ...}``.
    """
    chunk = re.compile(rf"(.+?)/(o|{'|'.join(tag_labels)})(?: +|$)")
    for row_number, (place, line) in enumerate(filled_lines(path, surprises)):
        pieces: list[str] = []
        spans: list[Span] = []
        length = reached = 0
        for match in chunk.finditer(line):
            piece, tag = match.groups()
            if tag != "o":
                spans.append((length, length + len(piece), tag_labels[tag]))
            pieces.append(piece)
            length += len(piece)
            reached = match.end()
        if reached != len(line):
            raise DataError(
                f"{place}: {line[reached : reached + 20]!r} is not text/tag with a tag among o, "
                f"{', '.join(tag_labels)}. "
                "Correct the line or get a fresh copy."
            )
        yield Example(f"{split}-{row_number}", Text("".join(pieces)), settle(spans, surprises))


def text_of(row: Any, place: str) -> str:
    """The text of a row; ``DataError`` for a row without one."""
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise DataError(f"{place}: no field 'text' that holds a text. Is it the right file for this task?")
    if not row["text"]:
        raise DataError(f"{place}: the text is empty. Correct the row or get a fresh copy.")
    return str(row["text"])


def list_of(row: dict[str, Any], field: str, hidden: bool, place: str) -> list[Any]:
    """The list in a field of a row; ``DataError`` where there is none, unless answers are hidden."""
    found = row.get(field, [] if hidden else None)
    if not isinstance(found, list):
        raise DataError(f"{place}: no list {field!r}. Is it the file of a split whose labels are hidden?")
    return found


def check_spelling(text: str, span: Span, mention: Any, place: str, given: tuple[int, int] | None = None) -> None:
    """Hold the words of a span against the mention that came with it; ``given`` are the offsets as the file has them.

    Raises ``DataError`` naming the likely cause, such as offsets that count an emoji as two.
    """
    start, end, _ = span
    if start < end and mention is not None and text[start:end] != mention:
        first, last = given or (start, end - 1)
        cause = spots.cause(text, first, last, mention) if isinstance(mention, str) else ""
        raise DataError(
            f"{place}: the offsets {first} to {last} spell {text[start:end]!r}, but the entity says {mention!r}. "
            f"{cause or 'The text or the offsets were changed: get a fresh copy.'}"
        )


def _target(spans: list[Span], hidden: bool, surprises: Counter[str]) -> tuple[Span, ...] | None:
    if hidden:
        _count(surprises, HIDDEN_LABELS, int(bool(spans)))
        return None
    return settle(spans, surprises)


def _count(surprises: Counter[str], what: str, how_many: int) -> None:
    """Add to a counter without leaving a zero behind."""
    if how_many:
        surprises[what] += how_many
