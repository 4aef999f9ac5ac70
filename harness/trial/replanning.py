"""The plan that a record was made by, so that its model can be built and asked again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness import protocols
from harness.errors import EnvironmentFailure, UsageError
from harness.machine import hardware
from harness.records.record import RunRecord
from harness.registry.shelves import find
from harness.spec import Protocol
from harness.trial import identity
from harness.trial.planning import Plan, Request, check_fit, computes_with_torch
from harness.trial.recorded import require_version


def replanned(record: RunRecord) -> Plan:
    """A plan with the task, model, settings, protocol and seeds of a record; its data are found apart.

    Raises ``HarnessError`` where one of these is not here, or is not what it was: another version of a card, other
    settings of the protocol, other files of the encoder, a package that is missing.
    """
    task = find("tasks", record.task["name"].removesuffix("@sample"))
    model = find("models", record.model["name"])
    require_version(task, record)
    if model.card.version != record.model["version"]:
        held = record.model["version"]
        raise UsageError(f"{model.name} is of version {model.card.version} here, the record of {held}.")
    protocol = same_protocol(record)
    check_fit(task.card, task.name, model, protocol)
    settings = {name: str(value) for name, value in record.model["settings"].items()}
    if settings.get("precision") == "auto":  # what the machine of the run made of it, which this one may not
        settings["precision"] = precision_of(record) or "auto"
    if not same_encoder(settings.get("encoder", ""), record.model["encoder_files"]):
        raise UsageError(f"the files of the encoder {settings['encoder']} are not those that the run had.")
    other = identity.changed(record.model)
    if other:
        raise UsageError(f"{', '.join(other)}: not the files that the model of the run loaded.")
    request = Request(
        task=record.task["name"],
        model=record.model["name"],
        seeds=record.config["seeds"],
        limit=record.config["limit"],
        regime=record.config.get("regime", "plain"),
    )
    return Plan(request, task, model, settings, protocol, {}, tuple(record.config["seeds"]))


def same_encoder(encoder: str, recorded: Mapping[str, str]) -> bool:
    """Whether the files of an encoder are those of a record; an older one names a part of them, or none of a Hugging Face
    id."""
    here = identity.encoder_files(encoder)
    return all(here.get(name) == sha256 for name, sha256 in recorded.items())


def same_protocol(record: RunRecord) -> Protocol:
    """The protocol of a record. ``UsageError`` where the one of its name here has other settings."""
    name = f"{record.protocol['name']}@{record.protocol['version']}"
    card = protocols.find(name, record.task["kind"])
    if protocols.protocol_digest(card) != record.protocol["sha256"]:
        raise UsageError(f"protocol {name} has other settings here than in the record.")
    return card


def precision_of(record: RunRecord) -> str:
    """The arithmetic that every seed of a record says, such as ``float32``; empty where they say none."""
    said = {report.get("precision", "") for report in record.training.values()}
    return str(said.pop()) if len(said) == 1 else ""


def device_of(made: Plan, record: RunRecord) -> str:
    """The device of a record where this machine has it, else the processor."""
    if not computes_with_torch(made.model):
        return "cpu"
    try:
        return hardware.resolve_device(record.config["device"])
    except EnvironmentFailure:
        return "cpu"


def differences(made: Plan, record: RunRecord, device: str) -> list[str]:
    """What of this machine may change the last digit of an answer in comparison with the machine of a record, in words.

    Processors of one name can differ in their instructions, so those of a record that does not say them are unlike.
    """
    here, there = hardware.environment(device), record.environment
    pairs: dict[str, tuple[Any, Any]] = {
        "hardware": (hardware.hardware_class(here), record.comparability_key.get("hardware_class"))
    }
    if computes_with_torch(made.model):
        pairs |= {name: (here.get(name), there.get(name)) for name in ("cpu_details", "threads")}
        pairs |= {name: (here["packages"].get(name), there["packages"].get(name)) for name in ("torch", "transformers")}
    pairs["numpy"] = (here["packages"].get("numpy"), there["packages"].get("numpy"))
    return [f"{name} {own} here, {held or 'not on record'}" for name, (own, held) in pairs.items() if own != held]
