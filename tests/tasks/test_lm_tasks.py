"""Texts to be read on: what is in which split, and probes whose answers are where they say."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter

import pytest

from harness.data import places
from harness.data.splits import load_split
from harness.errors import DataError
from harness.registry.shelves import find, load
from harness.trial.planning import Request, plan
from tasks.lm import copy_far, needle, novels_en, novels_zh
from tasks.lm._texts import passages, read_prose

PROBES = {"copy_far": copy_far, "needle": needle}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_every_answer_can_be_told_from_the_text(name, split):
    """What is asked should stand in the text before, behind the same key or in the same string, and nothing else there."""
    for example in PROBES[name].sample(split):
        for start, end in example.target:
            asked = example.input[start:end]
            if name == "needle":
                key = example.input[start - 1]
                given = set(re.findall(f"{key}([a-z]+)", example.input[: start - 1]))
                assert given == {asked}, example.id
            else:
                opened = example.input.rindex("[", 0, start)
                copied = example.input[opened : example.input.index("]", opened) + 1]
                assert asked in copied
                assert copied in example.input[:opened], example.id


@pytest.mark.parametrize("name", PROBES)
def test_distance_grows_with_the_text(name):
    """The distance of a ranked text should be what lies between answer and question, and grow with its length."""
    for example in PROBES[name].sample("test"):
        far = PROBES[name].distance(example)
        assert len(example.input) - 40 < far < len(example.input)
        start = example.target[0][0]
        if name == "copy_far":
            assert example.input[start - far : start - far + 8] == example.input[start : start + 8]
        else:
            keys = {example.input[place] for place in range(0, 27, 9)}
            assert {example.input[place] for place in range(far, far + 27, 9)} == keys
            assert start == far + 1


@pytest.mark.parametrize("name", PROBES)
def test_generated_data_need_no_files(name):
    """A probe's real data should be at hand everywhere, and be another draw than its sample."""
    entry = find("tasks", name)
    located = places.locate(entry)
    assert places.missing(entry, located, ["train", "test"]) == ""
    split = load_split(entry, load(entry), "test", located["test"])
    assert Counter(len(example.input) for example in split.examples) == dict.fromkeys((256, 512, 1024, 2048, 4096), 40)
    assert split.digest != load_split(entry, load(entry), "test", None).digest


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_has_a_sample_of_its_own(name):
    """Asked for the sample a probe should be a smoke trial on few texts; left alone, a real one without files."""
    small, usual = (plan(Request(task=name, model="rope", data=given)) for given in ("sample", "auto"))
    assert (small.protocol.name, small.sample, small.task_name) == ("smoke", True, f"lm/{name}@sample")
    assert (usual.protocol.name, usual.sample, usual.task_name) == ("mini", False, f"lm/{name}")


def test_books_are_split_by_the_hash_of_their_names():
    """The first ten books in order of their names' SHA-256 should be test, the next two dev, all others train."""
    order = sorted(novels_en.TASK.files, key=lambda file: hashlib.sha256(file.name.encode()).hexdigest())
    assert [file.split for file in order] == ["test"] * 10 + ["dev"] * 2 + ["train"] * 12


def test_passages_lie_apart_and_begin_with_a_line():
    """Passages should not overlap, and begin where a line does."""
    text = "".join(f"line {number}\n" for number in range(2000))
    found = passages("book", text, 4, 2000)
    places = [text.index(example.input) for example in found]
    assert all(place == 0 or text[place - 1] == "\n" for place in places)
    assert all(later - earlier >= 2000 for earlier, later in itertools.pairwise(places))


def test_a_text_without_room_is_refused():
    """A book too short for its passages should be named with what it has."""
    with pytest.raises(DataError, match="book has 10 characters, not the 40000"):
        passages("book", "0123456789", 2)


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"\xff\xfe", "not UTF-8")])
def test_unreadable_texts_are_refused(tmp_path, content, said):
    """An empty file and one in another encoding should be refused by name."""
    path = tmp_path / "book.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"book\.txt.*{said}"):
        read_prose(path, Counter())


def test_chapters_are_counted(tmp_path):
    """Headings given twice should count once, and an edition with other chapters be refused."""
    text = "序\n第一回 甲\n甲文\n第二回 乙\n  第二回 乙\n乙文\n回首页\n第三回 丙\n丙文\n"
    surprises: Counter[str] = Counter()
    found = novels_zh.chapters(text, tmp_path / "a.txt", 3, surprises)
    assert found == ["第一回 甲\n甲文\n", "第二回 乙\n乙文\n", "第三回 丙\n丙文\n"]
    assert surprises == {novels_zh.TWICE: 1, novels_zh.LEADS: 1}
    with pytest.raises(DataError, match="3 chapters were found, not 4"):
        novels_zh.chapters(text, tmp_path / "a.txt", 4, Counter())


def test_every_file_of_a_joined_split_is_needed(tmp_path):
    """Where a split is all of its files together, one that lacks should be named, and the others not make up for it."""
    entry = find("tasks", "novels_zh")
    (tmp_path / "三国演义.txt").write_text("第一回\n", encoding="utf-8")
    located = places.locate(entry, tmp_path)
    assert set(located) == {"train", "dev", "test"}
    lacking = places.missing(entry, located, ["test"])
    assert "水浒传.txt" in lacking
    assert "三国演义.txt" not in lacking
