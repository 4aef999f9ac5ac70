"""Files without answers are filled in as servers want them, and what a server would refuse is found with its row."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.readers.clue import labels_submission
from harness.readers.offset_submissions import cblue_submission, chip_submission, cluener_submission
from harness.readers.submissions import Submission
from harness.registry.shelves import entries, load
from harness.spec import Text

TEXTS = ("头痛两天，又头痛", "A\u2028B 😀 好")
SPANS = (((0, 2, "sym"), (0, 1, "bod"), (6, 8, "sym")), ((4, 5, "bod"),))
LABELS = ("sym", "bod")


def lines(path: Path, rows: list[Any]) -> Path:
    """JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def asked(tmp_path: Path, form: str) -> tuple[Submission, Path, list[Any]]:
    """A submission, a file without answers, and answers to it."""
    spans = [tuple(sorted(found)) for found in SPANS]
    path = tmp_path / "test.json"
    if form == "cluener":
        return (
            cluener_submission(LABELS),
            lines(path, [{"id": n + 3, "text": text} for n, text in enumerate(TEXTS)]),
            spans,
        )
    if form == "cblue":
        path.write_text(json.dumps([{"text": text, "entities": []} for text in TEXTS]), encoding="utf-8")
        return cblue_submission(LABELS), path, spans
    if form == "chip":
        path.write_text("".join(text + "\n" for text in TEXTS), encoding="utf-8")
        return chip_submission(LABELS), path, spans
    submission = labels_submission(lambda place, row: Text(row["sentence"]), ("100", "101"), "x_predict.json", "CLUE")
    return submission, lines(path, [{"id": str(n), "sentence": text} for n, text in enumerate(TEXTS)]), [1, 0]


def filled(tmp_path: Path, submission: Submission, path: Path, answers: list[Any]) -> Path:
    """The file with its answers."""
    out = tmp_path / "mine.json"
    out.write_text("".join(submission.write(path, answers)), encoding="utf-8")
    return out


@pytest.mark.parametrize("form", ["cluener", "cblue", "chip", "clue"])
def test_what_is_filled_in_reads_back(tmp_path: Path, form: str) -> None:
    """Rows keep their order and texts, answers are read back as they were given, and no text is changed."""
    submission, path, answers = asked(tmp_path, form)
    examples = list(submission.read(path, Counter()))
    assert [example.input.text for example in examples] == list(TEXTS)
    assert [example.target for example in examples] == [None, None]
    assert list(submission.check(path, filled(tmp_path, submission, path, answers))) == answers


def test_the_very_text_of_each_form(tmp_path: Path) -> None:
    """What the servers document: CLUENER by type and mention, CBLUE's entities, CHIP's bars, CLUE's id and label."""
    want = {
        "cluener": '{"id": 3, "label": {"bod": {"头": [[0, 0]]}, "sym": {"头痛": [[0, 1], [6, 7]]}}}\n'
        '{"id": 4, "label": {"bod": {"😀": [[4, 4]]}}}\n',
        "chip": "头痛两天，又头痛|||0    0    bod|||0    1    sym|||6    7    sym|||\nA\u2028B 😀 好|||4    4    bod|||\n",
        "clue": '{"id": "0", "label": "101"}\n{"id": "1", "label": "100"}\n',
    }
    for form, text in want.items():
        submission, path, answers = asked(tmp_path, form)
        assert "".join(submission.write(path, answers)) == text
    submission, path, answers = asked(tmp_path, "cblue")
    rows = json.loads("".join(submission.write(path, answers)))
    assert rows[1]["entities"] == [{"start_idx": 4, "end_idx": 4, "type": "bod", "entity": "😀"}]


FAULTS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], Any], str]] = {
    "a row is missing": ("clue", lambda rows: rows.pop(), "has 1 rows, and"),
    "a row too many": ("clue", lambda rows: rows.append({"id": 9, "label": "100"}), "has 3 rows, and"),
    "another order": ("clue", list.reverse, 'line 1: id "1", where the input has "0"'),
    "an id as a number": ("clue", lambda rows: rows[1].update(id=1), 'line 2: id 1, where the input has "1"'),
    "an id twice": ("clue", lambda rows: rows[1].update(id="0"), "Ids must be unique"),
    "no id": ("clue", lambda rows: rows[1].pop("id"), "line 2: no 'id'"),
    "no label": ("clue", lambda rows: rows[0].pop("label"), "line 1: no 'label'"),
    "an unknown label": ("clue", lambda rows: rows[0].update(label="105"), 'label "105" is none of those'),
    "a label as a number": ("clue", lambda rows: rows[0].update(label=100), "label 100 is none of those"),
    "not a number": ("clue", lambda rows: rows[0].update(label=math.nan), "NaN is no number"),
    "an unknown type": ("cluener", lambda rows: rows[1].update(label={"dis": {"B": [[2, 2]]}}), "unknown label 'dis'"),
    "an end outside": ("cluener", lambda rows: rows[1].update(label={"sym": {"好": [[6, 9]]}}), "do not lie in a text"),
    "another mention": ("cluener", lambda rows: rows[1].update(label={"sym": {"B": [[6, 6]]}}), "but the entity says"),
    "utf-16 offsets": ("cluener", lambda rows: rows[1].update(label={"sym": {"好": [[7, 7]]}}), "do not lie in a text"),
    "no labels": ("cluener", lambda rows: rows[1].pop("label"), "line 2: no field 'label'"),
    "an entity twice": ("cblue", lambda rows: rows[1].update(entities=rows[1]["entities"] * 2), "handed in twice"),
    "an empty entity": (
        "cblue",
        lambda rows: rows[1].update(entities=[{"start_idx": 3, "end_idx": 2, "type": "sym"}]),
        "covers nothing",
    ),
    "no entities": ("cblue", lambda rows: rows[1].pop("entities"), "row 2: no list 'entities'"),
    "another text": ("cblue", lambda rows: rows[1].update(text="A B"), "row 2: the text is 'A B'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_server_would_refuse(tmp_path: Path, name: str) -> None:
    """Each fault of a filled-in file is told with the row."""
    form, change, words = FAULTS[name]
    submission, path, answers = asked(tmp_path, form)
    out = filled(tmp_path, submission, path, answers)
    array = form == "cblue"
    text = out.read_text(encoding="utf-8")
    rows = json.loads(text) if array else [json.loads(line) for line in text.split("\n")[:-1]]
    change(rows)
    if array:
        out.write_text(json.dumps(rows), encoding="utf-8")
    else:
        lines(out, rows)
    with pytest.raises(DataError) as told:
        list(submission.check(path, out))
    assert words in str(told.value)
    assert "mine.json" in str(told.value)


def test_ids_of_the_input_are_needed(tmp_path: Path) -> None:
    """A row that cannot be handed in, for it has no id or that of another, stops before anything is written."""
    submission, path, answers = asked(tmp_path, "clue")
    lines(path, [{"id": 0, "sentence": "a"}, {"id": 0, "sentence": "b"}])
    with pytest.raises(DataError, match=r"test\.json, line 2: id 0 stands in line 1 already"):
        list(submission.write(path, answers))


@pytest.mark.parametrize("name", [entry.name for entry in entries("tasks") if "fewclue" in (entry.card.suite,)])
def test_labels_of_fewclue_are_written_as_its_files_have_them(name: str, tmp_path: Path) -> None:
    """A file of each task is read without labels, and every label is written in a way of its own."""
    (entry,) = [entry for entry in entries("tasks") if entry.name == name]
    module = load(entry)
    row = {
        "sentence": "一句话",
        "sentence1": "一句话",
        "sentence2": "另一句话",
        "content": "他#idiom#地走了",
        "abst": "摘要",
        "keyword": ["词", "语"],
        "candidates": ["一心一意", "三心二意", "四面八方", "五颜六色", "六神无主", "七上八下", "八仙过海"],
        "text": "老师说他累了",
        "target": {"span1_text": "老师", "span1_index": 0, "span2_text": "他", "span2_index": 3},
    }
    number = len(entry.card.labels) or len(row["candidates"])
    path = lines(tmp_path / "test.json", [{"id": place, **row} for place in range(number)])
    submission = module.submission(path)
    assert len(list(submission.read(path, Counter()))) == number
    out = filled(tmp_path, submission, path, list(range(number)))
    assert list(submission.check(path, out)) == list(range(number))
    assert submission.name.endswith("_predict.json")
