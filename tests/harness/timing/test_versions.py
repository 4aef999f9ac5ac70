"""Another version of the code in a process of its own."""

from __future__ import annotations

import subprocess

import pytest

from harness.errors import RunError, UsageError
from harness.registry.shelves import SHIPPED
from harness.timing import versions

REQUEST = {
    "common": {"task": "cmeee@sample", "encoder": "bilstm", "device": "cpu", "seeds": [0]},
    "models": ["softmax"],
    "traces": ["1x32"],
    "device": "cpu",
    "threads": 1,
}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository with two commits, of which the second has a worker; it stands for the shipped folder."""

    def git(*arguments):
        name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *name, *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "old")
    git("tag", "old")
    (tmp_path / "harness" / "timing").mkdir(parents=True)
    (tmp_path / "harness" / "timing" / "worker.py").write_text("")
    git("add", "-A")
    git("commit", "-q", "-m", "new")
    monkeypatch.setattr(versions, "SHIPPED", tmp_path)
    return tmp_path


def test_a_version_has_a_folder_while_it_is_timed(repository) -> None:
    """The files of the commit lie in a worktree, which is gone afterwards."""
    with versions.worktree("HEAD") as tree:
        assert (tree / "harness" / "timing" / "worker.py").exists()
        assert tree != repository
    assert not tree.exists()
    told = subprocess.run(
        ["git", "-C", str(repository), "worktree", "list"], capture_output=True, text=True, check=True
    )
    assert len(told.stdout.splitlines()) == 1


def test_a_version_without_a_worker(repository) -> None:
    """One that is older than this way of timing is refused in words, and leaves no worktree."""
    with pytest.raises(UsageError, match="older than timing in turn"), versions.worktree("old"):
        pass


@pytest.mark.parametrize("name", ["nowhere", "--help", "HEAD~5"])
def test_what_is_no_version(repository, name: str) -> None:
    """A name that git does not know, or that would be a flag of git, is an error that says what is asked for."""
    with pytest.raises(UsageError, match="neither a run"):
        versions.commit_of(name)


@pytest.mark.long
def test_another_process_times() -> None:
    """A process of its own, here of this very version, answers as a side does; an error comes back in words."""
    with versions.serve(SHIPPED, REQUEST, "abc") as (sides, hello, pid):
        assert [side.label for side in sides] == ["ner/softmax at abc"]
        assert pid > 0
        assert hello["revision"].keys() >= {"commit", "source_sha256"}
        assert len(hello["trace"]) == len(hello["protocol"]) == 64
        assert sides[0].learn() > 0
        assert sides[0].facts()["parameters"] > 0
        assert sides[0].warm("train/whole/1x32").iterations > 0
        assert sides[0].block(0, 3).wall > 0
        assert sides[0].repeat() > 0
        with pytest.raises(RunError, match="ner/softmax at abc: KeyError"):
            sides[0].warm("train/whole/9x9")
