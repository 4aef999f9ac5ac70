"""CSV, TSV and JSON of texts with labels: shape and columns recognised, faults named by line."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import DataError, UsageError
from harness.readers import Form, read, recognise
from harness.readers.json_source import BLANK_LINE
from harness.readers.offsets import HIDDEN_LABELS
from tests.harness.readers._files import json_lines, write


def rows_of(path: Path, kind: str = "label", **asked: Any) -> tuple[Form, list[tuple[str, str]], dict[str, int]]:
    """The form of a table, its texts with their labels by name, and its repairs."""
    form, surprises = recognise(path, kind, **asked), Counter[str]()
    found = [(example.input.text, form.labels[example.target]) for example in read(path, "train", form, surprises)]
    return form, found, dict(surprises)


GOOD = [("a good film", "pos"), ("so bad", "neg"), ("good, really", "pos"), ("no", "neg")]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("label_first", [True, False])
def test_tables(tmp_path: Path, delimiter: str, header: bool, label_first: bool) -> None:
    """Any delimiter, with a heading or without, the label before the text or behind it."""
    table = io.StringIO()
    rows = [*([("text", "label")] if header else []), *GOOD]
    csv.writer(table, delimiter=delimiter).writerows([(b, a) if label_first else (a, b) for a, b in rows])
    form, found, surprises = rows_of(write(tmp_path / "a.csv", table.getvalue()))
    assert (form.format, form.labels, form.options["header"]) == ("csv_table", ("neg", "pos"), header)
    assert (found, surprises) == (GOOD, {})
    assert any(note.startswith("The label is in") for note in form.notes)


def test_quotes(tmp_path: Path) -> None:
    """Quoted cells hold delimiters, doubled quotes and line breaks; where quotes are text they stay."""
    content = 'text,label\n"good, and ""new""\nagain",pos\n"bad",neg\nso,pos\n'
    form, found, _ = rows_of(write(tmp_path / "a.csv", content))
    assert (form.options["quotes"], found[0]) == (True, ('good, and "new"\nagain', "pos"))
    plain = 'sentence\tlabel\n"so it begins\t1\nhe said "no" twice\t0\nthe end"\t0\n'
    form, found, _ = rows_of(write(tmp_path / "a.tsv", plain))
    assert (form.options["quotes"], found[0], found[2]) == (False, ('"so it begins', "1"), ('the end"', "0"))


def test_numbers_and_further_columns(tmp_path: Path) -> None:
    """Numbers as labels keep their order; columns that are not used are named; two columns may make one text."""
    content = "id,title,body,label\n" + "".join(f"{n},t{n},body {n},{n % 11}\n" for n in range(33))
    form, found, _ = rows_of(write(tmp_path / "a.csv", content), text="body")
    assert form.labels == tuple(map(str, range(11)))
    assert found[10] == ("body 10", "10")
    assert "Not used: title." in form.notes
    assert form.options["id"] == "id"
    assert rows_of(tmp_path / "a.csv", text="title+body", label=4)[1][3] == ("t3 body 3", "3")


@pytest.mark.parametrize(
    ("content", "asked", "error", "message"),
    [
        ("text,label\ngood,1\nbad,0,x\n", {}, DataError, r"a\.csv, line 3: 3 cells, not the 2 of the first row.*not quoted"),
        ('text,label\ngood,1\n"bad,0\nx,1\n', {"quotes": "yes", "delimiter": "comma"}, DataError, r"line 3: not a row of a table.*quotes=no"),
        ("text,label\ngood,1\nbad,\n", {}, DataError, r"line 3: no label in 'label'"),
        ("text,label\ngood,1\n ,0\n", {}, DataError, r"line 3: the text is empty"),
        ("text,text\ngood,1\nbad,0\n", {}, DataError, r"line 1: two columns have one name"),
        ("text,label\n", {}, DataError, r"holds no row"),
        ("a good film\nso bad\n", {}, UsageError, r"no delimiter gives rows of two cells.*delimiter=comma\|tab"),
        ("text,one,two\ngood,1,0\nbad,0,1\nso,1,1\n", {}, UsageError, r"which field is the label; there are one, two\. Say label=FIELD"),
        ("text,label\ngood,1\nbad,0\n", {"label": "stars"}, UsageError, r"label=stars: no field 'stars'; there are text, label"),
        ("text,label\ngood,1\nbad,0\n", {"delimiter": "dot"}, UsageError, r"delimiter=dot: no such value"),
    ],
)  # fmt: skip
def test_faulty_tables(
    tmp_path: Path, content: str, asked: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A fault is an error that names its line, or the option that says what cannot be told."""
    with pytest.raises(error, match=message):
        rows_of(write(tmp_path / "a.csv", content), **asked)


def test_an_unknown_label_and_hidden_labels(tmp_path: Path) -> None:
    """A label that the form does not know is an error; hidden labels are not used, and counted."""
    form = recognise(write(tmp_path / "a.csv", "text,label\ngood,1\nbad,0\n"), "label")
    other = write(tmp_path / "b.csv", "text,label\n\nso,2\n")
    with pytest.raises(DataError, match=r"b\.csv, line 3: unknown label '2'\. This task knows 0, 1"):
        list(read(other, "test", form, Counter()))
    surprises: Counter[str] = Counter()
    assert [example.target for example in read(other, "test", form, surprises, hidden=True)] == [None]
    assert surprises == {HIDDEN_LABELS: 1, BLANK_LINE: 1}


@pytest.mark.parametrize("label", ["pos", ["pos"], 1, 1.0])
def test_json(tmp_path: Path, label: Any) -> None:
    """Labels in JSON may be words, numbers, or lists of one label (doccano)."""
    rows = [{"text": "a good film", "label": label}, {"text": "so bad", "label": label}]
    form, found, _ = rows_of(write(tmp_path / "a.jsonl", json_lines(rows)))
    assert (form.format, found[0]) == ("json_labels", ("a good film", "pos" if "pos" in str(label) else "1"))
    assert rows_of(write(tmp_path / "a.json", json.dumps(rows, indent=1)))[1] == found


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "so", "label": ["a", "b"]}, r"line 3: several labels in 'label'"),
        ({"text": "so", "label": None}, r"line 3: no label in 'label' \(None\)"),
        ({"text": None, "label": "a"}, r"line 3: no field 'text' that holds a text"),
    ],
)
def test_faulty_json(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    """A row without one text and one label is an error that names it."""
    path = write(tmp_path / "a.jsonl", json_lines([{"text": "good", "label": "a"}] * 2 + [row]))
    with pytest.raises(DataError, match=message):
        rows_of(path)


def test_json_of_texts_for_language_models(tmp_path: Path) -> None:
    """Rows of texts alone: all of each is scored."""
    path = write(tmp_path / "a.jsonl", json_lines([{"text": "one two"}, {"text": "three"}]))
    form = recognise(path, "tokens")
    assert [(e.input, e.target) for e in read(path, "test", form, Counter())] == [
        ("one two", ((0, 7),)),
        ("three", ((0, 5),)),
    ]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1, max_size=12).filter(
    lambda t: t.strip() and t[0] != "\ufeff"
)


@given(
    rows=st.lists(st.tuples(TEXTS, st.sampled_from(["x", "y z", "10"])), min_size=1, max_size=6),
    delimiter=st.sampled_from(["comma", "tab", "semicolon"]),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_written_and_read_back(tmp_path: Path, rows: list[tuple[str, str]], delimiter: str) -> None:
    """Texts with any characters, quoted as the csv module does, come back as they were."""
    table = io.StringIO()
    sign = {"comma": ",", "tab": "\t", "semicolon": ";"}[delimiter]
    csv.writer(table, delimiter=sign, lineterminator="\n").writerows([("text", "label"), *rows])
    path = write(tmp_path / "a.csv", table.getvalue())
    assert rows_of(path, delimiter=delimiter, quotes=True, header=True)[1] == rows
