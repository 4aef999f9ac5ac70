"""Files of every form are filled in with answers that its reader gives back, and nothing else of them changes."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, UsageError
from harness.readers import Form, read, submission
from harness.spec import Example, Span

LABELS = ("LOC", "PER")
SCHEMES = ("BIO", "IOB1", "BMES", "BIOES", "BILOU", "IO")


def drawn(example: Example, rng: random.Random, most: int = 4) -> tuple[Span, ...]:
    """Some spans on token borders, nested and touching ones among them."""
    offsets = example.input.offsets()
    found = set()
    for _ in range(rng.randint(0, most)):
        first = rng.randrange(len(offsets))
        last = rng.randrange(first, min(len(offsets), first + 3))
        found.add((offsets[first][0], offsets[last][1], rng.choice(LABELS)))
    return tuple(sorted(found))


def round_trip(path: Path, form: Form, seed: int = 0) -> tuple[str, list[Any], list[Any]]:
    """The filled-in text, what was answered, and what of it the form has room for; read back it is the same."""
    made, rng = submission(form), random.Random(seed)
    examples = list(made.read(path, Counter()))
    answers = [drawn(example, rng) for example in examples]
    fitting = [made.fit(example.input, answer) for example, answer in zip(examples, answers, strict=True)]
    text = "".join(made.write(path, fitting))
    handed = path.with_name("mine.txt")
    handed.write_text(text, encoding="utf-8")
    assert list(made.check(path, handed)) == fitting
    assert [row.target for row in read(handed, "x", form, Counter())] == fitting
    return text, answers, fitting


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("tags", [True, False])
def test_columns_of_every_scheme(tmp_path: Path, scheme: str, tags: bool) -> None:
    """Answers that do not overlap are all read back, whether the file has a column of O for them or none at all."""
    path, tag = tmp_path / "test.txt", " O" if tags else ""
    sentences = [["Bonn", "ist", "schön", ".", "Wu", "lebt"], ["Rom"], ["U.S.", "ja"]] * 7
    path.write_text("\n".join("".join(f"{word}{tag}\n" for word in words) for words in sentences), encoding="utf-8")
    text, answers, fitting = round_trip(path, Form("conll", "spans", LABELS, {"scheme": scheme, "spaced": True}))
    assert [line.split(" ")[0] for line in text.split("\n")] == [
        line.split(" ")[0] for line in path.read_text(encoding="utf-8").split("\n")
    ]
    assert any(len(found) > 1 for found in fitting)
    assert all(set(kept) <= set(given) for kept, given in zip(fitting, answers, strict=True))


def test_other_columns_and_lines_stay(tmp_path: Path) -> None:
    """Four columns with tabs, documents and comments: only the tags change."""
    path = tmp_path / "test.txt"
    path.write_text("-DOCSTART-\tX\tX\tO\n\n# one\nBonn\tNNP\tI-NP\tO\nlebt\tVVZ\tI-VP\tO\n\n", encoding="utf-8")
    form = Form("conll", "spans", LABELS, {"columns": 4, "tag": "4", "spaced": True, "comments": True, "joiner": "_"})
    text = "".join(submission(form).write(path, [((0, 4, "LOC"),)]))
    assert text == "-DOCSTART-\tX\tX\tO\n\n# one\nBonn\tNNP\tI-NP\tB_LOC\nlebt\tVVZ\tI-VP\tO\n\n"


def test_nested_answers_take_columns(tmp_path: Path) -> None:
    """The outer entity stands in the first column of tags, the inner in the second; a third has no room and is left out."""
    path = tmp_path / "test.txt"
    path.write_text("北 O O\n京 O O\n人 O O\n\n", encoding="utf-8")
    form = Form("conll", "spans", LABELS, {"columns": 3, "tag": "2 3"})
    made = submission(form)
    (example,) = made.read(path, Counter())
    spans = ((0, 1, "LOC"), (0, 2, "LOC"), (0, 3, "PER"))
    kept = made.fit(example.input, spans)
    assert kept == ((0, 2, "LOC"), (0, 3, "PER"))
    assert "".join(made.write(path, [kept])) == "北 B-PER B-LOC\n京 I-PER I-LOC\n人 I-PER O\n\n"


SHAPES: dict[str, dict[str, str]] = {
    "triples": {"entities": "label", "order": "start end label"},
    "named triples": {"shape": "triples", "entities": "entities", "order": "label start end mention"},
    "objects": {"entities": "entities", "start": "start", "end": "end", "label": "type", "mention": "word"},
    "pairs": {"shape": "objects", "entities": "spans", "start": "range", "end": "range", "label": "label"},
    "mentions": {"entities": "label"},
    "ranges": {"entities": "label"},
    "label_studio": {},
}
TEXTS = ("我在😀北京", "no entity here", "😀😀好", "Zürich und Köln")


@pytest.mark.parametrize("units", ["characters", "utf16", "utf8"])
@pytest.mark.parametrize("ends", ["exclusive", "inclusive"])
@pytest.mark.parametrize("shape", SHAPES)
def test_offsets_of_every_shape(tmp_path: Path, shape: str, ends: str, units: str) -> None:
    """Whatever ends mean and offsets count, answers are read back; the other fields of a row are as they were."""
    path = tmp_path / "test.json"
    rows = [
        {"id": n, "data": {"text": text}} if shape == "label_studio" else {"id": n, "text": text}
        for n, text in enumerate(TEXTS * 5)
    ]
    if shape == "label_studio":
        rows = [{**row, "annotations": []} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    options = {"text": "text", "shape": shape, "ends": ends, "units": units, **SHAPES[shape]}
    text, answers, fitting = round_trip(path, Form("json_offsets", "spans", LABELS, options))
    assert fitting == answers
    assert any(answers)
    assert [json.loads(line)["id"] for line in text.splitlines()] == [row["id"] for row in rows]


@pytest.mark.parametrize("layout", ["lines", "array", "object", "pairs"])
def test_layouts(tmp_path: Path, layout: str) -> None:
    """Lines stay lines, an array an array; what stands around an array in an object stays; spaCy's pairs stay pairs."""
    rows: list[Any] = [{"text": text, "entities": []} for text in TEXTS]
    if layout == "pairs":
        rows = [[text, {"entities": []}] for text in TEXTS]
    whole = {"version": 3, "data": rows}
    path = tmp_path / "test.json"
    content = json.dumps(whole if layout == "object" else rows)
    path.write_text("\n".join(map(json.dumps, rows)) if layout == "lines" else content, encoding="utf-8")
    text, _, _ = round_trip(path, Form("json_offsets", "spans", LABELS, {"text": "text", "entities": "entities"}))
    if layout == "lines":
        assert len(text.splitlines()) == len(rows)
    else:
        found = json.loads(text)
        kept = found["data"] if layout == "object" else found
        assert [type(row) for row in kept] == [type(row) for row in rows]
        assert layout != "object" or found["version"] == 3


def test_another_text_or_number_of_rows(tmp_path: Path) -> None:
    """A filled-in file of other texts, or of more or fewer rows, is refused with the row."""
    form = Form("json_offsets", "spans", LABELS, {"text": "text", "entities": "label"})
    path, handed = tmp_path / "test.json", tmp_path / "mine.json"
    path.write_text('{"text": "a"}\n{"text": "b"}\n', encoding="utf-8")
    for text, words in {
        '{"text": "a", "label": []}\n': "test.json has more than the 1 rows of",
        '{"text": "a", "label": []}\n{"text": "c", "label": []}\n': "row 2: the text is not that of",
        '{"text": "a", "label": [[0, 1, "LOC"], [0, 1, "LOC"]]}\n{"text": "b", "label": []}\n': "row 1: span given twice",
        '{"text": "a", "label": [[0, 2, "LOC"]]}\n': "line 1: the offsets",
        '{"text": "a", "label": [[0, 1, "X"]]}\n': "unknown label 'X'",
    }.items():
        handed.write_text(text, encoding="utf-8")
        with pytest.raises(DataError) as told:
            list(submission(form).check(path, handed))
        assert words in str(told.value)


def test_a_format_that_is_not_written() -> None:
    """A format that has no way to be filled in says so."""
    with pytest.raises(UsageError, match="there is no format"):
        submission(Form("cuneiform", "spans"))


@pytest.mark.parametrize("names", ["", "O B-LOC I-LOC B-PER I-PER"])
def test_rows_of_tokens_and_tags(tmp_path: Path, names: str) -> None:
    """Rows of tokens get tags that do not overlap, as words or as the numbers of their names."""
    rows = [{"id": 7, "tokens": ["Bonn", "ist", "schön"]}, {"id": 8, "tokens": ["Wu", "lebt"]}] * 5
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    options = {"shape": "tags", "words": "tokens", "tags": "ner_tags", "scheme": "BIO", "spaced": True}
    form = Form("json_offsets", "spans", LABELS, {**options, **({"names": names} if names else {})})
    text, _, fitting = round_trip(path, form)
    assert any(len(found) > 1 for found in fitting)
    assert [json.loads(line)["id"] for line in text.splitlines()] == [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("name", "content", "form", "expected"),
    [
        (
            "a.jsonl",
            '{"id": 1, "text": "good"}\n{"id": 2, "text": "bad"}\n',
            Form("json_labels", "label", ("0", "1"), {"text": "text", "label": "stars", "numbers": True}),
            '{"id": 1, "text": "good", "stars": 1}\n{"id": 2, "text": "bad", "stars": 0}\n',
        ),
        (
            "a.csv",
            'id,text\n1,"good, new"\n2,bad\n',
            Form("csv_table", "label", ("no", "yes"), {"header": True, "text": "text", "label": "label"}),
            'id,text,label\n1,"good, new",yes\n2,bad,no\n',
        ),
        (
            "a.tsv",
            'so "good"\t?\nbad\t?\n',
            Form("csv_table", "label", ("no", "yes"), {"delimiter": "tab", "quotes": False, "text": "1", "label": "2"}),
            'so "good"\tyes\nbad\tno\n',
        ),
    ],
)
def test_labels_are_filled_in(tmp_path: Path, name: str, content: str, form: Form, expected: str) -> None:
    """A label a row, in the column or field of the form, which is added where there is none; read back it is the answer."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    made = submission(form)
    text = "".join(made.write(path, [1, 0]))
    assert text == expected
    handed = tmp_path / "mine"
    handed.write_text(text, encoding="utf-8")
    assert list(made.check(path, handed)) == [1, 0]


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", "text,label\na good film,no\n", Form("csv_table", "label", ("no", "yes"), {"header": True})),
        ("a.csv", 'text,label\n"two\nlines",no\n', Form("csv_table", "label", ("no", "yes"), {"header": True})),
        ("a.jsonl", '{"text": "so", "label": "no"}\n', Form("json_labels", "label", ("no", "yes"))),
        ("a.txt", "Bonn O\nlebt O\n\n", Form("conll", "spans", ("LOC",), {"scheme": "BIO", "spaced": True})),
    ],
)
def test_line_ends_and_mark_stay(tmp_path: Path, name: str, content: str, form: Form) -> None:
    """A file whose lines end in CR LF, with a byte order mark, comes back byte for byte where no answer is another one."""
    path = tmp_path / name
    made = submission(form)
    answers = [()] if form.kind == "spans" else [0]
    for raw in (content, content.replace("\n", "\r\n"), "\ufeff" + content.replace("\n", "\r\n")):
        path.write_bytes(raw.encode())
        assert "".join(made.write(path, answers)) == raw


def test_line_feeds_inside_cells_stay(tmp_path: Path) -> None:
    """Spreadsheets end rows in CR LF and break lines inside cells by a line feed: both come back."""
    content = 'text,label\r\n"two\nlines",no\r\n'
    (tmp_path / "a.csv").write_bytes(content.encode())
    form = Form("csv_table", "label", ("no", "yes"), {"header": True})
    assert "".join(submission(form).write(tmp_path / "a.csv", [0])) == content
