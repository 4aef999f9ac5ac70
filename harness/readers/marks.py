"""Entities as rows of JSON spell them: which fields hold the text, the offsets, the label and the mention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import DataError
from harness.readers.form import Option

DISCONTINUOUS = "discontinuous entity left out"
NO_LABEL = "entity without a label left out"
RELATION = "relation skipped"
SECOND = "annotation by a second annotator not used"
CANCELLED = "cancelled annotation not used"
OTHER = "annotation that is no span of text skipped"

SHAPES = ("triples", "objects", "mentions", "ranges", "label_studio")
"""How entities are spelled.

triples       ``[[0, 2, "LOC"], ...]``: doccano, spaCy
objects       ``[{"start": 0, "end": 2, "label": "LOC"}, ...]``: doccano with relations, CBLUE, JSON-MIN of Label Studio
mentions      ``{"LOC": {"北京": [[0, 1]]}}``: CLUENER
ranges        ``{"LOC": [[0, 2]]}``
label_studio  ``{"data": {"text": ...}, "annotations": [{"result": [{"value": {"start": 0, ...}}]}]}``
"""


@dataclass(frozen=True)
class Fields:
    """The names of the fields of a row and of its entities; ``order`` says what each place of a triple is."""

    shape: str
    text: str
    entities: str = ""
    order: str = "start end label"
    start: str = ""
    end: str = ""
    label: str = ""
    mention: str = ""

    @staticmethod
    def of(options: Mapping[str, Option]) -> Fields:
        """The fields that the options of a form say."""
        named = {name: str(options[name]) for name in Fields.__dataclass_fields__ if name in options}
        return Fields(**{"shape": "triples", "text": "text", **named})

    def options(self) -> dict[str, Option]:
        """The fields as options of a form: those that the shape needs."""
        needed = {"triples": ("order",), "objects": ("start", "end", "label", "mention")}.get(self.shape, ())
        named = {name: getattr(self, name) for name in ("shape", "text", "entities", *needed)}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class Mark:
    """One entity as its row has it, nothing of it checked."""

    start: Any
    end: Any
    label: Any
    mention: Any = None


def opened(row: Any) -> Any:
    """A pair of a text and its annotations (spaCy) as one object; any other row as it is.

    >>> opened(["Bonn", {"entities": [[0, 4, "LOC"]]}])
    {'text': 'Bonn', 'entities': [[0, 4, 'LOC']]}
    """
    if isinstance(row, list | tuple) and len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict):
        return {"text": row[0], **row[1]}
    return row


def text_of(row: Any, fields: Fields, place: str) -> str:
    """The text of a row."""
    holder = row.get("data") if fields.shape == "label_studio" and isinstance(row, dict) else row
    text = holder.get(fields.text) if isinstance(holder, dict) else None
    if not isinstance(text, str):
        raise DataError(f"{place}: no field {fields.text!r} that holds a text. Is it the right file for this task?")
    if not text:
        raise DataError(f"{place}: the text is empty. Correct the row or get a fresh copy.")
    return text


def marks(row: Mapping[str, Any], fields: Fields, place: str, surprises: Counter[str]) -> Iterator[Mark]:
    """The entities of a row.

    Raises ``DataError`` for a field that is missing or of another shape.

    >>> row = {"text": "我在北京", "label": {"LOC": {"北京": [[2, 3]]}}}
    >>> list(marks(row, Fields("mentions", "text", "label"), "a.json, line 1", Counter()))
    [Mark(start=2, end=3, label='LOC', mention='北京')]
    """
    try:
        yield from _SPELLED[fields.shape](row, fields, surprises)
    except KeyError as error:
        raise DataError(
            f"{place}: no field {error.args[0]!r}. Is it the file of a split whose labels are hidden, or of another form?"
        ) from None
    except (AttributeError, TypeError, ValueError, IndexError):
        raise DataError(
            f"{place}: the entities in {fields.entities or 'annotations'!r} are not of the shape {fields.shape}, as those "
            "of other rows are. Correct the row or get a fresh copy."
        ) from None


def _triples(row: Mapping[str, Any], fields: Fields, surprises: Counter[str]) -> Iterator[Mark]:
    order = fields.order.split()
    for item in row[fields.entities] or ():
        if len(item) < 3 or isinstance(item, str):
            raise ValueError(item)
        named = dict(zip(order, item, strict=False))
        yield Mark(named["start"], named["end"], named["label"], named.get("mention"))


def _objects(row: Mapping[str, Any], fields: Fields, surprises: Counter[str]) -> Iterator[Mark]:
    for item in row[fields.entities] or ():
        yield from _object(item, fields, surprises)


def _object(item: Mapping[str, Any], fields: Fields, surprises: Counter[str]) -> Iterator[Mark]:
    start, end = item[fields.start], item[fields.end]
    if fields.start == fields.end:
        parts = start if start and isinstance(start[0], list | tuple) else [start]
        if len(parts) > 1:
            surprises[DISCONTINUOUS] += 1
            return
        start, end = parts[0]
    labels = item[fields.label]
    several = labels if isinstance(labels, list | tuple) else [labels]
    if not several:
        surprises[NO_LABEL] += 1
    for label in several:
        yield Mark(start, end, label, item.get(fields.mention) if fields.mention else None)


def _mentions(row: Mapping[str, Any], fields: Fields, surprises: Counter[str]) -> Iterator[Mark]:
    for label, named in (row[fields.entities] or {}).items():
        for mention, pairs in named.items():
            for start, end in pairs:
                yield Mark(start, end, label, mention)


def _ranges(row: Mapping[str, Any], fields: Fields, surprises: Counter[str]) -> Iterator[Mark]:
    for label, pairs in (row[fields.entities] or {}).items():
        for start, end in pairs:
            yield Mark(start, end, label)


def _label_studio(row: Mapping[str, Any], fields: Fields, surprises: Counter[str]) -> Iterator[Mark]:
    given = row["annotations"] if "annotations" in row else row["completions"]
    kept = [item for item in given if not item.get("was_cancelled")]
    for what, many in ((CANCELLED, len(given) - len(kept)), (SECOND, len(kept) - 1)):
        if many > 0:
            surprises[what] += many
    for item in kept[0]["result"] if kept else ():
        value = item.get("value")
        if item.get("type") == "relation" or value is None:
            surprises[RELATION if item.get("type") == "relation" else OTHER] += 1
            continue
        offsets = value.get("globalOffsets", value)
        named = item.get("type", "labels")
        labels = value.get(named, value.get("labels", value.get("hypertextlabels")))
        if "start" not in offsets or not isinstance(labels, list):
            surprises[NO_LABEL if "start" in offsets else OTHER] += 1
            continue
        if not labels:
            surprises[NO_LABEL] += 1
        for label in labels:
            yield Mark(offsets["start"], offsets["end"], label, value.get("text"))


_SPELLED = {
    "triples": _triples,
    "objects": _objects,
    "mentions": _mentions,
    "ranges": _ranges,
    "label_studio": _label_studio,
}


def spelled(found: Sequence[Mark], fields: Fields) -> dict[str, Any]:
    """The field of a row that holds these entities, in the shape of the fields.

    >>> spelled([Mark(2, 4, "LOC", "北京")], Fields("triples", "text", "label"))
    {'label': [[2, 4, 'LOC']]}
    """
    if fields.shape == "label_studio":
        parts = ({"start": one.start, "end": one.end, "text": one.mention, "labels": [one.label]} for one in found)
        result = [{"from_name": "label", "to_name": "text", "type": "labels", "value": part} for part in parts]
        return {"annotations": [{"result": result}]}
    if fields.shape == "mentions":
        named: dict[str, dict[str, list[list[Any]]]] = {}
        for one in found:
            named.setdefault(one.label, {}).setdefault(one.mention, []).append([one.start, one.end])
        return {fields.entities: named}
    if fields.shape == "ranges":
        ranges: dict[str, list[list[Any]]] = {}
        for one in found:
            ranges.setdefault(one.label, []).append([one.start, one.end])
        return {fields.entities: ranges}
    if fields.shape == "triples":
        return {fields.entities: [[getattr(one, name, None) for name in fields.order.split()] for one in found]}
    return {fields.entities: [_as_object(one, fields) for one in found]}


def _as_object(one: Mark, fields: Fields) -> dict[str, Any]:
    """An entity as an object with the names of the fields."""
    pair = fields.start == fields.end
    places = {fields.start: [one.start, one.end]} if pair else {fields.start: one.start, fields.end: one.end}
    return {**places, fields.label: one.label, **({fields.mention: one.mention} if fields.mention else {})}
