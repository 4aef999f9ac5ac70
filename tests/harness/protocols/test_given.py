"""Settings that are given with a protocol's name: what is read, what is refused, what a digest makes of it."""

from __future__ import annotations

import pytest

from harness import protocols
from harness.errors import UsageError
from harness.protocols import given


def test_a_setting_makes_another_protocol_that_says_so() -> None:
    """Name, settings and digest are its own; everything else is the protocol's."""
    plain, wide = protocols.find("mini", "spans"), protocols.find("mini:overlap=64", "spans")
    assert (wide.name, wide.version, wide.settings.overlap) == ("mini:overlap=64", plain.version, 64)
    assert wide.settings.epochs == plain.settings.epochs
    assert "share 64 tokens" in wide.title
    digests = {
        protocols.protocol_digest(protocols.find(name, "spans"))
        for name in ("mini", "mini:overlap=64", "mini:overlap=65")
    }
    assert len(digests) == 3


@pytest.mark.parametrize("kind", ["spans", "label"])
@pytest.mark.parametrize(
    "spelled", ["mini:overlap=64@1", "mini@1:overlap=64", "mini:overlap=064", "mini: overlap = 64"]
)
def test_what_a_record_calls_it_is_found_again(spelled: str, kind: str) -> None:
    """``name@version`` as records write it, and other ways to write the same, are one protocol."""
    wide = protocols.find("mini:overlap=64", kind)
    assert protocols.find(spelled, kind) == wide
    assert protocols.find(f"{wide.name}@{wide.version}", kind) == wide


def test_the_value_that_it_has_anyway_changes_nothing() -> None:
    """No overlap is the protocol itself, under its own name, so that its records are found."""
    assert protocols.find("mini:overlap=0", "spans") == protocols.find("mini", "spans")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("mini:overlp=3", "spans", r"no setting of protocol mini is called 'overlp'\. Did you mean overlap"),
        ("mini:overlap=x", "spans", "overlap=x is not a whole number"),
        ("mini:overlap=1.5", "spans", "overlap=1.5 is not a whole number"),
        ("mini:overlap=-1", "spans", "from 0 to 255"),
        ("mini:overlap=256", "label", "from 0 to 255"),
        ("paper:overlap=128", "label", "from 0 to 127"),  # the shorter of 128 and 128
        ("paper:overlap=256", "spans", "from 0 to 255"),  # the shorter of 256 and 512
        ("mini:epochs=3", "spans", "epochs is fixed by protocol mini"),
        ("mini:overlap", "spans", "is not name=value"),
        ("mini:overlap=64", "tokens", "no setting of protocol mini is called"),
        ("mini:overlap=64", "choice", "takes no settings"),
        ("mini:overlap=64", "picture", "inputs of kind picture are never cut"),
        ("mini:overlap=64", "samples", "not samples"),
        ("mini:overlap=64@9", "spans", "no protocol is called"),
        ("minni:overlap=64", "spans", "Did you mean mini@1"),
    ],
)
def test_slips_are_told(name: str, kind: str, words: str) -> None:
    """What there is no setting for, what may not be given, and values that cannot be, each in words."""
    with pytest.raises(UsageError, match=words):
        protocols.find(name, kind)


def test_without_a_kind_one_that_takes_it_is_found() -> None:
    """Of several protocols of a name only some cut texts."""
    assert protocols.find("mini:overlap=64").settings.overlap == 64


def test_a_departure_is_told_where_a_recipe_is_named() -> None:
    """The published recipe cuts; one with windows says that it does not."""
    assert (
        protocols.find("paper:overlap=64", "spans").departures[-1]
        == "Long texts are read in windows that share 64 tokens."
    )
    assert protocols.find("mini:overlap=64", "spans").departures == ()


def test_settings_that_may_be_given_are_few_and_late() -> None:
    """None of them is a field that digests have always held: its default means as before."""
    assert all(name not in fields for fields in protocols.FIRST_FIELDS.values() for name in given.SETTABLE)


def test_a_language_model_can_be_asked_about_sentences():
    """Both settings of reading are given as they are for models, and each protocol says in its title what it does."""
    sentences, both = (
        protocols.find("mini:sentences=true", "tokens"),
        protocols.find("mini:bos=true,sentences=true", "tokens"),
    )
    assert sentences.settings.sentences
    assert (sentences.name, both.name) == ("mini:sentences=true", "mini:bos=true,sentences=true")
    assert sentences.title.endswith("Ranked texts are read each by itself, whatever their length.")
    assert len({protocols.protocol_digest(card) for card in (sentences, both, protocols.find("mini", "tokens"))}) == 3
    assert protocols.find("mini:bos=false", "tokens") == protocols.find("mini", "tokens")
