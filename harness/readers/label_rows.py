"""Rows of a text with a label, or of a text alone, wherever they come from: what their form is, and their examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from harness.errors import DataError, UsageError
from harness.readers.fields import TEXT, first
from harness.readers.form import Form, Known, Option, listed
from harness.readers.ids import OPTIONS as OF_IDS
from harness.readers.ids import Census, Ids
from harness.readers.offsets import HIDDEN_LABELS
from harness.readers.script import tokenised, unspaced
from harness.spec import Example

LABEL = (
    "label",
    "labels",
    "class",
    "category",
    "sentiment",
    "target",
    "topic",
    "tag",
    "intent",
    "y",
    "type",
    "label_desc",
)
OPTIONS: Known = {"text": str, "label": str, "tokens": ("characters", "words"), **OF_IDS}
"""``text`` may name several fields, ``title+body``: they are joined by a space."""


def fields_of(
    rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Option], path: object, label: bool = True
) -> tuple[str, str]:
    """The fields that hold text and label: asked for, of a usual name, or by what stands in them.

    Raises ``UsageError`` naming the option that says what cannot be told.

    >>> fields_of([{"1": "0", "2": "a good film"}, {"1": "1", "2": "a bad film"}, {"1": "1", "2": "no"}], {}, "a.csv")
    ('2', '1')
    """
    present = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    for option in ("text", "label"):
        for name in _parts(str(asked.get(option, "")), present):
            if name not in present:
                raise UsageError(f"{path}: {option}={asked[option]}: no field {name!r}; there are {listed(present)}.")
    values = {name: [row.get(name) for row in rows if isinstance(row, dict)] for name in present}
    text = str(asked.get("text") or _text(values, str(asked.get("label", "")), path))
    if not label:
        return text, ""
    rest = {name: cells for name, cells in values.items() if name not in _parts(text, present)}
    found = str(asked.get("label") or first(LABEL, rest))
    if not found:
        few = {name for name, cells in rest.items() if _repeats(cells)}
        if len(few) != 1:
            raise UsageError(
                f"{path}: cannot tell which field is the label; there are {listed(rest) or 'none'}. Say label=FIELD."
            )
        (found,) = few
    return text, found


def _parts(text: str, present: Sequence[str]) -> list[str]:
    return [text] if text in present else text.split("+") if text else []


def _text(values: Mapping[str, list[Any]], label: str, path: object) -> str:
    """The field of a usual name, or the one whose strings are longest."""
    strings = {n: [v for v in cells if type(v) is str] for n, cells in values.items() if n != label}
    lengths = {
        name: fmean(map(len, cells)) for name, cells in strings.items() if len(cells) >= 0.5 * len(values[name]) > 0
    }
    if not lengths:
        raise UsageError(f"{path}: no field holds texts; there are {listed(values) or 'none'}. Say text=FIELD.")
    return first(TEXT, lengths) or max(lengths, key=lambda name: lengths[name])


def _repeats(cells: Sequence[Any]) -> bool:
    """Whether values come again and again, as labels do."""
    given = [str(cell) for cell in cells if cell not in (None, "")]
    return 1 < len(set(given)) <= max(2, 0.5 * len(given))


def word(value: Any, place: str, field: str) -> str:
    """A label as a word: numbers as they are written, a list of one label as that label; ``DataError`` for another.

    >>> word(1.0, "a.csv, row 1", "label"), word(["pos"], "a.jsonl, line 1", "label")
    ('1', 'pos')
    """
    if isinstance(value, list | tuple) and len(value) == 1:
        (value,) = value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        several = isinstance(value, list | tuple) and len(value) > 1
        raise DataError(
            f"{place}: {'several labels' if several else 'no label'} in {field!r} ({str(value)[:40]}): one label a row is read. "
            "Correct the row, or is it the file of a split whose labels are hidden?"
        )
    return str(value)


def text_of(row: Any, field: str, place: str) -> str:
    """The text of a row, of one field or of several joined by a space."""
    named = [field] if isinstance(row, dict) and field in row else field.split("+")
    parts = [row.get(name) if isinstance(row, dict) else None for name in named]
    if not all(isinstance(part, str) for part in parts):
        raise DataError(f"{place}: no field {field!r} that holds a text. Is it the right file for this task?")
    text = " ".join(part for part in map(str, parts) if part)
    if not text.strip():
        raise DataError(f"{place}: the text is empty. Correct the row or get a fresh copy.")
    return text


def recognise_labels(
    rows: Iterable[tuple[str, Any]],
    fields: tuple[str, str],
    asked: Mapping[str, Option],
    known: Mapping[str, Sequence[str]] | None = None,
    hidden: bool = False,
    path: object = "the file",
) -> tuple[dict[str, Option], tuple[str, ...], tuple[str, ...]]:
    """Options, labels and notes of rows of text and label; ``known`` are the names of numbers, by field."""
    text, label = fields
    found, sample, unused, ids = Counter[str](), list[str](), dict[str, None](), Census(asked)
    names = list((known or {}).get(label, ()))
    for place, row in rows:
        content = text_of(row, text, place)
        ids.add(row, place)
        if len(sample) < 500:
            sample.append(content)
            unused |= dict.fromkeys(name for name in row if name not in (label, text, *text.split("+")))
        if not hidden:
            found[_named(row.get(label), names, place, label)] += 1
    options: dict[str, Option] = {"text": text, "label": label}
    options["tokens"] = asked.get("tokens") or ("characters" if unspaced(sample) else "words")
    labels = names or sorted(found, key=lambda name: (0, int(name), "") if name.isdecimal() else (1, 0, name))
    notes = [f"The label is in {label!r}, the text in {text!r}."]
    options |= ids.option(path, notes)
    unused.pop(str(options.get("id")), None)
    notes += [f"Not used: {listed(unused)}."] if unused else []
    if len(found) > 0.5 * found.total() > 10:
        notes.append(
            f"There are {len(found)} labels in {found.total()} rows: is {label!r} the label? label=FIELD takes another."
        )
    return options, tuple(labels), tuple(notes)


def _named(value: Any, names: Sequence[str], place: str, field: str) -> str:
    """A label by its name, where numbers have names."""
    if type(value) is int and names:
        if not 0 <= value < len(names):
            raise DataError(
                f"{place}: the label {value} is no number from 0 to {len(names) - 1}. Are labels hidden here?"
            )
        return names[value]
    return word(value, place, field)


def read_labels(
    rows: Iterable[tuple[str, Any]],
    split: str,
    form: Form,
    options: Mapping[str, Option],
    surprises: Counter[str],
    hidden: bool = False,
    known: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Example]:
    """Examples of rows of text and label: the target is the number of the label in the form; ``DataError`` names the row."""
    text, label, tokens = (str(options.get(name, name)) for name in ("text", "label", "tokens"))
    numbers = {name: number for number, name in enumerate(form.labels)}
    names = list((known or {}).get(label, ()))
    ids = Ids(split, options)
    for number, (place, row) in enumerate(rows):
        content = tokenised(text_of(row, text, place), tokens)
        value = row.get(label)
        if hidden:
            if value not in (None, "", -1, []):
                surprises[HIDDEN_LABELS] += 1
            yield Example(ids(number, row, place), content, None)
            continue
        name = _named(value, names, place, label)
        if name not in numbers:
            raise DataError(f"{place}: unknown label {name[:40]!r}. This task knows {listed(form.labels, 40)}.")
        yield Example(ids(number, row, place), content, numbers[name])


def read_texts(rows: Iterable[tuple[str, Any]], split: str, options: Mapping[str, Option]) -> Iterator[Example]:
    """Examples of rows of texts for a language model: all of each is scored."""
    for number, (place, row) in enumerate(rows):
        content = text_of(row, str(options.get("text", "text")), place)
        yield Example(f"{split}-{number}", content, ((0, len(content)),))
