"""The loaders on the published files: rows, entities, labels, leaks and repairs as counted independently. Needs the files.

Set HARNESS_DATA to a folder that holds them in tar.gz archives, one folder a data set inside.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import kinds
from harness.data import gold, places
from harness.data.audit import audit_texts, contained, overlap, overlapping_ids
from harness.data.scripts import script_remarks
from harness.data.splits import load_split
from harness.kinds._span_remarks import flat_remarks
from harness.kinds.choice import audit_choice
from harness.kinds.spans import audit_spans
from harness.readers import offsets, tags
from harness.registry import shelves
from harness.registry.shelves import find
from harness.spec import Example

FOLDER = os.environ.get("HARNESS_DATA", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="HARNESS_DATA names no folder with the published files")

# task, split, file: rows, entities, share of entities that overlap another in percent, longest text in tokens
COUNTS = {
    ("cmeee", "train", "train_data.txt"): (15000, 61794, 10.62, 4870),
    ("cmeee", "dev", "val_data.txt"): (5000, 20300, 10.84, 2078),
    ("cmeee", "test", "test1.txt"): (3000, 0, 0.0, 1961),
    ("cmeee", "test_chip_final", "test2.txt"): (5618, 0, 0.0, 2157),
    ("cmeee_v2", "dev", "CMeEE-V2_dev.json"): (5000, 26081, 30.62, 2078),
    ("cmeee_v2", "test", "CMeEE-V2_test.json"): (3000, 0, 0.0, 1961),
    ("cluener", "train", "train.json"): (10748, 23971, 0.01, 50),
    ("cluener", "dev", "dev.json"): (1343, 3072, 0.0, 50),
    ("cluener", "test", "test.json"): (1345, 0, 0.0, 50),
    ("msra", "train", "msra_train_bio"): (45000, 75059, 0.0, 746),
    ("msra", "test", "msra_test_bio"): (3442, 6190, 0.0, 2427),
    ("msra", "test_4365", "testright1.txt"): (4365, 6181, 0.0, 1475),
    ("peoples_daily", "dev", "example.dev"): (2318, 3819, 0.0, 568),
    ("peoples_daily", "test", "example.test"): (4636, 7707, 0.0, 577),
    ("resume", "train", "train.char.bmes"): (3821, 13440, 0.0, 178),
    ("resume", "dev", "dev.char.bmes"): (463, 1497, 0.0, 178),
    ("resume", "test", "test.char.bmes"): (477, 1630, 0.0, 167),
    ("genia", "dev", "genia.dev.iob2"): (1669, 4337, 16.76, 166),
    ("genia", "test", "genia.test.iob2"): (1854, 5474, 20.64, 148),
    ("germeval2014", "train", "germ.train.iob2"): (24000, 31545, 14.97, 56),
    ("germeval2014", "dev", "germ.dev.iob2"): (2200, 2886, 14.1, 50),
    ("germeval2014", "test", "germ.test.iob2"): (5100, 6693, 14.79, 51),
}
# task: rows of train, dev and test; labels with rows in test; rows of test whose text is in train, in dev
CHOICES = {
    "eprstmt": ((160, 160, 610), 2, 0, 0),
    "csldcp": ((2036, 2068, 1784), 66, 0, 0),
    "tnews": ((1185, 1098, 2010), 15, 0, 0),
    "iflytek": ((3024, 1373, 1749), 98, 0, 0),
    "ocnli": ((160, 160, 2520), 3, 40, 97),
    "bustm": ((160, 160, 1772), 2, 3, 3),
    "chid": ((202, 202, 2002), 7, 0, 0),
    "csl": ((160, 160, 2838), 2, 0, 584),
    "cluewsc": ((160, 159, 976), 2, 240, 76),
}
# task, split: rows that repeat an earlier question, questions with unlike answers
REPEATED = {
    ("eprstmt", "train"): (29, 0),
    ("eprstmt", "dev"): (25, 0),
    ("ocnli", "dev"): (2, 0),
    ("bustm", "train"): (4, 0),
    ("bustm", "dev"): (4, 0),
    ("csl", "train"): (1, 0),
    ("csl", "dev"): (2, 0),
    ("csl", "test"): (18, 2),
    ("cluewsc", "train"): (9, 0),
    ("cluewsc", "dev"): (41, 1),
    ("cluewsc", "test"): (71, 5),
}
REPAIRS = {
    ("cmeee", "train"): {offsets.EMPTY_SPAN: 2},
    ("resume", "train"): {tags.ORPHAN: 2, tags.UNFINISHED: 2},
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every file of the archives, found by its SHA-256."""
    folder = tmp_path_factory.mktemp("published")
    for archive in sorted(Path(FOLDER).rglob("*.tar.gz")):
        if archive.name.removesuffix(".tar.gz") in {"fewclue", *(task for task, _, _ in COUNTS)}:
            with tarfile.open(archive) as opened:
                opened.extractall(folder / archive.name, filter="data")
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in folder.rglob("*") if path.is_file()}


def load(
    unpacked: dict[str, Path], task: str, split: str, name: str, folder: str = "ner"
) -> tuple[list[Example], dict[str, int]]:
    """Examples and repairs of one published file."""
    module = importlib.import_module(f"tasks.{folder}.{task}")
    digest = next(file.sha256 for file in module.TASK.files if (file.split, file.name) == (split, name))
    if digest not in unpacked:
        pytest.skip(f"{name} is not in {FOLDER}")
    surprises: Counter[str] = Counter()
    return list(module.load(split, {name: unpacked[digest]}, surprises)), dict(surprises)


@pytest.mark.parametrize(("task", "split", "name"), COUNTS)
def test_counts(unpacked: dict[str, Path], task: str, split: str, name: str) -> None:
    """Rows, entities, nesting, lengths and repairs are the ones counted by other code; offsets fall on tokens."""
    examples, surprises = load(unpacked, task, split, name)
    module = importlib.import_module(f"tasks.ner.{task}")
    found = audit_spans(examples, module.TASK.labels)
    rows = next(file.rows for file in module.TASK.files if (file.split, file.name) == (split, name))
    assert (len(examples), found["entities"], round(100 * found["nested_share"], 2), found["longest_tokens"]) == COUNTS[
        task, split, name
    ]
    assert rows == len(examples)
    assert surprises == REPAIRS.get((task, split), {})
    assert found["off_token_boundaries"] == found["outside_text"] == 0
    assert found["unknown_labels"] == []
    assert len({example.id for example in examples}) == len(examples)


def test_all_gold_is_sound_and_plausible(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every published file passes what a run checks first, with no remark; one pair of CLUENER's train overlaps, as known."""
    monkeypatch.setenv("HARNESS_DATA", FOLDER)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    for entry in shelves.entries("tasks"):
        located = places.locate(entry)
        module = shelves.load(entry)
        splits = {name: load_split(entry, module, name, files) for name, files in located.items()}
        gold.validate(entry, splits)
        examples = {name: split.examples for name, split in splits.items()}
        if entry.card.split in examples:
            kind = kinds.find(entry.card.kind)
            assert not list(
                kind.data_remarks(kinds.Read(entry.card, examples, entry.card.split, kind.name != "choice"))
            )
        assert not list(script_remarks(examples))
        if entry.short == "cluener" and splits:
            (told,) = flat_remarks(examples["train"], "train", entry.card)
            assert "spans overlap in 1 of 10,748 texts (first 'train-1506')" in told


def test_forms_of_cmeee_hold_the_same_texts(unpacked: dict[str, Path]) -> None:
    """The text form of dev and test has the texts of V2's JSON in the same order, so both readers agree on texts and ids."""
    for split, name, second in (
        ("dev", "val_data.txt", "CMeEE-V2_dev.json"),
        ("test", "test1.txt", "CMeEE-V2_test.json"),
    ):
        first, _ = load(unpacked, "cmeee", split, name)
        other, _ = load(unpacked, "cmeee_v2", split, second)
        assert [(example.id, example.input) for example in first] == [(example.id, example.input) for example in other]


def test_leaks(unpacked: dict[str, Path]) -> None:
    """People's Daily is inside MSRA; five rows of Resume's test are in its train; MSRA's own test is not."""
    msra, _ = load(unpacked, "msra", "train", "msra_train_bio")
    msra_test, _ = load(unpacked, "msra", "test", "msra_test_bio")
    daily, _ = load(unpacked, "peoples_daily", "test", "example.test")
    assert overlap(msra, daily)["normalised"] == 4225
    assert contained(msra, daily, shortest=1)["contained"] == 4630
    assert not overlapping_ids(msra, msra_test)
    resume, _ = load(unpacked, "resume", "train", "train.char.bmes")
    resume_test, _ = load(unpacked, "resume", "test", "test.char.bmes")
    assert len(overlapping_ids(resume, resume_test)) == 5


@pytest.mark.parametrize("task", CHOICES)
def test_questions(unpacked: dict[str, Path], task: str) -> None:
    """Rows, labels, repeated questions and leaks of FewCLUE are the ones counted by other code; nothing is dropped."""
    module = importlib.import_module(f"tasks.zero_shot.{task}")
    splits = {}
    for file in module.TASK.files:
        splits[file.split], surprises = load(unpacked, task, file.split, file.name, "zero_shot")
        found = audit_texts(splits[file.split])
        assert surprises == {}
        assert file.rows == len(splits[file.split])
        assert (found["duplicated_rows"], found["contradictions"]) == REPEATED.get((task, file.split), (0, 0))
        assert audit_choice(splits[file.split], module.TASK.labels)["outside_options"] == 0
    rows, labels, in_train, in_dev = CHOICES[task]
    assert (len(splits["train"]), len(splits["dev"]), len(splits["test"])) == rows
    by_label = audit_choice(splits["test"], module.TASK.labels)["rows_by_label"]
    assert sum(count > 0 for count in by_label.values()) == labels
    assert overlap(splits["train"], splits["test"])["exact"] == in_train
    assert overlap(splits["dev"], splits["test"])["exact"] == in_dev


def test_cluewsc_has_seen_a_third_of_its_passages(unpacked: dict[str, Path]) -> None:
    """316 of the 976 rows of test stand on a passage of train or dev, as counted on the raw texts."""
    splits = [
        load(unpacked, "cluewsc", split, name, "zero_shot")[0]
        for split, name in (("train", "train_few_all.json"), ("dev", "dev_few_all.json"), ("test", "test_public.json"))
    ]
    assert len(overlapping_ids([*splits[0], *splits[1]], splits[2])) == 316


# task, split: rows, code points
LONG = {
    ("novels_en", "train"): (12, 9052672),
    ("novels_en", "dev"): (6, 120000),
    ("novels_en", "test"): (30, 600000),
    ("histories_zh", "train"): (20, 14280784),
    ("histories_zh", "dev"): (12, 240000),
    ("histories_zh", "test"): (36, 720000),
    ("novels_zh", "train"): (4, 2218176),
    ("novels_zh", "dev"): (8, 160000),
    ("novels_zh", "test"): (16, 320000),
    ("tinyshakespeare", "train"): (1, 1003855),
    ("tinyshakespeare", "test"): (2, 40000),
}
WORDS = {"dev": 217646, "test": 245569}


@pytest.fixture
def located(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], list[Example]]:
    """The rows of a split, read as a run reads them."""
    monkeypatch.setenv("HARNESS_DATA", FOLDER)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))

    def rows(task: str, split: str) -> list[Example]:
        entry = find("tasks", task)
        files = places.locate(entry)
        if places.missing(entry, files, [split]):
            pytest.skip(f"{task} is not in {FOLDER}")
        return load_split(entry, shelves.load(entry), split, files[split]).examples

    return rows


@pytest.mark.parametrize(("task", "split"), LONG)
def test_long_texts(located: Callable[[str, str], list[Example]], task: str, split: str) -> None:
    """Books, chapters and passages are as many and as long as the card says, and long enough for windows of 4,096 tokens."""
    rows = located(task, split)
    assert (len(rows), sum(len(row.input) for row in rows)) == LONG[task, split]
    assert min(len(row.input.encode()) for row in rows) > 16384
    assert len({row.input for row in rows}) == len(rows)


def test_the_long_books_are_those_of_the_histories(located: Callable[[str, str], list[Example]]) -> None:
    """Of all books of the corpus those of 200,000 characters and more are the ones that the card splits."""
    located("histories_zh", "dev")
    (file,) = places.locate(find("tasks", "histories_zh"))["dev"].values()
    size: Counter[str] = Counter()
    for line in file.path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        size[row["book"]] += sum(map(len, row["sents"]))
    module = shelves.load(find("tasks", "histories_zh"))
    known = {title for titles in module.BOOKS.values() for title in titles}
    assert {title for title, length in size.items() if length >= module.SHORTEST} == known
    assert len(size) == 97


def test_books_are_apart(located: Callable[[str, str], list[Example]]) -> None:
    """No passage that ranks stands in a text that was learned from."""
    learned = "".join(row.input for row in located("novels_en", "train"))
    assert not [row.id for row in located("novels_en", "test") if row.input[:2000] in learned]


@pytest.mark.parametrize("split", WORDS)
def test_wikitext_has_its_published_words(located: Callable[[str, str], list[Example]], split: str) -> None:
    """Words and ends of lines add up to the published number of tokens, and the stretches to the file."""
    rows = located("wikitext2", split)
    assert sum(len(row.input.split()) + row.input.count("\n") for row in rows) == WORDS[split]
    assert min(len(row.input.split()) for row in rows) > 4096


ORACLES = {"biaffine": 0.9996057559629411, "softmax": 0.9689412601264697, "globalpointer": 1.0}


@pytest.mark.parametrize("model", ORACLES)
def test_the_oracle_of_cmeee(located: Callable[[str, str], list[Example]], model: str) -> None:
    """Sixteen spans of dev have a second label, which biaffine cannot give as well; tags lose what is nested."""
    rows = located("cmeee", "dev")
    entry = find("tasks", "cmeee")
    made = importlib.import_module(f"baselines.ner.{model}")
    asked = made.build(made.Config(), entry.card, "cpu", 0)
    found = shelves.load(entry).score(rows, [asked.express(row.input, row.target) for row in rows])["span_f1"]
    assert found.value == pytest.approx(ORACLES[model], abs=1e-12)
    assert found.sufficient["fp"] == 0
