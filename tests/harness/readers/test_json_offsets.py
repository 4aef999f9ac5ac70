"""JSON with offsets in the dresses of the annotation tools: fields, ends and units recognised, or asked for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import DataError, UsageError
from harness.readers import read, recognise
from harness.readers.json_source import BLANK_LINE, LAST_COMMA
from harness.readers.marks import CANCELLED, DISCONTINUOUS, NO_LABEL, OTHER, RELATION, SECOND
from harness.readers.offsets import EMPTY_SPAN, HIDDEN_LABELS, OTHER_LAYOUT
from harness.readers.spots import ENDS, UNITS, borders
from tests.harness.readers._files import json_lines, opened, write

TEXT = "我在北京工作"
LOC = [(TEXT, [("北京", "LOC")])]


def studio(value: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A task of Label Studio with one region."""
    return {"data": {"text": TEXT}, "annotations": [{"result": [{"value": value, "type": "labels"}], **more}]}


@pytest.mark.parametrize(
    ("rows", "ends", "shape"),
    [
        ([{"text": TEXT, "label": {"LOC": {"北京": [[2, 3]]}}}], "inclusive", "mentions"),
        ([{"text": TEXT, "entities": [{"start_idx": 2, "end_idx": 3, "type": "LOC", "entity": "北京"}]}], "inclusive", "objects"),
        ([{"sentence": TEXT, "spans": [{"begin": 2, "end": 4, "tag": "LOC", "mention": "北京"}]}], "exclusive", "objects"),
        ([{"text": TEXT, "label": [{"start": 2, "end": 4, "text": "北京", "labels": ["LOC"]}]}], "exclusive", "objects"),
        ([{"text": TEXT, "entities": [{"start": 2, "end": 4, "word": "北京", "entity_group": "LOC"}]}], "exclusive", "objects"),
        ([studio({"start": 2, "end": 4, "text": "北京", "labels": ["LOC"]})], "exclusive", "label_studio"),
        ([{"text": TEXT, "entities": [{"id": 7, "label": "LOC", "start_offset": 2, "end_offset": 4}], "relations": []}], "exclusive", "objects"),
        ([{"text": TEXT, "label": [[2, 3, "LOC", "北京"]]}], "inclusive", "triples"),
        ([{"text": TEXT, "entities": [["LOC", 2, 4, "北京"]]}], "exclusive", "triples"),
        ([[TEXT, {"entities": [[2, 4, "LOC"]]}]], "exclusive", "triples"),
        ([{"text": TEXT, "ents": [{"start": 2, "end": 4, "label": "LOC"}]}], "exclusive", "objects"),
        ([{"text": TEXT, "entities": [{"offsets": [[2, 4]], "text": ["北京"], "type": "LOC"}]}], None, "objects"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("layout", ["lines", "array", "indented"])
def test_dresses(tmp_path: Path, rows: list[Any], ends: str | None, shape: str, layout: str) -> None:
    """Each tool's own fields and ends are recognised, a row a line or in one array, on one line or many."""
    indent = 2 if layout == "indented" else None
    content = json_lines(rows) if layout == "lines" else json.dumps(rows, ensure_ascii=False, indent=indent)
    form, examples, surprises = opened(write(tmp_path / "a.json", content), **({} if ends else {"ends": "exclusive"}))
    assert (form.format, form.labels, form.options["shape"]) == ("json_offsets", ("LOC",), shape)
    assert form.options["ends"] == (ends or "exclusive")
    assert (examples, surprises) == (LOC, {})


def test_rows_inside_an_object(tmp_path: Path) -> None:
    """An array inside an object, as some tools write it, is found."""
    content = json.dumps({"classes": ["LOC"], "annotations": [[TEXT, {"entities": [[2, 4, "LOC"]]}]]}, indent=1)
    assert opened(write(tmp_path / "a.json", content))[1] == LOC


@pytest.mark.parametrize(
    ("rows", "ends"),
    [
        ([("我在北京", 2, 4), ("我在南京了", 2, 4)], "exclusive"),
        ([("去京了", 1, 1), ("我在南京了", 2, 3)], "inclusive"),
        ([("in Bonn now", 3, 7)], "exclusive"),
        ([("in Bonn now", 3, 6)], "inclusive"),
    ],
)
def test_ends_without_a_mention(tmp_path: Path, rows: list[tuple[str, int, int]], ends: str) -> None:
    """The end of a text, entities of one character and the borders of words tell how ends are meant; a note says why."""
    path = write(tmp_path / "a.jsonl", json_lines([{"text": text, "label": [[a, b, "LOC"]]} for text, a, b in rows]))
    form = recognise(path, "spans")
    assert form.options["ends"] == ends
    assert any(note.startswith(f"Ends are {ends}") for note in form.notes)


@pytest.mark.parametrize("rows", [[(TEXT, 2, 4)], [("去京", 1, 2), ("去京了", 1, 1)]])
def test_ends_that_cannot_be_told_are_asked_for(tmp_path: Path, rows: list[tuple[str, int, int]]) -> None:
    """Where nothing tells, or two rows contradict each other, the error shows an entity both ways and names the option."""
    path = write(tmp_path / "a.jsonl", json_lines([{"text": text, "label": [[a, b, "LOC"]]} for text, a, b in rows]))
    with pytest.raises(UsageError, match=r"inclusive or exclusive.*Say ends=exclusive or ends=inclusive"):
        recognise(path, "spans")
    with pytest.raises(UsageError, match=r"line 1: 2 to 4 is '北京' if exclusive, '北京工' if inclusive"):
        recognise(write(path, json_lines([{"text": TEXT, "label": [[2, 4, "LOC"]]}])), "spans")
    assert opened(path, ends="inclusive")[1][0][1] == [("北京工", "LOC")]


@pytest.mark.parametrize(
    ("start", "end", "units", "ends"),
    [
        (2, 4, "characters", "exclusive"),
        (3, 4, "utf16", "inclusive"),
        (3, 5, "utf16", "exclusive"),
        (7, 13, "utf8", "exclusive"),
    ],
)
def test_units_are_recognised_by_the_mention(tmp_path: Path, start: int, end: int, units: str, ends: str) -> None:
    """Behind an emoji, offsets in characters, UTF-16 units and bytes differ; the mention tells which they are."""
    row = {"text": "😀在北京", "entities": [{"start": start, "end": end, "label": "LOC", "text": "北京"}]}
    form, examples, _ = opened(write(tmp_path / "a.jsonl", json_lines([row])))
    assert (form.options.get("units", "characters"), form.options["ends"]) == (units, ends)
    assert examples == [("😀在北京", [("北京", "LOC")])]


def test_units_that_cannot_be_told_are_asked_for(tmp_path: Path) -> None:
    """Where entities stand behind emoji and nothing tells the units, the error shows one both ways and names the option."""
    path = write(tmp_path / "a.jsonl", json_lines([{"text": "😀在北京吗", "label": [[2, 4, "LOC"]]}]))
    for asked in ({}, {"ends": "exclusive"}):
        with pytest.raises(UsageError, match=r"line 1: 2 to 4 is '北京' in characters, '在北' in UTF-16.*units=utf16"):
            recognise(path, "spans", **asked)
    assert opened(path, ends="exclusive", units="utf16")[1][0][1] == [("在北", "LOC")]
    form, examples, _ = opened(path, ends="exclusive", units="characters")
    assert examples[0][1] == [("北京", "LOC")]
    assert form.options["units"] == "characters"  # said, so that other splits are read the same way
    past = write(path, json_lines([{"text": "😀在北京", "label": [[3, 5, "LOC"]]}]))
    assert opened(past, ends="exclusive")[0].options["units"] == "utf16"


@pytest.mark.parametrize("units", ["characters", "utf16"])
@pytest.mark.parametrize("inclusive", [False, True])
def test_units_by_the_borders_of_words(tmp_path: Path, units: str, inclusive: bool) -> None:
    """Without mentions, entities behind an emoji tell the units by the words that they end with, and a note says so."""
    texts = [
        f"{'😀' * (1 + number % 3)} Anna went to {city} today" for number, city in enumerate(("Oslo", "Rome", "Bonn"))
    ]
    rows = []
    for text, city in zip(texts, ("Oslo", "Rome", "Bonn"), strict=True):
        start = borders(text, units)[text.index(city)]
        rows.append({"text": text, "label": [[start, start + 4 - inclusive, "LOC"]]})
    form, examples, _ = opened(write(tmp_path / "a.jsonl", json_lines(rows)))
    assert [spans for _, spans in examples] == [[("Oslo", "LOC")], [("Rome", "LOC")], [("Bonn", "LOC")]]
    assert form.options.get("units", "characters") == units
    assert any("3 of 3 entities behind an emoji or the like end with a word" in note for note in form.notes)


def test_label_studio_in_full(tmp_path: Path) -> None:
    """Relations, choices, regions without a label, cancelled and second annotations are counted, none is read."""
    region = {"value": {"start": 2, "end": 4, "text": "北京", "labels": ["LOC"]}, "type": "labels"}
    rows = [
        {"data": {"text": TEXT}, "annotations": [
            {"was_cancelled": True, "result": [region]},
            {"result": [region, {"type": "relation", "from_id": "a"}, {"type": "choices", "value": {"choices": ["x"]}},
                        {"value": {"start": 0, "end": 1, "text": "我", "labels": []}, "type": "labels"}]},
            {"result": [region]},
        ]},
        {"data": {"text": "没有"}, "annotations": []},
    ]  # fmt: skip
    form, examples, surprises = opened(write(tmp_path / "a.json", json.dumps(rows)))
    assert examples == [*LOC, ("没有", [])]
    assert surprises == {CANCELLED: 1, SECOND: 1, RELATION: 1, OTHER: 1, NO_LABEL: 1}
    assert "relation skipped: 1." in form.notes


def test_discontinuous_entities_are_left_out_and_said(tmp_path: Path) -> None:
    """An entity in two pieces has no span: it is left out, counted and named in the notes."""
    entities = [{"offsets": [[0, 1], [2, 4]], "type": "LOC"}, {"offsets": [[2, 4]], "type": "LOC"}]
    form, examples, surprises = opened(
        write(tmp_path / "a.json", json.dumps([{"text": "我在北京", "entities": entities}]))
    )
    assert (examples, surprises) == ([("我在北京", [("北京", "LOC")])], {DISCONTINUOUS: 1})
    assert f"{DISCONTINUOUS}: 1." in form.notes


def test_words_or_characters(tmp_path: Path) -> None:
    """Texts with spaces are read in words, unless entities cut words; Chinese is read in characters."""
    row = {"text": "Bonn-Beuel is nice.", "label": [[0, 4, "LOC"], [5, 10, "LOC"]]}
    path = write(tmp_path / "a.jsonl", json_lines([row]))
    (example,) = read(path, "train", recognise(path, "spans"), Counter())
    assert example.input.pieces() == ["Bonn", "-", "Beuel", "is", "nice", "."]
    cut = {"text": "Bonns is nice.", "label": [[0, 4, "LOC"]]}
    form = recognise(write(path, json_lines([cut, row])), "spans", ends="exclusive")
    assert form.options["tokens"] == "characters"
    assert any("1 of 3 entities begin or end inside a word" in note for note in form.notes)
    assert recognise(path, "spans", ends="exclusive", tokens="words").options["tokens"] == "words"


def test_ends_that_contradict_the_words_are_noted(tmp_path: Path) -> None:
    """Who says exclusive of a file whose inclusive ends keep to words is told so; the right word brings no note."""
    path = write(tmp_path / "a.jsonl", json_lines([{"text": "Paris is nice.", "label": [[0, 4, "LOC"]]}]))
    form = recognise(path, "spans", ends="exclusive")
    assert any("Read with ends=inclusive, 1 of them begin and end with a word" in note for note in form.notes)
    assert not any("inside a word" in note for note in recognise(path, "spans", ends="inclusive").notes)


def test_the_other_layout_is_read(tmp_path: Path) -> None:
    """A file of lines is read under the form of an array, and the shipped readers count it as a surprise."""
    from harness.readers.offsets import read_cblue, read_cluener

    row = {"text": TEXT, "entities": [{"start_idx": 2, "end_idx": 3, "type": "LOC", "entity": "北京"}]}
    array = write(tmp_path / "a.json", json.dumps([row, row]))
    lines = write(tmp_path / "b.json", json_lines([row, row]))
    form = recognise(array, "spans")
    assert list(read(lines, "train", form, Counter())) == list(read(array, "train", form, Counter()))
    found: Counter[str] = Counter()
    assert list(read_cblue(lines, "train", ["LOC"], found)) == list(read_cblue(array, "train", ["LOC"], Counter()))
    assert found == {OTHER_LAYOUT["lines"]: 1}
    cluener = [{"text": TEXT, "label": {"LOC": {"北京": [[2, 3]]}}}]
    found.clear()
    (example,) = read_cluener(write(array, json.dumps(cluener, indent=1)), "train", ["LOC"], found)
    assert (example.target, found) == (((2, 4, "LOC"),), {OTHER_LAYOUT["array"]: 1})


def test_small_repairs_are_counted(tmp_path: Path) -> None:
    """Blank lines, a comma behind the last row and empty spans are repaired in the open."""
    row = {"text": "in Bonn", "label": [[3, 7, "LOC"], [1, 1, "LOC"]]}
    assert opened(write(tmp_path / "a.jsonl", json_lines([row]) + "\n\n"), ends="exclusive")[2] == {
        BLANK_LINE: 2,
        EMPTY_SPAN: 1,
    }
    array = write(tmp_path / "a.json", f"[{json.dumps(row)},\n]\n")
    assert opened(array, ends="exclusive")[2] == {LAST_COMMA: 1, EMPTY_SPAN: 1}


ROW = '{"text": "in Bonn", "label": [[3, 7, "LOC"]]}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"[{ROW},\n{ROW[:12]}", r"line 2: not valid JSON \(Unterminated.*cut short: get a fresh copy"),
        (f"[{ROW},\n{ROW}", r"line 2: not valid JSON.*cut short"),
        (f"[{ROW}\n{ROW}]", r"line 2: not valid JSON: no comma"),
        (f"[{ROW}] x", r"line 1: there is more behind the end of the array"),
        (f"{ROW}\n{ROW} {ROW}\n", r"line 2: not valid JSON \(Extra data.*two values without a comma"),
        (f"{ROW}\n{{'text': 'x'}}\n", r"line 2: not valid JSON.*double quotes"),
        (f'{ROW}\n{{"text": 3, "label": []}}\n', r"line 2: no field 'text' that holds a text"),
        (f'{ROW}\n{{"text": "", "label": []}}\n', r"line 2: the text is empty"),
        (f'{ROW}\n{{"text": "Bonn"}}\n', r"line 2: no field 'label'.*labels are hidden"),
        (f'{ROW}\n{{"text": "Bonn", "label": [[0]]}}\n', r"line 2: the entities in 'label' are not of the shape triples"),
        (f'{ROW}\n{{"text": "Bonn", "label": [[0, 4, 7]]}}\n', r"line 2: the label 7 is not a word"),
        (f'{ROW}\n{{"text": "Bonn", "label": [[0, "4", "LOC"]]}}\n', r"line 2: the offsets 0 and '4' are not whole numbers"),
        (f'{ROW}\n{{"text": "Bonn", "label": [[0, 9, "LOC"]]}}\n', r"line 2: the offsets 0 to 9 \(end exclusive\) do not lie in a text of 4"),
        (f"{ROW}\n" + "[" * 100_000, r"line 2: JSON that cannot be read"),
        (f"{ROW}\n{{\"text\": \"Bonn\", \"label\": [[0, {'9' * 5000}, \"LOC\"]]}}", r"line 2: JSON that cannot be read"),
    ],
)  # fmt: skip
def test_malformed_files(tmp_path: Path, content: str, message: str) -> None:
    """A malformed row is an error that names it and the likely cause."""
    path = write(tmp_path / "a.json", content)
    with pytest.raises(DataError, match=message):
        list(read(path, "train", recognise(path, "spans", ends="exclusive"), Counter()))


def test_words_that_their_offsets_do_not_spell(tmp_path: Path) -> None:
    """One wrong mention names the row and the likely cause; many are told as soon as the file is recognised."""

    def entity(start: int, end: int, word: str) -> dict[str, Any]:
        return {"text": "😀在北京吗", "entities": [{"start": start, "end": end, "label": "LOC", "text": word}]}

    rows = [entity(2, 4, "北京")] * 19 + [entity(3, 5, "北京")]
    path = write(tmp_path / "a.jsonl", json_lines(rows))
    form = recognise(path, "spans")
    with pytest.raises(
        DataError, match=r"line 20: the offsets 3 to 5 spell '京吗', but the entity says '北京'\. They would .* UTF-16"
    ):
        list(read(path, "train", form, Counter()))
    wrong = write(tmp_path / "b.jsonl", json_lines([entity(0, 2, "北京"), entity(2, 4, "北京"), entity(1, 2, "北京")]))
    with pytest.raises(DataError, match=r"2 of 3 entities are not spelled.*line 1: 0 to 2 against '北京'"):
        recognise(wrong, "spans")


def test_hidden_answers(tmp_path: Path) -> None:
    """Rows without entities are read under the form of another file; those that have them are counted."""
    form = recognise(write(tmp_path / "a.jsonl", ROW), "spans")
    surprises: Counter[str] = Counter()
    path = write(tmp_path / "b.jsonl", '{"id": 1, "text": "in Ulm"}\n' + ROW)
    assert [example.target for example in read(path, "test", form, surprises, hidden=True)] == [None, None]
    assert surprises == {HIDDEN_LABELS: 1}
    bare = write(path, '{"id": 1, "text": "in Ulm"}\n')
    assert recognise(bare, "spans", hidden=True).options["text"] == "text"
    with pytest.raises(
        UsageError, match=r"no field holds entities with offsets; rows have id, text\. Say entities=FIELD"
    ):
        recognise(bare, "spans")


def test_a_text_field_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    """Two fields of strings without a usual name: the error lists the fields, and asking settles it."""
    path = write(tmp_path / "a.jsonl", json_lines([{"one": "in Bonn", "two": "x", "label": [[3, 7, "LOC"]]}]))
    with pytest.raises(UsageError, match=r"which field holds the text; rows have one, two, label\. Say text=FIELD"):
        recognise(path, "spans")
    assert opened(path, text="one")[1] == [("in Bonn", [("Bonn", "LOC")])]
    with pytest.raises(UsageError, match="text=three: no row holds a string of that name"):
        recognise(path, "spans", text="three")


SHAPES = {
    "triples": lambda text, spans: {"text": text, "label": [[a, b, label] for a, b, label, _ in spans]},
    "objects": lambda text, spans: {
        "text": text,
        "entities": [{"start": a, "end": b, "type": label, "mention": word} for a, b, label, word in spans],
    },
    "label_studio": lambda text, spans: {
        "data": {"text": text},
        "annotations": [
            {
                "result": [
                    {"type": "labels", "value": {"start": a, "end": b, "text": w, "labels": [n]}}
                    for a, b, n, w in spans
                ]
            }
        ],
    },
}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_written_in_every_dress_and_read_back(tmp_path: Path, shape: str, data: st.DataObject) -> None:
    """Spans written with any ends, units and layout come back as they were."""

    ends, units, layout = data.draw(
        st.tuples(st.sampled_from(ENDS), st.sampled_from(UNITS), st.sampled_from(["lines", "array"]))
    )
    rows, expected = [], []
    for text in data.draw(st.lists(st.text("北京a 😀é\u2028", min_size=1, max_size=8), min_size=1, max_size=3)):
        cuts = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(lambda cut: cut[0] < cut[1])
        spans = sorted(data.draw(st.sets(cuts, max_size=3)))
        at = borders(text, units)
        shown = [(at[a], at[b] - (ends == "inclusive"), "LOC", text[a:b]) for a, b in spans]
        rows.append(SHAPES[shape](text, shown))
        expected.append((text, tuple((a, b, "LOC") for a, b in spans)))
    content = json_lines(rows) if layout == "lines" else json.dumps(rows, indent=data.draw(st.sampled_from([None, 1])))
    path = write(tmp_path / "a.json", content)
    form = recognise(path, "spans", ends=ends, units=units)
    assert [(example.input.text, example.target) for example in read(path, "train", form, Counter())] == expected
