"""BRAT folders: entities read, everything else counted, documents in order, faults named by line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import DataError, UsageError
from harness.readers import read, recognise
from harness.readers.marks import DISCONTINUOUS, RELATION
from harness.readers.offsets import HIDDEN_LABELS
from harness.readers.text import RETURNS
from tests.harness.readers._files import opened, write

TEXT = "Peter lives in New\nYork and Bonn.\n"
ANN = """T1\tPER 0 5\tPeter
T2\tLOC 15 18;19 23\tNew York
T3\tLOC 15 18;28 32\tNew Bonn
R1\tlives Arg1:T1 Arg2:T2\t
A1\tsure T1
E1\tMove:T1 Who:T2
#1\tAnnotatorNotes T1\tis it?
*\tEquiv T1 T2
"""


def test_a_folder(tmp_path: Path) -> None:
    """Documents in the order of names, an entity over a line end whole, one in pieces left out, the rest counted."""
    write(tmp_path / "b.txt", TEXT)
    write(tmp_path / "b.ann", ANN)
    write(tmp_path / "a.txt", "Nothing here.")
    write(tmp_path / "a.ann", "")
    form, examples, surprises = opened(tmp_path)
    assert (form.format, form.labels, form.options["tokens"]) == ("brat", ("LOC", "PER"), "words")
    assert examples == [("Nothing here.", []), (TEXT, [("Peter", "PER"), ("New\nYork", "LOC")])]
    assert surprises == {
        DISCONTINUOUS: 1,
        RELATION: 2,
        "attribute skipped": 1,
        "event skipped": 1,
        "note of an annotator skipped": 1,
    }
    assert f"{DISCONTINUOUS}: 1." in form.notes
    assert "2 documents." in form.notes
    assert opened(tmp_path / "b.ann")[1] == examples[1:]
    assert opened(tmp_path / "b.txt")[1] == examples[1:]


def test_line_ends_changed_after_annotation(tmp_path: Path) -> None:
    """Where a tool turned line ends into carriage returns and line feeds, the mentions tell that offsets do not count them."""
    write(tmp_path / "a.txt", TEXT.replace("\n", "\r\n"))
    write(tmp_path / "a.ann", "T1\tLOC 28 32\tBonn\nT2\tPER 0 5\tPeter\n")
    form, examples, surprises = opened(tmp_path)
    assert (form.options["returns"], surprises) == ("dropped", {RETURNS: 2})
    assert examples == [(TEXT, [("Peter", "PER"), ("Bonn", "LOC")])]
    write(tmp_path / "a.ann", "T1\tLOC 29 33\tBonn\n")
    assert opened(tmp_path)[1][0][1] == [("Bonn", "LOC")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T1 LOC 0 5 Peter", r"a\.ann, line 1: 'T1 LOC 0 5 Peter' is not an annotation"),
        ("T1\tLOC 0 5\tPaul", r"line 1: the offsets 0 to 5 spell 'Peter', but the line says 'Paul'"),
        ("T1\tLOC 0 500\tPeter", r"line 1: the offsets 0 to 500 \(end exclusive\) do not lie in a text"),
    ],
)
def test_faulty_annotations(tmp_path: Path, line: str, message: str) -> None:
    """A fault is an error that names the line of the annotations."""
    write(tmp_path / "a.txt", TEXT)
    write(tmp_path / "a.ann", line + "\n")
    with pytest.raises(DataError, match=message):
        opened(tmp_path)


def test_files_that_lack_their_other_half(tmp_path: Path) -> None:
    """A text without annotations is an error unless answers are hidden; annotations without a text always are."""
    write(tmp_path / "a.txt", TEXT)
    write(tmp_path / "a.ann", ANN)
    form = recognise(tmp_path, "spans")
    write(tmp_path / "b.txt", "Ulm")
    with pytest.raises(DataError, match=r"b\.txt: there is no b\.ann beside it; an empty one says"):
        list(read(tmp_path, "train", form, Counter()))
    surprises: Counter[str] = Counter()
    assert [example.target for example in read(tmp_path, "test", form, surprises, hidden=True)] == [None, None]
    assert surprises[HIDDEN_LABELS] == 1
    write(tmp_path / "c.ann", ANN)
    with pytest.raises(DataError, match=r"c\.ann: there is no c\.txt beside it"):
        recognise(tmp_path, "spans")


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    """A folder without texts and annotations is wrong usage, in words."""
    write(tmp_path / "a.md", "x")
    with pytest.raises(UsageError, match="a folder that holds neither"):
        recognise(tmp_path, "spans")
    with pytest.raises(DataError, match=r"no name\.txt with a name\.ann"):
        recognise(tmp_path, "spans", format="brat")


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_written_and_read_back(tmp_path: Path, data: st.DataObject) -> None:
    """Spans written as BRAT writes them, over line ends and beside emoji, with relations between, come back as they were."""
    text = data.draw(st.text("北京a 😀\n", min_size=1, max_size=12).filter(str.strip))
    cuts = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(lambda cut: cut[0] < cut[1])
    spans = sorted(data.draw(st.sets(cuts, max_size=4)))
    entities = [f"T{n}\tLOC {a} {b}\t{text[a:b].replace(chr(10), ' ')}\n" for n, (a, b) in enumerate(spans, 1)]
    write(tmp_path / "a.txt", text)
    write(tmp_path / "a.ann", "R1\tnear Arg1:T1 Arg2:T2\n".join(entities))
    form, surprises = recognise(tmp_path, "spans"), Counter[str]()
    (example,) = read(tmp_path, "train", form, surprises)
    assert (example.input.text, example.target) == (text, tuple((a, b, "LOC") for a, b in spans))
    assert surprises[RELATION] == max(0, len(spans) - 1)
