"""Records on disk: whole or not at all, one process at a time, and nothing lost when the disk is full."""

import errno
import gzip
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import files, store
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.store import RunFolder, Store

synthetic = runpy.run_path(str(Path(__file__).with_name("_synthetic.py")))
make, put = synthetic["record"], synthetic["put"]
ROWS = [{"id": f"行{place}", "seed": 0, "prediction": [[0, 2, "dis"]]} for place in range(5)]


@pytest.fixture
def folder(tmp_path):
    """A run's folder with a record in it."""
    return put(tmp_path, make(), "run-1")


@pytest.fixture
def full(monkeypatch):
    """A disk without space: data reach the file, and cannot be made to stay."""

    def fsync(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)


# ---------------------------------------------------------------- records


def test_write_then_read(folder):
    """What is written is read back, and no partial file stays behind."""
    made = make(0.7, seeds=3)
    folder.write(made)
    assert folder.read() == made
    assert os.listdir(folder.path) == ["result.json"]


def test_reader_sees_old_or_new(folder, monkeypatch):
    """Until the new record is whole on the disk, a reader still finds the old one, also when the writer dies there."""
    before = folder.record_path.read_bytes()
    seen = []

    def killed(source, target):
        seen.append(folder.record_path.read_bytes())
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.write(make(0.9))
    assert seen == [before]
    assert folder.record_path.read_bytes() == before
    assert len(Store(folder.path.parents[3]).folders()) == 1


def test_disk_full_keeps_the_old_record(folder, full):
    """Without space a record is not written, the old one stays, and the message says what to do."""
    before = folder.record_path.read_bytes()
    with pytest.raises(
        EnvironmentFailure,
        match=r"no space left to write .*result\.json\. Free some space and give the same command again; nothing",
    ):
        folder.write(make(0.9))
    assert folder.record_path.read_bytes() == before
    assert os.listdir(folder.path) == ["result.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_disk_really_full(folder):
    """The same with the system's own full device behind the partial file and the journal."""
    before = folder.record_path.read_bytes()
    (folder.path / f".result.json.{os.getpid()}.part").symlink_to("/dev/full")
    with pytest.raises(EnvironmentFailure, match="no space left to write"):
        folder.write(make(0.9))
    folder.journal.symlink_to("/dev/full")
    with pytest.raises(EnvironmentFailure, match=r"no space left to write .*samples\.jsonl"):
        folder.append(ROWS)
    assert folder.record_path.read_bytes() == before


def test_quota_is_told_like_a_full_disk(folder, monkeypatch):
    """A spent quota is a lack of space as well."""
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.EDQUOT, "Disk quota exceeded")))
    with pytest.raises(EnvironmentFailure, match="no space left to write"):
        folder.write(make())


def test_file_in_place_of_a_folder(tmp_path):
    """Where a file stands in the way, writing, locking and appending say so and how to go on."""
    (tmp_path / "results").write_text("in the way")
    blocked = Store(tmp_path / "results").folder("ner/cmeee", "ner/crf", "run-1")
    for act in (lambda: blocked.write(make()), lambda: blocked.append(ROWS), lambda: blocked.lock().__enter__()):
        with pytest.raises(
            EnvironmentFailure,
            match=r"cannot write .*Not a directory\. Check the folder's permissions, or choose another with --output-dir",
        ):
            act()
    assert (tmp_path / "results").read_text() == "in the way"


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "Permission denied"), (errno.EROFS, "Read-only file system")]
)
def test_unwritable_folder(folder, monkeypatch, number, words):
    """A folder without permission, or on a read-only disk, is named together with the way out."""

    def refuse(self, *arguments, **options):
        raise OSError(number, words)

    before = folder.record_path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        for act in (lambda: folder.write(make(0.9)), lambda: folder.append(ROWS), lambda: folder.lock().__enter__()):
            with pytest.raises(
                EnvironmentFailure,
                match=f"{words}. Check the folder's permissions, or choose another with --output-dir",
            ):
                act()
    assert folder.record_path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no result.json. Give the folder of a run"),
        (b"{", "is not valid JSON"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "is not a record"),
    ],
)
def test_damaged_record_is_told(folder, content, message):
    """A record that is missing, cut off, not text or something else is told by its path."""
    folder.record_path.unlink() if content is None else folder.record_path.write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        folder.read()
    assert str(folder.path) in str(error.value)


def test_one_damaged_record_hides_no_other(tmp_path):
    """All good records are given, and one message for each bad one."""
    for place in range(4):
        put(tmp_path, make(0.1 * place), f"run-{place}")
    bad = put(tmp_path, make(), "run-9")
    bad.record_path.write_text("{", encoding="utf-8")
    worse = tmp_path / "ner/cmeee/ner/softmax/run-1/result.json"
    worse.mkdir(parents=True)
    good, messages = Store(tmp_path).records()
    assert [folder.path.name for folder, _ in good] == [f"run-{place}" for place in range(4)]
    assert len(messages) == 2
    assert str(bad.record_path) in messages[0]
    assert str(worse) in messages[1]


# ---------------------------------------------------------------- predictions


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


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b'{"id":"a"}\n')[:-6]])
def test_damaged_pack_is_told(folder, content):
    """Packed predictions that are cut off or not packed at all are told; an empty file gives no row."""
    folder.packed.write_bytes(content)
    if not content:
        assert folder.predictions() == []
        return
    with pytest.raises(DataError, match="are damaged"):
        folder.predictions()


def test_no_predictions_is_told(folder):
    """A run that never predicted says so."""
    with pytest.raises(DataError, match=r"holds no predictions \(samples\.jsonl\.gz\)"):
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
    assert two.pack() == first == {"path": "samples.jsonl.gz", "sha256": files.file_digest(one.packed), "rows": 5}
    assert one.packed.read_bytes() == two.packed.read_bytes()
    assert one.predictions() == ROWS


def test_full_disk_while_packing_keeps_the_journal(folder, full, monkeypatch):
    """Predictions that cannot be packed are still there, and can be packed later."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: None)
        folder.append(ROWS)
    with pytest.raises(EnvironmentFailure, match=r"no space left to write .*samples\.jsonl\.gz"):
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
    assert sorted(os.listdir(folder.path)) == ["result.json", "samples.jsonl.gz"]


# ---------------------------------------------------------------- the lock


HOLD = """
import sys, time
from pathlib import Path
from harness.store import RunFolder
with RunFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


def test_lock_of_another_process(folder):
    """A folder in use is refused in words; it is free as soon as its holder is killed, however rudely."""
    root = Path(store.__file__).parents[1]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder.path)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(UsageError, match=r"another process is at work on .*run-1\. Wait for it, or use --fresh"),
            folder.lock(),
        ):
            pass
        assert folder.read()
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    with folder.lock():
        pass
    assert not (folder.path / ".lock").exists()


def test_lock_falls_with_an_error(folder):
    """A run that fails leaves its folder free."""
    with pytest.raises(ZeroDivisionError), folder.lock():
        raise ZeroDivisionError
    with folder.lock():
        pass


# ---------------------------------------------------------------- finding


def test_find(tmp_path):
    """A run is found by its folder, its id, or the beginning of its id."""
    first = put(tmp_path, make(), "20260101T000000Z-aaaa")
    second = put(tmp_path, make(), "20260102T000000Z-bbbb")
    held = Store(tmp_path)
    assert held.find(str(first.path)) == first
    assert held.find("20260102T000000Z-bbbb") == second
    assert held.find("20260101") == first


def test_find_tells_why_not(tmp_path):
    """A beginning that several runs share is answered with them, an unknown one with the place that was searched."""
    for day in range(1, 6):
        put(tmp_path, make(), f"2026010{day}")
    with pytest.raises(
        UsageError, match=r"'2026' begins several runs: .*20260101, .*20260102, .*20260103\. Give more of the id"
    ):
        Store(tmp_path).find("2026")
    with pytest.raises(UsageError, match=f"no run '1999' under {tmp_path}"):
        Store(tmp_path).find("1999")


def test_new_folders_differ(tmp_path):
    """Two runs of one second get two names, each with eight digits of the key."""
    held = Store(tmp_path)
    first = held.new("ner/cmeee", "ner/crf", "0123456789abcdef")
    first.path.mkdir(parents=True)
    second = held.new("ner/cmeee", "ner/crf", "0123456789abcdef")
    assert first.path != second.path
    assert first.path.name.endswith("Z-01234567")


def test_folders_in_order_of_path(tmp_path):
    """Runs are listed in the same order wherever they are read."""
    for name in ("c", "a", "b"):
        put(tmp_path, make(), name)
    assert [folder.path.name for folder in Store(tmp_path).folders()] == ["a", "b", "c"]
    assert Store(tmp_path / "nowhere").folders() == []


def test_records_are_readable_json(folder):
    """A person can read the file: indented, Chinese unescaped, a line end at the end."""
    folder.write(make(encoder="编码器"))
    text = folder.record_path.read_text(encoding="utf-8")
    assert '"编码器"' in text
    assert text.endswith("}\n")
    assert json.loads(text)["model"]["encoder"] == "编码器"
