"""Rows of texts with entities by offsets, wherever they come from: what their form is, and their examples."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.readers.evidence import Evidence
from harness.readers.fields import fields_of
from harness.readers.form import Form, Known, Option
from harness.readers.ids import OPTIONS as OF_IDS
from harness.readers.ids import Census, Ids
from harness.readers.marks import SHAPES, Fields, Mark, marks, opened, spelled, text_of
from harness.readers.offsets import HIDDEN_LABELS, check_spelling, checked_span, settle
from harness.readers.script import tokenised, unspaced
from harness.readers.spots import ENDS, UNITS, borders
from harness.spec import Example, Span

SAMPLE = 500
"""Rows from which the fields are told; labels and offsets are told from all of them."""

OPTIONS: Known = {
    "shape": SHAPES,
    "text": str,
    "entities": str,
    "order": str,
    "start": str,
    "end": str,
    "label": str,
    "mention": str,
    "ends": ENDS,
    "units": UNITS,
    "tokens": ("characters", "words"),
    **OF_IDS,
}

Rows = Callable[[], Iterable[tuple[str, Any]]]
"""Gives the rows from the first one on, each with the words that say where it stands."""


def recognise_offsets(
    path: str | Path, rows: Rows, asked: Mapping[str, Option], hidden: bool = False
) -> tuple[dict[str, Option], tuple[str, ...], tuple[str, ...]]:
    """Options, labels and notes of rows with entities; what is ``asked`` is not guessed.

    Raises ``UsageError`` naming the option where the file cannot tell, ``DataError`` for a malformed row.
    """
    sample = [opened(row) for _, row in itertools.islice(rows(), SAMPLE)]
    fields = fields_of(sample, asked, path, hidden)
    evidence, labels, repairs, notes = Evidence(), Counter[str](), Counter[str](), list[str]()
    texts, ids = list[str](), Census(asked)
    for place, raw in rows():
        row = opened(raw)
        text = text_of(row, fields, place)
        ids.add(row, place)
        if len(texts) < SAMPLE:
            texts.append(text)
        for mark in () if hidden and fields.entities not in row else marks(row, fields, place, repairs):
            evidence.add(text, mark, place)
            labels[_label(mark.label, place)] += 1
    notes += [f"{what}: {count}." for what, count in repairs.items()]
    way = evidence.way(path, asked, custom(sample, fields), notes)
    options: dict[str, Option] = {**fields.options(), "ends": way[0]}
    options |= {"units": way[1]} if way[1] != "characters" or "units" in asked else {}
    options["tokens"] = asked.get("tokens") or _tokens(texts, evidence, way, notes)
    options |= ids.option(path, notes)
    return options, tuple(sorted(labels)), tuple(notes)


def _label(label: Any, place: str) -> str:
    if not isinstance(label, str) or not label:
        raise DataError(f"{place}: the label {label!r} is not a word. Correct the row, or say label=FIELD.")
    return label


def custom(rows: list[Any], fields: Fields) -> str:
    """The tool that writes rows of these fields, where it always writes exclusive ends; empty for others."""
    if fields.shape == "label_studio":
        return "Label Studio"
    if fields.start == "start_offset" or any(isinstance(row, dict) and "Comments" in row for row in rows):
        return "doccano"
    if fields.shape not in ("triples", "objects") or fields.entities not in ("ents", "entities"):
        return ""
    spacy = fields.entities == "ents" or all(set(row) == {"text", "entities"} for row in rows if isinstance(row, dict))
    return "spaCy" if spacy and (fields.shape == "objects" or fields.order.startswith("start")) else ""


def _tokens(texts: list[str], evidence: Evidence, way: tuple[str, str], notes: list[str]) -> str:
    """Whether a model should read words or characters: words where texts have spaces and entities keep to words."""
    if unspaced(texts):
        return "characters"
    broken = evidence.total - evidence.bordered[way]
    if not broken:
        return "words"
    tokens = "words" if broken <= 0.02 * evidence.total else "characters"
    other = "characters" if tokens == "words" else "words"
    ends = "inclusive" if way[0] == "exclusive" else "exclusive"
    fitting = evidence.bordered[(ends, way[1])]
    likely = f" Read with ends={ends}, {fitting} of them begin and end with a word: that is probably right." * (
        fitting > 0.9 * evidence.total
    )
    notes.append(
        f"{broken} of {evidence.total} entities begin or end inside a word or with a space; "
        f"tokens are {tokens}, tokens={other} changes that.{likely}"
    )
    return tokens


def read_offsets(
    rows: Iterable[tuple[str, Any]],
    split: str,
    form: Form,
    options: Mapping[str, Option],
    surprises: Counter[str],
    hidden: bool = False,
) -> Iterator[Example]:
    """Examples of rows with entities, checked one by one.

    Raises ``DataError`` naming the row for offsets outside the text or that do not spell the mention, and unknown labels.
    """
    fields = Fields.of(options)
    tokens = str(options.get("tokens", "characters"))
    ids = Ids(split, options)
    for number, (place, raw) in enumerate(rows):
        row = opened(raw)
        text = text_of(row, fields, place)
        absent = hidden and isinstance(row, dict) and fields.shape != "label_studio" and fields.entities not in row
        spans = [] if absent else list(_spans(row, text, fields, form, options, place, surprises))
        if hidden and spans:
            surprises[HIDDEN_LABELS] += 1
        name = ids(number, row, place)
        yield Example(name, tokenised(text, tokens), None if hidden else settle(spans, surprises))


def _spans(
    row: Any, text: str, fields: Fields, form: Form, options: Mapping[str, Option], place: str, surprises: Counter[str]
) -> Iterator[Span]:
    ends, units = str(options.get("ends", "exclusive")), str(options.get("units", "characters"))
    for mark in marks(row, fields, place, surprises):
        span = checked_span(text, mark.start, mark.end, mark.label, form.labels, place, ends, units)
        check_spelling(text, span, mark.mention, place, (mark.start, mark.end))
        yield span


def fill(raw: Any, spans: Iterable[Span], options: Mapping[str, Option], place: str) -> Any:
    """A row with these spans as its entities, spelled as the options say; its other fields stay as they are.

    >>> options = {"shape": "mentions", "text": "text", "entities": "label", "ends": "inclusive"}
    >>> fill({"id": 3, "text": "我在北京"}, [(2, 4, "LOC")], options, "a.json, line 1")
    {'id': 3, 'text': '我在北京', 'label': {'LOC': {'北京': [[2, 3]]}}}
    """
    fields, row = Fields.of(options), opened(raw)
    text = text_of(row, fields, place)
    edges, inclusive = borders(text, str(options.get("units", "characters"))), options.get("ends") == "inclusive"
    made = [Mark(edges[start], edges[end] - inclusive, label, text[start:end]) for start, end, label in sorted(spans)]
    filled = {**row, **spelled(made, fields)}
    if raw is row:
        return filled
    return [text, {name: value for name, value in filled.items() if name != "text"}]  # spaCy's pair
