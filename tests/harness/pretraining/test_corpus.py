"""Documents: what is read, what is refused, what is held out."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from harness.errors import DataError, UsageError
from harness.pretraining import corpus
from harness.pretraining.corpus import Document


def test_documents_come_back_as_written(corpus_folder: Path, documents: list[Document]) -> None:
    """Every document of every file is read, in order of source and line."""
    expected = sorted(documents, key=lambda item: item.source)
    assert corpus.read([corpus_folder]) == expected


def test_an_archive_reads_like_its_folder(corpus_folder: Path, tmp_path: Path) -> None:
    """A tar.gz of the folder gives the same documents."""
    path = tmp_path / "corpus.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(corpus_folder, "inside")
    assert corpus.read([path]) == corpus.read([corpus_folder])


@pytest.mark.parametrize(
    ("licence", "is_open"),
    [
        ("CC BY-SA 4.0", True),
        ("CC BY 2.0 FR (somebody)", True),
        ("MIT", True),
        ("statutes, no copyright", True),
        ("CC BY-NC 4.0", False),
        ("CC BY-NC-SA 3.0", False),
        ("CC BY-ND 4.0", False),
        ("research only", False),
        ("", False),
    ],
)
def test_only_open_licences_go_in(
    licence: str, is_open: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A source under another licence, or under none, is left out and named."""
    for name, own in (("asked", licence), ("other", "CC0")):
        line = json.dumps({"id": name, "licence": own, "sents": ["一", "二"]})
        (tmp_path / f"{name}.jsonl").write_text(line + "\n", encoding="utf-8")
    assert ("asked" in {item.source for item in corpus.read([tmp_path])}) == is_open
    assert ("left out: asked" in capsys.readouterr().err) != is_open


def test_a_licence_can_be_stated(tmp_path: Path) -> None:
    """A source whose lines name no licence takes the one given for it; a licence for no source is refused."""
    (tmp_path / "laws.jsonl").write_text('{"id": 1, "text": "第一条。第二条。"}\n', encoding="utf-8")
    (read,) = corpus.read([tmp_path], {"laws": "no copyright"})
    assert (read.sentences, read.licence) == (("第一条。", "第二条。"), "no copyright")
    with pytest.raises(UsageError, match=r"lows, and there is no such source\. There are laws"):
        corpus.read([tmp_path], {"lows": "no copyright"})


@pytest.mark.parametrize("line", ["[]", "{", '{"id": 1}', '{"id": 1, "sents": [3]}', '{"sents": ["a"]}'])
def test_a_malformed_line_is_named(line: str, tmp_path: Path) -> None:
    """The error names the file and the row."""
    (tmp_path / "bad.jsonl").write_text(f'{{"id": 0, "licence": "MIT", "sents": ["a"]}}\n{line}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"bad.jsonl:2: not a document"):
        corpus.read([tmp_path])


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ({"id": "1", "book": "甲书"}, False),
        ({"id": "甲书/卷一"}, False),
        ({"id": "1", "book": "《甲 书》"}, False),
        ({"id": "1", "book": "甲书补"}, True),
        ({"id": "乙书/甲书"}, True),
        ({"id": "1"}, True),
    ],
)
def test_books_that_rank_are_left_out(
    row: dict[str, str], kept: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A document of a held-out book does not enter, whether a field or its id names the book; it is counted and told."""
    lines = [{"licence": "MIT", "sents": ["一"], **row}, {"id": "else", "licence": "MIT", "sents": ["二"]}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    left: Counter[str] = Counter()
    read = corpus.read([tmp_path], None, {"甲书": "lm/toy"}, left)
    assert len(read) == 1 + kept
    assert left == ({} if kept else {"甲书": 1})
    assert ("1 documents of books of which lm/toy ranks models (甲书)" in capsys.readouterr().err) != kept


def test_a_corpus_of_nothing_but_held_out_books_is_refused(tmp_path: Path) -> None:
    """The message says why nothing is left."""
    (tmp_path / "a.jsonl").write_text('{"id": "甲书/一", "licence": "MIT", "sents": ["一"]}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="beside books that a task ranks models on"):
        corpus.read([tmp_path], None, {"甲书": "lm/toy"})


def test_a_broken_archive_stops_a_corpus(corpus_folder: Path) -> None:
    """A corpus is wanted whole: an archive of its folder that cannot be read is an error, not a note."""
    (corpus_folder / "more.tar.gz").write_bytes(b"this is not an archive")
    with pytest.raises(DataError, match=r"more\.tar\.gz is not a readable archive"):
        corpus.read([corpus_folder])


def test_an_empty_corpus_is_refused(tmp_path: Path) -> None:
    """No document under an open licence is a wrong request."""
    with pytest.raises(UsageError, match="no document under an open licence"):
        corpus.read([tmp_path])


def test_no_source_rules_the_corpus(documents: list[Document]) -> None:
    """Each source is cut near the limit, and the same documents stay in every call."""
    kept = corpus.limit(documents, 300)
    for source in ("source0", "source1"):
        own = [item.characters for item in kept if item.source == source]
        assert sum(own) - max(own) < 300 <= sum(own)
    assert kept == corpus.limit(documents, 300)


def test_held_out_documents_do_not_depend_on_the_others(documents: list[Document]) -> None:
    """The split is by document: nothing is in both, and a document keeps its side when others go."""
    learned, held = corpus.hold_out(documents, 0.3)
    assert sorted(learned + held, key=documents.index) == documents
    assert not {item.id for item in learned} & {item.id for item in held}
    assert set(corpus.hold_out(documents[:30], 0.3)[1]) == set(held) & set(documents[:30])


def test_too_few_documents_to_hold_out(documents: list[Document]) -> None:
    """A corpus that would give no held-out document is refused."""
    with pytest.raises(UsageError, match="too few"):
        corpus.hold_out(documents[:2], 0.0001)
