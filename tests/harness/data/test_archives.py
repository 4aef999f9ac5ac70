"""Archives as nobody should make them: what is hashed is what is used, and no member costs more than it is worth."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

from harness.data import archives, places
from harness.data import shelf as shelf_of_files
from harness.data.memory import Memory
from harness.data.splits import load_split
from harness.errors import DataError, UsageError
from harness.files import cache_folder
from harness.registry.shelves import find, load

TRAIN = b"Tom naps\nRex barks!\n"
INVENTED = b"Tom naps\nTom naps\nTom naps\n"


@pytest.fixture(autouse=True)
def pets(shelf: Any) -> None:
    """Every test here knows the task toy/pets, its train file by digest."""
    shelf()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def zipped(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """A zip archive of these members, names as they are."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")  # about names that repeat
        for name, content in members:
            archive.writestr(name, content)
    return path


def tarred(path: Path, *members: tuple[str, bytes | str | int], mode: str = "w") -> Path:
    """A tar archive: bytes are a file, a text is where a link leads, a number is a type of member without content."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.type = tarfile.SYMTYPE if isinstance(content, str) else bytes([content])
                info.linkname = content if isinstance(content, str) else ""
                archive.addfile(info)
    return path


@pytest.mark.parametrize("order", [(TRAIN, INVENTED), (INVENTED, TRAIN)])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_two_members_of_one_name_are_refused(tmp_path: Path, make: Any, order: tuple[bytes, bytes]) -> None:
    """Of two unlike files of one name nobody can say which is meant: the archive is refused, named by itself and among
    others."""
    suffix = ".zip" if make is zipped else ".tar"
    path = make(tmp_path / f"twice{suffix}", *(("a/pets_train.txt", content) for content in order))
    with pytest.raises(
        DataError, match=r"holds two files called a/pets_train\.txt, and they differ.*Unpack it yourself"
    ):
        places.add([path])
    assert places.add([tmp_path]).kept == []
    assert places.locate(find("tasks", "pets")) == {}


@pytest.mark.parametrize("make", [zipped, tarred])
def test_two_equal_members_of_one_name_are_one(tmp_path: Path, make: Any) -> None:
    """A file that stands in an archive twice with the same bytes is that file."""
    path = make(tmp_path / f"twice{'.zip' if make is zipped else '.tar'}", ("a/x", TRAIN), ("a/x", TRAIN))
    assert [item.found.member for item in places.add([path]).kept] == ["a/x"]


def test_what_is_copied_is_what_was_hashed(tmp_path: Path) -> None:
    """An archive that is changed between the search and the copy is an error, and nothing is kept of it."""
    path = zipped(tmp_path / "pets.zip", ("x", TRAIN))
    memory = Memory()
    (found,) = archives.scan(path, memory=memory)
    zipped(path, ("x", INVENTED))
    wanted = shelf_of_files.Wanted("toy/pets", find("tasks", "pets").card.files[0], found)
    with pytest.raises(DataError, match=r"pets\.zip!x is not what it was when its SHA-256 was taken"):
        shelf_of_files.keep([wanted], memory)
    zipped(path, ("y", TRAIN))
    with pytest.raises(DataError, match=r"pets\.zip!x is not what it was"):
        shelf_of_files.keep([wanted], memory)
    assert not [path for path in (cache_folder() / "data").rglob("*") if path.is_file()]


def test_an_archive_for_one_run_replaces_nothing(tmp_path: Path) -> None:
    """``--data ARCHIVE`` with another edition reads that edition and leaves the copy in the cache as it is."""
    entry = find("tasks", "pets")
    places.add([zipped(tmp_path / "pets.zip", ("x", TRAIN))])
    other = zipped(tmp_path / "other.zip", ("pets_train.txt", INVENTED))
    given = places.locate(entry, other)["train"]["pets_train.txt"]
    assert (given.path.read_bytes(), given.verified) == (INVENTED, False)
    held = places.locate(entry)["train"]["pets_train.txt"]
    assert (held.path.read_bytes(), held.verified) == (TRAIN, True)


def test_what_is_recorded_as_verified_is_hashed_when_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose remembered digest is not that of its bytes is never read under it; the next command sees it anew."""
    path = tmp_path / "pets_train.txt"
    path.write_bytes(INVENTED)
    memory = Memory()
    memory.note(path, [["", find("tasks", "pets").card.files[0].sha256]])  # a memory that is wrong
    memory.write()
    entry = find("tasks", "pets")
    located = places.locate(entry, path)
    assert located["train"]["pets_train.txt"].verified
    with pytest.raises(DataError, match=r"pets_train\.txt is not what it was when its SHA-256 was taken"):
        load_split(entry, load(entry), "train", located["train"])
    anew = places.locate(entry, path)["train"]
    assert load_split(entry, load(entry), "train", anew).files[0]["verified"] is False


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A split whose file was written to between its digest and the last row is an error."""
    path = tmp_path / "pets_train.txt"
    path.write_bytes(TRAIN)
    entry = find("tasks", "pets")
    module, real = load(entry), load(entry).load

    def growing(*given: Any) -> Any:
        yield from real(*given)
        path.write_bytes(TRAIN + b"Tom naps\n")

    monkeypatch.setattr(module, "load", growing)
    with pytest.raises(DataError, match=r"pets_train\.txt was changed while it was read"):
        load_split(entry, module, "train", places.locate(entry, path)["train"])


def test_names_lead_nowhere(tmp_path: Path) -> None:
    """Members with absolute names, names that climb, and links are written nowhere but in the cache; a card's name that
    leads out of it is refused."""
    path = tarred(
        tmp_path / "evil.tar",
        ("/tmp/escaped_absolute.txt", TRAIN),
        ("../../escaped.txt", b"climbs"),
        ("link", "/etc/passwd"),
        ("link/through.txt", b"through a link"),
    )
    assert sorted(item.member for item in archives.scan(path)) == [
        "../../escaped.txt", "/tmp/escaped_absolute.txt", "link/through.txt",
    ]  # fmt: skip
    (item,) = places.add([path]).kept
    assert item.target == cache_folder() / "data" / "toy" / "pets" / "pets_train.txt"
    assert not Path("/tmp/escaped_absolute.txt").exists()
    for name in ("../escaped", "/tmp/escaped", "a/b", "..", ""):
        with pytest.raises(UsageError, match="without folders"):
            shelf_of_files.place("toy/pets", name)


def test_links_and_devices_of_an_archive_are_passed_over(tmp_path: Path) -> None:
    """What is no file in a tar is not read: a link to the known file is not the known file."""
    path = tarred(
        tmp_path / "odd.tar", ("x", TRAIN), ("to-x", "x"), ("pipe", tarfile.FIFOTYPE[0]), ("disk", tarfile.BLKTYPE[0])
    )
    assert [item.member for item in archives.scan(path)] == ["x"]


def test_names_are_shown_as_text(tmp_path: Path) -> None:
    """Nothing in a member's name acts on the terminal that it is printed on."""
    (found,) = archives.scan(zipped(tmp_path / "a.zip", ("\x1b[2J\u202e.txt", b"x")))
    assert str(found).endswith("a.zip!\\x1b[2J\\u202e.txt")


# ---------------------------------------------------------------- bombs


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of a test's size."""
    monkeypatch.setattr(archives, "FREELY", 1 << 20)
    monkeypatch.setattr(archives, "AT_ONCE", 1 << 18)


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.tar.gz", "bomb.tar.bz2", "bomb.tar.xz"])
def test_a_bomb_is_not_unpacked(place: Path, small: None, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An archive that unpacks to hundreds of times its size is refused; in a folder it is told and passed over."""
    zeros = bytes(8 << 20)
    if name.endswith(".zip"):
        zipped(place / name, ("zeros", zeros), method=zipfile.ZIP_DEFLATED)
    else:
        tarred(place / name, ("zeros", zeros), mode=f"w:{name.rpartition('.')[2]}")
    with pytest.raises(DataError, match=r"unpacks to more than [\d,]+ bytes, 200 times its size and more"):
        list(archives.scan(place / name))
    (place / "beside.txt").write_bytes(TRAIN)
    assert [item.name for item in archives.scan(place)] == ["beside.txt"]
    assert f"{name} unpacks to more than" in capsys.readouterr().err


def test_a_sparse_member_is_no_way_around(tmp_path: Path, small: None) -> None:
    """A member that says a size that is not stored at all counts with that size."""
    info = tarfile.TarInfo("sparse")
    info.size = 1 << 40
    with gzip.open(tmp_path / "sparse.tar.gz", "wb") as stream:
        stream.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(DataError, match="unpacks to more than"):
        list(archives.scan(tmp_path / "sparse.tar.gz"))


def test_a_header_does_not_fill_the_memory(tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header of attributes that wants more memory than any name needs is refused before it is read."""
    monkeypatch.setattr(archives, "FREELY", 1 << 40)
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    with gzip.open(tmp_path / "header.tar.gz", "wb") as stream:
        stream.write(info.tobuf(tarfile.USTAR_FORMAT))
        stream.write(bytes(1 << 20))
    with pytest.raises(DataError, match="unpacks to more than"):
        list(archives.scan(tmp_path / "header.tar.gz"))


def test_texts_that_pack_well_are_no_bombs(tmp_path: Path, small: None) -> None:
    """A corpus of repeated lines, the best packed text there is, is read whole."""
    lines = b"".join(b'{"id": %d, "label": "positive", "text": "the same words again"}\n' % n for n in range(40_000))
    path = zipped(tmp_path / "lines.zip", ("lines", lines), method=zipfile.ZIP_DEFLATED)
    assert len(lines) > 2 * archives.FREELY
    assert [item.member for item in archives.scan(path)] == ["lines"]


# ---------------------------------------------------------------- what is no file


def test_what_is_no_file_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A FIFO, a device and a link to nothing among files are told once and passed over, without waiting for them."""
    os.mkfifo(place / "pipe.txt")
    (place / "device.txt").symlink_to("/dev/zero")
    (place / "gone.txt").symlink_to(place / "nothing")
    (place / "x").write_bytes(TRAIN)
    for _ in range(2):
        assert [item.name for item in archives.scan(place)] == ["x"]
    said = capsys.readouterr().err
    for words in (
        "pipe.txt is a FIFO; skipped",
        "device.txt is a device; skipped",
        "gone.txt is a link that leads nowhere",
    ):
        assert said.count(words) == 1


@pytest.mark.parametrize("name", ["pipe", "pipe.zip", "pipe.tar.gz"])
def test_a_place_that_is_no_file(tmp_path: Path, name: str) -> None:
    """A FIFO that is named by itself is refused at once, whatever it is called."""
    os.mkfifo(tmp_path / name)
    with pytest.raises(UsageError, match=rf"{name} is a FIFO\. Give a folder, a file, or an archive"):
        places.add([tmp_path / name])
    with pytest.raises(UsageError, match="is a FIFO"):
        places.locate(find("tasks", "pets"), tmp_path / name)


def test_a_second_add_reads_and_copies_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the cache and has not changed is neither hashed nor copied again; a copy that has changed is mended."""
    zipped(place / "pets.zip", ("x", TRAIN))
    first = places.add([place])
    assert (len(first.kept), len(first.copied)) == (1, 1)
    with monkeypatch.context() as patch:
        for module, name in ((archives, "contents"), (shelf_of_files, "contents"), (shelf_of_files, "file_digest")):
            patch.setattr(module, name, lambda *given: pytest.fail(f"{given} was read"))
        again = places.add([place])
    assert (len(again.kept), again.copied) == (1, [])
    first.kept[0].target.write_bytes(INVENTED)
    assert len(places.add([place]).copied) == 1
    assert first.kept[0].target.read_bytes() == TRAIN


def test_an_interrupted_add_leaves_nothing_half(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill in the middle of a copy leaves no file of the task; the next call brings all and clears what was left."""
    (place / "x").write_bytes(TRAIN)
    target = cache_folder() / "data" / "toy" / "pets"

    def killed(source: Any, *copies: Any) -> str:
        copies[0].write(TRAIN[:4])
        copies[0].flush()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shelf_of_files, "copied", killed)
        with pytest.raises(KeyboardInterrupt):
            places.add([place])
    assert list(target.iterdir()) == []
    (target / ".pets_train.txt.1.part").write_bytes(TRAIN[:4])  # what a kill that cannot be caught leaves
    assert places.locate(find("tasks", "pets")) == {}
    places.add([place])
    assert sorted(path.name for path in target.iterdir()) == ["pets_train.txt", "sources.json"]
