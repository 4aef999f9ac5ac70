"""Data: recognised by digest, never guessed, never half-written, and every way it can be wrong is said."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.data import archives, places
from harness.data import shelf as shelf_of_files
from harness.data.memory import Memory
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import cache_folder
from harness.registry.shelves import find

TRAIN = b"Tom naps\nRex barks!\n"
TEST = b"Rex naps\n"


@pytest.fixture(autouse=True)
def pets(shelf: Any) -> None:
    """Every test here knows the task toy/pets: its train file by digest, its test file by name only."""
    shelf()


def task() -> Any:
    """The entry of toy/pets."""
    return find("tasks", "pets")


def as_folder(place: Path) -> Path:
    """Both files, the known one under a foreign name, in a folder."""
    place = place / "folder" / "deep"
    place.mkdir(parents=True)
    (place / "renamed.dat").write_bytes(TRAIN)
    (place / "pets_test.txt").write_bytes(TEST)
    return place.parent


def as_zip(place: Path) -> Path:
    """The same as a zip archive."""
    with zipfile.ZipFile(place / "pets.zip", "w") as archive:
        archive.writestr("a/", "")
        archive.writestr("a/renamed.dat", TRAIN)
        archive.writestr("pets_test.txt", TEST)
    return place / "pets.zip"


def as_tar(place: Path) -> Path:
    """The same as a compressed tar archive."""
    with tarfile.open(place / "pets.tar.gz", "w:gz") as archive:
        for name, content in (("a/renamed.dat", TRAIN), ("./pets_test.txt", TEST)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return place / "pets.tar.gz"


FORMS = pytest.mark.parametrize("form", [as_folder, as_zip, as_tar])


@FORMS
def test_files_are_recognised_by_digest_whatever_they_are_called(tmp_path: Path, form: Callable[[Path], Path]) -> None:
    """A known file is taken from folder, zip or tar.gz under any name, and kept under its usual one, byte for byte."""
    (item,) = places.add([form(tmp_path)]).kept
    assert (item.task, item.file.name, item.found.name) == ("toy/pets", "pets_train.txt", "renamed.dat")
    held = places.locate(task())["train"]["pets_train.txt"]
    assert held.path.read_bytes() == TRAIN
    assert (held.origin, held.verified) == ("cache", True)


@FORMS
def test_files_are_taken_by_name_when_the_user_says_whose_they_are(
    tmp_path: Path, form: Callable[[Path], Path]
) -> None:
    """With the task given, a file without a known digest is taken by its usual name, and marked as not verified."""
    assert {item.file.name for item in places.add([form(tmp_path)], task()).kept} == {"pets_train.txt", "pets_test.txt"}
    held = places.locate(task())["test"]["pets_test.txt"]
    assert held.path.read_bytes() == TEST
    assert not held.verified


def test_an_edition_with_other_bytes_is_taken_by_name_only_on_request(tmp_path: Path) -> None:
    """A file of the usual name and other bytes is not recognised unasked; asked for, its own digest is remembered."""
    (tmp_path / "pets_train.txt").write_bytes(b"another edition\n")
    assert places.add([tmp_path / "pets_train.txt"]).kept == []
    places.add([tmp_path / "pets_train.txt"], task())
    held = places.locate(task())["train"]["pets_train.txt"]
    assert held.sha256 == hashlib.sha256(b"another edition\n").hexdigest()
    assert not held.verified


@FORMS
def test_data_flag_reads_in_place_and_by_name(tmp_path: Path, form: Callable[[Path], Path]) -> None:
    """``--data PATH`` finds both files without adding them first."""
    located = places.locate(task(), form(tmp_path))
    assert {item.path.read_bytes() for files in located.values() for item in files.values()} == {TRAIN, TEST}
    assert {item.origin for files in located.values() for item in files.values()} == {"--data"}


def test_the_variable_comes_before_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """$HARNESS_DATA is looked at before the cache, and what it lacks comes from the cache."""
    places.add([as_zip(tmp_path)], task())
    folder = tmp_path / "variable"
    folder.mkdir()
    (folder / "x").write_bytes(TRAIN)
    monkeypatch.setenv("HARNESS_DATA", str(folder))
    located = places.locate(task())
    assert located["train"]["pets_train.txt"].origin == "$HARNESS_DATA"
    assert located["test"]["pets_test.txt"].origin == "cache"


def test_a_variable_that_names_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped $HARNESS_DATA is an error, not silence."""
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match=r"HARNESS_DATA names .*nowhere, which does not exist"):
        places.locate(task())


def test_a_damaged_copy_in_the_cache(tmp_path: Path) -> None:
    """One changed byte in the cache is an error that says which file and what mends it; a listing notes it and goes on."""
    places.add([as_folder(tmp_path)], task())
    path = places.locate(task())["train"]["pets_train.txt"].path
    path.write_bytes(TRAIN.replace(b"Tom", b"Tim"))
    with pytest.raises(DataError, match=r"pets_train\.txt is damaged.*harness data add"):
        places.locate(task())
    damaged: dict[str, str] = {}
    assert set(places.locate(task(), damaged=damaged)) == {"test"}
    assert set(damaged) == {"pets_train.txt"}
    places.add([tmp_path / "folder"])
    assert places.locate(task())["train"]["pets_train.txt"].verified


def test_a_damaged_memory_of_sources(tmp_path: Path) -> None:
    """Where the note of what was added is damaged, the message says so and what to do."""
    places.add([as_folder(tmp_path)])
    (cache_folder() / "data" / "toy" / "pets" / "sources.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"sources\.json is damaged.*Delete it"):
        places.locate(task())


@pytest.mark.parametrize("folder", ["empty", "other"])
def test_a_wrong_folder(tmp_path: Path, folder: str) -> None:
    """A folder without a file of the task is refused with the names that were looked for."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cats.txt").write_bytes(b"meow")
    with pytest.raises(
        DataError, match=r"holds no file of toy/pets\. Expected one of: pets_train\.txt, pets_test\.txt"
    ):
        places.locate(task(), tmp_path / folder)


def test_a_place_that_does_not_exist(tmp_path: Path) -> None:
    """A path that is not there is the user's slip."""
    with pytest.raises(UsageError, match="nowhere does not exist"):
        places.add([tmp_path / "nowhere"])


def broken_archives(place: Path) -> dict[str, Path]:
    """Archives that are cut, changed in the middle, or no archives at all."""
    whole = {name: form(place).read_bytes() for name, form in (("zip", as_zip), ("tar.gz", as_tar))}
    crafted = {
        "cut.zip": whole["zip"][:-30],
        "cut.tar.gz": whole["tar.gz"][: len(whole["tar.gz"]) // 2],
        "changed.tar.gz": whole["tar.gz"][:40] + b"\x00\xff\x55\xaa" * 6 + whole["tar.gz"][64:],
        "text.zip": b"this is not an archive",
        "text.tar.gz": b"this is not an archive",
        "text.tar.xz": b"this is not an archive",
        "empty.zip": b"",
        "changed.zip": whole["zip"].replace(b"Tom naps", b"Tim naps"),
    }
    for name, content in crafted.items():
        (place / name).write_bytes(content)
    return {name: place / name for name in crafted}


@pytest.mark.parametrize(
    "name",
    ["cut.zip", "cut.tar.gz", "changed.tar.gz", "text.zip", "text.tar.gz", "text.tar.xz", "empty.zip", "changed.zip"],
)
def test_an_archive_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    """A cut, changed or foreign archive is an error that names it, and nothing reaches the cache."""
    with pytest.raises(DataError, match=f"{name} is not a readable archive.*Fetch it again"):
        places.add([broken_archives(tmp_path)[name]], task())
    assert not (cache_folder() / "data").exists()


def test_one_broken_archive_among_others_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a folder, an archive that cannot be read is told once a process, and everything beside it is still found."""
    place = tmp_path / "place"
    place.mkdir()
    as_folder(place)
    (place / "cut.tar.gz").write_bytes(broken_archives(tmp_path)["cut.tar.gz"].read_bytes())
    first, second = ({item.name for item in archives.scan(place)} for _ in range(2))
    assert first == second == {"renamed.dat", "pets_test.txt"}
    said = capsys.readouterr().err
    assert said.count("note: ") == said.count("cut.tar.gz is not a readable archive (") == 1
    assert "; skipped. Fetch it again" in said
    with pytest.raises(DataError, match=r"cut\.tar\.gz is not a readable archive"):
        list(archives.scan(place, whole=True))


def test_a_file_without_permission_among_others_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of a folder that may not be read stops nothing; named by itself it is an error with the way out."""
    place, real = as_folder(tmp_path), archives.file_digest

    def guarded(path: Path) -> str:
        if path.name == "renamed.dat":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(archives, "file_digest", guarded)
    assert [item.name for item in archives.scan(place)] == ["pets_test.txt"]
    assert "renamed.dat cannot be read (Permission denied); skipped." in capsys.readouterr().err
    with pytest.raises(DataError, match=r"renamed\.dat cannot be read \(Permission denied\)\. Change its permissions"):
        list(archives.scan(place / "deep" / "renamed.dat"))


def test_an_encrypted_archive(tmp_path: Path) -> None:
    """A zip that wants a password is said to be unreadable, not met with a traceback."""
    content = bytearray(as_zip(tmp_path).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 4)
    (tmp_path / "secret.zip").write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"secret\.zip is not a readable archive"):
        places.add([tmp_path / "secret.zip"])


def test_an_archive_cannot_write_outside_the_cache(tmp_path: Path) -> None:
    """A member whose name climbs out of its folder is kept under the usual name, inside the cache."""
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../../escaped.txt", TRAIN)
    places.add([tmp_path / "evil.zip"])
    assert places.locate(task())["train"]["pets_train.txt"].path.read_bytes() == TRAIN
    assert not list(tmp_path.parent.rglob("escaped.txt"))


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    """Folders and files that begin with a dot, such as .git, are not searched."""
    (tmp_path / "place" / ".git").mkdir(parents=True)
    (tmp_path / "place" / ".git" / "x").write_bytes(TRAIN)
    (tmp_path / "place" / ".part").write_bytes(TRAIN)
    assert places.add([tmp_path / "place"]).seen == []


def test_nothing_is_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fills up in the middle of a copy, no file and no note of one remains, and the message says it."""

    def full(source: Any, *copies: Any) -> str:
        copies[0].write(TRAIN[:4])
        raise OSError(28, "No space left on device")

    place = as_folder(tmp_path)
    monkeypatch.setattr(shelf_of_files, "copied", full)
    with pytest.raises(EnvironmentFailure, match="no space left to write"):
        places.add([place])
    assert not [path for path in (cache_folder() / "data").rglob("*") if path.is_file()]
    monkeypatch.undo()


def test_a_failed_copy_leaves_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second add that fails does not touch what the first one brought."""
    place = as_folder(tmp_path)
    places.add([place], task())
    (place / "deep" / "pets_test.txt").write_bytes(b"another edition\n")
    with monkeypatch.context() as patch:
        patch.setattr(shelf_of_files, "copied", lambda *given: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(EnvironmentFailure, match="cannot write"):
            places.add([place], task())
    assert places.locate(task())["test"]["pets_test.txt"].path.read_bytes() == TEST


def test_several_that_add_at_once(tmp_path: Path) -> None:
    """Whoever copies a file while others do so loses nothing of theirs, and none fails."""
    found = next(item for item in archives.scan(as_folder(tmp_path)) if item.name == "pets_test.txt")
    files = [dataclasses.replace(task().card.files[0], name=f"pets_{number}.txt") for number in range(24)]
    wanted = [shelf_of_files.Wanted("toy/pets", file, found) for file in files * 2]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: shelf_of_files.keep([one], Memory()), wanted))
    assert all(one.target.read_bytes() == TEST for one in wanted)
    assert set(shelf_of_files.sources("toy/pets")) == {file.name for file in files}


def test_digests_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second scan of unchanged files reads none of them; a changed file is read again."""
    place = as_folder(tmp_path)
    first = list(archives.scan(place))
    with monkeypatch.context() as patch:
        patch.setattr(archives, "_digests", lambda path: pytest.fail(f"{path} was read again"))
        assert list(archives.scan(place)) == first
    (place / "deep" / "renamed.dat").write_bytes(TEST * 3)
    assert list(archives.scan(place)) != first


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', "null"])
def test_a_damaged_memory_of_digests_is_rebuilt(tmp_path: Path, content: str) -> None:
    """The index only saves time: when it is damaged the files are read again."""
    place = as_folder(tmp_path)
    first = list(archives.scan(place))
    (cache_folder() / "digests.json").write_text(content, encoding="utf-8")
    assert list(archives.scan(place)) == first


def test_what_is_missing_says_how_to_get_it() -> None:
    """Every missing split is a line with the file's name and where it is given out."""
    assert (
        places.missing(task(), {}, ["train", "test", "train"])
        == "  train: pets_train.txt (Written by hand.)\n  test: pets_test.txt (Written by hand.)"
    )


def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> dict[str, str]:
    """What ``locate`` notes as damaged where $HARNESS_DATA holds these files."""
    for name, content in files.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    damaged: dict[str, str] = {}
    located = places.locate(task(), damaged=damaged)
    assert not damaged.keys() & {name for files in located.values() for name in files}
    return damaged


def test_a_file_of_the_usual_name_that_is_not_the_known_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under $HARNESS_DATA such a file is noted with its path and both ways out, and counts as missing for that reason."""
    damaged = noted(tmp_path, monkeypatch, {"pets_2024/pets_train.txt": b"Tim naps\n"})
    path = tmp_path / "data" / "pets_2024" / "pets_train.txt"
    assert damaged == {
        "pets_train.txt": f"pets_train.txt is at {path}, but is not the known file: its SHA-256 differs. "
        f"Get a fresh copy, or `harness data add --task pets {path}` to use it all the same."
    }
    assert places.missing(task(), {}, ["train"], damaged) == f"  train: {damaged['pets_train.txt']}"
    places.add([path], task())  # the way out that the message names
    damaged = {}
    assert places.locate(task(), damaged=damaged)["train"]["pets_train.txt"].origin == "cache"
    assert damaged == {}


def test_a_known_file_beside_says_whose_a_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelf: Any, pets_source: str
) -> None:
    """Whatever the folder is called, a file beside a known one of the task, under a usual name, is the task's."""
    known = f'name="pets_test.txt", sha256="{hashlib.sha256(TEST).hexdigest()}"'
    shelf({"tasks/toy/pets.py": pets_source.replace('name="pets_test.txt"', known)})
    assert noted(tmp_path, monkeypatch, {"a/x.dat": TEST, "b/pets_train.txt": b"Tim\n"}) == {}
    assert set(noted(tmp_path, monkeypatch, {"a/pets_train.txt": b"Tim\n"})) == {"pets_train.txt"}


def test_a_file_of_another_task_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelf: Any, pets_source: str
) -> None:
    """A file that another task knows by its digest is no damaged one of this task, whatever its name and folder."""
    other = pets_source.replace(hashlib.sha256(TRAIN).hexdigest(), hashlib.sha256(b"Rex\n").hexdigest())
    shelf({"tasks/toy/zoo.py": other.replace("pets_t", "zoo_t")})
    assert noted(tmp_path, monkeypatch, {"pets_2024/pets_train.txt": b"Rex\n"}) == {}


def test_a_known_copy_elsewhere_makes_up_for_a_damaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the known file is at hand as well, in the folder or in the cache, nothing is noted."""
    places.add([as_folder(tmp_path)])
    assert noted(tmp_path, monkeypatch, {"pets_2024/pets_train.txt": b"Tim naps\n"}) == {}


def test_cache_folder_follows_the_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """$HARNESS_CACHE, else $XDG_CACHE_HOME/harness, else ~/.cache/harness."""
    monkeypatch.delenv("HARNESS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "harness"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "harness"


def test_the_note_of_sources_is_json(tmp_path: Path) -> None:
    """Beside the copies stands what was added, by name and digest, for people to read."""
    places.add([as_folder(tmp_path)])
    note = cache_folder() / "data" / "toy" / "pets" / "sources.json"
    assert json.loads(note.read_text(encoding="utf-8")) == {"pets_train.txt": hashlib.sha256(TRAIN).hexdigest()}


def test_a_verified_file_is_not_replaced_by_its_name(tmp_path: Path) -> None:
    """A file that only has the right name never replaces one with a known digest."""
    places.add([as_folder(tmp_path)], task())
    other = tmp_path / "other"
    other.mkdir()
    (other / "pets_train.txt").write_bytes(b"Rex\n")
    with pytest.raises(UsageError, match="has that file already, verified by SHA-256"):
        places.add([other], task())
    assert places.locate(task())["train"]["pets_train.txt"].path.read_bytes() == TRAIN


def test_two_files_of_one_name_are_not_guessed_between(tmp_path: Path) -> None:
    """Of two unlike files that could be the one asked for, neither is taken; both are named."""
    for name in ("a", "b"):
        (tmp_path / "two" / name).mkdir(parents=True)
        (tmp_path / "two" / name / "pets_test.txt").write_text(name, encoding="utf-8")
    with pytest.raises(UsageError, match=r"a/pets_test.txt and .*b/pets_test.txt could both be pets_test.txt"):
        places.locate(task(), tmp_path / "two")
