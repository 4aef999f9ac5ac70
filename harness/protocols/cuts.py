"""What training is given of each text: the rows of train, and after how many tokens a text ends."""

from __future__ import annotations

from collections.abc import Sequence

from harness.protocols.class_rows import budget
from harness.spec import Example, Labelling, Model, Protocol, Training


def learned(protocol: Protocol, card: Model, train: Sequence[Example]) -> tuple[Sequence[Example], int | None]:
    """The rows of train that a model is given, those held out of them included, and where the protocol cuts a text.

    The latter is ``None`` where texts are given whole or in windows: models of entities that learn in one go have them
    whole.
    """
    settings = protocol.settings
    if getattr(settings, "overlap", 0):
        return train, None
    if isinstance(settings, Labelling):
        return budget(train, settings.rows), settings.tokens
    if isinstance(settings, Training) and ("Learns" in card.capabilities or protocol.procedure != "finetune"):
        return train, settings.train_tokens if {"Learns", "Fits"} & {*card.capabilities} else None
    return train, None
