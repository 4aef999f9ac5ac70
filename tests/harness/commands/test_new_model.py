"""``harness new model``: a short file that passes ``check``, learns on a sample, and overwrites nothing."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from harness import kinds
from harness.cli.creating import KINDS
from harness.cli.main import main
from harness.contract import judging
from harness.registry.shelves import find
from harness.scaffold import model_file


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, named in HARNESS_PATH once it is there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(place: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str) -> Path:
    """Write a model into a folder that HARNESS_PATH names; its path."""
    assert main(["new", "model", name, "--kind", kind, "--output", "mine"]) == 0
    monkeypatch.setenv("HARNESS_PATH", str(place / "mine"))
    return place / "mine" / "baselines" / kinds.find(kind).folder / f"{name}.py"


def test_every_kind_that_is_offered_has_an_example() -> None:
    """The flag offers what there is, and each file is the source of a module."""
    assert sorted(KINDS) == model_file.known()
    for kind in KINDS:
        text = model_file.source(kind, "my_model")
        assert ast.get_docstring(ast.parse(text))
        assert "NAME" not in text
        assert "CLASS" not in text
        assert len(text.splitlines()) <= 60


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_model_that_keeps_what_its_source_can_keep(
    kind: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is listed, its settings are explained, and a run on a sample is planned."""
    path = made(place, monkeypatch, "my_model", kind)
    assert path.exists()
    out = capsys.readouterr().out
    assert "harness check my_model" in out
    command = out.splitlines()[-1].split()
    assert main([*command[1:], "--dry-run"]) == 0
    entry = find("models", "my_model")
    case = judging.case(entry)
    static = [rule for rule in judging.RULES["models"] if rule.__name__ in STATIC]
    assert len(static) == len(STATIC)
    assert [verdict.reason for rule in static if not (verdict := judging.judge(rule, case)).holds] == []


STATIC = ("card_can_be_read", "card_fits_a_protocol", "settings_are_explained", "imports_point_the_right_way")


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_it_passes_every_rule_and_learns(kind: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule of the contract holds, and a run on the sample ends with a score above a guess."""
    made(place, monkeypatch, "my_model", kind)
    assert [found.reason for found in judging.examine(find("models", "my_model")) if not found.holds] == []
    command = ["run", "--task", kinds.find(kind).tried_on, "--model", "my_model", "--data", "sample"]
    assert main([*command, "--output-dir", "out"]) == 0
    (record,) = Path("out").rglob("result.json")
    (first, *_) = json.loads(record.read_text(encoding="utf-8"))["results"].values()
    assert first["value"] > 0.5


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../evil", "is no name for a model"),
        ("a/b", "is no name for a model"),
        ("Big", "is no name for a model"),
        ("", "an argument is given an empty word"),
        ("1st", "is no name for a model"),
        ("x" * 61, "is no name for a model"),
        ("_hidden", "is no name for a model"),
        ("class", "means something else"),
        ("schema", "means something else"),
        ("crf", "there is a model ner/crf already"),
    ],
)
def test_a_name_that_cannot_be(name: str, said: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and nothing is written anywhere."""
    assert main(["new", "model", name, "--kind", "spans", "--output", "mine"]) == 2
    assert said in capsys.readouterr().err
    assert not list(place.iterdir())


def test_nothing_is_overwritten(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file or a link of the name stays as it is, whether HARNESS_PATH knows it or not."""
    path = place / "mine" / "baselines" / "ner" / "mine.py"
    path.parent.mkdir(parents=True)
    path.write_text("kept", encoding="utf-8")
    assert main(["new", "model", "mine", "--kind", "spans", "--output", "mine"]) == 2
    assert "exists and is left as it is" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "kept"
    path.unlink()
    path.symlink_to(place / "elsewhere.py")
    assert main(["new", "model", "mine", "--kind", "spans", "--output", "mine"]) == 2
    assert not (place / "elsewhere.py").exists()


def test_a_folder_that_is_named_before_it_is_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HARNESS_PATH may name the folder first: it is made."""
    monkeypatch.setenv("HARNESS_PATH", str(place / "soon"))
    assert main(["new", "model", "one", "--kind", "choice"]) == 0
    assert find("models", "one").path == place / "soon" / "baselines" / "zero_shot" / "one.py"


def test_where_it_goes(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --output the first folder of HARNESS_PATH, else my-folder; never into the package, nor below a file."""
    assert main(["new", "model", "one", "--kind", "choice"]) == 0
    assert (place / "my-folder/baselines/zero_shot/one.py").exists()
    assert "export HARNESS_PATH=my-folder\n" in capsys.readouterr().out
    monkeypatch.setenv("HARNESS_PATH", "my-folder")
    assert main(["new", "model", "two", "--kind", "choice", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert Path(said["file"]) == place / "my-folder/baselines/zero_shot/two.py"
    assert said["next"][0] == "harness check two"
    monkeypatch.delenv("HARNESS_PATH")
    assert main(["new", "model", "three", "--kind", "choice", "--output", str(Path(kinds.__file__).parents[2])]) == 2
    (place / "file").write_text("", encoding="utf-8")
    assert main(["new", "model", "three", "--kind", "choice", "--output", "file"]) == 2
