"""Which commit a source is: known by the digest of its files, whatever git said of the working copy."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.errors import EnvironmentFailure
from harness.machine import commits, source
from harness.registry import shelves


@pytest.fixture
def history(tmp_path: Path) -> list[tuple[str, str]]:
    """A working copy with three commits, of which two have the same source: each commit, and the digest of its files."""
    made = []
    for number, (name, text) in enumerate(
        {"harness/b.py": "1", "README.md": "words", "tasks/x/a-b.py": "2", "tasks/x/a/c.py": "3"}.items()
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if number == 0:
            _git(tmp_path, "init", "-q")
        _git(tmp_path, "add", ".")
        _git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", name)
        commit = _git(tmp_path, "rev-parse", "HEAD")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shelves, "roots", lambda: [tmp_path])
            source.source_digest.cache_clear()
            made.append((commit, source.source_digest()))
    source.source_digest.cache_clear()
    return made


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_history_is_searched_by_the_digest_that_runs_write(tmp_path: Path, history: list[tuple[str, str]]) -> None:
    """Each digest that a run at a commit would record leads to the first commit with it; an unknown one to none."""
    (first, a), (_, same), (third, b), (fourth, c) = history
    assert a == same
    assert commits.search(tmp_path, {a, b, c, "unknown"}) == {a: first, b: third, c: fourth}
    assert commits.search(tmp_path, set()) == {}


def test_a_folder_without_history_is_told(tmp_path: Path) -> None:
    """Without git's history the command says what it needs."""
    with pytest.raises(EnvironmentFailure, match="Run this in a working copy of the project"):
        commits.search(tmp_path, {"a"})


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"commit": "aa", "dirty": True, "source_sha256": "known"}, ("cc", False)),
        ({"commit": "aa", "dirty": False, "source_sha256": "known"}, ("aa", False)),
        ({"commit": None, "dirty": None, "source_sha256": "known"}, ("cc", False)),
        ({"commit": "aa", "dirty": True, "source_sha256": "other"}, ("aa", True)),
        ({"commit": None, "dirty": None}, (None, False)),
    ],
)
def test_a_known_source_is_its_commit(monkeypatch: pytest.MonkeyPatch, facts: dict[str, object], said: object) -> None:
    """A source that git called changed, or that no commit was noted for, is the commit that holds the very same files."""
    monkeypatch.setattr(commits, "known", lambda: {"known": "cc"})
    assert commits.commit_of(facts) == said


def test_the_table_holds_digests_and_commits() -> None:
    """The table that ships is JSON of full digests and full commits."""
    table = json.loads(commits.TABLE.read_text(encoding="utf-8"))
    assert len(table) >= 17
    assert all(len(sha) == 64 and len(commit) == 40 for sha, commit in table.items())
    assert commits.known() == table
