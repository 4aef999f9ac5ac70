"""Tasks of one label: lists against another way to work them out, and files that are not what they should be."""

from __future__ import annotations

import io
import itertools
import re
import statistics
from collections import Counter

import pyarrow
import pytest
from PIL import Image as Pillow
from pyarrow import parquet

from harness.errors import DataError
from harness.spec import Image
from tasks.classify import imdb, listops, mnist, sst2


def worked_out(text):
    """The value of a text by replacing innermost lists until a digit is left: no tree is made."""
    innermost = re.compile(r"\[(MIN|MAX|MED|SM)((?: \d)+) \]")

    def replaced(match):
        digits = [int(digit) for digit in match[2].split()]
        known = {
            "MIN": min,
            "MAX": max,
            "MED": lambda row: int(statistics.median(row)),
            "SM": lambda row: sum(row) % 10,
        }
        return str(known[match[1]](digits))

    while "[" in text:
        text = innermost.sub(replaced, text)
    return int(text)


def test_lists_come_to_what_they_come_to():
    """Values should be those of another evaluator, for the sample and the beginning of the real draw."""
    rows = [*listops.sample("train"), *itertools.islice(listops.load("test", {}, Counter()), 200)]
    assert all(worked_out(row.input.text) == row.target for row in rows)
    assert {row.target for row in rows} == set(range(10))


def test_lists_have_their_lengths():
    """No text is shorter or longer than the card says, and tokens are what spaces part."""
    rows = list(itertools.islice(listops.load("train", {}, Counter()), 300))
    assert all(60 <= len(row.input) <= 200 for row in rows)
    assert all(row.input.pieces() == row.input.text.split(" ") for row in rows)
    assert len({row.input.text for row in rows}) == len(rows)


def test_columns_are_read(tmp_path):
    """A text, the number of its label, and no heading; a row without a text is left out and counted."""
    path = tmp_path / "train.tsv"
    path.write_text("sentence\tlabel\nnot bad\t1\n \t0\nawful\t0\n")
    surprises = Counter()
    rows = list(sst2.load("train", {"train.tsv": path}, surprises))
    assert [(row.id, row.input.pieces(), row.target) for row in rows] == [
        ("train-0", ["not", "bad"], 1),
        ("train-2", ["awful"], 0),
    ]
    assert surprises == {"row without a text dropped": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sentence\tlabel\nfine\n", "line 2: only 1 of at least 2 columns"),
        ("sentence\tlabel\nfine\t1\nfine\t1\t1\n", "line 3: 3 columns, and the first line of the file has 2"),
        ("sentence\tlabel\nfine\t7\n", "line 2: unknown label '7'"),
        ("fine\t1\nbad\t0\n", "line 1 looks like data, not like a heading: its label is '1'. Put the heading back"),
    ],
)
def test_faulty_columns(tmp_path, content, message):
    """The file, the line and what is wrong are named."""
    path = tmp_path / "train.tsv"
    path.write_text(content)
    with pytest.raises(DataError, match=f"train.tsv, {message}"):
        list(sst2.load("train", {"train.tsv": path}, Counter()))


def test_files_of_windows_are_read(tmp_path):
    """A byte order mark is counted, and carriage returns before line feeds belong to no label, the last one's included."""
    path, surprises = tmp_path / "train.tsv", Counter()
    path.write_bytes("\ufeffsentence\tlabel\r\nfine\t1\r\nbad\t0\r\n".encode())
    assert [row.target for row in sst2.load("train", {"train.tsv": path}, surprises)] == [1, 0]
    assert surprises == {"byte order mark at the start of the file removed": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "not a JSON object"),
        ('{"label": "pos"}', "not a JSON object with label and text"),
        ('{"label": "odd", "text": "x"}', "unknown label 'odd'"),
        ('{"label": "pos", "text": 1}', "the text 1 is not a string"),
    ],
)
def test_faulty_objects(tmp_path, line, message):
    """A line that is no object with label and text is named."""
    path = tmp_path / "train.jsonl"
    path.write_text(f'{{"label": "neg", "text": "dull"}}\n{line}\n')
    with pytest.raises(DataError, match=rf"train\.jsonl, line 2: {message}"):
        list(imdb.load("train", {"train.jsonl": path}, Counter()))


def picture(size=(28, 28), kind="PNG"):
    """The bytes of a grey picture."""
    stream = io.BytesIO()
    Pillow.new("L", size, 7).save(stream, kind)
    return stream.getvalue()


def write(path, rows):
    """A Parquet file in the schema of the hub."""
    structures = [{"bytes": content, "path": ""} for content, _ in rows]
    parquet.write_table(pyarrow.table({"image": structures, "label": [label for _, label in rows]}), path)


def test_pictures_are_read(tmp_path):
    """Pixels come out as they went in."""
    write(tmp_path / "test.parquet", [(picture(), 3)])
    (row,) = mnist.load("test", {"test.parquet": tmp_path / "test.parquet"}, Counter())
    assert (row.input, row.target) == (Image(bytes([7]) * 784, 28, 28, 1), 3)


@pytest.mark.parametrize(
    ("content", "label", "message"),
    [
        (picture(size=(20, 28)), 0, r"row 1: the picture has \(20, 28\) pixels"),
        (b"no picture", 0, "row 1: the 10 bytes are no picture"),
        (picture()[:-30], 0, "row 1: the picture cannot be read"),
        (picture(), 10, "row 1: the label 10 is no number"),
        (None, 0, "row 1: column 'image' holds no bytes"),
    ],
)
def test_faulty_pictures(tmp_path, content, label, message):
    """The file, the row and what is wrong are named."""
    write(tmp_path / "test.parquet", [(picture(), 1), (content, label)])
    with pytest.raises(DataError, match=message):
        list(mnist.load("test", {"test.parquet": tmp_path / "test.parquet"}, Counter()))


def test_bytes_without_their_structure(tmp_path):
    """A column of plain bytes is told what it should be."""
    parquet.write_table(pyarrow.table({"image": [picture()], "label": [1]}), tmp_path / "test.parquet")
    with pytest.raises(DataError, match="row 0: column 'image' is not a structure with bytes"):
        list(mnist.load("test", {"test.parquet": tmp_path / "test.parquet"}, Counter()))


def test_another_schema(tmp_path):
    """A Parquet file without the column is told which it has."""
    parquet.write_table(pyarrow.table({"pixels": [1]}), tmp_path / "test.parquet")
    with pytest.raises(DataError, match="no column 'image'; there are pixels"):
        list(mnist.load("test", {"test.parquet": tmp_path / "test.parquet"}, Counter()))
