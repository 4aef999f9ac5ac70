"""Lock and log against what git has of them."""

from __future__ import annotations

import dataclasses
import os
import runpy
import subprocess
from pathlib import Path

import pytest

from harness.ledger import history, lock

cards = runpy.run_path(str(Path(__file__).with_name("_cards.py")))
card, filed = cards["card"], cards["filed"]
FIRST, SECOND = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def git(folder: Path, *words: str, at: str = FIRST) -> None:
    """Run git as somebody at a date."""
    named = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    dates = {"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}
    subprocess.run(["git", "-C", str(folder), *named, *words], check=True, capture_output=True, env=os.environ | dates)


def commit(path: Path, entries, at: str) -> None:
    """Write a lock and commit it."""
    lock.write(path, entries)
    git(path.parent, "add", ".")
    git(path.parent, "commit", "-qm", "lock", at=at)


def locked(ids: str, at: str, before=()):
    """The entries with one more for each letter."""
    return lock.extended(list(before), [filed(card(id=name)) for name in ids], at)


def redated(entries, at: str):
    """The same claims with another date, and the chain made anew."""
    made = []
    for entry in entries:
        link = lock.link(made[-1] if made else None, entry.claim, entry.sha256, at)
        made.append(dataclasses.replace(entry, date=at, chain=link))
    return made


def found(path: Path):
    """What is wrong, and what cannot be checked."""
    past = history.read(path, lock.parse)
    return list(history.faults(lock.read(path), past)), past.open


@pytest.fixture
def path(tmp_path):
    """A lock that grew once, in a checkout of its own."""
    git(tmp_path, "init", "-q")
    place = tmp_path / lock.NAME
    first = locked("ab", FIRST)
    commit(place, first, FIRST)
    commit(place, locked("c", SECOND, first), SECOND)
    return place


def test_a_lock_that_grew_is_in_order(path) -> None:
    """Each version goes on in the next, and more may stand at the end that is not committed yet."""
    assert found(path) == ([], "")
    lock.write(path, locked("d", "2026-03-01T00:00:00Z", lock.read(path)))
    assert found(path) == ([], "")


def test_an_edit_that_was_committed_is_found(path) -> None:
    """A lock with other dates and a whole chain is told from its earlier versions, committed or not."""
    edited = redated(lock.read(path), "2025-12-31T12:00:00Z")
    lock.write(path, edited)
    (before,) = found(path)[0]
    commit(path, edited, SECOND)
    (after,) = found(path)[0]
    assert "entry 1 (post/a) was edited" in before
    assert before == after


def test_entries_that_are_gone_are_found(path) -> None:
    """The last ones may be taken out without a break in the chain."""
    commit(path, lock.read(path)[:2], SECOND)
    (fault,) = found(path)[0]
    assert "2 are left" in fault
    path.unlink()
    assert "0 are left" in found(path)[0][0]


@pytest.mark.parametrize(
    ("date", "words"),
    [("2026-01-30T23:00:00Z", "more than a day before the commit"), ("2026-02-01T00:00:01Z", "after the commit")],
)
def test_a_date_is_that_of_its_commit(tmp_path, date, words) -> None:
    """An entry is neither later than the commit that brought it nor more than a day older."""
    git(tmp_path, "init", "-q")
    commit(tmp_path / lock.NAME, locked("a", date), SECOND)
    (fault,) = found(tmp_path / lock.NAME)[0]
    assert words in fault


def test_a_history_that_was_cut_short_is_told(path, tmp_path) -> None:
    """It is not checkable as a whole; what was edited since the cut is found all the same."""
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{tmp_path}", str(tmp_path / "cut"))
    cut = tmp_path / "cut" / lock.NAME
    wrong, open_ = found(cut)
    assert wrong == []
    assert "cut short" in open_
    commit(cut, redated(lock.read(cut), "2025-12-31T12:00:00Z"), SECOND)
    assert "was edited" in found(cut)[0][0]


def test_without_git_nothing_can_be_checked(tmp_path) -> None:
    """It is said, and is no fault."""
    path = tmp_path / lock.NAME
    lock.write(path, locked("a", FIRST))
    assert found(path) == ([], "it is in no git checkout")


def test_versions_of_another_form_are_passed_over(tmp_path) -> None:
    """What could not be read as a lock before it was one does not count."""
    git(tmp_path, "init", "-q")
    path = tmp_path / lock.NAME
    path.write_text("{}")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "none")
    commit(path, locked("a", FIRST), FIRST)
    assert found(path) == ([], "")
