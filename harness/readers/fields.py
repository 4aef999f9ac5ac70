"""Which fields of JSON rows hold text and entities, told from the first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.errors import UsageError
from harness.readers.form import Option, listed
from harness.readers.marks import Fields
from harness.readers.spots import ways

TEXT = ("text", "sentence", "content", "raw", "query", "context", "document", "tweet", "review", "title")
ENTITIES = ("entities", "label", "labels", "spans", "ents", "annotations", "ner", "entity", "tags", "annotation")
START = ("start", "start_offset", "start_idx", "start_char", "begin", "startOffset", "start_pos", "start_index", "from")
END = ("end", "end_offset", "end_idx", "end_char", "endOffset", "end_pos", "end_index", "stop", "to")
PAIR = ("span", "offsets", "offset", "range", "position", "pos", "loc", "indices")
LABEL = ("label", "labels", "type", "entity_type", "entity_group", "tag", "category", "class", "entity_label", "entity")


def first(names: Sequence[str], present: Iterable[str]) -> str:
    """The first of some names that is present, however it is cased; empty where none is."""
    spelled = {name.lower(): name for name in present}
    return next((spelled[name.lower()] for name in names if name.lower() in spelled), "")


def text_field(rows: Sequence[Any], asked: Mapping[str, Option], path: object) -> str:
    """The field that holds the text: asked for, of a usual name, or the only one that holds a string."""
    strings = Counter(
        name for row in rows if isinstance(row, dict) for name, value in row.items() if type(value) is str
    )
    if "text" in asked:
        name = str(asked["text"])
        if not strings[name]:
            raise UsageError(f"{path}: text={name}: no row holds a string of that name; there are {listed(strings)}.")
        return name
    always = [name for name, count in strings.items() if count >= 0.5 * len(rows)]
    found = first(TEXT, always) or (always[0] if len(always) == 1 else "")
    if not found:
        seen = (
            listed(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row)) or "no fields at all"
        )
        raise UsageError(f"{path}: cannot tell which field holds the text; rows have {seen}. Say text=FIELD.")
    return found


def fields_of(rows: Sequence[Any], asked: Mapping[str, Option], path: object, hidden: bool = False) -> Fields:
    """The fields of rows that hold texts with entities; what is ``asked`` is not guessed.

    Raises ``UsageError`` naming the option that says what cannot be told.

    >>> fields_of([{"text": "Bonn", "label": [[0, 4, "LOC"]]}], {}, "a.json").options()
    {'shape': 'triples', 'text': 'text', 'entities': 'label', 'order': 'start end label'}
    """
    if rows and all(isinstance(row, dict) and isinstance(row.get("data"), dict) for row in rows):
        return Fields("label_studio", text_field([row["data"] for row in rows], asked, path))
    text = text_field(rows, asked, path)
    name, shape, values = _entities(rows, asked, path)
    if not shape:
        if not name and not hidden:
            seen = listed(dict.fromkeys(field for row in rows for field in row))
            raise UsageError(
                f"{path}: no field holds entities with offsets; rows have {seen}. Say entities=FIELD, or is it another kind or format?"
            )
        return Fields(str(asked.get("shape", "triples")), text, name or "entities")
    flat = [item for value in values for item in value] if shape in ("triples", "objects") else []
    if shape == "triples":
        texts = [str(row[text]) for row in rows for _ in row.get(name) or ()]
        return Fields(shape, text, name, str(asked.get("order", _order(flat, texts))))
    if shape == "objects":
        texts = [str(row.get(text)) for row in rows for _ in row.get(name) or ()]
        return _objects(flat, texts, Fields(shape, text, name), asked, path)
    return Fields(shape, text, name)


def _entities(rows: Sequence[Any], asked: Mapping[str, Option], path: object) -> tuple[str, str, list[Any]]:
    """Name, shape and values of the field of entities; no shape where all of them are empty."""
    present = dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row)
    names = [str(asked["entities"])] if "entities" in asked else [n for n in ENTITIES if n in present] + list(present)
    if names and names[0] not in present and "entities" in asked:
        raise UsageError(f"{path}: entities={names[0]}: no such field; rows have {listed(present)}.")
    empty = ""
    for name in names:
        values = [row[name] for row in rows if isinstance(row, dict) and row.get(name) is not None]
        filled = [value for value in values if isinstance(value, list | tuple | dict) and len(value)]
        shapes = Counter(shape_of(value) for value in filled)
        if shapes and shapes.most_common(1)[0][0]:
            return name, str(asked.get("shape", shapes.most_common(1)[0][0])), filled
        if not shapes and values and all(isinstance(value, list | dict) for value in values):
            empty = empty or name
    return empty, "", []


def shape_of(value: Any) -> str:
    """How the entities of one row are spelled; empty where they are none.

    >>> shape_of([[0, 2, "LOC"]]), shape_of({"LOC": {"北京": [[0, 1]]}}), shape_of(["B-LOC"])
    ('triples', 'mentions', '')
    """
    if isinstance(value, list | tuple):
        if all(
            isinstance(item, list | tuple) and len(item) > 2 and sum(type(x) is int for x in item) > 1 for item in value
        ):
            return "triples"
        return "objects" if all(isinstance(item, dict) and _offsets(item) for item in value) else ""
    if isinstance(value, dict) and all(isinstance(named, dict) for named in value.values()):
        pairs = [pair for named in value.values() for places in named.values() for pair in _list(places)]
        return "mentions" if pairs and all(len(_list(pair)) == 2 for pair in pairs) else ""
    if isinstance(value, dict) and all(isinstance(places, list) for places in value.values()):
        pairs = [pair for places in value.values() for pair in places]
        return "ranges" if pairs and all(len(_list(pair)) == 2 for pair in pairs) else ""
    return ""


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _offsets(item: Mapping[str, Any]) -> tuple[str, str]:
    """The names of start and end of an entity; one name twice where both are in one list; nothing where none is."""
    start, end = first(START, item), first(END, item)
    pair = first(PAIR, [name for name, value in item.items() if isinstance(value, list) and value])
    return (start, end) if start and end else (pair, pair) if pair else ()  # type: ignore[return-value]


def _order(items: Sequence[Sequence[Any]], texts: Sequence[str]) -> str:
    """What each place of an entity is that is a list: the numbers are start and end, the mention stands in the text."""
    items, texts = zip(*((i, text) for i, text in zip(items, texts, strict=True) if len(i) > 2), strict=True)
    kinds = [sum(type(item[place]) is int for item in items) for place in range(min(map(len, items)))]
    numbers = [place for place, whole in enumerate(kinds) if whole >= 0.5 * len(items)][:2]
    words = [place for place in range(len(kinds)) if place not in numbers]
    found = [sum(str(item[place]) in text for item, text in zip(items, texts, strict=False)) for place in words]
    named = {numbers[0]: "start", numbers[-1]: "end"} if len(numbers) == 2 else {0: "start", 1: "end"}
    mention = words[found.index(max(found))] if len(words) > 1 and max(found) > 0.9 * len(items) else -1
    label = next((place for place in words if place != mention), 2)
    named |= {label: "label"} | ({mention: "mention"} if mention >= 0 else {})
    return " ".join(named.get(place, "other") for place in range(max(named) + 1))


def _objects(
    items: Sequence[Mapping[str, Any]], texts: Sequence[str], fields: Fields, asked: Mapping[str, Option], path: object
) -> Fields:
    """The fields of entities that are objects."""
    start, end = _offsets(items[0])
    taken = {name: str(asked[name]) for name in ("start", "end", "label", "mention") if name in asked}
    words = [n for n, v in items[0].items() if n not in (start, end) and (type(v) is str or isinstance(v, list))]
    label = taken.get("label") or first(LABEL, words)
    found = {name: 0.0 for name in words if name != label}
    for item, text in zip(items, texts, strict=False):
        for name in found:
            pair: Any = item.get(start) if start == end else (item.get(start), item.get(end))
            pair = pair[0] if pair and isinstance(pair, list) and isinstance(pair[0], list) else pair
            if isinstance(item.get(name), str) and pair and [type(offset) for offset in pair] == [int, int]:
                found[name] += bool(ways(text, pair[0], pair[1], item[name])) or 0.6 * (item[name] in text)
    mention = max(found, key=lambda name: found[name], default="")
    mention = taken.get("mention") or (mention if mention and found[mention] > 0.5 * len(items) else "")
    if not label:
        raise UsageError(
            f"{path}: cannot tell which field of an entity is its label; there are {listed(items[0])}. Say label=FIELD."
        )
    return Fields(
        fields.shape, fields.text, fields.entities, "", taken.get("start", start), taken.get("end", end), label, mention
    )
