"""The digest of a protocol: every setting that counts, and no field that a protocol never knew."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from harness import protocols, spec

CARDS = [pytest.param(card, id=f"{card.procedure}-{card.name}") for card in protocols.cards()]


def with_field(settings: Any, default: Any, **given: Any) -> Any:
    """The same settings in a class of the same name that has one more field."""
    kind = type(settings)
    field = ("dropout", type(default), dataclasses.field(default=default))
    later = dataclasses.make_dataclass(kind.__name__, [field], bases=(kind,), frozen=True, kw_only=True)
    held = {item.name: getattr(settings, item.name) for item in dataclasses.fields(settings)}
    return later(**held, **given)


@pytest.mark.parametrize("card", CARDS)
def test_a_later_field_at_its_default_changes_no_digest(card: spec.Protocol) -> None:
    """A field that settings gain later leaves every protocol's digest, until a protocol sets it."""
    before = protocols.protocol_digest(card)
    later = dataclasses.replace(card, settings=with_field(card.settings, 0.0))
    assert protocols.protocol_digest(later) == before
    used = dataclasses.replace(card, settings=with_field(card.settings, 0.0, dropout=0.1))
    assert protocols.protocol_digest(used) != before


def test_a_later_field_of_settings_inside_settings() -> None:
    """The same for the efforts inside of a timing's settings."""
    card = protocols.find("throughput", "spans")
    later = dataclasses.replace(card.settings, cpu=with_field(card.settings.cpu, 0))
    used = dataclasses.replace(card.settings, cpu=with_field(card.settings.cpu, 0, dropout=1))
    digests = [protocols.protocol_digest(dataclasses.replace(card, settings=each)) for each in (later, used)]
    assert [each == protocols.protocol_digest(card) for each in digests] == [True, False]


@pytest.mark.parametrize("card", CARDS)
def test_every_setting_counts(card: spec.Protocol) -> None:
    """Another value of any present field, its name, version and data give another digest; its title does not."""
    before = protocols.protocol_digest(card)
    for field in dataclasses.fields(card.settings):
        value = getattr(card.settings, field.name)
        other = dataclasses.replace(card.settings, **{field.name: ("other", value)})
        assert protocols.protocol_digest(dataclasses.replace(card, settings=other)) != before, field.name
    assert protocols.protocol_digest(dataclasses.replace(card, version=99)) != before
    assert protocols.protocol_digest(dataclasses.replace(card, title="reworded")) == before


def test_the_first_fields_are_fields() -> None:
    """The table of first fields names classes of settings and fields that they have: none was renamed or lost."""
    for name, fields in protocols.FIRST_FIELDS.items():
        assert fields <= {field.name for field in dataclasses.fields(getattr(spec, name))}, name
