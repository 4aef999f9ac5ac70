"""Second rung: the files of a run's folder belong together, and are as they were written."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import protocols
from harness.errors import HarnessError
from harness.files import digest
from harness.machine.hardware import hardware_class
from harness.records import items, samples
from harness.records.record import RunRecord, name_key
from harness.registry import shelves
from harness.registry.scoring_code import metric_digest, metric_digests
from harness.verify import history
from harness.verify.evidence import Evidence
from harness.verify.finding import INTEGRITY, Finding, not_checkable, verdict


def check(evidence: Evidence) -> Iterator[Finding]:
    """Digests of files, the folder's place, the key and its parts, the request's fingerprint, git's history."""
    record = evidence.record
    if record is None or evidence.raw is None:
        yield not_checkable(INTEGRITY, "all", "the record cannot be read")
        return
    foreign = [reason.rpartition(" Restore")[0] for reason in evidence.foreign]
    yield verdict(INTEGRITY, "files beside", foreign, "they belong to these bytes of result.json", True)
    yield from _predictions(evidence, record)
    yield from _items(evidence, record)
    yield verdict(INTEGRITY, "place", list(_place(evidence.folder.path, record)), "task/model/run id")
    yield verdict(INTEGRITY, "key", list(_key(record)), "the hash of its parts, which agree with the record", True)
    yield verdict(INTEGRITY, "hardware", list(_hardware(record)), "its class and its device are those of its machine")
    yield from _fingerprint(record, evidence.raw)
    yield _protocol(record)
    yield from _code(record)
    yield _history(evidence)


def _predictions(evidence: Evidence, record: RunRecord) -> Iterator[Finding]:
    named = record.samples
    if not named:
        beside = [path.name for path in (evidence.folder.packed, evidence.folder.unpacked) if path.exists()]
        yield verdict(INTEGRITY, "predictions", [f"{name} is no part of it" for name in beside], "there are none")
        return
    if named.get("path") != samples.NAME:
        words = f"{named.get('path')} is of an older form; `harness records pack` packs it"
        yield not_checkable(INTEGRITY, "predictions", words)
        return
    if evidence.rows is None:
        yield verdict(INTEGRITY, "predictions", [evidence.trouble["rows"]], "", True)
        return
    wrong = []
    if samples.digest(evidence.rows) != named.get("sha256"):
        wrong.append("the SHA-256 of their lines is not the one on record")
    if len(evidence.rows) != named.get("rows"):
        wrong.append(f"{len(evidence.rows)} rows, {named.get('rows')} on record")
    yield verdict(INTEGRITY, "predictions", wrong, "their SHA-256 and rows are those on record", True)
    before = (evidence.raw or {}).get("samples") or {}
    if before.get("path") != samples.NAME:  # packed later: the record names the file from which
        same = before.get("rows") in (None, named.get("rows"))
        wrong = [] if same else [f"samples.json has {named.get('rows')} rows, the record {before.get('rows')}"]
        yield verdict(INTEGRITY, "samples.json", wrong, "it belongs to the record", True)


def _items(evidence: Evidence, record: RunRecord) -> Iterator[Finding]:
    path = evidence.folder.path / items.NAME
    if not record.items:
        if path.exists():
            yield verdict(INTEGRITY, "items", [f"{path.name} is no part of it"], "")
        elif record.samples and record.status == "success":
            yield not_checkable(
                INTEGRITY, "items", "it has none; `harness records items` makes them of its predictions"
            )
        return
    wrong = [] if evidence.items else [evidence.trouble["items"]]
    yield verdict(INTEGRITY, "items", wrong, "the digest of their content is that on record", True)


def _place(folder: Path, record: RunRecord) -> Iterator[str]:
    path = folder.resolve()
    if path.name != record.run_id:
        yield f"the folder is called {path.name}, the run {record.run_id}"
    begun = "".join(sign for sign in record.started_at if sign.isalnum())
    stamp, _, key = record.run_id.partition("-")
    if key != name_key(record.comparability_key)[:8]:
        yield f"the run id ends with {key}, the key begins with {name_key(record.comparability_key)[:8]}"
    pooled = "pooled" in record.config  # it begins with the first of its runs, and is made after the last
    if stamp < begun and not pooled:
        yield f"the run id says {stamp}, before its start {begun}"
    below = Path(record.task["name"], record.model["name"]).parts
    if path.parent.parts[-len(below) :] != below:
        yield f"the folder stands in {'/'.join(path.parent.parts[-len(below) :])}, not in {'/'.join(below)}"


def _key(record: RunRecord) -> Iterator[str]:
    key = record.comparability_key
    parts = key["parts"]
    if digest(parts) != key["sha256"]:
        yield "the key is not the hash of its parts"
    expected: dict[str, Any] = {
        "task": f"{record.task['name']}@{record.task['version']}",
        "split": record.task["split"],
        "limit": record.config["limit"],
        "protocol": record.protocol.get("sha256"),
        "hardware": key.get("hardware_class"),
        "threads": record.environment.get("threads"),
    }
    if "data" in parts:
        splits = record.data["splits"]
        expected["data"] = digest({name: split["digest"] for name, split in splits.items()})
    said = {report.get("precision") for report in record.training.values() if isinstance(report, dict)} - {None}
    if not record.speed and "written" not in key and said - {parts.get("arithmetic")}:  # of schema 3: one for all seeds
        yield f"the key's arithmetic is {parts.get('arithmetic')}, its seeds say {', '.join(sorted(map(str, said)))}"
    for name, value in expected.items():
        if name in parts and parts[name] != value:
            yield f"the key's {name} is {parts[name]!r:.60}, the record's {value!r:.60}"


def _hardware(record: RunRecord) -> Iterator[str]:
    facts, named = record.environment, record.comparability_key.get("hardware_class")
    if "gpus" not in facts:  # a pair that was skipped ran on none
        return
    if named is not None and hardware_class(facts) != named:
        yield f"the hardware class is {named}, its machine is {hardware_class(facts)}"
    device, asked = str(facts.get("device")), record.config.get("device")
    if asked not in (None, device):
        yield f"it ran on {device}, its configuration says {asked}"
    if device.startswith("cuda") != bool(facts["gpus"]):
        yield f"its device is {device}, its GPUs are {len(facts['gpus'])}"


def _fingerprint(record: RunRecord, raw: dict[str, Any]) -> Iterator[Finding]:
    """What was asked for, on what, with which code: the model block, the configuration, packages, source."""
    if "fingerprint" not in raw["config"]:
        why = "records that are put together from others, or skipped, have none"
        yield not_checkable(INTEGRITY, "fingerprint", why)
        return
    if record.speed:
        why = "that of a timing covers all models of its session as they were before the first turn"
        yield not_checkable(INTEGRITY, "fingerprint", why)
        return
    config = {name: value for name, value in raw["config"].items() if name != "fingerprint"}
    model = {name: value for name, value in raw["model"].items() if name != "read"}  # seen while the run went on
    model["parameters"] = None  # not known before the model was built
    late = ("metrics", "scorers")  # they join at the end
    key = {name: value for name, value in raw["comparability_key"].items() if name not in late}
    found = digest([key, model, config, raw["environment"]["packages"], raw["revision"]["source_sha256"]])
    said = "key, model, configuration, packages or source are not those that the run was asked for"
    wrong = [] if found == raw["config"]["fingerprint"] else [said]
    yield verdict(INTEGRITY, "fingerprint", wrong, "that of key, model, configuration, packages and source", True)


def _protocol(record: RunRecord) -> Finding:
    name = f"{record.protocol['name']}@{record.protocol['version']}"
    try:
        here = _protocol_digest(name, record.task["kind"])
    except HarnessError:
        return not_checkable(INTEGRITY, "protocol", f"{name} is not known here")
    wrong = [] if here == record.protocol.get("sha256") else [f"its digest is not that of {name} here"]
    return verdict(INTEGRITY, "protocol", wrong, f"its digest is that of {name}", True)


@functools.cache
def _protocol_digest(name: str, kind: str) -> str:
    return protocols.protocol_digest(protocols.find(name, kind))


def _code(record: RunRecord) -> Iterator[Finding]:
    held = record.comparability_key["parts"].get("metric")
    if held is None:
        return
    try:
        path = shelves.find("tasks", record.task["name"].removesuffix("@sample")).path
    except HarnessError:
        yield not_checkable(INTEGRITY, "scoring code", "the task is not known here")
        return
    try:
        here_now = _all_metrics(path)
    except (HarnessError, OSError) as error:
        yield not_checkable(INTEGRITY, "scoring code", f"its file cannot be read: {error}")
        return
    if here_now != held:
        yield not_checkable(INTEGRITY, "scoring code", "it was scored by code that is not at hand")
        return
    named = record.comparability_key.get("metrics") or {}
    here = _each_metric(path, tuple(sorted(named)))
    wrong = [f"the digest of {name} is not that of its code" for name in named if named[name] != here[name]]
    yield verdict(INTEGRITY, "scoring code", wrong, "its digests are those of the code here", True)


_all_metrics = functools.cache(metric_digest)


@functools.cache
def _each_metric(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    return metric_digests(path, names)


def _history(evidence: Evidence) -> Finding:
    path = evidence.folder.record_path.resolve()
    known, why = _blobs(path.parent.parent)
    first = known.get(str(path))
    if first is None or evidence.content is None:
        return not_checkable(INTEGRITY, "history", why or "git has no commit of it")
    same = history.blob(evidence.content, first) == first
    wrong = [] if same else ["result.json is not byte for byte as in its first commit"]
    return verdict(INTEGRITY, "history", wrong, "byte for byte as in its first commit", True)


_blobs = functools.cache(history.first_blobs)
