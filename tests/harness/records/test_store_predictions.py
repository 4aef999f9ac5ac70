"""Stored predictions: whatever was appended before a kill is still there, and what is read is what a record names."""

import dataclasses
import errno
import os
import runpy
import time
from pathlib import Path

import pytest

from harness.errors import DataError, EnvironmentFailure
from harness.records import samples
from harness.records.store import RunFolder
from harness.spec import Example

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make, put = synthetic["record"], synthetic["put"]
ROWS = [{"id": f"行{place}", "seed": 0, "prediction": [[0, 2, "dis"]]} for place in range(5)]


def names(folder):
    """What a run's folder holds."""
    return sorted(path.name for path in folder.path.iterdir())


def test_append_then_read(folder):
    """Batches come back in order, Chinese ids included; each batch is on the disk when `append` returns."""
    folder.append(ROWS[:2])
    assert len(folder.journal.read_text(encoding="utf-8").splitlines()) == 2
    folder.append(ROWS[2:])
    assert folder.predictions() == ROWS


def test_torn_last_line_is_left_out(folder):
    """Cut at any byte, the journal still gives every whole line, and never more."""
    rows = [{"id": f"r{place}", "seed": 0, "prediction": []} for place in range(3)]
    folder.append(rows)
    content = folder.journal.read_bytes()
    for size in range(len(content) + 1):
        folder.journal.write_bytes(content[:size])
        assert folder.predictions() == rows[: content[:size].count(b"\n")]


def test_line_torn_inside_a_character(folder):
    """The same where the cut falls into the middle of a Chinese character."""
    folder.append(ROWS[:2])
    content = folder.journal.read_bytes()
    folder.journal.write_bytes(content[: content.rindex("行".encode()) + 1])
    assert folder.predictions() == ROWS[:1]


def test_line_separators_inside_an_id(folder):
    """Unicode's own line ends inside a text end no line of the journal."""
    rows = [{"id": "a\u2028b\x85c\x0cd", "seed": 0, "prediction": []}]
    folder.append(rows)
    assert folder.predictions() == rows
    folder.pack()
    assert folder.predictions() == rows


def test_keep_then_append(folder):
    """After a torn line is dropped by `keep`, appending goes on at a clean line."""
    folder.append(ROWS[:3])
    with folder.journal.open("a", encoding="utf-8") as stream:
        stream.write('{"id":"torn')
    folder.keep(folder.predictions())
    folder.append(ROWS[3:])
    assert folder.predictions() == ROWS


def test_damaged_line_inside_is_told(folder):
    """A line that is broken before the last one is damage, not a torn end."""
    folder.append(ROWS)
    folder.journal.write_text("{broken\n" + folder.journal.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(DataError, match=r"the predictions in .*run-1 are damaged .* run again with --fresh"):
        folder.predictions()


def test_one_bit_of_the_journal(folder, capsys):
    """A bit that turned over anywhere in the journal is told, by itself and by a run that is taken up, which asks for the
    whole chunk again and keeps the others."""
    rows = [{"id": f"r{place}", "seed": 0, "prediction": place} for place in range(6)]
    chunks = [[Example(f"r{place}", "", None) for place in (first, first + 1)] for first in (0, 2, 4)]
    folder.append(rows)
    content = folder.journal.read_bytes()
    begin = content.index(b'{"id":"r2"')
    for place in range(begin, content.index(b'{"id":"r4"') - 1):
        folder.journal.write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
        with pytest.raises(DataError, match="are damaged"):
            folder.predictions()
        assert folder.unfinished(chunks, 0) == chunks[1:2]
        assert "lines of" in capsys.readouterr().err
        assert folder.predictions() == [row for row in rows if row["id"] not in ("r2", "r3")]


def test_the_file_must_be_the_one_of_the_record(folder):
    """Predictions are those of a record where the digest of their lines is; other rows, and none, are told."""
    folder.append(ROWS)
    record = dataclasses.replace(folder.read(), samples=folder.pack())
    assert folder.recorded_predictions(record) == ROWS
    samples.write(folder.packed, [*ROWS[1:], {**ROWS[0], "prediction": []}])
    with pytest.raises(DataError, match=r"samples\.parquet is not the file of the record: the SHA-256"):
        folder.recorded_predictions(record)
    with pytest.raises(DataError, match=r"samples\.parquet is not the file of the record"):
        folder.recorded_predictions(dataclasses.replace(record, samples={**record.samples, "sha256": "0" * 64}))


def test_predictions_of_an_older_harness_are_told_with_the_way_out(folder):
    """A run of schema 1 that was not packed yet names the command that packs it."""
    folder.unpacked.write_bytes(b"")
    with pytest.raises(DataError, match=r"samples\.jsonl\.gz holds .* older harness\. `harness records pack .*run-1`"):
        folder.predictions()


def test_a_record_of_schema_1_without_what_lies_beside_it(folder):
    """Packed predictions without samples.json, by which they could be known, are not used."""
    folder.append(ROWS)
    folder.pack()
    old = {"path": "samples.jsonl.gz", "sha256": "6" * 64, "rows": 5}
    with pytest.raises(
        DataError, match=r"run-1 lacks samples\.json, which says what .* `harness records pack .*run-1`"
    ):
        folder.recorded_predictions(dataclasses.replace(folder.read(), samples=old))


def test_no_predictions_is_told(folder):
    """A run that never predicted says so."""
    with pytest.raises(DataError, match=r"holds no predictions \(samples\.parquet\)"):
        folder.predictions()


def test_packing_depends_on_content_alone(tmp_path, monkeypatch):
    """The same rows give the same bytes at another time, in another folder, from other batches."""
    one, two = (RunFolder(tmp_path / name) for name in "ab")
    one.path.mkdir()
    two.path.mkdir()
    one.append(ROWS)
    first = one.pack()
    monkeypatch.setattr(time, "time", lambda: 4e9)
    for row in ROWS:
        two.append([dict(reversed(list(row.items())))])
    assert two.pack() == first
    assert one.packed.read_bytes() == two.packed.read_bytes()
    assert one.predictions() == ROWS


def test_full_disk_while_packing_keeps_the_journal(folder, full, monkeypatch):
    """Predictions that cannot be packed are still there, and can be packed later."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: None)
        folder.append(ROWS)
    with pytest.raises(EnvironmentFailure, match=r"no space left to write .*samples\.parquet"):
        folder.pack()
    assert folder.predictions() == ROWS
    assert not folder.packed.exists()


def test_full_disk_while_appending_keeps_earlier_batches(folder, monkeypatch):
    """A batch that does not fit costs no earlier one."""
    folder.append(ROWS[:3])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        with pytest.raises(EnvironmentFailure, match=r"no space left to write .*samples\.jsonl"):
            folder.append(ROWS[3:])
    assert folder.predictions()[:3] == ROWS[:3]


def test_clean_leaves_record_and_pack(folder):
    """What only an unfinished run needs goes; the record and its predictions stay."""
    folder.append(ROWS)
    folder.pack()
    folder.seed(0).mkdir()
    (folder.seed(0) / "state.json").write_text("{}")
    folder.clean()
    assert names(folder) == ["result.json", "samples.parquet"]
