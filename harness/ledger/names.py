"""What a claim names, looked up: tasks, models with settings, encoders, regimes, protocols and metrics that exist."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness import protocols
from harness.claim import Claim, Recorded, Side, TimeRatio, Value, walk
from harness.errors import UsageError
from harness.ledger.form import expanded
from harness.ledger.shelf import Filed
from harness.protocols.needs import owned, times
from harness.protocols.regimes import REGIMES
from harness.registry.metrics import Cards, metric_cards
from harness.registry.shelves import find, split_settings, unknown
from harness.spec import Protocol
from harness.trial.draft import resolved
from harness.trial.planning import checked_encoder, usual_encoder

PARAMETERS = "parameters"
"""What ``Recorded`` may name beside metrics: the number of a model's trained numbers."""
MEASURES = ("train", "predict", "tokenise")
"""What a timing measures first of all."""


@dataclass(frozen=True)
class System:
    """A side as records spell it."""

    model: str
    version: int
    changed: dict[str, Any]  # settings that are not at their default; a regime is one of them
    encoder: str | None


@functools.cache
def metrics() -> Cards:
    """The metrics, read once: all stand in this package."""
    return metric_cards()


def check(filed: Filed) -> None:
    """Raise ``UsageError``, naming the claim, for the first name that does not exist."""
    try:
        for task in filed.claim.tasks:
            for timed in sorted({isinstance(node, TimeRatio) for node in leaves(filed.claim, task)}):
                for side in filed.claim.sides:
                    system(side, trial(filed.claim, task, timed))
        known = metric_cards()
        for node in walk(expanded(filed.claim)):
            metric = node.metric if isinstance(node, Value | Recorded) else ""
            if metric and metric not in known and not (isinstance(node, Recorded) and metric == PARAMETERS):
                raise UsageError(unknown("metric", metric, list(known), "harness list metrics"))
            if isinstance(node, Value) and max(node.strata, default=0) and not layered(node.task):
                raise UsageError(f"{node.task} has no strata, and the claim names stratum {max(node.strata)}.")
            if isinstance(node, TimeRatio) and node.measure.partition("/")[0] not in MEASURES:
                raise UsageError(f"{node.measure!r} is no measure of a timing, such as train/whole/trace.")
    except UsageError as error:
        raise UsageError(f"claim {filed.name} ({filed.path}): {error}") from error


def layered(task: str) -> bool:
    """Whether a task's file says which stratum an item lies in."""
    return "\ndef stratum(" in find("tasks", task_version(task)[0]).path.read_text(encoding="utf-8")


def leaves(claim: Claim, task: str) -> Iterator[Value | Recorded | TimeRatio]:
    """The parts of a predicate that are read from records of a task."""
    for node in walk(expanded(claim)):
        if isinstance(node, Value | Recorded | TimeRatio) and node.task == task:
            yield node


def task_version(name: str) -> tuple[str, int]:
    """The full name of a claim's task and its version: the one that it names, or the card's.

    Raises ``UsageError`` for a version that the card does not have any more.
    """
    plain, _, version = name.partition("@")
    entry = find("tasks", plain)
    if version and version != str(entry.card.version):
        raise UsageError(f"{name}: the task is at version {entry.card.version} now.")
    return entry.name, entry.card.version


def trial(claim: Claim, task: str, timed: bool) -> Protocol:
    """The protocol of a claim for a task. Raises ``UsageError`` for one that does not fit."""
    name = claim.timing if timed else claim.protocol
    found = protocols.find(name, find("tasks", task_version(task)[0]).card.kind)
    if times(found) != timed:
        raise UsageError(f"protocol {name} {'answers questions' if timed else 'times models'}.")
    return found


def system(side: Side, protocol: Protocol) -> System:
    """The model of a side with all its settings. Raises ``UsageError`` for a name, setting or regime of none."""
    return _system(side, protocol, os.environ.get("HARNESS_PATH", ""))


@functools.cache  # thousands of conditions name the same few sides
def _system(side: Side, protocol: Protocol, path: str) -> System:
    name, settings = split_settings(side.model)
    model = find("models", name)
    encoder = None
    if any(setting.name == "encoder" for setting in model.settings):
        encoder = checked_encoder(side.encoder or settings.get("encoder") or usual_encoder(model, protocol))
        settings["encoder"] = encoder
    elif side.encoder:
        raise UsageError(f"side {side.name}: {model.name} has no encoder; leave {side.encoder} out.")
    _, changed = resolved(model, settings, owned(protocol, model.settings))
    if side.regime not in REGIMES:
        raise UsageError(unknown("regime", side.regime, list(REGIMES), "harness list regimes"))
    regime = {} if side.regime == "plain" else {"regime": side.regime}
    return System(model.name, model.card.version, changed | regime, encoder)


def command(side: Side, task: str, claim: Claim, timed: bool = False) -> str:
    """The command that gives the record of a side on a task."""
    encoder = f" --encoder {side.encoder}" if side.encoder else ""
    regime = f" --regime {side.regime}" if side.regime != "plain" else ""
    verb, protocol = ("bench", claim.timing) if timed else ("run", claim.protocol)
    seeds = "" if timed else f" --seeds {claim.seeds}"
    plain = task.partition("@")[0]
    return f"harness {verb} --task {plain} --model {side.model}{encoder}{regime} --protocol {protocol}{seeds}"
