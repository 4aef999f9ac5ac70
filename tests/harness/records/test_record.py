"""What a record is, and that whatever is not one is refused in words."""

import dataclasses
import json
import runpy
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.records import record

make = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))["record"]
HERE = Path("results/ner/cmeee/ner/crf/some-run/result.json")


def text(**changes):
    """The JSON of a good record with fields changed; a field set to ``...`` is taken out."""
    value = {**make().as_json(), **changes}
    return json.dumps({name: item for name, item in value.items() if item is not ...})


@pytest.mark.parametrize("status", record.STATUSES)
def test_round_trip(status):
    """What was written is what is read, for every status."""
    made = make(status=status)
    assert record.parse(json.dumps(made.as_json()), HERE) == made


def test_unicode_round_trip():
    """Chinese, a quotation mark and a line separator survive."""
    made = make(encoder='编码器 "大"\u2028')
    assert record.parse(json.dumps(made.as_json(), ensure_ascii=False), HERE).model["encoder"] == '编码器 "大"\u2028'


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            "",
            "is not valid JSON (Expecting value: line 1 column 1 (char 0)). The run was cut off or the file was edited",
        ),
        ("{", "is not valid JSON"),
        (text()[:2000], "is not valid JSON"),
        ("\x00" * 40, "is not valid JSON"),
        ("[]", "is not a record: its schema is 'list', expected 'harness.result'."),
        ("null", "is not a record: its schema is 'NoneType', expected 'harness.result'."),
        ("{}", "is not a record: its schema is None, expected 'harness.result'."),
        (text(schema="lm-eval"), "is not a record: its schema is 'lm-eval', expected 'harness.result'."),
        (text(schema_version=4), "has schema version 4; this harness reads up to 3. Install a newer harness."),
        (text(schema_version="1"), "has schema version 1; this harness reads up to 3."),
        (text(schema_version=None), "has schema version None"),
        (text(task=...), "lacks task. The file was edited or cut off; run it again, or delete its folder."),
        (text(status=..., model=..., revision=...), "lacks status, model, revision."),
        (text(status="done"), "has status 'done'; a record is one of started, success, failed, skipped."),
        (text(status=None), "has status None"),
        (text(status=["success"]), "has status ['success']"),
        (text(task=make().task | {"name": "../../home"}), "'../../home' is no name of a task. The file was edited"),
        (text(task=make().task | {"name": "/etc/x"}), "'/etc/x' is no name of a task."),
        (text(task=make().task | {"name": "ner/" + "x" * 300}), "is no name of a task."),
        (text(task=make().task | {"name": 3}), "3 is no name of a task."),
        (text(model=make().model | {"name": "ner/a\nb"}), "'ner/a\\nb' is no name of a model."),
    ],
)
def test_refused(broken, message):
    """A file that is no whole record of a known version is refused, naming the file and what does not hold."""
    with pytest.raises(DataError) as error:
        record.parse(broken, HERE)
    assert str(error.value).startswith(str(HERE))
    assert message in str(error.value)


@pytest.mark.parametrize("name", record._REQUIRED)
def test_every_required_field_is_missed(name):
    """Each required field is missed by name; the schema's own two are missed as what they are."""
    with pytest.raises(DataError, match=f"lacks {name}|schema is None|schema version None"):
        record.parse(text(**{name: ...}), HERE)


def test_optional_fields_have_defaults():
    """A record of a run that was just begun may leave out what comes later."""
    bare = record.parse(
        text(results=..., training=..., samples=..., error=..., durations_s=..., finished_at=..., attempts=...), HERE
    )
    assert (
        bare.results,
        bare.training,
        bare.samples,
        bare.error,
        bare.durations_s,
        bare.finished_at,
        bare.attempts,
    ) == ({}, {}, None, None, {}, None, 1)


def test_unknown_fields_are_passed_over():
    """A field that a later harness adds within a version stops no older one."""
    assert record.parse(text(colour="blue"), HERE) == make()


def test_older_versions_are_upgraded(monkeypatch):
    """An old record is upgraded step by step while it is read."""
    monkeypatch.setattr(record, "SCHEMA_VERSION", 3)
    steps = {
        1: lambda old, folder: {**old, "attempts": old["attempts"] + 10},
        2: lambda old, folder: {**old, "attempts": old["attempts"] * 2, "run_id": folder.name},
    }
    monkeypatch.setattr(record, "UPGRADES", steps)
    made = record.parse(text(schema_version=1), HERE)
    assert (made.attempts, made.schema_version, made.run_id) == (22, 3, "some-run")
    assert record.parse(text(schema_version=1), HERE, Path("elsewhere")).run_id == "elsewhere"


BESIDE = {
    "schema": "harness.samples",
    "schema_version": 1,
    "samples": {"path": "samples.parquet", "sha256": "7" * 64, "rows": 5, "columns": {"seed": "int32"}},
    "metrics": {"span_f1": "8" * 64},
    "packed_from": {"path": "samples.jsonl.gz", "sha256": "6" * 64},
}
OLD = {"schema_version": 1, "samples": {"path": "samples.jsonl.gz", "sha256": "6" * 64, "rows": 5}}


def test_what_lies_beside_completes_a_record_of_schema_1(tmp_path):
    """Predictions as Parquet and a digest a metric come from samples.json; all else is as the record has it."""
    (tmp_path / "samples.json").write_text(json.dumps(BESIDE))
    found, plain = record.parse(text(**OLD), tmp_path / "result.json"), make()
    assert found.samples == BESIDE["samples"]
    assert found.comparability_key == {**plain.comparability_key, "metrics": BESIDE["metrics"]}
    assert dataclasses.replace(found, samples=plain.samples, comparability_key=plain.comparability_key) == plain


def test_a_record_of_schema_1_alone_keeps_its_predictions(tmp_path):
    """Without samples.json nothing is claimed: neither Parquet nor digests."""
    found = record.parse(text(**OLD), tmp_path / "result.json")
    assert (found.samples, "metrics" in found.comparability_key) == (OLD["samples"], False)


def test_packed_predictions_without_what_lies_beside_are_told(tmp_path):
    """Where only Parquet is left, samples.json was lost, and no table takes the record for one of another metric code."""
    (tmp_path / "samples.parquet").touch()
    with pytest.raises(DataError, match=r"samples\.json is missing.*Restore it"):
        record.parse(text(**OLD), tmp_path / "result.json")
    (tmp_path / "samples.jsonl.gz").touch()  # packing was killed half way: the same command goes on
    assert record.parse(text(**OLD), tmp_path / "result.json").samples == OLD["samples"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"samples\.json is damaged \(JSONDecodeError.*Restore it"),
        ("[]", r"samples\.json is damaged \(TypeError"),
        ("{}", r"samples\.json is damaged \(KeyError: 'packed_from'\)"),
        (json.dumps({**BESIDE, "packed_from": {"sha256": "9" * 64}}), "belongs to another record"),
    ],
)
def test_what_lies_beside_must_hold(tmp_path, content, message):
    """A samples.json that is damaged, or was copied from another run, is told by name."""
    (tmp_path / "samples.json").write_text(content)
    with pytest.raises(DataError, match=message):
        record.parse(text(**OLD), tmp_path / "result.json")


def test_key_depends_on_values_not_on_order():
    """The key is the same whatever order its parts are given in, and another as soon as one part is another."""
    first = record.comparability_key(task="a@1", data="x", limit=None)
    assert first == record.comparability_key(limit=None, data="x", task="a@1")
    assert first["sha256"] != record.comparability_key(task="a@2", data="x", limit=None)["sha256"]
    assert first["sha256"] != record.comparability_key(task="a@1", data="x", limit=0)["sha256"]


@pytest.mark.parametrize(
    ("other", "said"),
    [({}, []), ({"data": "y"}, ["data"]), ({"task": "b", "limit": 9}, ["limit", "task"]), ({"extra": 1}, ["extra"])],
)
def test_difference_names_the_parts(other, said):
    """What keeps two runs apart is named, parts that only one of them has included."""
    parts = {"task": "a", "data": "x", "limit": None}
    assert record.difference({"parts": parts}, {"parts": {**parts, **other}}) == said


def test_a_metric_is_compared_by_its_own_code():
    """Keys that differ in the code of other metrics alone belong to one table, and those of one metric's code do not."""
    keys = [
        {"parts": {"task": "a", "metric": whole}, "metrics": {"f1": f1, "recall": recall}}
        for whole, f1, recall in ("111", "212", "333")
    ]
    assert [record.difference(keys[0], key) for key in keys] == [[], ["metric"], ["metric"]]
    assert [record.difference(keys[0], key, "f1") for key in keys] == [[], [], ["metric"]]
    assert [record.difference(keys[0], key, "recall") for key in keys] == [[], ["metric"], ["metric"]]
    assert [record.table_key(keys[0], "f1") == record.table_key(key, "f1") for key in keys] == [True, True, False]
    assert record.table_key(keys[0], "recall") != record.table_key(keys[1], "recall")
    assert record.table_key(keys[0], "unknown") != record.table_key(keys[1], "unknown")


def test_as_json_holds_every_field():
    """No field of a record stays in memory only."""
    assert list(make().as_json()) == [item.name for item in dataclasses.fields(record.RunRecord)]
