"""What a protocol needs: its splits, those it has seen, the settings that it fixes, and whether it measures time."""

from __future__ import annotations

from harness.errors import UsageError
from harness.registry.cards import Setting
from harness.spec import Labelling, Protocol, Task, Timing, Training, ZeroShot


def times(protocol: Protocol) -> bool:
    """Whether a protocol measures time instead of asking questions."""
    return isinstance(protocol.settings, Timing)


def timing(protocol: Protocol) -> Timing:
    """The settings of a protocol that measures time."""
    assert isinstance(protocol.settings, Timing)
    return protocol.settings


def predict_tokens(protocol: Protocol) -> int | None:
    """Where a protocol cuts texts for prediction; ``None`` where it says nothing of that."""
    return protocol.settings.predict_tokens if isinstance(protocol.settings, Training) else None


def overlap(protocol: Protocol) -> int:
    """How many tokens the windows of a long text share; 0 where a protocol cuts texts, or says nothing of that."""
    return int(getattr(protocol.settings, "overlap", 0))


def cut_tokens(protocol: Protocol) -> int | None:
    """The tokens of a text that a model is given at most; ``None`` where nothing is cut, or the answers say so."""
    settings = protocol.settings
    if overlap(protocol):
        return None
    return settings.tokens if isinstance(settings, Labelling) else predict_tokens(protocol)


def needed_splits(card: Task, protocol: Protocol) -> list[str]:
    """Train, dev where something is chosen on it, and last the ranked split; a timing takes train alone."""
    if times(protocol):
        return [card.train_split]
    chosen = isinstance(protocol.settings, ZeroShot) or (
        isinstance(protocol.settings, Training) and protocol.settings.selection == "dev"
    )
    splits = dict.fromkeys([card.train_split, *([card.dev_split] if chosen else [])])
    return [name for name in splits if name != card.split] + [card.split]


def seen_splits(card: Task, protocol: Protocol) -> list[str]:
    """The splits whose texts an overlap-free score leaves out: train, and dev where thresholds come from it."""
    if isinstance(protocol.settings, ZeroShot):
        return needed_splits(card, protocol)[:-1]
    return [] if times(protocol) else [card.train_split]


def labelled(card: Task, protocol: Protocol) -> list[str]:
    """The splits whose gold answers are needed: all but the one of which thresholds take the questions alone."""
    splits = needed_splits(card, protocol)
    if isinstance(protocol.settings, ZeroShot):
        return [name for name in splits if name in (card.train_split, card.split)]
    return splits


def owned(protocol: Protocol, settings: tuple[Setting, ...]) -> dict[str, int]:
    """Settings of a model whose default the protocol sets: ``length``, the longest sequence it reads, in tokens."""
    if isinstance(protocol.settings, ZeroShot) and any(setting.name == "length" for setting in settings):
        return {"length": protocol.settings.tokens}
    return {}


def within(protocol: Protocol, name: str, most: int, asked: int) -> int:
    """The value that was asked for, which may be less than the protocol's; ``UsageError`` for more."""
    if asked > most:
        raise UsageError(
            f"{name}={asked} is more than the {most} that protocol {protocol.name}@{protocol.version} gives every "
            "model. Leave it out, or ask for less."
        )
    return asked
