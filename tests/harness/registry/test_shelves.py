"""Names, cards and loading: the path is the name, cards are read without importing, and nothing foreign slips in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.registry import shelves
from harness.registry.cards import CardError, Setting, parse, read_card, read_constant, read_settings
from harness.registry.shelves import configure, entries, find, load, split_settings

ROOT = Path(__file__).resolve().parents[3]


def test_the_path_is_the_name() -> None:
    """A file is found by folder and file name, and by its file name alone while that is unique."""
    assert find("tasks", "ner/cmeee").path == ROOT / "tasks" / "ner" / "cmeee.py"
    assert find("tasks", "cmeee") == find("tasks", "ner/cmeee")
    assert find("encoders", "bilstm").name == "bilstm"


def test_shared_code_is_no_entry() -> None:
    """Files and folders that begin with an underscore are not listed, and models and encoders do not mix."""
    names = {shelf: [entry.name for entry in entries(shelf)] for shelf in ("tasks", "models", "encoders")}  # type: ignore[arg-type]
    assert not [name for held in names.values() for name in held if "_" in (name[0], name.rpartition("/")[2][0])]
    assert "encoders/bilstm" not in names["models"]
    assert "ner/crf" not in names["encoders"]


def test_two_tasks_of_one_short_name(shelf: Any, pets_source: str) -> None:
    """An ambiguous short name lists both full names; each full name still works."""
    shelf({"tasks/meadow/cmeee.py": pets_source})
    with pytest.raises(
        UsageError, match=r"'cmeee' is short for meadow/cmeee and ner/cmeee\. Write one of them in full"
    ):
        find("tasks", "cmeee")
    assert find("tasks", "ner/cmeee").root == shelves.SHIPPED
    assert find("tasks", "meadow/cmeee").card.title == "Pets in short sentences"


def test_an_unknown_name_gets_at_most_three_near_ones() -> None:
    """A slip is answered with up to three near names and the command that lists all."""
    with pytest.raises(UsageError, match="no task is called 'cmee'") as caught:
        find("tasks", "cmee")
    near = str(caught.value).partition("Did you mean ")[2].partition("?")[0].split(", ")
    assert near[0] == "cmeee"
    assert 1 <= len(near) <= 3
    assert "`harness list tasks`" in str(caught.value)


@pytest.mark.parametrize("name", ["mimi@1", "micro"])
def test_no_name_is_suggested_twice(name: str) -> None:
    """A name that several cards share is suggested once, whether it is near or only the nearest there is."""
    said = shelves.unknown("protocol", name, ["mini@1", "mini@1", "smoke@1", "mini@1"], "harness list protocols")
    assert said.count("mini@1") == 1


def test_even_a_name_like_nothing_gets_a_suggestion() -> None:
    """Where no name is near, some are named all the same."""
    with pytest.raises(UsageError, match="Did you mean"):
        find("models", "zzzz")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "from harness.spec import Task\n\nTASK = Task(kind=f(), title='', source='', licence='')",
            r"card\.py:3: 'f\(\)' is not a literal",
        ),
        (
            "from harness.spec import Task\n\nTASK = Task(kind='a', title=NAME, source='', licence='')",
            r"card\.py:3: 'NAME' is not a literal",
        ),
        (
            "TASK = Task(kind='spans', titel='x', source='', licence='')",
            r"card\.py:1: .*unexpected keyword argument 'titel'",
        ),
        ("TASK = Task(kind='spans')", r"card\.py:1: .*missing 3 required keyword-only arguments"),
        ("TASK = Task(**{})", r"card\.py:1: .*is not a literal"),
        ("TASK = [x for x in y]", r"card\.py:1: .*is not a literal"),
        ("# nothing\n", r"card\.py: no constant TASK at module level"),
        ("def f(:\n", r"card\.py:1: not valid Python"),
    ],
)
def test_a_card_that_cannot_be_read_names_file_and_line(tmp_path: Path, source: str, said: str) -> None:
    """What is not a literal, does not fit the card or is no Python is an error with file and line, never a blank."""
    path = tmp_path / "card.py"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(CardError, match=said):
        read_card(path, "TASK")


@pytest.mark.parametrize("content", [b"\xff\xfe not utf-8", b"TASK = '\0'"])
def test_bytes_that_are_no_source_are_a_card_error(tmp_path: Path, content: bytes) -> None:
    """A file that is not UTF-8, or holds a null byte, is named like any other card that cannot be read."""
    path = tmp_path / "card.py"
    path.write_bytes(content)
    with pytest.raises(CardError, match=r"card\.py"):
        read_card(path, "TASK")


def test_cards_are_read_without_importing(tmp_path: Path) -> None:
    """Reading a card runs nothing of the file."""
    path = tmp_path / "card.py"
    path.write_text("raise SystemExit('imported')\nNAMES: tuple[str, ...] = ('a', 'b')\n", encoding="utf-8")
    assert read_constant(path, "NAMES") == ("a", "b")
    assert read_constant(path, "OTHER", required=False) is None


def test_a_changed_card_is_read_again(tmp_path: Path) -> None:
    """The memory of parsed files follows the file: an edit shows at once."""
    path = tmp_path / "card.py"
    path.write_text("A = 1\n", encoding="utf-8")
    assert read_constant(path, "A") == 1
    path.write_text("A = 2\n", encoding="utf-8")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000_000))
    assert read_constant(path, "A") == 2


def test_settings_are_read_with_their_comments(tmp_path: Path) -> None:
    """Name, type, default and comment of each field of Config come from the source; a field needs a default."""
    path = tmp_path / "model.py"
    path.write_text("class Config:\n    rope: bool = True  # rotary\n    size: int = -3\n", encoding="utf-8")
    assert read_settings(path) == (Setting("rope", "bool", True, "rotary"), Setting("size", "int", -3, ""))
    path.write_text("class Config:\n\n    size: int\n", encoding="utf-8")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000_000))
    with pytest.raises(CardError, match=r"model\.py:3: a field of Config needs a default"):
        read_settings(path)


def test_a_folder_of_harness_path_joins_and_works(shelf: Any) -> None:
    """A user's own folder is listed, loaded and scored under the same rules, and its `tasks` does not meet ours."""
    shelf()
    entry = find("tasks", "pets")
    assert entry.name == "toy/pets"
    module = load(entry)
    rows = list(module.sample("test"))
    assert module.score(rows, [row.target for row in rows])["span_f1"].value == 1.0
    model = load(find("models", "parrot")).build(None, entry.card, "cpu", 0)
    model.fit(list(module.sample("train")))
    assert model.predict([rows[0].input]) == [[(0, 3, "CAT")]]
    assert load(find("tasks", "cmeee")).__name__ == "tasks.ner.cmeee"


def test_two_folders_of_harness_path_with_one_name(shelf: Any) -> None:
    """Two files of one full name are an error that names both."""
    first, second = shelf(name="first"), shelf(name="second")
    with pytest.raises(UsageError, match="two files are called toy/pets") as caught:
        entries("tasks")
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)


def test_a_folder_of_harness_path_named_twice_is_one_folder(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Naming a folder twice, as a shell's start file easily does, makes no duplicate."""
    root = shelf()
    monkeypatch.setenv("HARNESS_PATH", f"{root}{os.pathsep}{root}")
    assert find("tasks", "pets").root == root


@pytest.mark.parametrize(("place", "told"), [("missing", "does not exist"), ("empty", "holds neither")])
def test_harness_path_without_shelves_is_a_slip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, told: str
) -> None:
    """A folder that is not there or holds neither tasks nor baselines is named."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / place))
    with pytest.raises(UsageError, match=f"HARNESS_PATH names .*{place}, which {told}"):
        entries("tasks")


def test_a_package_called_tasks_that_hides_ours_is_refused_in_words(tmp_path: Path) -> None:
    """In a folder with a `tasks` package of its own, `python -m harness` says which package hides which, and exits 2."""
    (tmp_path / "tasks" / "ner").mkdir(parents=True)
    (tmp_path / "tasks" / "__init__.py").write_text("raise SystemExit('the foreign package ran')\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "harness", "show", "cmeee"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert (
        f"another Python package called 'tasks' ({tmp_path / 'tasks'}) hides the one that belongs to harness"
        in done.stderr
    )
    assert "Run from another folder" in done.stderr


def test_settings_are_read_as_the_type_of_their_default(shelf: Any) -> None:
    """Texts become the type of the default; a wrong value and an unknown setting are named."""
    shelf()
    entry = find("models", "parrot")
    module = load(entry)
    assert configure(entry, module, {"loud": "yes", "words": "7"}) == module.Config(loud=True, words=7)
    with pytest.raises(UsageError, match=r"words=many is not .*Its default is 5"):
        configure(entry, module, {"words": "many"})
    with pytest.raises(UsageError, match=r"'wurds'\. Did you mean words"):
        configure(entry, module, {"wurds": "1"})
    with pytest.raises(UsageError, match="perhaps is not"):
        parse("perhaps", Setting("loud", "bool", False, ""), "toy/parrot")


@pytest.mark.parametrize("text", ["crf:rope", "crf:=1", "crf:a=1,,b=2"])
def test_settings_that_are_not_pairs(text: str) -> None:
    """What is not name=value after the colon is refused with an example."""
    with pytest.raises(UsageError, match="is not name=value"):
        split_settings(text)


def test_a_link_to_itself_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of HARNESS_PATH that is a link in a circle is named."""
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "circle"))
    with pytest.raises(UsageError, match=r"HARNESS_PATH names .*circle, a link that leads in a circle"):
        entries("tasks")
