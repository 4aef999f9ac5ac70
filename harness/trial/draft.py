"""The record before the first step: what was asked for, on which data, with which code, on which machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from harness import __version__, kinds, protocols
from harness.data.splits import Split, overlap_free
from harness.files import digest
from harness.machine import hardware, source
from harness.records.record import RunRecord, comparability_key
from harness.records.store import RunFolder, Store, now
from harness.registry.scoring_code import metric_digest
from harness.registry.shelves import Entry, find, read_values, split_settings
from harness.spec import Task
from harness.trial import identity
from harness.trial.planning import Plan, Request


def describe(made: Plan, splits: dict[str, Split], device: str, arithmetic: str = "") -> RunRecord:
    """The record as it is known before the first step, status ``started``.

    ``arithmetic`` is the class of the run's arithmetic; a timing, which has a precision for each measure, names none.
    """
    card: Task = made.task.card
    protocol, request = made.protocol, made.request
    ranked = splits[made.splits[-1]]
    key = comparability_key(
        task=f"{made.task_name}@{card.version}",
        split=ranked.name,
        data=digest({name: split.digest for name, split in splits.items()}),
        limit=request.limit,
        metric=metric_digest(made.task.path),
        protocol=protocols.protocol_digest(protocol),
        **further_parts(made),
        **({"arithmetic": arithmetic} if arithmetic else {}),
    )
    environment = hardware.environment(device)
    model = describe_model(made.model, made.settings, made.owned)
    record = RunRecord(
        run_id="",
        status="started",
        started_at=now(),
        command=list(request.command),
        library={"name": "harness", "version": __version__},
        task={
            "name": made.task_name,
            "version": card.version,
            "kind": card.kind,
            "split": ranked.name,
            "sample": made.sample,
        },
        data={
            "splits": {name: split.facts for name, split in splits.items()},
            "overlap": {
                f"{name}|{ranked.name}": len(ranked.examples) - len(overlap_free(splits[name], ranked))
                for name in made.seen
            },
        },
        model=model,
        protocol={
            "name": protocol.name,
            "version": protocol.version,
            "sha256": protocols.protocol_digest(protocol),
            "settings": asdict(protocol.settings),
        },
        config={"seeds": list(made.seeds), "limit": request.limit, "device": device},
        comparability_key={**key, "hardware_class": hardware.hardware_class(environment)},
        environment=environment,
        revision=source.revision(),
    )
    if request.regime != "plain":  # another model in the eyes of a board: it stands in a row of its own
        record.config["regime"] = record.model["changed"]["regime"] = request.regime
    record.config["fingerprint"] = digest(
        [
            record.comparability_key,
            record.model,
            record.config,
            record.environment["packages"],
            record.revision["source_sha256"],
        ]
    )
    return record


def further_parts(made: Plan) -> dict[str, Any]:
    """What the kind of task and the protocol's procedure add to the key: of a kind ``key_parts(card)``, of a module in
    ``harness.protocols`` the function ``key_parts(card, settings)``, where it has one."""
    card: Task = made.task.card
    own = getattr(protocols.procedure(made.protocol), "key_parts", None)
    return kinds.find(card.kind).key_parts(card) | (own(card, made.protocol.settings) if own else {})


def describe_model(model: Entry, given: Mapping[str, str], owned: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The model as a record keeps it: every setting resolved, apart those that differ from their defaults, and the
    digests of what it loads. ``files`` is there only where something lies beside a model of the user's.

    ``owned`` are the defaults that the protocol sets in place of the model's own.
    """
    values, changed = resolved(model, given, owned)
    encoder = str(values.get("encoder") or "")
    files = identity.beside(model, *identity.encoder_entry(encoder))
    return {
        "name": model.name,
        "version": model.card.version,
        "settings": values,
        "changed": changed,
        "encoder": values.get("encoder"),
        "encoder_files": identity.encoder_files(encoder),
        **({"files": files} if files else {}),
        "trivial": model.trivial,
        "deterministic": bool(model.card.deterministic),
        "parameters": None,
    }


def resolved(
    model: Entry, given: Mapping[str, str], owned: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every setting of a model, and those that differ from their defaults, the encoder left out."""
    values = {setting.name: setting.default for setting in model.settings} | read_values(model, given)
    defaults = {setting.name: setting.default for setting in model.settings if setting.name != "encoder"}
    defaults |= owned or {}
    return values, {name: values[name] for name, default in defaults.items() if values[name] != default}


def skip(request: Request, reason: str) -> RunFolder:
    """Record that a pair was asked for and does not fit, so that the board can say why a cell is empty."""
    model_name, settings = split_settings(request.model)
    task, model = find("tasks", request.task), find("models", model_name)
    if request.encoder and any(setting.name == "encoder" for setting in model.settings):
        settings["encoder"] = request.encoder
    sample = request.data == "sample"
    name = f"{task.name}@sample" if sample else task.name
    environment = {"packages": hardware.packages()}
    record = RunRecord(
        run_id="",
        status="skipped",
        started_at=now(),
        finished_at=now(),
        command=list(request.command),
        library={"name": "harness", "version": __version__},
        task={
            "name": name,
            "version": task.card.version,
            "kind": task.card.kind,
            "split": task.card.split,
            "sample": sample,
        },
        data={},
        model=describe_model(model, settings),
        protocol={"name": request.protocol or "", "version": None, "sha256": "", "settings": {}},
        config={"seeds": [], "limit": request.limit, "device": request.device},
        comparability_key=comparability_key(task=f"{name}@{task.card.version}", skipped=True),
        environment=environment,
        revision=source.revision(),
        error={"type": "Unfit", "message": reason, "traceback": []},
    )
    folder = Store(request.output).new(name, model.name, record.comparability_key["sha256"])
    record.run_id = folder.path.name
    folder.write(record)
    return folder
