"""The records that are committed fit the code beside them. What somebody ran here and did not commit is not looked at."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import jsonschema
import pytest

from harness import protocols
from harness.files import digest
from harness.machine.commits import commit_of
from harness.records import samples
from harness.records.schema import SCHEMAS
from harness.records.store import RunFolder
from harness.registry import shelves
from harness.registry.scoring_code import metric_digest, metric_digests

ROOT = Path(__file__).resolve().parent.parent
committed = runpy.run_path(str(Path(__file__).with_name("_committed.py")))["committed"]
TRACKED = [path.relative_to(ROOT).as_posix() for path in committed(ROOT)] if (ROOT / ".git").exists() else []
FOLDERS = [RunFolder(path.parent) for path in committed(ROOT / "results") if path.name == "result.json"]
RECORDS = [(folder.path.relative_to(ROOT / "results").as_posix(), folder.read()) for folder in FOLDERS]
ANSWERED = [pytest.param(record, id=name) for name, record in RECORDS if not record.speed]
PRESENT = [
    param
    for param in ANSWERED
    if shelves.find("tasks", param.values[0].task["name"]).card.version == param.values[0].task["version"]
]
checkout = pytest.mark.skipif(not TRACKED, reason="not in a git checkout")


@pytest.mark.parametrize("record", PRESENT)
def test_a_new_run_would_stand_in_the_same_table(record) -> None:
    """Where the task has the version of the record, so have scoring code and protocol: what is made now can be compared."""
    entry = shelves.find("tasks", record.task["name"])
    protocol = protocols.find(f"{record.protocol['name']}@{record.protocol['version']}", record.task["kind"])
    parts = record.comparability_key["parts"]
    assert parts["task"] == f"{entry.name}@{entry.card.version}"
    assert parts["metric"] == metric_digest(entry.path)
    assert parts["protocol"] == protocols.protocol_digest(protocol)
    assert record.comparability_key["metrics"] == metric_digests(entry.path, record.results)


def test_every_key_is_the_digest_of_its_parts() -> None:
    """No part of a stored key was touched; a timing's protocol still has its digest as well."""
    for name, record in RECORDS:
        assert record.comparability_key["sha256"] == digest(record.comparability_key["parts"]), name
        protocol = protocols.find(f"{record.protocol['name']}@{record.protocol['version']}", record.task["kind"])
        assert record.comparability_key["parts"]["protocol"] == protocols.protocol_digest(protocol), name


def test_every_record_fits_the_schema_that_it_was_written_in() -> None:
    """Records and what lies beside them are what the published JSON Schemas say."""
    schemas = {
        path.stem: jsonschema.Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
        for path in SCHEMAS.iterdir()
    }
    for folder in FOLDERS:
        for path in (folder.record_path, folder.path / "samples.json"):
            if path.exists():
                value = json.loads(path.read_text(encoding="utf-8"))
                faults = schemas[f"{path.stem}-{value['schema_version']}"].iter_errors(value)
                assert [fault.message for fault in faults] == [], path


@checkout
def test_predictions_are_packed() -> None:
    """Every record that answered has its Parquet file, tracked and of the size that it names; no older form is left."""
    tracked = set(TRACKED)
    assert not [name for name in TRACKED if name.endswith("samples.jsonl.gz")]
    for folder, (name, record) in zip(FOLDERS, RECORDS, strict=True):
        assert bool(record.samples) != bool(record.speed), name
        if record.samples:
            assert record.samples["path"] == samples.NAME
            assert f"results/{name}/{samples.NAME}" in tracked
            assert folder.packed.read_bytes()[:4] == b"PAR1"


def test_predictions_are_those_of_the_record() -> None:
    """Of every task and protocol the record with the smallest file: its predictions have the digest that is on record."""
    smallest: dict[tuple[str, str], tuple[int, int]] = {}
    for place, (folder, (_, record)) in enumerate(zip(FOLDERS, RECORDS, strict=True)):
        if record.samples:
            key, size = (record.task["name"], record.protocol["name"]), folder.packed.stat().st_size
            smallest[key] = min(smallest.get(key, (size, place)), (size, place))
    assert smallest
    for _, place in smallest.values():
        rows = FOLDERS[place].recorded_predictions(RECORDS[place][1])
        assert len(rows) == RECORDS[place][1].samples["rows"]


def test_every_source_is_a_commit() -> None:
    """Each record shows the commit that its source is, also where git called the working copy changed."""
    known = {name: commit_of(record.revision) for name, record in RECORDS}
    assert [name for name, (commit, changed) in known.items() if not commit or changed] == []


@checkout
def test_records_stay_small() -> None:
    """Predictions under 18 MB, results with their items under 35 MB, all that is tracked under 50 MB."""
    sizes = {name: (ROOT / name).stat().st_size for name in TRACKED}
    assert sum(size for name, size in sizes.items() if name.endswith(samples.NAME)) < 18e6
    assert sum(size for name, size in sizes.items() if name.startswith("results/")) < 35e6
    assert sum(sizes.values()) < 50e6
