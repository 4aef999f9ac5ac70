"""What a number was measured on: facts that are there, digests that follow the source, devices that exist."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EnvironmentFailure
from harness.machine import hardware, source
from harness.registry import shelves


def test_the_environment_can_be_recorded() -> None:
    """Python, packages, processor, cores and memory are there, and all of it is JSON."""
    facts = hardware.environment("cpu")
    assert json.loads(json.dumps(facts)) == facts
    assert facts["packages"]["numpy"] == importlib.metadata.version("numpy")
    assert facts["cpu"]
    assert facts["cores"] >= 1
    assert facts["gpus"] == []
    assert facts["device"] == "cpu"


def test_absent_packages_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not installed has no version to record."""
    monkeypatch.setattr(hardware, "PACKAGES", ("numpy", "no-such-package-here"))
    assert set(hardware.packages()) == {"numpy"}


def test_the_hardware_class_is_the_gpu_or_the_cpu() -> None:
    """Speeds are compared on one kind of GPU, or on one kind of processor with as many cores."""
    assert hardware.hardware_class({"gpus": [{"name": "H200"}], "cpu": "AMD", "cores": 2}) == "H200"
    assert hardware.hardware_class({"gpus": [], "cpu": "AMD", "cores": 2}) != hardware.hardware_class(
        {"gpus": [], "cpu": "AMD", "cores": 4}
    )


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the devices there are; auto takes the best of them."""
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert hardware.resolve_device("auto") == hardware.resolve_device("cpu") == "cpu"
    for asked in ("cuda", "cuda:0", "mps", "tpu"):
        with pytest.raises(EnvironmentFailure, match=f"there is no device '{asked}' here; there is cpu"):
            hardware.resolve_device(asked)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert hardware.resolve_device("auto") == hardware.resolve_device("cuda") == "cuda:0"
    assert hardware.resolve_device("cuda:1") == "cuda:1"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A small source tree that stands for this package, under git where a test wants it."""
    for name in ("harness/spec.py", "tasks/ner/a.py", "baselines/ner/b.py"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("A = 1\n", encoding="utf-8")
    monkeypatch.setattr(shelves, "SHIPPED", tmp_path / "tree")
    source.source_digest.cache_clear()
    yield tmp_path / "tree"
    source.source_digest.cache_clear()


def commit(tree: Path) -> None:
    """Put the tree under git."""
    git = ["git", "-C", str(tree), "-c", "user.name=a", "-c", "user.email=a@b"]
    for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *step], check=True, capture_output=True, timeout=20)


def test_the_source_digest_follows_every_file(copy: Path) -> None:
    """A changed line in engine, task or baseline changes the digest; a text file beside them does not."""
    digests = set()
    for name in ("harness/spec.py", "tasks/ner/a.py", "baselines/ner/b.py"):
        source.source_digest.cache_clear()
        digests.add(source.source_digest())
        (copy / name).write_text("A = 2\n", encoding="utf-8")
    source.source_digest.cache_clear()
    last = source.source_digest()
    (copy / "README.md").write_text("words", encoding="utf-8")
    source.source_digest.cache_clear()
    assert len(digests | {last}) == 4
    assert source.source_digest() == last


def test_a_folder_of_harness_path_counts(copy: Path, shelf: Any) -> None:
    """Code that joined from outside is part of the source of a run."""
    before = source.source_digest()
    shelf()
    source.source_digest.cache_clear()
    assert source.source_digest() != before


def test_the_revision_of_a_clone(copy: Path) -> None:
    """In a clone: the commit, and dirty as soon as a source file differs; results beside the source do not make it dirty."""
    commit(copy)
    facts = source.revision()
    assert (facts["type"], facts["dirty"]) == ("git", False)
    assert len(facts["commit"]) == 40
    (copy / "results").mkdir()
    (copy / "results" / "x").write_text("", encoding="utf-8")
    assert source.revision()["dirty"] is False
    (copy / "tasks" / "ner" / "a.py").write_text("A = 3\n", encoding="utf-8")
    assert source.revision()["dirty"] is True


def test_the_revision_of_a_wheel(copy: Path, tmp_path: Path) -> None:
    """Outside git, or inside somebody else's repository, there is no commit to claim; the source digest still speaks."""
    facts = source.revision()
    assert (facts["type"], facts["commit"], facts["dirty"]) == ("wheel", None, None)
    (tmp_path / ".gitignore").write_text("tree/\n", encoding="utf-8")
    commit(tmp_path)
    assert source.revision()["type"] == "wheel"
    assert len(facts["source_sha256"]) == 64


def test_no_git_is_no_failure(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git records a wheel."""
    commit(copy)
    monkeypatch.setenv("PATH", "")
    assert source.revision()["type"] == "wheel"
