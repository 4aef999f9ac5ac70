"""The ids that rows bring: kept where each row has its own, told or refused with both rows where two share one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, UsageError
from harness.readers import read, recognise, submission
from tests.harness.readers._files import json_lines, write

LABELS = {"spans": {"label": [[3, 7, "LOC"]]}, "label": {"label": "pos"}}
TAGS = {"tokens": ["in", "Bonn"], "ner_tags": ["O", "B-LOC"]}


def rows(kind: str, ids: list[Any]) -> list[dict[str, Any]]:
    """A row for each id, with gold of a kind; ``None`` is a row without one."""
    return [
        ({} if name is None else {"id": name}) | {"text": f"in Bonn {number}"} | LABELS[kind]
        for number, name in enumerate(ids)
    ]


def names(path: Path, kind: str, **asked: Any) -> list[str]:
    """The ids of the examples of a file."""
    return [example.id for example in read(path, "test", recognise(path, kind, **asked), Counter())]


@pytest.mark.parametrize("kind", ["spans", "label"])
def test_ids_of_rows_are_kept(tmp_path: Path, kind: str) -> None:
    """Numbers and texts that differ are the ids of the examples; id=no numbers the rows."""
    path = write(tmp_path / "a.jsonl", json_lines(rows(kind, [4711, "a-1"])))
    assert names(path, kind) == ["4711", "a-1"]
    assert names(path, kind, id="no") == ["test-0", "test-1"]


def test_ids_of_tables_and_of_tags(tmp_path: Path) -> None:
    """A column of a table and a field beside tokens and tags are kept as well."""
    assert names(write(tmp_path / "a.csv", "uid,text,label\n7,good,pos\n8,bad,neg\n"), "label") == ["7", "8"]
    path = write(tmp_path / "a.jsonl", json_lines([{"id": "x", **TAGS}, {"id": "y", **TAGS}]))
    assert names(path, "spans") == ["x", "y"]


@pytest.mark.parametrize("kind", ["spans", "label"])
@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([1, 2, 1, "1"], r"line 3: the id '1' is that of row 1 as well; 2 rows repeat one"),
        ([1, None, 3], r"1 rows have none"),
    ],
)
def test_ids_that_cannot_be_kept_are_told(tmp_path: Path, kind: str, ids: list[Any], said: str) -> None:
    """A note names both rows that share an id, or counts those without one; rows are then numbered."""
    path = write(tmp_path / "a.jsonl", json_lines(rows(kind, ids)))
    (note,) = [note for note in recognise(path, kind).notes if "are not kept" in note]
    assert said in note
    assert names(path, kind) == [f"test-{number}" for number in range(len(ids))]


def test_ids_that_are_asked_for_must_hold(tmp_path: Path) -> None:
    """A field that is asked for is refused where ids repeat, in another split too, and where no row has it."""
    good = write(tmp_path / "good.jsonl", json_lines(rows("spans", [1, 2])))
    bad = write(tmp_path / "bad.jsonl", json_lines(rows("spans", [5, 6, 5])))
    both = r"bad.jsonl, line 3: the id '5' is that of row 1 as well"
    with pytest.raises(DataError, match=both):
        recognise(bad, "spans", id="id")
    with pytest.raises(DataError, match=both):
        list(read(bad, "dev", recognise(good, "spans"), Counter()))
    with pytest.raises(UsageError, match="id=key: no row has"):
        recognise(good, "spans", id="key")


def test_a_filled_in_file_keeps_its_ids(tmp_path: Path) -> None:
    """A file whose row has another id than the input is refused with the row."""
    path = write(tmp_path / "a.jsonl", json_lines(rows("spans", [1, 2])))
    other = write(tmp_path / "b.jsonl", json_lines(rows("spans", [1, 3])))
    form = submission(recognise(path, "spans"))
    assert len(list(form.check(path, path))) == 2
    with pytest.raises(DataError, match=r"row 2: the id is '3', that of .*a.jsonl is '2'"):
        list(form.check(path, other))
    assert [json.loads(line)["id"] for line in form.write(path, [(), ()])] == [1, 2]
