"""Records behind verdicts are verified, each content once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.ledger import verifying

RESULTS = Path(__file__).resolve().parents[3] / "results"


@pytest.fixture
def record(tmp_path, monkeypatch):
    """A copy of a committed record at its place below a results folder."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    found = sorted(RESULTS.glob("zero_shot/eprstmt/trivial/majority/*/result.json"))
    if not found:
        pytest.skip("no committed records")
    place = tmp_path / "results" / found[0].parent.relative_to(RESULTS)
    shutil.copytree(found[0].parent, place)
    return place


def test_a_sound_record_has_no_failure(record) -> None:
    """Nothing is said of it, the first time and from the cache."""
    assert verifying.failures([record]) == {}
    assert verifying.failures([record]) == {}


def test_what_was_checked_is_remembered(record, monkeypatch) -> None:
    """The same bytes are not checked again; a file that is changed or added is."""
    asked = []
    monkeypatch.setattr(verifying, "climb", lambda folders, to: asked.extend(folders) or [Sound() for _ in folders])
    for edit in (None, "text", "file", None):
        if edit == "text":
            path = record / "result.json"
            path.write_text(path.read_text().replace('"value": 0.', '"value": 1.', 1))
        if edit == "file":
            (record / "more.txt").write_text("more")
        verifying.failures([record])
    assert asked == [record] * 3


def test_other_code_checks_anew(record, monkeypatch) -> None:
    """What a check found is kept for the code that found it."""
    before = verifying.key(record)
    monkeypatch.setattr(verifying, "code", lambda: "other")
    assert verifying.key(record) != before


def test_another_task_checks_anew(record, monkeypatch) -> None:
    """What a check found is kept for the task as it was."""
    before = verifying.key(record)
    (name, digest) = verifying.of_task(record)
    assert name == "zero_shot/eprstmt"
    assert len(digest) == 64
    monkeypatch.setattr(verifying, "shelf", lambda folder: "other")
    assert verifying.key(record) != before


def test_an_edited_record_fails(record) -> None:
    """The rung, the check and what does not hold are said."""
    path = record / "result.json"
    text = path.read_text()
    value = text.index('"value": ') + len('"value": ')
    path.write_text(f"{text[:value]}0.987{text[value + 5 :]}")
    (why,) = verifying.failures([record]).values()
    assert why.startswith("fails ")


def test_a_damaged_cache_is_passed_over(record) -> None:
    """It is made anew."""
    verifying.failures([record])
    verifying.place().write_text("{")
    assert verifying.failures([record]) == {}
    verifying.place().write_text("[]")
    assert verifying.failures([record]) == {}


class Sound:
    """A report without findings."""

    def of(self, outcome):
        """None."""
        return []
