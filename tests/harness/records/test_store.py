"""Records on disk: whole or not at all, one process at a time, and nothing lost when the disk is full."""

import errno
import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.records import store
from harness.records.store import RunFolder, Store

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make, put = synthetic["record"], synthetic["put"]
ROWS = [{"id": f"行{place}", "seed": 0, "prediction": [[0, 2, "dis"]]} for place in range(5)]


def names(folder):
    """What a run's folder holds."""
    return sorted(path.name for path in folder.path.iterdir())


# ---------------------------------------------------------------- records


def test_write_then_read(folder):
    """What is written is read back, and no partial file stays behind."""
    made = make(0.7, seeds=3)
    folder.write(made)
    assert folder.read() == made
    assert names(folder) == ["result.json"]


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
    assert names(folder) == ["result.json"]


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


# ---------------------------------------------------------------- the lock


HOLD = """
import sys, time
from pathlib import Path
from harness.records.store import RunFolder
with RunFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


def test_lock_of_another_process(folder):
    """A folder in use is refused in words; it is free as soon as its holder is killed, however rudely."""
    root = Path(store.__file__).parents[2]
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


def test_find_below_a_folder(tmp_path):
    """A folder that holds one run stands for it; of one that holds several, the runs are told."""
    first = put(tmp_path, make(), "20260101T000000Z-aaaa")
    assert Store(tmp_path).find(str(first.path.parent)) == first
    put(tmp_path, make(), "20260102T000000Z-bbbb")
    with pytest.raises(UsageError, match=r"holds 2 runs:\n .*-aaaa\n .*-bbbb\nGive the id or the folder of one"):
        Store(tmp_path).find(str(first.path.parent))


def test_the_only_run_with_scores(tmp_path, capsys):
    """Beside a run that failed at once, the one with scores stands for their folder, which is said; of two, neither does."""
    good = put(tmp_path, make(), "20260101T000000Z-aaaa")
    bad = put(tmp_path, make(status="failed"), "20260102T000000Z-bbbb")
    assert Store(tmp_path).scored(str(good.path.parent)) == good
    assert "of the 2 runs in" in capsys.readouterr().err
    assert Store(tmp_path).scored(str(bad.path)) == bad
    put(tmp_path, make(), "20260103T000000Z-cccc")
    with pytest.raises(UsageError, match="holds 3 runs"):
        Store(tmp_path).scored(str(good.path.parent))


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


def test_a_fifo_in_the_place_of_a_file_is_told(tmp_path):
    """A FIFO would be waited for without end: record and predictions of a run are files or nothing."""
    folder = RunFolder(tmp_path)
    os.mkfifo(folder.record_path)
    with pytest.raises(DataError, match="no regular file"):
        folder.read()
    assert folder.schema() == 0
    os.mkfifo(folder.journal)
    with pytest.raises(DataError, match="no regular file"):
        folder.predictions()
