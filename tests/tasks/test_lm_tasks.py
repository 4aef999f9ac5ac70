"""Texts to be read on: what is in which split, and probes whose answers are where they say."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter

import pytest

from harness.data import places
from harness.data.splits import load_split
from harness.errors import DataError
from harness.readers.text import pieces
from harness.registry.scoring_code import metric_digest, metric_digests
from harness.registry.shelves import find, load
from harness.trial.planning import Request, plan
from tasks.lm import _texts, _wikitext, copy_far, histories_zh, needle, novels_en, novels_zh
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


@pytest.mark.parametrize("name", PROBES)
def test_chance_is_a_guess_among_the_letters_of_the_text(name):
    """One in so many letters as stand in the text and have not been asked yet at the first question."""
    for example in PROBES[name].sample("test"):
        start = example.target[0][0]
        shown = example.input[example.input.rindex("[") : start] if name == "copy_far" else ""
        letters = {sign for sign in example.input if sign.islower()} - set(shown)
        assert PROBES[name].TASK.chance == pytest.approx(1 / len(letters), abs=1e-6)


def test_what_chance_is_moves_no_digest(tmp_path):
    """A card that names another chance should leave the digests of the scoring code, and so every key, as they are."""
    path = find("tasks", "copy_far").path
    copy = tmp_path / "tasks" / "lm" / path.name
    copy.parent.mkdir(parents=True)
    text = path.read_text(encoding="utf-8")
    copy.write_text(text.replace("chance=0.125", "chance=0.0385"), encoding="utf-8")
    assert copy.read_text(encoding="utf-8") != text
    assert metric_digest(copy) == metric_digest(path)
    assert metric_digests(copy, ["recall"]) == metric_digests(path, ["recall"])


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


def test_histories_are_split_by_the_hash_of_their_titles():
    """In order of the titles' SHA-256 twelve books should be test, the next four dev, twenty train, none twice."""
    books = histories_zh.BOOKS
    titles = [title for split in ("test", "dev", "train") for title in books[split]]
    order = sorted(titles, key=lambda title: hashlib.sha256(title.encode()).hexdigest())
    assert [len(books[split]) for split in ("test", "dev", "train")] == [12, 4, 20]
    assert (order[:12], order[12:16], len(set(order))) == ([*books["test"]], [*books["dev"]], 36)
    assert set(order[16:]) == set(books["train"])
    assert histories_zh.HELD_OUT is books["test"]


@pytest.fixture
def histories(tmp_path):
    """A file with a chapter of every long book of a given length, one of a short book, and what is changed in it."""

    def made(length=histories_zh.SHORTEST, **changed):
        rows = [
            {"id": f"{title}/一", "book": title, "sents": [title, "。" * (length - len(title))]}
            for titles in histories_zh.BOOKS.values()
            for title in titles
        ]
        rows += [
            {"id": "孝经/一", "book": "孝经", "sents": ["短。"]},
            {"id": "左传/二", "book": "左传", "sents": ["末。"]},
        ]
        path = tmp_path / "niutrans_modern_targets.jsonl"
        lines = [json.dumps({**row, **changed} if row["book"] == "左传" else row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return {path.name: path}

    return made


def test_a_history_is_its_chapters_in_file_order(histories):
    """Chapters should be lines, books whole in train and passages elsewhere, and shorter books be counted."""
    surprises: Counter[str] = Counter()
    train = list(histories_zh.load("train", histories(), surprises))
    assert [example.id for example in train] == [f"train-{title}" for title in histories_zh.TRAIN]
    assert surprises == {histories_zh.OTHERS: 1}
    test = list(histories_zh.load("test", histories(), Counter()))
    assert len(test) == 12 * histories_zh.PASSAGES
    assert {len(example.input) for example in test} == {20_000}
    assert len({histories_zh.group(example) for example in test}) == 12
    (path,) = histories().values()
    assert histories_zh.books(path, Counter())["左传"].endswith("。\n末。\n")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"length": 199_000}, "梁书 has 199,000 characters, not 200,000 or more"),
        ({"book": "左氏传"}, "左传 has 0 characters"),
        ({"sents": None}, "line 36: not a JSON object"),
        ({"sents": [3]}, "line 36: not a JSON object"),
    ],
)
def test_another_edition_of_the_histories_is_refused(histories, changed, said):
    """A book that is missing or short, and a line of another form, should be named with the file."""
    with pytest.raises(DataError, match=said):
        list(histories_zh.load("test", histories(**changed), Counter()))
    with pytest.raises(DataError, match="there is no split 'exam'"):
        list(histories_zh.load("exam", histories(), Counter()))


def test_every_file_of_a_joined_split_is_needed(tmp_path):
    """Where a split is all of its files together, one that lacks should be named, and the others not make up for it."""
    entry = find("tasks", "novels_zh")
    (tmp_path / "三国演义.txt").write_text("第一回\n", encoding="utf-8")
    located = places.locate(entry, tmp_path)
    assert set(located) == {"train", "dev", "test"}
    lacking = places.missing(entry, located, ["test"])
    assert "水浒传.txt" in lacking
    assert "三国演义.txt" not in lacking


@pytest.mark.parametrize("seed", range(20))
def test_a_stream_is_cut_as_if_it_were_held_whole(seed, tmp_path, monkeypatch):
    """Stretches read line by line are those of the whole text, whatever ends its lines and wherever a piece ends."""
    rng = random.Random(seed)
    ends = ("\n", "\r\n", " \u2028", "\x0b", "")
    text = (
        "".join(rng.choice(("a ", "<unk> b ", "é", "")) + rng.choice(ends) for _ in range(rng.randrange(1, 60)))
        + "<unk>"
    )
    path = tmp_path / "wiki.train.tokens"
    path.write_bytes(text.encode())
    monkeypatch.setattr(_texts, "pieces", functools.partial(pieces, size=rng.randrange(1, 9)))
    monkeypatch.setattr(_wikitext.stretches, "__defaults__", (5,))
    found = [example.input for example in _wikitext.load("train", {path.name: path}, Counter())]
    lines = text.replace("\r\n", "\n").splitlines(keepends=True)
    starts, words = [0], 0
    for number, line in enumerate(lines):
        if words >= 5:
            starts.append(number)
            words = 0
        words += len(line.split()) + 1
    if words < 5 and len(starts) > 1:
        starts.pop()
    assert found == ["".join(lines[a:b]) for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]


PEAK = """
import resource, sys
from harness.cli.main import main
code = main(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.long
@pytest.mark.parametrize("model", ["unigram", "rope:layers=1,width=16,heads=1"])
def test_texts_of_train_are_never_held(model, tmp_path):
    """A run on 60 megabytes of train should take hardly more memory than one on a megabyte."""
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdeé", k=rng.randrange(2, 9))) for _ in range(500)] + ["<unk>"]
    line = "".join(" " + " ".join(rng.choices(words, k=60)) + " \n" for _ in range(2000))
    peaks = {}
    for megabytes in (1, 60):
        folder = tmp_path / f"{megabytes}"
        folder.mkdir()
        for split in ("train", "valid", "test"):
            copies = (megabytes * 10**6 if split == "train" else 10**6) // len(line.encode()) + 1
            with (folder / f"wiki.{split}.tokens").open("w", encoding="utf-8") as file:
                file.writelines(line for _ in range(copies))
        flags = [
            "run",
            "--task",
            "wikitext2",
            "--model",
            model,
            "--data",
            str(folder),
            "--seeds",
            "1",
            "--limit",
            "100000",
        ]
        given = [sys.executable, "-c", PEAK, *flags, "--output-dir", str(tmp_path / "results")]
        done = subprocess.run(
            given, capture_output=True, text=True, check=False, env={**os.environ, "HARNESS_CACHE": str(tmp_path)}
        )
        assert done.returncode == 0, done.stderr
        peaks[megabytes] = int(done.stderr.rsplit("peak ", 1)[1])
    assert peaks[60] - peaks[1] < 40, peaks
