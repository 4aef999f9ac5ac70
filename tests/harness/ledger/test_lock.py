"""The lock: what it sees of an edited card, and of an edited lock."""

from __future__ import annotations

import dataclasses
import json
import runpy
from pathlib import Path

import pytest

from harness.claim import Above
from harness.errors import DataError
from harness.ledger import lock

cards = runpy.run_path(str(Path(__file__).with_name("_cards.py")))
card, filed, GAP = cards["card"], cards["filed"], cards["GAP"]
FIRST, SECOND = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def test_a_lock_holds_until_the_card_is_edited() -> None:
    """Wording and deviations may change; whatever else changes needs a new entry."""
    claim = card()
    entries = lock.extended([], [filed(claim)], FIRST)
    assert lock.state(filed(claim), entries) == lock.State(lock.LOCKED, FIRST)
    reworded = dataclasses.replace(
        claim, says="Both read flat entities alike.", deviations=(("2026-03-01", "more seeds"),)
    )
    assert lock.state(filed(reworded), entries).state == lock.LOCKED
    for changes in (
        {"seeds": 3},
        {"scope": "everywhere"},
        {"predicate": Above(GAP, margin=0.0)},
        {"arithmetic": "bf16"},
    ):
        edited = dataclasses.replace(claim, **changes)
        assert lock.state(filed(edited), entries) == lock.State(lock.EDITED, FIRST)
        again = lock.extended(entries, [filed(edited)], SECOND)
        assert again[:1] == entries
        assert lock.state(filed(edited), again) == lock.State(lock.LOCKED, SECOND)
        assert lock.state(filed(claim), again).state == lock.EDITED
    assert lock.state(filed(claim, post="other"), entries) == lock.State(lock.OPEN)


def test_nothing_is_locked_twice() -> None:
    """A claim that is locked gets no second entry."""
    entries = lock.extended([], [filed(card())], FIRST)
    assert lock.extended(entries, [filed(card())], SECOND) == entries


def test_a_new_field_changes_no_digest() -> None:
    """The digest is of what a card says: fields at their default, which later ones will be, are not in it."""
    assert card().sha256 == card(deviations=(), protocol="mini@1", arithmetic="float32").sha256
    assert card().sha256 == "50c9a81e5ba1a4d11793ec9c1c21b90c825a5e33498ad7c5db6d9eacb630636a"


@pytest.fixture
def written(tmp_path):
    """A lock of three entries."""
    path = tmp_path / lock.NAME
    lock.write(path, lock.extended([], [filed(card(id=name)) for name in ("a", "b", "c")], FIRST))
    assert [entry.claim for entry in lock.read(path)] == ["post/a", "post/b", "post/c"]
    return path


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda entries: entries[1].update(date="2025-01-01T00:00:00Z"), "entry 2 .post/b. was edited"),
        (lambda entries: entries[1].update(sha256="0" * 64), "entry 2 .post/b. was edited"),
        (lambda entries: entries.pop(0), "entry 1 .post/b. was edited"),
        (lambda entries: entries.pop(1), "entry 2 .post/c. was edited"),
        (lambda entries: entries.reverse(), "was edited"),
        (lambda entries: entries[1].pop("chain"), "cannot be read as a lock"),
    ],
)
def test_an_edited_lock_is_refused(written, edit, words) -> None:
    """An entry that is changed, moved or taken out is named."""
    value = json.loads(written.read_text())
    edit(value["entries"])
    written.write_text(json.dumps(value))
    with pytest.raises(DataError, match=words):
        lock.read(written)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ('{"schema": "harness.result", "version": 1, "entries": []}', "its schema is 'harness.result'"),
        ('{"schema": "harness.claims.lock", "version": 2, "entries": []}', "reads up to 1"),
    ],
)
def test_another_file_is_no_lock(tmp_path, text, words) -> None:
    """A damaged file, another schema and a later version are told apart."""
    (tmp_path / lock.NAME).write_text(text)
    with pytest.raises(DataError, match=words):
        lock.read(tmp_path / lock.NAME)


def test_no_file_is_an_empty_lock(tmp_path) -> None:
    """Claims beside no lock are not locked."""
    assert lock.read(tmp_path / lock.NAME) == []


def test_dates_only_grow(tmp_path) -> None:
    """An entry that is older than the one before it is refused, its chain in order or not."""
    entries = lock.extended(lock.extended([], [filed(card(id="a"))], SECOND), [filed(card(id="b"))], FIRST)
    lock.write(tmp_path / lock.NAME, entries)
    with pytest.raises(DataError, match="older than the one before"):
        lock.read(tmp_path / lock.NAME)
