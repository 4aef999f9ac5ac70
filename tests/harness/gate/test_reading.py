"""Timings on file: what a gate takes from either kind, and what it says of files that cannot be judged."""

from __future__ import annotations

import json
import math
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, UsageError
from harness.gate.reading import PYTEST, RECORD, read
from harness.records.store import Store

make = runpy.run_path(str(Path(__file__).with_name("_timings.py")))
record, put, pytest_json, drawn = make["record"], make["put"], make["pytest_json"], make["drawn"]
SAVE = ("--benchmark-save=x", "--benchmark-save-data")
WHOLE, HEAD = "train/whole/trace", "train/head/8x128"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty results folder."""
    return Store(tmp_path / "results")


def test_a_record_is_read_by_folder_file_and_id(store: Store) -> None:
    """All three name the same measures: task, model with settings, measure."""
    folder = put(store.root, record({WHOLE: [1.0, 2.0], HEAD: [0.5]}, changed={"multiplier": "1", "a": "b"}))
    names = {"ner/cmeee/ner/crf:a=b,multiplier=1/" + measure for measure in (WHOLE, HEAD)}
    for name in (str(folder.path), str(folder.record_path), folder.path.name, folder.path.name[:12]):
        found = read(name, store)
        assert (found.form, found.path, set(found.timings)) == (RECORD, folder.record_path, names)
    timing = found.timings["ner/cmeee/ner/crf:a=b,multiplier=1/" + WHOLE]
    assert (timing.seconds, timing.session, timing.reference, timing.disturbed) == ((1.0, 2.0), "s", None, "")
    assert {"task": "ner/cmeee@1", "encoder": "mini-zh", "tokens": "100.0"}.items() <= timing.conditions.items()
    assert found.machine == "AMD EPYC x2, cpu, 1 threads"
    assert found.source == "5" * 64


def test_a_file_of_pytest_benchmark_is_told_by_its_content(store: Store, tmp_path: Path) -> None:
    """Whatever it is called; rounds keep their order, reference times stand beside them."""
    path = pytest_json(tmp_path / "odd name", {"t.py::a": [2.0, 1.0], "t.py::b": [3.0, 3.0]}, {"t.py::a": [4, 5]})
    found = read(str(path), store)
    assert found.form == PYTEST
    assert found.timings["t.py::a"].seconds == (2.0, 1.0)
    assert found.timings["t.py::a"].reference == (4.0, 5.0)
    assert found.machine == "here: AMD EPYC x2"
    assert found.software == {"python": "3.11.7"}


def test_what_pytest_benchmark_really_writes_is_read(store: Store, tmp_path: Path) -> None:
    """A file saved by the plugin itself, in a process of its own, has the rounds that ran."""
    (tmp_path / "test_a.py").write_text("def test_a(benchmark):\n    benchmark.pedantic(sum, ([1],), rounds=7)\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            *["pytest", "-q", "-p", "no:cacheprovider", "test_a.py", "--benchmark-storage=file://saved"],
            *SAVE,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    (path,) = (tmp_path / "saved").rglob("*.json")
    found = read(str(path), store)
    assert len(found.timings["test_a.py::test_a"].seconds) == 7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda value: value["benchmarks"][0]["stats"].pop("data"), "--benchmark-save-data"),
        (lambda value: value["benchmarks"][0]["stats"].update(data=[]), "t.py::a holds no times"),
        (lambda value: value["benchmarks"][0]["stats"].update(data=[1.0, 0.0]), "time 1 is 0.0"),
        (lambda value: value["benchmarks"][0]["stats"].update(data=[math.nan]), "time 0 is nan"),
        (lambda value: value["benchmarks"][0]["stats"].update(data=[math.inf]), "time 0 is inf"),
        (lambda value: value["benchmarks"][0]["stats"].update(data=["1"]), "time 0 is '1'"),
        (lambda value: value["benchmarks"][0]["stats"].update(data=[True]), "time 0 is True"),
        (lambda value: value["benchmarks"][0]["extra_info"].update(reference_seconds=[1.0]), "2 rounds and 1 ref"),
        (lambda value: value["benchmarks"][0]["extra_info"].update(reference_seconds=[1.0, -1]), "time 1 is -1"),
        (lambda value: value["benchmarks"].append(value["benchmarks"][0]), "t.py::a twice"),
        (lambda value: value["benchmarks"][0].pop("fullname"), "is damaged .KeyError: 'fullname'"),
        (lambda value: value.update(benchmarks={"a": 1}), "is damaged"),
        (lambda value: value.pop("machine_info"), "neither a record .* nor a JSON file of pytest-benchmark"),
    ],
)
def test_damaged_files_are_told(store: Store, tmp_path: Path, change: Any, words: str) -> None:
    """Each damage is an error that names the file, and the place where there is one."""
    path = pytest_json(tmp_path / "a.json", {"t.py::a": [2.0, 1.0]}, {})
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(DataError, match=words) as raised:
        read(str(path), store)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("content", [b"", b'{"benchmarks": [', b"\xff\xfe", b"[" * 100_000, b"[]", b'"a"', b"3"])
def test_what_is_no_timing_at_all_is_told(store: Store, tmp_path: Path, content: bytes) -> None:
    """Empty, torn, binary, bottomless and other JSON files are errors of data, not crashes."""
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"not valid JSON|neither a record"):
        read(str(path), store)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"status": "failed"}, "status 'failed'"),
        ({"speed": {}}, "`harness bench` makes records with times"),
        ({"speed": {"session": "s"}}, '"measures" is a required property'),
        (
            {"speed": {"session": "s", "measures": {"a": {"seconds": [], "tokens": 1, "examples": 1}}}},
            "a/seconds: .* less than 1",
        ),
    ],
)
def test_records_without_times_are_told(store: Store, options: dict[str, Any], words: str) -> None:
    """A run that failed, that answered its task, or that was edited cannot be judged."""
    made = record({WHOLE: [1.0]}, **({"status": options["status"]} if "status" in options else {}))
    made.speed = options.get("speed", made.speed)
    if not made.speed:
        made.samples = {"path": "samples.parquet", "sha256": "6" * 64, "rows": 1, "columns": {}}
    with pytest.raises(DataError, match=words):
        read(str(put(store.root, made).path), store)


def test_nothing_there_is_told(store: Store, tmp_path: Path) -> None:
    """A path to nothing and a folder without a record are errors of data; an id that nobody has is one of usage."""
    with pytest.raises(DataError, match="there is no file"):
        read(str(tmp_path / "gone.json"), store)
    with pytest.raises(DataError, match="there is no file"):
        read("gone/base-01", store)
    with pytest.raises(DataError, match=r"holds no result\.json"):
        read(str(tmp_path), store)
    with pytest.raises(UsageError, match="no run '20990101'"):
        read("20990101", store)
