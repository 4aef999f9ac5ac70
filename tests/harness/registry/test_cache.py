"""What is remembered of cards: never wrong, never in the way, whatever became of the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli.main import main
from harness.files import cache_folder
from harness.registry import cache, cards, shelves

ROOT = Path(__file__).resolve().parents[3]
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
LITERALS = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.text()), inner)
    ),
    max_leaves=12,
)


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch):
    """A function after which this process knows as little as one that has just begun."""

    def forget() -> None:
        monkeypatch.setattr(cache, "_values", {})
        monkeypatch.setattr(cache, "_added", set())
        monkeypatch.setattr(cache, "_asked", set())
        monkeypatch.setattr(cache, "_taken", set())
        cards._parse.cache_clear()

    forget()
    return forget


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A source file with a constant."""
    path = tmp_path / "file.py"
    path.write_text("NAME = ('one', [1, 2.5, None])\n", encoding="utf-8")
    return path


def memory() -> Path:
    """Where the values are remembered."""
    return cache_folder() / "cards.json"


def unparsed(*_: object) -> None:
    """Stands where a file must not be parsed."""
    raise AssertionError("the file was parsed")


@given(LITERALS)
@settings(max_examples=300, deadline=None)
def test_a_literal_comes_back_as_it_was(value: object) -> None:
    """Through JSON and back, types and all: a tuple is no list, 1 is neither True nor 1.0."""
    assert repr(cache.decoded(json.loads(json.dumps(cache.encoded(value))))) == repr(value)


def test_every_card_comes_back_as_it_was() -> None:
    """All cards on the shelves are equal to what is remembered of them."""
    for shelf in shelves.ROLE:
        for entry in shelves.entries(shelf):
            card = entry.card
            again = cache.decoded(json.loads(json.dumps(cache.encoded(card))))
            assert (again, repr(again)) == (card, repr(card)), entry.name


@pytest.mark.parametrize("source", ["{1, 2}", "b'bytes'", "2j", "(1, {2})"])
def test_what_json_has_no_form_for_is_read_anew(anew, file: Path, source: str) -> None:
    """Such a constant is right every time, and leaves nothing behind."""
    file.write_text(f"NAME = {source}\n", encoding="utf-8")
    for _ in range(2):
        assert repr(cards.read_constant(file, "NAME")) == source
    cache.keep()
    assert not memory().exists()


def test_a_file_is_parsed_once(anew, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next process takes the value from the file, a constant that is not there as well."""
    value = cards.read_constant(file, "NAME")
    assert cards.read_constant(file, "OTHER", required=False) is None
    cache.keep()
    anew()
    monkeypatch.setattr(cards, "_parse", unparsed)
    assert cards.read_constant(file, "NAME") == value
    assert cards.read_constant(file, "OTHER", required=False) is None
    with pytest.raises(cards.CardError, match=r"file\.py: no constant OTHER"):
        cards.read_constant(file, "OTHER")


def test_settings_are_remembered_too(anew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Type, default and comment of each field, from a file that is not parsed again."""
    path = tmp_path / "model.py"
    path.write_text("class Config:\n    size: int | None = 3  # how large\n", encoding="utf-8")
    known = (cards.Setting("size", "int | None", 3, "how large"),)
    assert cards.read_settings(path) == known
    cache.keep()
    anew()
    monkeypatch.setattr(cards, "_parse", unparsed)
    assert cards.read_settings(path) == known


def test_an_edited_file_is_another_at_once(anew, file: Path) -> None:
    """Even where size and time of change stay; and the old content has its old value again."""
    old, times = file.read_text(encoding="utf-8"), (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    assert cards.read_constant(file, "NAME")[0] == "one"
    for text, name in ((old.replace("'one'", "'two'"), "two"), (old, "one")):
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=times)
        assert cards.read_constant(file, "NAME")[0] == name
        cache.keep()
        anew()


def test_values_are_the_reader_s_own(anew, file: Path) -> None:
    """Who changes what was read changes it for nobody else."""
    for _ in range(3):
        cards.read_constant(file, "NAME")[1].append("more")
    assert cards.read_constant(file, "NAME") == ("one", [1, 2.5, None])


def broken(whole: bytes) -> dict[str, bytes]:
    """Ways in which the file may be damaged or foreign."""
    head, values, _ = whole.split(b"\n")
    said, known = json.loads(head), values.replace(b"one", b"two")
    return {
        "empty": b"",
        "cut off in the head": whole[:20],
        "cut off in the values": whole[:-5],
        "one letter changed": head + b"\n" + known + b"\n",
        "no JSON": b"\xff\x00{",
        "another JSON": b'{"a": 1}\n[]\n',
        "numbers": b"1\n2\n",
        "deep": b"[" * 100_000 + b"\n[]\n",
        "of another version": json.dumps({**said, "cards of": "x"}).encode() + b"\n" + known + b"\n",
        "with more behind": whole + whole,
    }


WAYS = tuple(broken(b'{"sha256": "", "cards of": ""}\n\n'))


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_memory_is_made_anew(anew, file: Path, way: str) -> None:
    """The value is right, and the file is whole again afterwards."""
    value = cards.read_constant(file, "NAME")
    cache.keep()
    whole = memory().read_bytes()
    anew()
    memory().write_bytes(broken(whole)[way])
    assert cards.read_constant(file, "NAME") == value
    cache.keep()
    assert memory().read_bytes() == whole


@pytest.mark.parametrize("form", [[{"print": {}}], [{"Task": {"no": 1}}], [{"dict": [1]}], [{"a": 1, "b": 2}], [{}]])
def test_a_memory_with_strange_forms_is_made_anew(anew, file: Path, form: object) -> None:
    """A digest that fits makes no card of what is none, and nothing but cards is ever called."""
    value = cards.read_constant(file, "NAME")
    cache._values.update(dict.fromkeys(cache._values, form))
    cache.keep()
    anew()
    assert cards.read_constant(file, "NAME") == value


def test_an_old_version_is_never_read(anew, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other code of the readers remembered is passed over, though it is whole."""
    cards.read_constant(file, "NAME")
    key = next(iter(cache._values))
    cache._values[key] = ["stale"]
    cache.version.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(cache, "version", lambda: "before")
        cache.keep()
        assert cache.read(memory()) == {key: ["stale"]}
    anew()
    assert cards.read_constant(file, "NAME")[0] == "one"


def test_others_keep_what_they_wrote(anew, tmp_path: Path, file: Path) -> None:
    """What is written joins what is there, up to a number; beyond it what nobody asks for goes."""
    cards.read_constant(file, "NAME")
    cache.keep()
    anew()
    other = tmp_path / "other.py"
    other.write_text("NAME = 2", encoding="utf-8")
    cards.read_constant(other, "NAME")
    cache.keep()
    assert len(cache.read(memory())) == 2


def test_the_memory_does_not_grow_for_ever(anew, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of values, those that the writing process did not ask for go."""
    monkeypatch.setattr(cache, "MOST", 3)
    for number in range(5):
        anew()
        file.write_text(f"NAME = {number}", encoding="utf-8")
        assert cards.read_constant(file, "NAME") == number
        cache.keep()
        assert len(cache.read(memory())) <= 3


@pytest.mark.parametrize(
    "trouble", ["the cache is a file", "the memory is a folder", "nothing can be made", "there is no such user"]
)
def test_a_cache_that_cannot_be_written_is_no_error(
    anew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    """Lists are printed all the same, and nothing is said of it."""
    place = tmp_path / "cache"
    if trouble == "the cache is a file":
        place.write_text("", encoding="utf-8")
    elif trouble == "the memory is a folder":
        (place / "cards.json").mkdir(parents=True)
    else:
        place = Path("/proc/cache" if trouble == "nothing can be made" else "~nobody-of-this-name/cache")
    monkeypatch.setenv("HARNESS_CACHE", str(place))
    assert main(["list"]) == 0
    printed = capsys.readouterr()
    assert "ner/cmeee" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["read only", "out of reach"])
def test_a_folder_without_rights(tmp_path: Path, mode: int) -> None:
    """A user who may not write the cache, or not even enter it, gets lists all the same."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    place = tmp_path / "cache"
    place.mkdir()
    place.chmod(mode)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_CACHE": str(place)}
    code = (
        "import locale, os, sys, tabulate, harness.commands.list, harness.cli.net, harness.cli.parser, tqdm; from harness.cli.main import main; "
        "os.setuid(65534); sys.exit(main(['list', 'encoders', '--json']))"
    )
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o755)
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd="/", capture_output=True, text=True)
    if "PermissionError" in done.stderr:
        pytest.skip("another user cannot read this checkout")
    assert done.returncode == 0, done.stderr
    assert list(place.iterdir()) == []


def test_processes_at_once(tmp_path: Path) -> None:
    """Several that begin without a memory all print the same, and leave one that is whole."""
    place = tmp_path / "cache"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_CACHE": str(place)}
    command = [sys.executable, "-m", "harness", "list", "--json"]
    started = [subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE) for _ in range(4)]
    printed = {process.communicate(timeout=60)[0] for process in started}
    assert len(printed) == 1
    assert [process.returncode for process in started] == [0] * 4
    assert [path.name for path in place.iterdir()] == ["cards.json"]
    assert len(cache.read(place / "cards.json")) == len(json.loads(printed.pop()))


def test_commands_leave_the_memory_behind(anew, capsys: pytest.CaptureFixture[str]) -> None:
    """A list writes what it parsed, and the next one has nothing to add."""
    assert main(["list"]) == 0
    before = (cache_folder() / "cards.json").stat()
    anew()
    assert main(["list"]) == 0
    assert (cache_folder() / "cards.json").stat() == before
    assert capsys.readouterr().out
