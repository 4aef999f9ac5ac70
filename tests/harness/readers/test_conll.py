"""Column files in all their dresses: recognised, said, and read to the same spans."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import DataError, UsageError
from harness.readers import Form, conll, read, recognise
from harness.readers.conll import BLANKS, COMMENT_LINE, DOCUMENT_LINE, SPACE_CELL
from harness.readers.offsets import HIDDEN_LABELS
from harness.readers.tags import ORPHAN, SCHEMES, UNFINISHED, encode
from tests.harness.readers._files import opened, write


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("B-PER I-PER I-PER O B-LOC B-LOC", "BIO"),
        ("I-PER I-PER I-PER O I-LOC B-LOC", "IOB1"),
        ("B-PER M-PER E-PER O S-LOC S-LOC", "BMES"),
        ("B-PER I-PER E-PER O S-LOC S-LOC", "BIOES"),
        ("B-PER I-PER L-PER O U-LOC U-LOC", "BILOU"),
    ],
)
@pytest.mark.parametrize("joiner", ["-", "_"])
def test_schemes_are_recognised(tmp_path: Path, tags: str, scheme: str, joiner: str) -> None:
    """Five schemes and two ways to join prefix and label give one set of spans, and the form says which it was."""
    rows = [f"{char}\t{tag.replace('-', joiner)}" for char, tag in zip("王小明去京沪", tags.split(), strict=True)]
    form, examples, surprises = opened(write(tmp_path / "a.txt", "\n".join(rows)))
    assert (form.format, form.options["scheme"], form.labels) == ("conll", scheme, ("LOC", "PER"))
    assert examples == [("王小明去京沪", [("王小明", "PER"), ("京", "LOC"), ("沪", "LOC")])]
    assert not surprises


def test_blanks_as_people_type_them(tmp_path: Path) -> None:
    """Two blanks, a blank and a tab, blanks at the end: the token has none of them, and each such line is counted."""
    path = write(tmp_path / "a.txt", "北  B-LOC\n京 \tI-LOC\n我   O  \n去\tO\n了 O\n")
    _, examples, surprises = opened(path)
    assert examples == [("北京我去了", [("北京", "LOC")])]
    assert surprises == {BLANKS: 3}
    (example,) = conll.read_columns(path, "train", conll.Columns(("LOC",)), Counter())
    assert (example.input.text, example.target) == ("北京我去了", ((0, 2, "LOC"),))


def test_a_space_may_be_a_token(tmp_path: Path) -> None:
    """A cell that holds a space, or has lost it, is a token of one space; an ideographic space is a token of its own."""
    path = write(tmp_path / "a.txt", "王 B-PER\n  O\n李 B-PER\n O\n\u3000 O\n")
    _, examples, surprises = opened(path)
    assert examples == [("王 李 \u3000", [("王", "PER"), ("李", "PER")])]
    assert surprises == {SPACE_CELL: 1}


def test_conll_2003(tmp_path: Path) -> None:
    """Four columns, documents, chunks beside entities, IOB1: entities are in the last column, and the note says so."""
    lines = """-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
Dutch JJ I-NP B-MISC

-DOCSTART- -X- O O

Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER
"""
    form, examples, surprises = opened(write(tmp_path / "eng.train", lines))
    assert form.options == {"columns": 4, "token": 1, "tag": "4", "scheme": "IOB1", "spaced": True}
    assert examples == [
        ("EU rejects German Dutch", [("EU", "ORG"), ("German", "MISC"), ("Dutch", "MISC")]),
        ("Peter Blackburn", [("Peter Blackburn", "PER")]),
    ]
    assert surprises == {DOCUMENT_LINE: 2}
    assert form.notes == ("Column 3 holds tags of its own (NP, VP), which are not used; tag=3 takes them.",)
    asked, examples, _ = opened(tmp_path / "eng.train", tag=3)
    assert asked.labels == ("NP", "VP")
    assert examples[1][1] == [("Peter Blackburn", "NP")]


def test_numbered_lines_with_comments(tmp_path: Path) -> None:
    """A first column that counts is no token; comments are skipped and counted; a token # stays."""
    lines = "# sent_id = 1\n# text = Nummer # Bonn\n1\tNummer\tNOUN\tO\n2\t#\tSYM\tO\n3\tBonn\tPROPN\tB-LOC\n"
    form, examples, surprises = opened(write(tmp_path / "a.conllu", lines))
    assert (form.options["token"], form.options["tag"]) == (2, "4")
    assert examples == [("Nummer # Bonn", [("Bonn", "LOC")])]
    assert surprises == {COMMENT_LINE: 2}


def test_a_token_that_looks_like_a_comment(tmp_path: Path) -> None:
    """A line '# O' is a row, because it has a tag; a heading in the same file is a comment."""
    _, examples, surprises = opened(write(tmp_path / "a.txt", "# made by hand\n# O\nBonn B-LOC\n"))
    assert examples == [("# Bonn", [("Bonn", "LOC")])]
    assert surprises == {COMMENT_LINE: 1}


def test_nested_levels(tmp_path: Path) -> None:
    """Two columns with labels of one set are levels of nesting."""
    form, examples, _ = opened(
        write(tmp_path / "a.tsv", "Uni\tB-ORG\tO\nBonn\tI-ORG\tB-LOC\nin\tO\tO\nKöln\tB-LOC\tO\n")
    )
    assert form.options["tag"] == "2 3"
    assert examples[0][1] == [("Uni Bonn", "ORG"), ("Bonn", "LOC"), ("Köln", "LOC")]


def test_tokens_with_spaces_between_tabs(tmp_path: Path) -> None:
    """Where one tab always stands between columns a token may hold a space."""
    form, examples, _ = opened(
        write(tmp_path / "a.tsv", "New York\tB-LOC\nSan Jose\tB-LOC\nLos Angeles\tB-LOC\nis\tO\n")
    )
    assert form.options["separator"] == "tab"
    assert examples[0][1] == [("New York", "LOC"), ("San Jose", "LOC"), ("Los Angeles", "LOC")]


def test_labels_without_a_prefix(tmp_path: Path) -> None:
    """Bare labels are read, and the note says what they cannot tell."""
    form, examples, surprises = opened(write(tmp_path / "a.txt", "Bonn LOC\nam LOC\nist O\nschön O\n"))
    assert (form.options["scheme"], examples[0][1], surprises) == ("IO", [("Bonn am", "LOC")], {})
    assert "cannot be told apart" in form.notes[0]


@pytest.mark.parametrize(
    ("words", "spaced"),
    [("我 在 北京 工作", False), ("I live in Bonn", True), ("나는 서울에 산다 정말", True), ("H e l l", False)],
)
def test_how_words_are_joined(tmp_path: Path, words: str, spaced: bool) -> None:
    """Chinese words and single characters join without a space, words of other scripts with one; asking overrules."""
    lines = "".join(f"{word} {tag}\n" for word, tag in zip(words.split(), ["O", "O", "B-LOC", "O"], strict=True))
    path = write(tmp_path / "a.txt", lines)
    assert opened(path)[1][0][0] == (words if spaced else words.replace(" ", ""))
    assert opened(path, spaced=not spaced)[1][0][0] == (words.replace(" ", "") if spaced else words)


def test_repairs_are_counted_and_not_in_iob1(tmp_path: Path) -> None:
    """A tag that continues nothing is a repair in BIO, not in IOB1; an open end is one in BIOES."""
    assert opened(write(tmp_path / "a.txt", "甲 I-A\n乙 O\n丙 B-A\n"))[2] == {ORPHAN: 1}
    assert opened(write(tmp_path / "b.txt", "甲 I-A\n乙 O\n丙 I-A\n"))[2] == {}
    assert opened(write(tmp_path / "c.txt", "甲 B-A\n乙 O\n丙 S-A\n"))[2] == {UNFINISHED: 1}


def test_hidden_tags(tmp_path: Path) -> None:
    """A file without tags is read under the form of another; where it has them they are not used, and counted."""
    form = recognise(write(tmp_path / "train", "北 B-LOC\n京 I-LOC\n"), "spans")
    surprises: Counter[str] = Counter()
    bare = list(read(write(tmp_path / "test", "上\n海\n\n好\n"), "test", form, surprises, hidden=True))
    assert [(example.input.text, example.target) for example in bare] == [("上海", None), ("好", None)]
    assert not surprises
    assert [example.target for example in read(tmp_path / "train", "test", form, surprises, hidden=True)] == [None]
    assert surprises == {HIDDEN_LABELS: 1}
    with pytest.raises(DataError, match=r"test, line 1: '上' does not have 2 columns"):
        list(read(tmp_path / "test", "test", form, surprises))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("北 B-LOC\n京 I-LOC\n好\n天 O\n", r"a\.txt, line 3: '好' does not have 2 columns"),
        (
            "北 B-LOC\n京 0\n" + "好 O\n" * 20,
            r"a\.txt, line 2: '0' is not a tag of the scheme BIO\. Is the letter O meant\?",
        ),
        ("\n \n", r"a\.txt: the file is empty"),
        ("北 B-LOC\r京 I-LOC\r\r", r"a\.txt, line 1: lines end in carriage returns alone"),
    ],
)
def test_malformed_files(tmp_path: Path, content: str, message: str) -> None:
    """A malformed line is an error that names it, already when the file is recognised."""
    with pytest.raises(DataError, match=message):
        recognise(write(tmp_path / "a.txt", content), "spans", format="conll")


def test_a_file_without_tags_asks(tmp_path: Path) -> None:
    """Where no column looks like tags the error shows a row and says which option to give."""
    with pytest.raises(
        UsageError, match=r"no column holds tags such as B-LOC\. A row reads 'Bonn \| is \| nice': .* tag=3"
    ):
        recognise(write(tmp_path / "a.txt", "Bonn is nice\nSo is Ulm\n"), "spans")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"columns": "two"}, "columns=two: write a whole number"),
        ({"scheme": "BIES"}, "scheme=BIES: no such value. It is one of BIO, IOB1"),
        ({"tags": 2}, "the format conll has no option 'tags'; is tag meant"),
        ({"spaced": "maybe"}, "spaced=maybe: write yes or no"),
    ],
)
def test_wrong_options(tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    """An option that does not exist or does not fit is wrong usage, with what would do."""
    with pytest.raises(UsageError, match=message):
        recognise(write(tmp_path / "a.txt", "北 B-LOC\n"), "spans", **asked)
    form = Form("conll", "spans", ("LOC",), {"columns": 2, "token": 1, "tag": "5"})
    with pytest.raises(UsageError, match="tag=5: not two of 2 columns"):
        list(read(tmp_path / "a.txt", "train", form, Counter()))


PIECES = st.lists(st.text("北京人a1,", min_size=1, max_size=3), min_size=1, max_size=9)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_written_in_every_dress_and_read_back(tmp_path: Path, scheme: str, data: st.DataObject) -> None:
    """Spans written in a scheme, a separator, a column and a joiner come back as they were, recognised or not."""
    sentences = data.draw(st.lists(PIECES, min_size=1, max_size=4))
    separator = data.draw(st.sampled_from([" ", "\t", "  ", " \t"]))
    spare, spaced, joiner = data.draw(st.tuples(st.booleans(), st.booleans(), st.sampled_from("-_")))
    expected, lines = [], []
    for pieces in sentences:
        cuts = sorted(data.draw(st.sets(st.integers(0, len(pieces)), max_size=4)))
        spans = [(a, b, "L-1") for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
        tags = encode(spans, len(pieces), scheme)
        text, offsets = conll.join(pieces, " " if spaced else "")
        expected.append((text, tuple((offsets[a][0], offsets[b - 1][1], label) for a, b, label in spans)))
        cells = [
            [piece, *(["NN"] if spare else []), tag.replace("-", joiner, 1)]
            for piece, tag in zip(pieces, tags, strict=True)
        ]
        lines += [*(separator.join(row) for row in cells), ""]
    path = write(tmp_path / "a.txt", "\n".join(lines))
    asked = {"scheme": scheme, "spaced": spaced, "joiner": joiner, "token": 1, "tag": 2 + spare}
    form = recognise(path, "spans", format="conll", **asked)
    found = [(example.input.text, example.target) for example in read(path, "train", form, Counter())]
    assert found == expected


@pytest.mark.parametrize("asked", [{"tag": "9"}, {"tag": "x"}, {"tag": "2 5"}, {"token": 4}])
def test_a_column_that_rows_do_not_have(tmp_path: Path, asked: dict[str, str | int]) -> None:
    """A column beyond the row is refused with the number of columns that there are."""
    path = tmp_path / "a.txt"
    path.write_text("Bonn NNP B-LOC\nis VBZ O\n")
    with pytest.raises(UsageError, match="rows have 3 columns, counted from 1"):
        recognise(path, "spans", **asked)
