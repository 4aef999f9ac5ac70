"""Loading FewCLUE's JSON lines: every row as written, and every malformed one refused with its place and a way out."""

from __future__ import annotations

import doctest
import importlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.readers.text import BYTE_ORDER_MARK
from harness.spec import Example, Question
from tasks.zero_shot import _read

ROWS: dict[str, tuple[dict[str, Any], Question, int]] = {
    "eprstmt": ({"id": 5, "sentence": "还行吧", "label": "Positive"}, Question("还行吧"), 1),
    "csldcp": ({"content": "论桥", "label": "土木工程", "id": 9}, Question("论桥"), 49),
    "tnews": (
        {"label": 106, "label_desc": "news_house", "sentence": "租金涨了", "keywords": "", "id": 1},
        Question("租金涨了"),
        5,
    ),
    "iflytek": ({"label": 118, "label_des": "其他", "sentence": "小工具", "id": 1}, Question("小工具"), 118),
    "ocnli": (
        {"sentence1": "他在家", "sentence2": "他出门了", "label": "contradiction"},
        Question("他在家", pair="他出门了"),
        0,
    ),
    "bustm": (
        {"id": 1, "sentence1": "关灯", "sentence2": "把灯关上", "label": "1"},
        Question("关灯", pair="把灯关上"),
        1,
    ),
    "chid": (
        {"id": 1, "candidates": list("甲乙丙丁戊己庚"), "content": "真是#idiom#啊", "answer": 6},
        Question("真是____啊", options=tuple("甲乙丙丁戊己庚")),
        6,
    ),
    "csl": ({"id": 1, "abst": "论水", "keyword": ["水", "河"], "label": "0"}, Question("论水", pair="水,河"), 0),
    "cluewsc": (
        {
            "target": {"span1_text": "老师", "span1_index": 0, "span2_text": "他", "span2_index": 3},
            "label": "true",
            "text": "老师说他累了",
            "idx": 3,
        },
        Question("老师说他累了", pair="老师", focus="他"),
        1,
    ),
}
TARGET = ROWS["cluewsc"][0]["target"]


def load(task: str, path: Path, split: str = "dev") -> tuple[list[Example], dict[str, int]]:
    """Examples and repairs of one file."""
    surprises: Counter[str] = Counter()
    module = importlib.import_module(f"tasks.zero_shot.{task}")
    return list(module.load(split, {f"{split}_few_all.json": path}, surprises)), dict(surprises)


def write(folder: Path, *rows: Any) -> Path:
    """A file of rows, each as JSON, texts as they are."""
    path = folder / "dev_few_all.json"
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("task", ROWS)
def test_a_row_as_written(tmp_path: Path, task: str) -> None:
    """Fields become text, second text, focus, options and number as they stand; ids say split and row."""
    row, question, target = ROWS[task]
    examples, surprises = load(task, write(tmp_path, row, row))
    assert examples == [Example("dev-0", question, target), Example("dev-1", question, target)]
    assert not surprises


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("eprstmt", {"label": "Neutral"}, r"unknown label 'Neutral'\. This task knows Negative, Positive; is the file"),
    ("eprstmt", {"label": 1}, r"'label' is 1, not a text"),
    ("eprstmt", {"label": None}, r"'label' is None, not a text"),
    ("eprstmt", {"label": ...}, r"no field 'label'\. Is it the file of a split whose labels are hidden"),
    ("eprstmt", {"sentence": ...}, r"no field 'sentence'"),
    ("eprstmt", {"sentence": " \t"}, r"'sentence' is an empty text"),
    ("eprstmt", {"sentence": ["还行"]}, r"'sentence' is \['还行'\], not a text"),
    ("csldcp", {"label": "炼金术"}, r"unknown label '炼金术'\. This task knows 材料科学与工程, .* and 47 more"),
    ("tnews", {"label": 100}, r"label 100 is not the code of news_house, 106"),
    ("tnews", {"label": "106"}, r"'label' is '106', not a whole number"),
    ("tnews", {"label_desc": "news_weather"}, r"unknown label 'news_weather'"),
    ("iflytek", {"label": 117}, r"label 117 is not the number of 其他, 118"),
    ("iflytek", {"label": True}, r"'label' is True, not a whole number"),
    ("ocnli", {"label": "maybe"}, r"unknown label 'maybe'"),
    ("ocnli", {"sentence2": ""}, r"'sentence2' is an empty text"),
    ("bustm", {"label": 1}, r"'label' is 1, not a text"),
    ("chid", {"content": "真是啊"}, r"'content' holds #idiom# 0 times and ____ 0 times"),
    ("chid", {"content": "#idiom#和#idiom#"}, r"'content' holds #idiom# 2 times"),
    ("chid", {"content": "____和#idiom#"}, r"holds #idiom# 1 times and ____ 1 times"),
    ("chid", {"answer": 7}, r"answer 7 is not the number of a candidate, 0 to 6"),
    ("chid", {"answer": -1}, r"answer -1 is not the number"),
    ("chid", {"answer": "1"}, r"'answer' is '1', not a whole number"),
    ("chid", {"answer": ...}, r"no field 'answer'\. Is it the file of a split whose labels are hidden"),
    ("chid", {"candidates": list("甲乙丙")}, r"'candidates' are 3, 3 of them different, not 7"),
    ("chid", {"candidates": list("甲乙丙丁戊己甲")}, r"'candidates' are 7, 6 of them different, not 7"),
    ("chid", {"candidates": "甲乙丙丁戊己庚"}, r"not a filled list of texts"),
    ("chid", {"candidates": [1, *"乙丙丁戊己庚"]}, r"'candidates\[0\]' is 1, not a text"),
    ("csl", {"keyword": []}, r"'keyword' is \[\], not a filled list of texts"),
    ("csl", {"keyword": ["水", ""]}, r"'keyword\[1\]' is an empty text"),
    ("cluewsc", {"target": None}, r"'target' is None, not an object with fields"),
    (
        "cluewsc",
        {"target": {**TARGET, "span1_index": 1}},
        r"span1_text is '老师', but the text holds '师说' at span1_index 1",
    ),
    ("cluewsc", {"target": {**TARGET, "span2_index": -1}}, r"span2_text is '他', but .* at span2_index -1"),
    ("cluewsc", {"target": {**TARGET, "span2_index": 99}}, r"the text holds '' at span2_index 99"),
    ("cluewsc", {"target": {**TARGET, "span2_index": "3"}}, r"target: 'span2_index' is '3', not a whole number"),
    ("cluewsc", {"target": {"span1_text": "老师"}}, r"line 2, target: no field 'span1_index'"),
]


@pytest.mark.parametrize(("task", "change", "message"), BAD)
def test_malformed_rows(tmp_path: Path, task: str, change: dict[str, Any], message: str) -> None:
    """A row that is not as promised is refused, naming file and line; the sound row before it does not save it."""
    sound = ROWS[task][0]
    broken = {name: value for name, value in {**sound, **change}.items() if value is not ...}
    path = write(tmp_path, sound, broken)
    with pytest.raises(DataError, match=message) as caught:
        load(task, path)
    assert f"{path}, line 2" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"sentence": "还行', r"line 1: not valid JSON .*cut short: get a fresh copy"),
        ('["还行", "Positive"]', r"line 1: not a JSON object with fields"),
        (" \n", r"the file is empty. Get a fresh copy"),
    ],
)
def test_malformed_files(tmp_path: Path, content: str, message: str) -> None:
    """What is no file of JSON objects is refused as such."""
    path = write(tmp_path, content)
    with pytest.raises(DataError, match=message) as caught:
        load("eprstmt", path)
    assert str(path) in str(caught.value)


def test_other_encodings_and_absent_files(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 come with the command that converts them; a file that went away is an error in words."""
    path = tmp_path / "dev_few_all.json"
    path.write_bytes('{"sentence": "还行"}'.encode("gb18030"))
    with pytest.raises(DataError, match=r"is not UTF-8\. Convert the file, for example with `iconv"):
        load("eprstmt", path)
    with pytest.raises(DataError, match="cannot be read"):
        load("eprstmt", tmp_path / "absent.json")


def test_rows_without_an_agreed_label(tmp_path: Path) -> None:
    """In OCNLI a label of '-' or none drops the row and is counted; the ids of the others do not move."""
    row = ROWS["ocnli"][0]
    unlabelled = {name: value for name, value in row.items() if name != "label"}
    examples, surprises = load("ocnli", write(tmp_path, {**row, "label": "-"}, row, unlabelled, {**row, "label": None}))
    assert [example.id for example in examples] == ["dev-1"]
    assert surprises == {_read.NO_AGREEMENT: 3}


def test_a_hidden_split_is_no_empty_one(tmp_path: Path) -> None:
    """A file without any label is refused, not read as a split without rows."""
    row = {"sentence1": "他在家", "sentence2": "他出门了"}
    with pytest.raises(DataError, match=r"dev_few_all.json: no row has a label. Is it the file of a split whose"):
        load("ocnli", write(tmp_path, row, row))


def test_repairs_are_counted(tmp_path: Path) -> None:
    """A byte order mark and blank lines between rows are counted; line feeds at the end are not, nor are other separators."""
    row = {"sentence": "还\u2028行", "label": "Positive"}
    line = json.dumps(row, ensure_ascii=False)
    examples, surprises = load("eprstmt", write(tmp_path, "\ufeff" + line, "", line + "\r", ""))
    assert [example.input.text for example in examples] == ["还\u2028行"] * 2
    assert surprises == {BYTE_ORDER_MARK: 1, _read.BLANK_LINE: 1}


def test_no_file_for_a_split(tmp_path: Path) -> None:
    """An unknown split and a split without a file at hand say what would do."""
    module = importlib.import_module("tasks.zero_shot.eprstmt")
    with pytest.raises(DataError, match=r"split called 'exam'\. Its splits are: train, dev, test"):
        list(module.load("exam", {}, Counter()))
    with pytest.raises(DataError, match=r"no file of split 'test' is at hand\. Bring test_public.json"):
        list(module.load("test", {"dev_few_all.json": tmp_path}, Counter()))


def test_worked_examples() -> None:
    """The examples in the docstrings are true."""
    assert doctest.testmod(_read).failed == 0
