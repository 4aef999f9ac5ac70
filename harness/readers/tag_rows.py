"""Rows of tokens with a tag each, wherever they come from: what their form is, and their examples."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.errors import DataError, UsageError
from harness.readers.columns import SPACE_CELL, Columns, Tags
from harness.readers.conll import join, sentence, tag_rows
from harness.readers.fields import first
from harness.readers.form import Form, Known, Option, listed
from harness.readers.ids import OPTIONS as OF_IDS
from harness.readers.ids import Census as IdCensus
from harness.readers.ids import Ids
from harness.readers.script import unspaced
from harness.readers.tags import PREFIXED, SCHEMES, Census
from harness.spec import Example, Span, Text

WORDS = ("tokens", "words", "token", "word", "chars", "characters", "sentence", "text")
TAGS = ("ner_tags", "ner", "tags", "labels", "bio_tags", "ner_labels", "label", "tag", "entities")

OPTIONS: Known = {
    "words": str,
    "tags": str,
    "names": str,
    "scheme": tuple(SCHEMES),
    "joiner": ("-", "_"),
    "spaced": bool,
    **OF_IDS,
}
"""``words`` and ``tags`` are fields of a row; ``names`` are the tags that numbers stand for, from 0, with spaces between."""


def tag_fields(rows: Sequence[Any], asked: Mapping[str, Option]) -> tuple[str, str]:
    """The fields that hold the tokens and the tags of a row; two empty words where there are none.

    >>> tag_fields([{"tokens": ["Bonn"], "ner_tags": [3]}], {})
    ('tokens', 'ner_tags')
    """
    row = next(
        (row for row in rows if isinstance(row, dict) and any(isinstance(v, list) and v for v in row.values())), {}
    )
    words = [name for name, value in row.items() if isinstance(value, list) and value and type(value[0]) is str]
    text = str(asked.get("words") or first(WORDS, words))
    fit = [
        name
        for name, value in row.items()
        if name != text
        and isinstance(value, list)
        and value
        and len(value) == len(row.get(text) or ())
        and type(value[0]) in (int, str)
    ]
    tags = str(asked.get("tags") or first(TAGS, fit))
    return (text, tags) if text and tags else ("", "")


def recognise_tags(
    path: object,
    rows: Iterable[tuple[str, Any]],
    fields: tuple[str, str],
    asked: Mapping[str, Option],
    known: Mapping[str, Sequence[str]],
) -> tuple[dict[str, Option], tuple[str, ...], tuple[str, ...]]:
    """Options, labels and notes of rows of tokens and tags; ``known`` are the names of numbers, by field.

    Raises ``UsageError`` where tags are numbers without names, ``DataError`` for a malformed row.
    """
    options: dict[str, Option] = {"shape": "tags", "words": fields[0], "tags": fields[1]}
    names = str(asked["names"]).split() if "names" in asked else list(known.get(fields[1], ()))
    census, words, raw, ids = Census(), Counter[str](), Counter[str](), IdCensus(asked)
    for place, row in rows:
        pieces, tags = _cells(row, fields, names, place)
        ids.add(row, place)
        raw.update(tags)
        if words.total() < 5000:
            words.update(pieces)
        census.add([tag.replace("_", "-", 1) if PREFIXED.fullmatch(tag) else tag for tag in tags])
    joiner = str(asked.get("joiner", "_" if any(tag[1:2] == "_" for tag in raw) else "-"))
    strange = [tag for tag in raw if tag != "O" and not PREFIXED.fullmatch(tag)]
    if strange:
        raise UsageError(
            f"{path}: the field {fields[1]!r} holds {listed(strange, 5)}, which are no tags such as B-LOC. Say tags=FIELD, or, where "
            "numbers stand for tags, what they mean from 0 on: names='O B-PER I-PER'."
        )
    single = sum(count for word, count in words.items() if len(word) == 1) > 0.95 * words.total()
    options["scheme"] = asked.get("scheme") or census.scheme()
    options["spaced"] = bool(asked.get("spaced", not (single or unspaced(words.elements()))))
    options |= ({"joiner": joiner} if joiner != "-" else {}) | ({"names": " ".join(names)} if "names" in asked else {})
    labels = {PREFIXED.fullmatch(name)[3] for name in names if PREFIXED.fullmatch(name)}  # type: ignore[index]
    notes: list[str] = []
    options |= ids.option(path, notes)
    return options, tuple(sorted(labels | set(census.labels))), tuple(notes)


def _cells(
    row: Any, fields: tuple[str, str], names: Sequence[str], place: str, hidden: bool = False
) -> tuple[list[str], list[str]]:
    """Tokens and tags of a row, as many of one as of the other; numbers as the tags that they stand for."""
    words = row.get(fields[0]) if isinstance(row, dict) else None
    tags = row.get(fields[1]) if isinstance(row, dict) else None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise DataError(f"{place}: the field {fields[0]!r} is no list of words. Correct the row or get a fresh copy.")
    if hidden and (tags is None or tags == []):
        return words, []
    if not isinstance(tags, list) or len(tags) != len(words):
        many = len(tags) if isinstance(tags, list) else "no"
        raise DataError(
            f"{place}: {len(words)} tokens in {fields[0]!r}, but {many} tags in {fields[1]!r}. Correct the row."
        )
    for tag in tags:
        if type(tag) is int and names and not 0 <= tag < len(names) and not hidden:
            raise DataError(
                f"{place}: the tag {tag} is no number from 0 to {len(names) - 1}. Correct the row or its names."
            )
    return words, [names[tag] if type(tag) is int and 0 <= tag < len(names) else str(tag) for tag in tags]


def tag_layout(form: Form, options: Mapping[str, Option], hidden: bool = False) -> Columns:
    """The layout of columns that says the same as rows of tokens and tags."""
    scheme, joiner = str(options.get("scheme", "BIO")), str(options.get("joiner", "-"))
    return Columns(form.labels, scheme, spaced=bool(options.get("spaced")), joiner=joiner, hidden=hidden)


def fill_tags(row: Any, spans: Sequence[Span], options: Mapping[str, Option], place: str) -> dict[str, Any]:
    """A row with the tags of these spans; numbers where tags have names, its other fields as they are.

    >>> options = {"words": "tokens", "tags": "ner_tags", "names": "O B-LOC", "spaced": True}
    >>> fill_tags({"tokens": ["in", "Bonn"]}, [(3, 7, "LOC")], options, "a.json, line 1")["ner_tags"]
    [0, 1]
    """
    fields = str(options.get("words", "tokens")), str(options.get("tags", "ner_tags"))
    words, _ = _cells(row, fields, (), place, hidden=True)
    layout = tag_layout(Form("", ""), options)
    text, offsets = join([word or " " for word in words], " " if layout.spaced else "")
    tags = [tag for (tag,) in tag_rows(Text(text, offsets), spans, layout)]
    names = str(options.get("names", "")).split()
    lacking = [tag for tag in tags if names and tag not in names]
    if lacking:
        raise DataError(f"{place}: the tag {lacking[0]} has no number; names are {listed(names)}.")
    return {**row, fields[1]: [names.index(tag) for tag in tags] if names else tags}


def read_tags(
    rows: Iterable[tuple[str, Any]],
    split: str,
    form: Form,
    options: Mapping[str, Option],
    surprises: Counter[str],
    hidden: bool = False,
    known: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Example]:
    """Examples of rows of tokens and tags, checked one by one; ``DataError`` names the row."""
    fields = str(options.get("words", "tokens")), str(options.get("tags", "ner_tags"))
    names = str(options["names"]).split() if "names" in options else list((known or {}).get(fields[1], ()))
    layout = tag_layout(form, options, hidden)
    spelled, ids = Tags(layout), Ids(split, options)
    for number, (place, row) in enumerate(rows):
        words, tags = _cells(row, fields, names, place, hidden)
        if not all(words):
            surprises[SPACE_CELL] += words.count("")
            words = [word or " " for word in words]
        try:
            cells = [
                [word, tag if hidden else spelled[tag]]
                for word, tag in itertools.zip_longest(words, tags, fillvalue="O")
            ]
        except ValueError as error:
            raise DataError(f"{place}: {error}") from None
        yield sentence(ids(number, row, place), cells, layout, surprises)
