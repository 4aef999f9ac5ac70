"""``harness doctor``: what is missing is named with the command that mends it."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.commands import _packages, doctor


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch answers at once here; one test below asks the real one."""
    answer = json.dumps({"version": "2.9.0", "cuda": [], "mps": False, "threads": 2})
    monkeypatch.setattr(
        doctor.subprocess, "run", lambda *given, **options: subprocess.CompletedProcess(given, 0, answer + "\n", "")
    )


def findings(capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    """Name -> finding."""
    assert main(["doctor", "--json"]) == code
    report = json.loads(capsys.readouterr().out)
    assert report["ready"] is (code == 0)
    return {finding["name"]: finding for finding in report["findings"]}


def test_a_whole_environment_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    """Where everything needed is here the exit code is 0, and data that are absent do not count against it."""
    found = findings(capsys)
    assert found["torch"]["ok"]
    assert not found["ner/cmeee"]["ok"]
    assert not found["ner/cmeee"]["needed"]
    assert "harness data" in found["ner/cmeee"]["mend"]
    assert main(["doctor"]) == 0
    assert "Ready to run." in capsys.readouterr().out


def test_the_real_torch_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe runs in a process of its own and names the CPU with the version of torch."""
    monkeypatch.undo()
    first = next(doctor.devices())
    assert first.name == "cpu"
    assert importlib.metadata.version("torch") in first.detail


@pytest.mark.parametrize(("version", "said"), [(None, "not installed"), ("1.0", "1.0, wanted >=")])
def test_a_package_that_is_missing_or_too_old(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, version: str | None, said: str
) -> None:
    """A needed package outside its bounds is exit 5 with the pip command that mends it."""
    real = importlib.metadata.version

    def pretend(name: str) -> str:
        if name != "tabulate":
            return real(name)
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return "0.1" if version == "1.0" else version

    monkeypatch.setattr(importlib.metadata, "version", pretend)
    found = findings(capsys, code=5)["tabulate"]
    assert said.replace("1.0", "0.1") in found["detail"]
    assert found["mend"].startswith("pip install 'tabulate>=")
    assert main(["doctor"]) == 5
    page = capsys.readouterr().out
    assert "missing  tabulate" in page
    assert "Not ready: tabulate" in page


def test_a_package_of_an_extra_is_not_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only tests use may be absent: named, but no reason to fail."""
    real = importlib.metadata.version

    def pretend(name: str) -> str:
        if name == "jsonschema":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", pretend)
    found = findings(capsys)["jsonschema"]
    assert (found["ok"], found["needed"]) == (False, False)


@pytest.mark.parametrize(
    "answer",
    [
        subprocess.CompletedProcess((), 1, "", "ImportError: libcudart.so"),
        subprocess.CompletedProcess((), 0, "nonsense", ""),
        subprocess.CompletedProcess((), -11, "", ""),
    ],
)
def test_a_torch_that_cannot_be_imported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    """A broken installation, even one that kills its process, is a finding with a way out and exit 5."""
    monkeypatch.setattr(doctor.subprocess, "run", lambda *given, **options: answer)
    monkeypatch.setattr(doctor, "packages", lambda: iter(()))
    found = findings(capsys, code=5)["torch"]
    assert "cannot be imported" in found["detail"]
    assert "pip install" in found["mend"]


def test_gpus_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every CUDA device is a line of its own."""
    answer = json.dumps({"version": "2.9.0", "cuda": ["H200", "H200"], "mps": False, "threads": 2})
    monkeypatch.setattr(
        doctor.subprocess, "run", lambda *given, **options: subprocess.CompletedProcess(given, 0, answer, "")
    )
    assert [finding.name for finding in doctor.devices()] == ["cpu", "cuda:0", "cuda:1"]


def test_folders_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A results folder below a file cannot be made: exit 5 and the variable that moves it."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("HARNESS_OUTPUT_DIR", str(tmp_path / "file" / "results"))
    found = findings(capsys, code=5)["results"]
    assert "cannot be written" in found["detail"]
    assert "HARNESS_OUTPUT_DIR" in found["mend"]


@pytest.mark.parametrize("name", ["HARNESS_DATA", "HARNESS_PATH"])
def test_variables_that_name_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """A variable that names a folder which is not there would stop every run: exit 5, and which to unset."""
    monkeypatch.setenv(name, str(tmp_path / "nowhere"))
    found = findings(capsys, code=5)[name]
    assert "nowhere does not exist" in found["detail"]
    assert found["mend"] == f"unset {name}, or correct it"


def test_damaged_data_are_not_passed_over(capsys: pytest.CaptureFixture[str], shelf: Any, tmp_path: Path) -> None:
    """A damaged copy in the cache counts: it would stop the run that wants it."""
    shelf()
    (tmp_path / "x").write_text("Tom naps\nRex barks!\n", encoding="utf-8")
    assert main(["data", "add", str(tmp_path / "x")]) == 0
    capsys.readouterr()
    assert "lacks test" in findings(capsys)["toy/pets"]["detail"]
    next((tmp_path / "harness-cache").rglob("pets_train.txt")).write_text("changed", encoding="utf-8")
    assert "DAMAGED: train" in findings(capsys, code=5)["toy/pets"]["detail"]


def test_what_holds_every_split_is_all_at_hand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A task that makes its data lacks nothing, nor does one whose one file is here; where several belong together all are needed."""
    found = findings(capsys)
    for name in ("classify/listops", "lm/copy_far", "lm/needle"):
        assert (found[name]["ok"], found[name]["detail"]) == (True, "train, dev, test at hand")
    assert found["lm/tinyshakespeare"]["detail"] == "nothing at hand, lacks train, test"
    for task, name in (("tinyshakespeare", "input.txt"), ("novels_zh", "三国演义.txt")):
        (tmp_path / name).write_text("text\n", encoding="utf-8")
        assert main(["data", "add", "--task", task, str(tmp_path / name)]) == 0
    capsys.readouterr()
    found = findings(capsys)
    assert found["lm/tinyshakespeare"]["detail"] == "train, dev, test at hand"
    assert found["lm/novels_zh"]["detail"] == "nothing at hand, lacks train, test"


def test_a_broken_archive_is_told_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One archive that cannot be read is a single note, not a finding of every task."""
    (tmp_path / "cut.tar.gz").write_bytes(b"\x1f\x8b cut short")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    assert main(["doctor"]) == 0
    captured = capsys.readouterr()
    assert captured.err.count("is not a readable archive") == 1
    assert "readable archive" not in captured.out


def test_an_installed_package_knows_its_needs_without_a_clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Outside a clone the bounds come from the installed package's own record, and are those of pyproject.toml."""
    in_clone = [finding.name for finding in doctor.packages()]
    monkeypatch.setattr(_packages, "SHIPPED", tmp_path)
    assert (
        {"torch", "tqdm", "tabulate"}
        <= {finding.name for finding in doctor.packages() if finding.needed}
        <= set(in_clone)
    )


def test_checkpoints_in_the_hub_cache_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Pretrained encoders that can be used without a network are listed by their id."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert not findings(capsys)["pretrained encoders"]["ok"]
    (tmp_path / "models--google--bert").mkdir()
    assert "google/bert" in findings(capsys)["pretrained encoders"]["detail"]
