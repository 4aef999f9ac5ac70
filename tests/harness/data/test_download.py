"""Downloads against a server of this machine: what is kept has the digest of the card, whatever the server does."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.data import download, places
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import cache_folder
from harness.registry.shelves import entries, find
from tests.harness._server import Served, serving

TRAIN = b"Tom naps\nRex barks!\n"


@pytest.fixture
def server() -> Iterator[Served]:
    """A server that gives nothing yet."""
    with serving() as served:
        yield served


def pets(shelf: Any, source: str, url: str) -> Any:
    """The entry of toy/pets, whose train file has an address."""
    shelf({"tasks/toy/pets.py": source.replace(', where="Written by hand."),', f', url="{url}"),', 1)})
    return find("tasks", "pets")


def verified(entry: Any) -> bool:
    """Whether the known train file is in the cache."""
    return places.locate(entry).get("train", {"": None}).get("pets_train.txt") is not None


def left() -> list[Path]:
    """What downloads leave behind beside the files that they bring."""
    return [path for path in (cache_folder() / "downloads").rglob("*") if path.is_file()]


def test_a_file_is_fetched_once(server: Served, shelf: Any, pets_source: str) -> None:
    """The bytes of the card's digest are kept and verified; a second call asks nobody."""
    entry = pets(shelf, pets_source, server.give("/pets_train.txt", TRAIN))
    (item,) = download.get(entry)
    assert (item.new, item.path.read_bytes()) == (True, TRAIN)
    assert places.locate(entry)["train"]["pets_train.txt"].verified
    assert [again.new for again in download.get(entry)] == [False]
    assert server.asked == ["/pets_train.txt"]
    assert left() == []


def test_an_archive_may_hold_the_file(server: Served, shelf: Any, pets_source: str) -> None:
    """Where an address gives an archive, the member with the known digest is kept, whatever it is called."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("deep/other.txt", b"something else")
        archive.writestr("deep/train", TRAIN)
    entry = pets(shelf, pets_source, server.give("/all/pets.zip", made.getvalue()))
    assert [item.path.read_bytes() for item in download.get(entry)] == [TRAIN]


def test_a_redirect_is_followed(server: Served, shelf: Any, pets_source: str) -> None:
    """A site that has moved its files still gives them; one that sends in circles is told."""
    there = server.give("/there", TRAIN)
    entry = pets(shelf, pets_source, server.give("/here", b"", status=302, Location=there))
    assert [item.path.read_bytes() for item in download.get(entry)] == [TRAIN]
    assert server.asked == ["/here", "/there"]
    around = server.give("/around", b"", status=302, Location=f"{server.address}/around")
    with pytest.raises(EnvironmentFailure, match=r"/around cannot be reached .*redirect"):
        download.fetch(around, cache_folder() / "x")


@pytest.mark.parametrize("body", [TRAIN.replace(b"Tom", b"Tim"), TRAIN + b"\n", b""])
def test_other_bytes_are_refused(server: Served, shelf: Any, pets_source: str, body: bytes) -> None:
    """A file with another digest is refused with the digest that it should have, and nothing of it is kept."""
    entry = pets(shelf, pets_source, server.give("/pets_train.txt", body))
    with pytest.raises(
        DataError, match=r"gave other bytes than expected: none has the SHA-256 .*2f398ff2.*Nothing was"
    ):
        download.get(entry)
    assert not verified(entry)
    assert left() == []


def test_a_page_in_place_of_an_archive(server: Served, shelf: Any, pets_source: str) -> None:
    """A login page under the name of an archive is no archive, and is told as what the address gave."""
    entry = pets(shelf, pets_source, server.give("/pets.zip", b"<html>Please log in</html>"))
    with pytest.raises(DataError, match=r"/pets\.zip gave no whole archive.*Nothing was kept"):
        download.get(entry)
    assert left() == []


def test_a_cut_download_begins_again(
    server: Served, shelf: Any, pets_source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A connection that ends too early is told and the whole file asked for again; what is kept is whole."""
    url = server.give("/pets_train.txt", TRAIN[:5], TRAIN, Content_Length=str(len(TRAIN)))
    entry = pets(shelf, pets_source, url)
    assert [item.path.read_bytes() for item in download.get(entry)] == [TRAIN]
    assert "cut off after 5 of 20 bytes; beginning again (2 of 3)" in capsys.readouterr().err
    assert server.asked == ["/pets_train.txt"] * 2


def test_a_download_that_is_always_cut(server: Served, shelf: Any, pets_source: str) -> None:
    """After three times it is given up, with the way around it, and nothing half is kept."""
    entry = pets(shelf, pets_source, server.give("/pets_train.txt", TRAIN[:5], Content_Length=str(len(TRAIN))))
    with pytest.raises(EnvironmentFailure, match=r"cut off after 5 of 20 bytes, 3 times\. .*`harness data add FILE`"):
        download.get(entry)
    assert len(server.asked) == download.TRIES
    assert not verified(entry)
    assert left() == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal_is_told(server: Served, shelf: Any, pets_source: str, status: int) -> None:
    """An error of the server is told with its number, and asked for once."""
    entry = pets(shelf, pets_source, server.give("/pets_train.txt", b"no", status=status))
    with pytest.raises(EnvironmentFailure, match=rf"cannot be reached \(HTTP Error {status}"):
        download.get(entry)
    assert len(server.asked) == 1


def test_a_silent_server(server: Served, shelf: Any, pets_source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the request and never answers is given up."""
    monkeypatch.setattr(download, "PATIENCE", 0.05)
    entry = pets(shelf, pets_source, server.give("/pets_train.txt", None))
    with pytest.raises(EnvironmentFailure, match=r"cannot be reached .*timed out"):
        download.get(entry)


def test_a_download_without_end(server: Served, shelf: Any, pets_source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than any data set has are not written to the disk."""
    monkeypatch.setattr(download, "MOST", 10)
    entry = pets(shelf, pets_source, server.give("/pets_train.txt", TRAIN))
    with pytest.raises(DataError, match="gives more than 10 bytes"):
        download.get(entry)
    assert left() == []


def test_nobody_there(shelf: Any, pets_source: str) -> None:
    """An address that cannot be reached is one clear line with the way around it."""
    entry = pets(shelf, pets_source, "http://127.0.0.1:9/pets")
    with pytest.raises(EnvironmentFailure, match=r"127\.0\.0\.1:9/pets cannot be reached .*`harness data add FILE`"):
        download.get(entry)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "pets_train.txt"])
def test_an_address_of_another_kind(shelf: Any, pets_source: str, url: str) -> None:
    """A card may name addresses of the web alone."""
    with pytest.raises(UsageError, match=r"pets\.py: the url of pets_train\.txt must begin with https://"):
        download.get(pets(shelf, pets_source, url))


def test_an_address_without_a_digest(shelf: Any, pets_source: str) -> None:
    """What a download is held against must be on the card."""
    bare = pets_source.replace('name="pets_test.txt", where="Written by hand."', 'name="t", url="https://localhost/t"')
    shelf({"tasks/toy/pets.py": bare})
    with pytest.raises(UsageError, match="stand beside the sha256"):
        download.get(find("tasks", "pets"))


def test_addresses_of_the_cards() -> None:
    """Every address that ships is of the web, pinned to a commit and stands beside a digest, and its card states a licence
    or that there is none to ask for."""
    with_address = [entry for entry in entries("tasks") if any(file.url for file in entry.card.files)]
    assert {entry.short for entry in with_address} == {
        "csl_category", "germeval2014", "novels_en", "novels_zh", "tinyshakespeare", "wikitext2",
    }  # fmt: skip
    free = ("Apache-2.0", "CC BY 4.0", "CC BY-SA 3.0", "public domain", "out of copyright")
    pinned = re.compile(r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/[\w./%-]+")
    for entry in with_address:
        assert any(word in entry.card.licence for word in free), entry.name
        for file in entry.card.files:
            download.check(entry, file) if file.url else None
            assert not file.url or pinned.fullmatch(file.url), file.url
