"""Every task of the shelf on tiny files written here: each public form, hidden splits, repairs, and what the card says."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.readers import conll, offsets, tags
from harness.readers.text import BYTE_ORDER_MARK
from harness.registry import shelves
from harness.spec import Example, Span, Task

NAMES = ("cmeee", "cmeee_v2", "cluener", "msra", "peoples_daily", "resume", "weibo", "germeval2014", "genia")
CHIP = "头痛伴血糖升高|||0    1    sym|||3    6    sym|||3    4    ite|||\r\n无异常|||\r\n查心电图|||1    3    pro|||"
ROWS: list[dict[str, Any]] = [
    {
        "text": "头痛伴血糖升高",
        "entities": [
            {"start_idx": 0, "end_idx": 1, "type": "sym", "entity": "头痛"},
            {"start_idx": 3, "end_idx": 6, "type": "sym", "entity": "血糖升高"},
            {"start_idx": 3, "end_idx": 4, "type": "ite", "entity": "血糖"},
        ],
    },
    {"text": "无异常", "entities": []},
    {"text": "查心电图", "entities": [{"start_idx": 1, "end_idx": 3, "type": "pro", "entity": "心电图"}]},
]


def load(task: str, split: str, path: Path) -> tuple[list[Example], dict[str, int]]:
    """Examples and repairs of one file."""
    surprises: Counter[str] = Counter()
    module = importlib.import_module(f"tasks.ner.{task}")
    return list(module.load(split, {path.name: path}, surprises)), dict(surprises)


def write(folder: Path, name: str, content: str) -> Path:
    """A file with exactly these characters."""
    path = folder / name
    path.write_bytes(content.encode())
    return path


def spelled(example: Example) -> list[tuple[str, str]]:
    """The entities of an example as text and label."""
    return [(example.input.text[start:end], label) for start, end, label in example.target]


@pytest.mark.parametrize("name", NAMES)
def test_card(name: str) -> None:
    """The card can be read without importing, equals the imported one, and says where every file is given out."""
    card = shelves.find("tasks", f"ner/{name}").card
    module = importlib.import_module(f"tasks.ner.{name}")
    assert isinstance(card, Task)
    assert card == module.TASK
    assert card.metrics[0] == "span_f1"
    assert card.notes
    assert all(file.where for file in card.files)
    assert len({(file.split, file.name) for file in card.files}) == len(card.files)
    assert all(len(file.sha256) in (0, 64) for file in card.files)
    assert all(
        0 < reference.value < 1
        and reference.metric in ("span_f1", "train_time_ratio")
        and "https://" in reference.source
        for reference in card.references
    )


@pytest.mark.parametrize("name", NAMES)
def test_score(name: str) -> None:
    """Gold answers score 1, no answers score 0, and every metric that the card names is there."""
    module = importlib.import_module(f"tasks.ner.{name}")
    gold = list(module.sample("dev"))[:40]
    scores = module.score(gold, [example.target for example in gold])
    assert set(module.TASK.metrics) <= set(scores)
    assert scores["span_f1"].value == 1.0
    assert module.score(gold, [()] * len(gold))["span_f1"].value == 0.0


def test_cmeee_forms_are_equal(tmp_path: Path) -> None:
    """The CHIP text and the CBLUE JSON of one split give the same examples."""
    text, _ = load("cmeee", "train", write(tmp_path, "train_data.txt", CHIP))
    cblue, _ = load("cmeee", "train", write(tmp_path, "CMeEE_train.json", json.dumps(ROWS)))
    assert text == cblue
    assert [example.id for example in text] == ["train-0", "train-1", "train-2"]
    assert text[0].target == ((0, 2, "sym"), (3, 5, "ite"), (3, 7, "sym"))
    assert text[1].target == ()
    assert text[0].input.tokens is None


def test_cmeee_prefers_the_first_form(tmp_path: Path) -> None:
    """With both forms at hand the first on the card is read."""
    files = {"CMeEE_train.json": tmp_path / "absent.json", "train_data.txt": write(tmp_path, "any name", CHIP)}
    assert len(list(importlib.import_module("tasks.ner.cmeee").load("train", files, Counter()))) == 3


def test_cmeee_empty_and_repeated_spans(tmp_path: Path) -> None:
    """An empty span is dropped and counted in both forms; so is a repetition."""
    entity = ROWS[2]["entities"][0]
    rows = [
        {"text": "查心电图", "entities": [entity, entity, {"start_idx": 2, "end_idx": 1, "type": "pro", "entity": ""}]}
    ]
    expected = {offsets.EMPTY_SPAN: 1, offsets.REPEATED_SPAN: 1}
    for path in (
        write(tmp_path, "train_data.txt", "查心电图|||1    3    pro|||1    3    pro|||2    1    pro|||"),
        write(tmp_path, "CMeEE_train.json", json.dumps(rows)),
    ):
        examples, surprises = load("cmeee", "train", path)
        assert (examples[0].target, surprises) == (((1, 4, "pro"),), expected)


@pytest.mark.parametrize(
    ("task", "split", "name", "content"),
    [
        ("cmeee", "test", "test1.txt", "头痛\n发热"),
        ("cmeee", "test_chip_final", "test2.txt", "头痛\n发热"),
        ("cmeee", "test", "CMeEE_test.json", '[{"text": "头痛"}, {"text": "发热"}]'),
        (
            "cmeee_v2",
            "test",
            "CMeEE-V2_test.json",
            '[{"text": "头痛", "entities": []}, {"text": "发热", "entities": []}]',
        ),
        ("cluener", "test", "test.json", '{"id": 0, "text": "头痛"}\n{"id": 1, "text": "发热"}\n'),
    ],
)
def test_hidden_splits(tmp_path: Path, task: str, split: str, name: str, content: str) -> None:
    """Where labels are hidden the target is None, not an empty answer."""
    examples, surprises = load(task, split, write(tmp_path, name, content))
    assert [(example.id, example.input.text, example.target) for example in examples] == [
        (f"{split}-0", "头痛", None),
        (f"{split}-1", "发热", None),
    ]
    assert not surprises


def test_labels_in_a_hidden_split_are_counted(tmp_path: Path) -> None:
    """Entities in a split whose labels are hidden are not used, and not in silence."""
    examples, surprises = load("cmeee_v2", "test", write(tmp_path, "CMeEE-V2_test.json", json.dumps(ROWS)))
    assert [example.target for example in examples] == [None] * 3
    assert surprises == {offsets.HIDDEN_LABELS: 2}


def test_cmeee_v2(tmp_path: Path) -> None:
    """V2 reads the JSON of its train file, which is not at hand."""
    examples, _ = load("cmeee_v2", "train", write(tmp_path, "CMeEE-V2_train.json", json.dumps(ROWS)))
    assert spelled(examples[0]) == [("头痛", "sym"), ("血糖", "ite"), ("血糖升高", "sym")]


def test_cluener(tmp_path: Path) -> None:
    """One mention may stand at several places; ends become half-open; blank lines are counted."""
    row = {"text": "王明和王明看《海》", "label": {"name": {"王明": [[0, 1], [3, 4]]}, "movie": {"《海》": [[6, 8]]}}}
    examples, surprises = load(
        "cluener", "dev", write(tmp_path, "dev.json", json.dumps(row, ensure_ascii=False) + "\n\n")
    )
    assert examples[0].target == ((0, 2, "name"), (3, 5, "name"), (6, 9, "movie"))
    assert surprises == {offsets.BLANK_LINE: 1}


@pytest.mark.parametrize(
    ("task", "name", "separator"), [("msra", "msra_train_bio", "\t"), ("peoples_daily", "example.train", " ")]
)
def test_newswire_columns(tmp_path: Path, task: str, name: str, separator: str) -> None:
    """Character and BIO tag, by tab or space; a blank line ends a sentence, and the last needs none."""
    lines = ["在 O", "南 B-LOC", "京 I-LOC", "", "李 B-PER", "四 I-PER", "王 B-PER"]
    examples, surprises = load(task, "train", write(tmp_path, name, "\n".join(lines).replace(" ", separator)))
    assert [(example.id, spelled(example)) for example in examples] == [
        ("train-0", [("南京", "LOC")]),
        ("train-1", [("李四", "PER"), ("王", "PER")]),
    ]
    assert not surprises


def test_msra_canonical_form(tmp_path: Path) -> None:
    """Chunks join without their spaces and tags; a slash inside a chunk stays."""
    path = write(tmp_path, "testright1.txt", "在/o 南京/ns 见/o 李四/nr 于1/2路/o \n外交部/nt \n")
    examples, _ = load("msra", "test_4365", path)
    assert examples[0].input.text == "在南京见李四于1/2路"
    assert [spelled(example) for example in examples] == [[("南京", "LOC"), ("李四", "PER")], [("外交部", "ORG")]]


def test_resume(tmp_path: Path) -> None:
    """BMES tags; a sentence that begins inside an entity keeps it, and the repair is counted."""
    lines = "王 B-NAME\n一 M-NAME\n明 E-NAME\n， O\n男 S-TITLE\n\n司 M-ORG\n长 E-ORG\n"
    examples, surprises = load("resume", "train", write(tmp_path, "train.char.bmes", lines))
    assert [spelled(example) for example in examples] == [[("王一明", "NAME"), ("男", "TITLE")], [("司长", "ORG")]]
    assert surprises == {tags.ORPHAN: 1}


def test_weibo(tmp_path: Path) -> None:
    """The segmentation digits go, a digit that is the character stays, and cells of several code points become tokens."""
    lines = "科0\tB-PER.NOM\n长1\tI-PER.NOM\n30\tO\n❤️0\tO\n京10\tB-GPE.NAM\n去\tO\n"
    examples, surprises = load("weibo", "train", write(tmp_path, "weiboNER_2nd_conll.train", lines))
    assert examples[0].input.text == "科长3❤️京去"
    assert examples[0].input.tokens == ((0, 1), (1, 2), (2, 3), (3, 5), (5, 6), (6, 7))
    assert spelled(examples[0]) == [("科长", "PER.NOM"), ("京", "GPE.NAM")]
    assert surprises == {conll.NO_DIGITS: 1}


def test_germeval_forms_are_equal(tmp_path: Path) -> None:
    """The column form and the official numbered form with comments give the same examples."""
    lines = ["Universität\tB-ORG\tO", "Bonn\tI-ORG\tB-LOC", "#1\tO\tO"]
    plain, _ = load("germeval2014", "train", write(tmp_path, "germ.train.iob2", "\n".join(lines)))
    numbered = "#\tsource\n" + "\n".join(f"{number}\t{line}" for number, line in enumerate(lines, 1))
    official, surprises = load("germeval2014", "train", write(tmp_path, "NER-de-train.tsv", numbered))
    assert plain == official
    assert plain[0].input.text == "Universität Bonn #1"
    assert plain[0].target == ((0, 16, "ORG"), (12, 16, "LOC"))
    assert surprises == {conll.COMMENT_LINE: 1}


def test_genia(tmp_path: Path) -> None:
    """Four levels of tags become one set of spans over the joined tokens."""
    lines = "IL\tB-protein\tB-DNA\tO\tO\n-\tI-protein\tI-DNA\tO\tO\n2\tI-protein\tI-DNA\tO\tO\ngene\tO\tI-DNA\tO\tO\n"
    examples, _ = load("genia", "train", write(tmp_path, "genia.train.iob2", lines))
    assert examples[0].input.pieces() == ["IL", "-", "2", "gene"]
    assert examples[0].target == ((0, 6, "protein"), (0, 11, "DNA"))


def test_repairs_of_columns_are_counted(tmp_path: Path) -> None:
    """A byte order mark, a lost space character and a line of white space are repaired in the open."""
    path = write(tmp_path, "example.dev", "\ufeff在 O\n O\n \t \n北 B-LOC\r\n京 I-LOC\r\n")
    examples, surprises = load("peoples_daily", "dev", path)
    assert [example.input.text for example in examples] == ["在 ", "北京"]
    assert surprises == {BYTE_ORDER_MARK: 1, conll.SPACE_CELL: 1, conll.WHITE_LINE: 1}


def test_only_line_feeds_end_lines(tmp_path: Path) -> None:
    """Separators that Python also counts as line ends stay inside texts."""
    examples, _ = load("cmeee", "dev", write(tmp_path, "val_data.txt", "头\u2028痛\x0b|||2    2    sym|||\n"))
    assert (examples[0].input.text, spelled(examples[0])) == ("头\u2028痛\x0b", [("痛", "sym")])


BAD: Sequence[tuple[str, str, str, str, str]] = [
    (
        "cmeee",
        "train",
        "CMeEE_train.json",
        '[{"text": "头痛", "ent',
        r"json, line 1: not valid JSON .*cut short: get a fresh copy",
    ),
    ("cmeee", "train", "CMeEE_train.json", "{}", r"not a filled JSON array"),
    ("cmeee", "train", "CMeEE_train.json", "[]", r"not a filled JSON array"),
    ("cmeee", "train", "CMeEE_train.json", '[{"texts": "头痛"}]', r"row 1: no field 'text'"),
    ("cmeee", "train", "CMeEE_train.json", '[{"text": ""}]', r"row 1: the text is empty"),
    ("cmeee", "train", "CMeEE_train.json", '[{"text": "头痛"}]', r"row 1: no list 'entities'"),
    (
        "cmeee",
        "train",
        "CMeEE_train.json",
        '[{"text": "头痛", "entities": [{"start_idx": 0}]}]',
        r"row 1: an entity without start_idx, end_idx and type",
    ),
    (
        "cmeee",
        "train",
        "CMeEE_train.json",
        '[{"text": "头痛", "entities": [{"start_idx": 0, "end_idx": 0, "type": "sym", "entity": "头痛"}]}]',
        r"row 1: the offsets 0 to 0 spell '头', but the entity says '头痛'",
    ),
    (
        "cmeee",
        "train",
        "CMeEE_train.json",
        '[{"text": "头痛", "entities": [{"start_idx": "0", "end_idx": 1, "type": "sym"}]}]',
        r"row 1: the offsets '0' and 1 are not whole numbers",
    ),
    (
        "cmeee",
        "train",
        "train_data.txt",
        "头痛|||0    2    sym|||",
        r"line 1: the offsets 0 to 2 \(end inclusive\) do not lie in a text of 2 characters",
    ),
    ("cmeee", "train", "train_data.txt", "头痛|||-1    1    sym|||", r"line 1: the offsets -1 to 1"),
    ("cmeee", "train", "train_data.txt", "头痛|||1    -3    sym|||", r"line 1: the offsets 1 to -3"),
    (
        "cmeee",
        "train",
        "train_data.txt",
        "好|||\n头痛|||0    1    symptom|||",
        r"line 2: unknown label 'symptom'. This task knows dis, sym,",
    ),
    (
        "cmeee",
        "train",
        "train_data.txt",
        "头痛|||0    1|||",
        r"line 1: '0    1' has 2 fields, not the three of 'start end type'",
    ),
    (
        "cmeee",
        "train",
        "train_data.txt",
        "头痛|||a    1    sym|||",
        r"line 1: the offsets 'a' and 1 are not whole numbers",
    ),
    (
        "cmeee",
        "train",
        "train_data.txt",
        "头痛|||0    1    sy",
        r"line 1: does not end in '\|\|\|'. The file is probably cut short",
    ),
    ("cmeee", "train", "train_data.txt", "头痛", r"line 1: no '\|\|\|' after the text, so no labels"),
    ("cmeee", "train", "train_data.txt", " \n", r"train_data.txt: the file is empty. Get a fresh copy"),
    ("cluener", "train", "train.json", '{"text": "头痛", "label": {}}\n{"text": "头', r"line 2: not valid JSON"),
    ("cluener", "train", "train.json", '{"text": "头痛"}', r"line 1: no field 'label'"),
    (
        "cluener",
        "train",
        "train.json",
        '{"text": "王明", "label": {"name": {"王": [[0, 1]]}}}',
        r"spell '王明', but the entity says '王'",
    ),
    (
        "cluener",
        "train",
        "train.json",
        '{"text": "王明", "label": {"person": {"王": [[0, 0]]}}}',
        r"unknown label 'person'",
    ),
    (
        "cluener",
        "train",
        "train.json",
        '{"text": "王明", "label": {"name": {"王明": [0, 1]}}}',
        r"line 1: 'label' is not \{type",
    ),
    ("cluener", "train", "train.json", '{"text": "王明", "label": ["name"]}', r"line 1: 'label' is not \{type"),
    ("msra", "train", "msra_train_bio", "在\tO\tO\n", r"line 1: .* does not have 2 columns"),
    ("msra", "train", "msra_train_bio", "在\tO\n南\tB-GPE\n", r"line 2: unknown label 'GPE'"),
    ("msra", "train", "msra_train_bio", "在\tS-LOC\n", r"line 1: 'S-LOC' is not a tag of the scheme BIO"),
    ("msra", "train", "msra_train_bio", "在\t\n", r"line 1: '' is not a tag of the scheme BIO"),
    (
        "msra",
        "test_4365",
        "testright1.txt",
        "在/o 南京/v \n",
        r"line 1: '南京/v ' is not text/tag with a tag among o, ns, nt, nr",
    ),
    ("peoples_daily", "dev", "example.dev", "在\n", r"line 1: '在' does not have 2 columns"),
    ("peoples_daily", "dev", "example.dev", "在 南 O\n", r"line 1: '在 南 O' does not have 2 columns"),
    ("resume", "dev", "dev.char.bmes", "王 I-NAME\n", r"'I-NAME' is not a tag of the scheme BMES"),
    ("weibo", "dev", "weiboNER_2nd_conll.dev", "王0\tB-PER\n", r"unknown label 'PER'"),
    (
        "germeval2014",
        "dev",
        "germ.dev.iob2",
        "Bonn\tB-LOC\n",
        r"line 1: .* does not have 3 columns \(token and 2 of tags\)",
    ),
    ("germeval2014", "dev", "NER-de-dev.tsv", "#\tnothing\n", r"holds no sentence"),
    ("genia", "dev", "genia.dev.iob2", "IL\tB-protein\tO\tO\n", r"does not have 5 columns"),
]


@pytest.mark.parametrize(("task", "split", "name", "content", "message"), BAD)
def test_malformed_files(tmp_path: Path, task: str, split: str, name: str, content: str, message: str) -> None:
    """A malformed file is refused, naming the file, the place, what is wrong and the way out."""
    path = write(tmp_path, name, content)
    with pytest.raises(DataError, match=message) as caught:
        load(task, split, path)
    assert str(path) in str(caught.value)


def test_not_utf8(tmp_path: Path) -> None:
    """Another encoding is named as such, with the command that converts."""
    path = tmp_path / "example.dev"
    path.write_bytes("在 O\n".encode("gb18030"))
    with pytest.raises(DataError, match=r"byte 0 is not UTF-8\. Convert the file, for example with `iconv"):
        load("peoples_daily", "dev", path)


def test_missing_file(tmp_path: Path) -> None:
    """A file that went away after it was found is an error in words."""
    with pytest.raises(DataError, match="cannot be read"):
        load("peoples_daily", "dev", tmp_path / "example.dev")


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("validation", "no files for a split called 'validation'. Its splits are: train, dev, test"),
        ("dev", "Bring one of: val_data.txt, CMeEE_dev.json"),
    ],
)
def test_no_file_for_a_split(tmp_path: Path, split: str, message: str) -> None:
    """An unknown split and a split without a file at hand say what would do."""
    with pytest.raises(DataError, match=message):
        list(importlib.import_module("tasks.ner.cmeee").load(split, {"other.txt": tmp_path}, Counter()))


@pytest.mark.parametrize("name", NAMES)
def test_sample_survives_a_file(tmp_path: Path, name: str) -> None:
    """A sample written in the task's own form reads back the same: our writer here and the reader agree."""
    module = importlib.import_module(f"tasks.ner.{name}")
    examples = [example for example in module.sample("train") if "|||" not in example.input.text][:60]
    file = next(file for file in module.TASK.files if file.split == "train")
    path = write(tmp_path, file.name, WRITERS[name](examples))
    loaded, surprises = load(name, "train", path)
    assert [(example.input.text, example.target) for example in loaded] == [
        (example.input.text, example.target) for example in examples
    ]
    assert not surprises


def _chip(examples: Sequence[Example]) -> str:
    return "\n".join(
        example.input.text
        + "|||"
        + "".join(f"{start}    {end - 1}    {label}|||" for start, end, label in example.target)
        for example in examples
    )


def _cblue(examples: Sequence[Example]) -> str:
    return json.dumps(
        [
            {
                "text": example.input.text,
                "entities": [
                    {"start_idx": s, "end_idx": e - 1, "type": label, "entity": example.input.text[s:e]}
                    for s, e, label in example.target
                ],
            }
            for example in examples
        ]
    )


def _cluener(examples: Sequence[Example]) -> str:
    lines = []
    for example in examples:
        labels: dict[str, dict[str, list[list[int]]]] = {}
        for start, end, label in example.target:
            labels.setdefault(label, {}).setdefault(example.input.text[start:end], []).append([start, end - 1])
        lines.append(json.dumps({"text": example.input.text, "label": labels}))
    return "\n".join(lines)


def _columns_of(
    examples: Sequence[Example], separator: str = " ", scheme: str = "BIO", levels: int = 1, digit: str = ""
) -> str:
    sentences = []
    for example in examples:
        starts, ends = (
            {position: token for token, position in enumerate(side)}
            for side in zip(*example.input.offsets(), strict=True)
        )
        columns: list[list[Span]] = [[] for _ in range(levels)]
        for start, end, label in sorted(example.target, key=lambda span: (span[0], -span[1])):
            span = (starts[start], ends[end] + 1, label)
            next(column for column in columns if not column or column[-1][1] <= span[0]).append(span)
        cells = [tags.encode(column, len(example.input), scheme) for column in columns]
        rows = zip([piece + digit for piece in example.input.pieces()], *cells, strict=True)
        sentences.append("\n".join(separator.join(row) for row in rows))
    return "\n\n".join(sentences) + "\n"


WRITERS: dict[str, Any] = {
    "cmeee": _chip,
    "cmeee_v2": _cblue,
    "cluener": _cluener,
    "msra": lambda examples: _columns_of(examples, "\t"),
    "peoples_daily": _columns_of,
    "resume": lambda examples: _columns_of(examples, scheme="BMES"),
    "weibo": lambda examples: _columns_of(examples, "\t", digit="0"),
    "germeval2014": lambda examples: _columns_of(examples, "\t", levels=2),
    "genia": lambda examples: _columns_of(examples, "\t", levels=4),
}
