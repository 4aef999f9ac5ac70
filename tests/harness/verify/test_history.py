"""What git says of a record's first commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.verify import integrity
from harness.verify.finding import FAIL, OPEN, PASS
from harness.verify.ladder import climb

from _forging import SOFTMAX, lay_out, place, put  # isort: skip - beside this file


def git(folder: Path, *words: str) -> None:
    """Run git as somebody."""
    named = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *named, *words], check=True, capture_output=True)


def outcome(folder: Path) -> str:
    """What the check of history says of a record."""
    integrity._blobs.cache_clear()
    integrity.history._first_blobs.cache_clear()
    return next(one.outcome for one in climb([folder], "integrity")[0].findings if one.check == "history")


def test_history_tells_an_edit_that_nothing_else_can(tmp_path: Path) -> None:
    """A changed date, committed again, differs from the first commit; before the first commit nothing is known."""
    root = lay_out(tmp_path / "results")
    git(tmp_path, "init", "-q")
    folder = place(root, SOFTMAX)
    assert outcome(folder) == OPEN
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "records")
    assert outcome(folder) == PASS
    put(SOFTMAX, "finished_at", "2026-11-23T05:59:59Z")(root)
    assert outcome(folder) == FAIL
    git(tmp_path, "commit", "-qam", "edited")
    assert outcome(folder) == FAIL


def test_a_history_that_was_cut_short_is_no_witness(tmp_path: Path) -> None:
    """In a shallow clone the first commit is not at hand: not checkable, and no pass."""
    whole = tmp_path / "whole"
    root = lay_out(whole / "results")
    git(whole, "init", "-q")
    git(whole, "add", ".")
    git(whole, "commit", "-qm", "records")
    git(whole, "commit", "-q", "--allow-empty", "-m", "more")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{whole}", "cut")
    assert outcome(tmp_path / "cut" / place(root, SOFTMAX).relative_to(whole)) == OPEN


@pytest.mark.parametrize("like", ["0" * 40, "0" * 64])
def test_blobs_are_named_as_git_names_them(like: str) -> None:
    """The name has as many digits as the one it is compared with."""
    assert len(integrity.history.blob(b"content", like)) == len(like)


def test_what_is_said_of_bootstrap_intervals(tmp_path: Path) -> None:
    """They are held against the items about, not to the digit, and the finding of such a record says so."""
    root = lay_out(tmp_path / "results")
    (report,) = climb([place(root, SOFTMAX)], "recomputation")
    (found,) = [one for one in report.findings if (one.rung, one.check) == ("recomputation", "items")]
    assert found.outcome == PASS
    assert "bootstrap intervals of older records agree" in found.words
