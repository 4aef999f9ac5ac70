"""What a record is, and that whatever is not one is refused in words."""

import dataclasses
import hashlib
import json
import runpy
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.records import record
from harness.records.schema import SCHEMAS

make = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))["record"]
HERE = Path("results/ner/cmeee/ner/crf/some-run/result.json")


def text(**changes):
    """The JSON of a good record with fields changed; a field set to ``...`` is taken out."""
    value = {**make().as_json(), **changes}
    return json.dumps({name: item for name, item in value.items() if item is not ...})


def of_schema(version, **changes):
    """The same record as an older schema has it: without the fields that it does not know."""
    known = json.loads((SCHEMAS / f"result-{version}.json").read_text(encoding="utf-8"))["properties"]
    value = json.loads(text(**changes, schema_version=version))
    value = {name: item for name, item in value.items() if name in known}
    value["model"] = {name: item for name, item in value["model"].items() if name in known["model"]["properties"]}
    for entry in value["results"].values():
        entry.pop("checkpoints", None)
        entry.pop("recipe", None)
    if version == 1 and "columns" in (value["samples"] or {}):
        value["samples"] = {"path": "samples.jsonl.gz", "sha256": "6" * 64, "rows": 5}
    return json.dumps(value)


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
        (
            text(task=...),
            '"task" is a required property. The file was edited or cut off; run it again, or delete its folder.',
        ),
        (text(status=..., model=..., revision=...), '"status" is a required property; "model" is a required property;'),
        (text(status="done"), 'status: "done" is not one of "started", "success"'),
        (text(status=None), "status: null is not one of"),
        (text(status=["success"]), 'status: ["success"] is not one of'),
        (text(config=make().config | {"seeds": 3}), 'config/seeds: 3 is not of type "array"'),
        (text(command="harness run"), 'command: "harness run" is not of type "array"'),
        (text(durations_s={"train": "long"}), 'durations_s/train: "long" is not of type "number"'),
        (text(durations_s={"train": float("nan")}), "is not valid JSON (NaN is no number)"),
        (text(results={"span_f1": [0.5]}), 'results/span_f1: [0.5] is not of type "object"'),
        (text(data={"splits": [], "overlap": {}}), 'data/splits: [] is not of type "object"'),
        (text(environment=3), 'environment: 3 is not of type "object"'),
        (text(task=make().task | {"name": "../../home"}), 'task/name: "../../home" does not match'),
        (text(task=make().task | {"name": "../home"}), "'../home' is no name of a task. The file was edited"),
        (text(task=make().task | {"name": "/etc/x"}), 'task/name: "/etc/x" does not match'),
        (text(task=make().task | {"name": "ner/" + "x" * 300}), "is no name of a task."),
        (text(task=make().task | {"name": 3}), 'task/name: 3 is not of type "string"'),
        (text(model=make().model | {"name": "ner/a\nb"}), "'ner/a\\nb' is no name of a model."),
    ],
)
def test_refused(broken, message):
    """A file that is no whole record of a known version is refused, naming the file and what does not hold."""
    with pytest.raises(DataError) as error:
        record.parse(broken, HERE)
    assert str(error.value).startswith(str(HERE))
    assert message in str(error.value)


@pytest.mark.parametrize("name", json.loads(record.SCHEMA_FILE.read_text(encoding="utf-8"))["required"])
def test_every_required_field_is_missed(name):
    """Each required field is missed by name; the schema's own two are missed as what they are."""
    with pytest.raises(DataError, match=f'"{name}" is a required property|schema is None|schema version None'):
        record.parse(text(**{name: ...}), HERE)


def test_optional_fields_have_defaults():
    """A record of a run that was just begun may leave out what comes later."""
    later = ("results", "training", "samples", "error", "durations_s", "finished_at", "attempts")
    begun = {name: item for name, item in make(status="started").as_json().items() if name not in later}
    bare = record.parse(json.dumps(begun), HERE)
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
        1: lambda old, folder, text, foreign: {**old, "attempts": old["attempts"] + 10},
        2: lambda old, folder, text, foreign: {**old, "attempts": old["attempts"] * 2, "run_id": folder.name},
    }
    monkeypatch.setattr(record, "UPGRADES", steps)
    made = record.parse(of_schema(1), HERE)
    assert (made.attempts, made.schema_version, made.run_id) == (22, 3, "some-run")
    assert record.parse(of_schema(1), HERE, Path("elsewhere")).run_id == "elsewhere"


BESIDE = {
    "schema": "harness.samples",
    "schema_version": 1,
    "samples": {"path": "samples.parquet", "sha256": "7" * 64, "rows": 5, "columns": {"seed": "int32"}},
    "metrics": {"span_f1": "8" * 64},
    "packed_from": {"path": "samples.jsonl.gz", "sha256": "6" * 64},
}
OLD = {"samples": {"path": "samples.jsonl.gz", "sha256": "6" * 64, "rows": 5}}


def test_what_lies_beside_completes_a_record_of_schema_1(tmp_path):
    """Predictions as Parquet and a digest a metric come from samples.json; all else is as the record has it."""
    (tmp_path / "samples.json").write_text(json.dumps(BESIDE))
    found, plain = record.parse(of_schema(1, **OLD), tmp_path / "result.json"), make()
    assert found.samples == BESIDE["samples"]
    assert found.comparability_key["metrics"] == BESIDE["metrics"]
    kept = {
        "samples": plain.samples,
        "comparability_key": plain.comparability_key,
        "model": plain.model,
        "results": plain.results,
    }
    assert dataclasses.replace(found, **kept) == plain


def test_a_record_of_schema_1_alone_keeps_its_predictions(tmp_path):
    """Without samples.json nothing is claimed: neither Parquet nor digests."""
    found = record.parse(of_schema(1, **OLD), tmp_path / "result.json")
    assert (found.samples, "metrics" in found.comparability_key) == (OLD["samples"], False)


def test_packed_predictions_without_what_lies_beside_are_told(tmp_path):
    """Where only Parquet is left, samples.json was lost, and no table takes the record for one of another metric code."""
    (tmp_path / "samples.parquet").touch()
    with pytest.raises(DataError, match=r"samples\.json is missing.*Restore it"):
        record.parse(of_schema(1, **OLD), tmp_path / "result.json")
    (tmp_path / "samples.jsonl.gz").touch()  # packing was killed half way: the same command goes on
    assert record.parse(of_schema(1, **OLD), tmp_path / "result.json").samples == OLD["samples"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"samples\.json is damaged \(JSONDecodeError.*Restore it"),
        ("[]", r"samples\.json is damaged \(ValueError.*not of type"),
        ("{}", r"samples\.json is damaged \(ValueError.*required property"),
        (
            json.dumps({**BESIDE, "packed_from": {"path": "samples.jsonl.gz", "sha256": "9" * 64}}),
            "belongs to another record",
        ),
    ],
)
def test_what_lies_beside_must_hold(tmp_path, content, message):
    """A samples.json that is damaged, or was copied from another run, is told by name."""
    (tmp_path / "samples.json").write_text(content)
    with pytest.raises(DataError, match=message):
        record.parse(of_schema(1, **OLD), tmp_path / "result.json")


def older(**changes):
    """The text of a record of schema 2, which knows neither items nor arithmetic."""
    return of_schema(2, **changes)


ESTIMATE = {"lower": 0.5, "upper": 0.7, "standard_error": 0.05, "degrees": 9.0, "confidence_level": 0.95, "method": "m"}


def items_beside(content, **changes):
    """What ``harness records items`` leaves beside a record of this text."""
    return {
        "schema": "harness.items",
        "schema_version": 1,
        "of": hashlib.sha256(content.encode()).hexdigest(),
        "items": {"path": "items.parquet", "sha256": "8" * 64, "rows": 5000, "groups": 5000, "strata": 1},
        "deterministic": True,
        "results": {"span_f1": {"checkpoints": ESTIMATE, "recipe": {"none": "one seed"}}},
        **changes,
    }


def test_what_lies_beside_completes_a_record_of_schema_2(tmp_path):
    """Items, intervals and whether the model draws anything come from items.json; all else is as the record has it."""
    content = older()
    beside = items_beside(content)
    (tmp_path / "items.json").write_text(json.dumps(beside))
    found, plain = record.parse(content, tmp_path / "result.json"), make()
    assert found.items == beside["items"]
    assert found.model == plain.model | {"deterministic": True}
    assert found.results["span_f1"] == plain.results["span_f1"] | beside["results"]["span_f1"]
    without = {name: item for name, item in plain.results["token_f1"].items() if name not in ("checkpoints", "recipe")}
    assert found.results["token_f1"] == without


def test_a_record_of_schema_2_alone_has_no_items(tmp_path):
    """Without items.json nothing is claimed: no items, and a model that may draw."""
    found = record.parse(older(), tmp_path / "result.json")
    assert (found.items, found.model["deterministic"]) == (None, False)


def test_items_without_what_lies_beside_are_told(tmp_path):
    """Where only the items are left, items.json was lost."""
    (tmp_path / "items.parquet").touch()
    with pytest.raises(DataError, match=r"items\.json is missing.*Restore it"):
        record.parse(older(), tmp_path / "result.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"items\.json is damaged \(JSONDecodeError.*Restore it"),
        ("[]", r"items\.json is damaged \(ValueError.*not of type"),
        ("{}", r"items\.json is damaged \(ValueError.*required property"),
        (json.dumps(items_beside("another")), "belongs to another record"),
        (json.dumps(items_beside(older(), results=[1])), r"items\.json is damaged \(ValueError.*results: "),
    ],
)
def test_items_beside_must_hold(tmp_path, content, message):
    """An items.json that is damaged, or was made of another record, is told by name."""
    (tmp_path / "items.json").write_text(content)
    with pytest.raises(DataError, match=message):
        record.parse(older(), tmp_path / "result.json")


@pytest.mark.parametrize(
    ("training", "device", "said"),
    [
        ({"precision": "bf16", "steps": 9}, "cuda:0", "bf16"),
        ({"precision": "float32"}, "cpu", "float32"),
        ({"rows": 10}, "cpu", "exact"),
        ({}, "cpu", "exact"),
        ({"steps": 9}, "cpu", "float32"),
        ({"rows": 10}, "cuda:0", "float32"),
    ],
)
def test_older_records_say_their_arithmetic(training, device, said):
    """The class joins the parts of the key from what the record says of its training; the folder's key is kept."""
    training = {"0": {"parameters": 5, **training}} if training else {}
    content = older(training=training, config={"seeds": [0], "limit": None, "device": device})
    found, plain = record.parse(content, HERE).comparability_key, make().comparability_key
    assert found["parts"] == {**plain["parts"], "arithmetic": said}
    assert found["sha256"] == record.comparability_key(**found["parts"])["sha256"] != plain["sha256"]
    assert record.name_key(found) == plain["sha256"] == record.name_key(plain)


def test_an_edited_key_stays_edited():
    """A key that is not the hash of its parts is not made one by the upgrade."""
    key = {**make().comparability_key, "sha256": "0" * 64}
    assert record.parse(older(comparability_key=key), HERE).comparability_key == key


def test_timings_have_no_class_of_arithmetic():
    """A timing has a precision for each measure."""
    found = record.parse(older(speed={"session": "a", "measures": {}}), HERE)
    assert "arithmetic" not in found.comparability_key["parts"]


def test_exact_arithmetic_stands_beside_every_other():
    """Runs of other classes may not be compared, but with what computes without torch each may."""
    key = {said: record.comparability_key(task="a@1", arithmetic=said) for said in record.ARITHMETIC}
    assert record.difference(key["float32"], key["bf16"]) == ["arithmetic"]
    assert record.difference(key["tf32"], key["float32"]) == ["arithmetic"]
    assert all(
        record.difference(key["exact"], other) == [] == record.difference(other, key["exact"]) for other in key.values()
    )


def test_other_versions_of_a_scorer_are_told():
    """Where both runs name the package that scored a metric, its version must be the same; older records name none."""
    key = {version: {"parts": {"task": "a@1"}, "scorers": {"seqeval_f1": {"seqeval": version}}} for version in "12"}
    assert record.difference(key["1"], key["2"], "seqeval_f1") == ["scorers"]
    assert record.difference(key["1"], key["2"], "span_f1") == []
    assert record.difference(key["1"], {"parts": {"task": "a@1"}}, "seqeval_f1") == []


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
