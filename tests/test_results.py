"""The records that are committed fit the code beside them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from harness import protocols
from harness.records.store import RunFolder
from harness.registry import shelves
from harness.trial import scoring

RESULTS = Path(__file__).resolve().parent.parent / "results"
committed = runpy.run_path(str(Path(__file__).with_name("_committed.py")))["committed"]
FOLDERS = [RunFolder(path.parent) for path in committed(RESULTS) if path.name == "result.json"]
RECORDS = [(folder.path.relative_to(RESULTS).as_posix(), folder.read()) for folder in FOLDERS]
ANSWERED = [pytest.param(record, id=name) for name, record in RECORDS if not record.speed]


@pytest.mark.parametrize("record", ANSWERED)
def test_a_new_run_would_stand_in_the_same_table(record) -> None:
    """Task version, scoring code and protocol are those of the record: else nothing made now could be compared with it."""
    entry = shelves.find("tasks", record.task["name"])
    protocol = protocols.find(f"{record.protocol['name']}@{record.protocol['version']}", record.task["kind"])
    parts = record.comparability_key["parts"]
    assert parts["task"] == f"{entry.name}@{entry.card.version}"
    assert parts["metric"] == scoring.metric_digest(entry.path)
    assert parts["protocol"] == protocols.protocol_digest(protocol)
