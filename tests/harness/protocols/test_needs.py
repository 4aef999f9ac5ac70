"""What a protocol takes of a task and a model, told from its settings."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.protocols import cards, find
from harness.protocols.needs import needed_splits, overlap, owned, predict_tokens, seen_splits, times, within
from harness.registry import shelves


def task(name: str):
    """A registered task's card."""
    return shelves.find("tasks", name).card


@pytest.mark.parametrize(
    ("name", "protocol", "needed", "seen"),
    [
        ("resume", "mini", ["train", "test"], ["train"]),
        ("cmeee", "paper", ["train", "dev"], ["train"]),  # its test labels are hidden, so that dev is ranked
        ("tnews", "mini", ["train", "dev", "test"], ["train", "dev"]),
        ("novels_en", "mini", ["train", "test"], ["train"]),
        ("resume", "throughput", ["train"], []),
    ],
)
def test_splits(name: str, protocol: str, needed: list[str], seen: list[str]) -> None:
    """The ranked split comes last; thresholds and epochs are chosen on dev; a timing takes train alone."""
    card = task(name)
    found = find(protocol, card.kind)
    assert needed_splits(card, found) == needed
    assert seen_splits(card, found) == seen


def test_what_times_and_what_cuts() -> None:
    """Only timings time; only protocols of taggers and published recipes cut texts for prediction by a setting of their own."""
    assert {card.name for card in cards() if times(card)} == {"throughput", "glance", "lengths"}
    assert predict_tokens(find("mini", "spans")) == 256
    assert predict_tokens(find("mini", "choice")) is None
    assert [overlap(find(name, "spans")) for name in ("mini", "mini:overlap=8", "throughput")] == [0, 8, 0]


def test_a_length_that_the_protocol_owns() -> None:
    """A zero-shot model reads as long a sequence as its protocol says, or less, never more."""
    entry, protocol = shelves.find("models", "nsp_bert"), find("mini", "choice")
    assert owned(protocol, entry.settings) == {"length": 128}
    assert owned(find("mini", "spans"), entry.settings) == {}
    assert within(protocol, "length", 128, 64) == 64
    with pytest.raises(UsageError, match="length=129 is more than the 128"):
        within(protocol, "length", 128, 129)


def test_a_protocol_that_names_a_recipe_says_how_it_departs() -> None:
    """Protocols named after a published recipe list what differs from it, a sentence each."""
    recipes = [card for card in cards() if card.name == "paper"]
    assert len(recipes) == 3
    for card in recipes:
        assert card.departures
        assert all(sentence.endswith(".") for sentence in card.departures)
