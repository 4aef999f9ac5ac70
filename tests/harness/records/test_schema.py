"""The published shape of a record: what runs write fits it, what is broken does not."""

import dataclasses
import json
import runpy
from pathlib import Path

import jsonschema
import pytest

from harness.errors import RunError
from harness.records.record import SCHEMA_FILE, STATUSES, RunRecord
from harness.records.schema import SCHEMAS, loads
from harness.trial import draft, planning, running

TESTS = Path(__file__).resolve().parents[2]
committed = runpy.run_path(str(TESTS / "_committed.py"))["committed"]
synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make = synthetic["record"]
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def complaints(value):
    """Where a value leaves the schema."""
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in VALIDATOR.iter_errors(value)]


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A task and models of our own, none of which needs torch."""
    monkeypatch.setenv("HARNESS_PATH", str(synthetic["shelves"](tmp_path / "shelf")))
    return tmp_path / "results"


def request(output, model="toy/marker", **changes):
    """A run on the embedded sample."""
    return planning.Request(
        task="toy/letters", model=model, data="sample", output=output, command=("harness", "run"), **changes
    )


def test_schema_is_a_schema():
    """The file is valid JSON Schema of the edition that it names."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("draft/2020-12/schema")


def test_schema_holds_the_fields_of_a_record():
    """The schema knows exactly the fields of a record, and requires those that have no default but what comes later."""
    assert set(SCHEMA["properties"]) == {item.name for item in dataclasses.fields(RunRecord)}
    without = {item.name for item in dataclasses.fields(RunRecord) if item.default is item.default_factory}
    assert set(SCHEMA["required"]) == without | {"schema", "schema_version"}
    assert set(SCHEMA["properties"]["status"]["enum"]) == set(STATUSES)


def fields(node, path=""):
    """Every named field of a schema, with its place."""
    for key in ("properties", "$defs"):
        for name, child in node.get(key, {}).items():
            yield f"{path}/{name}", child
            yield from fields(child, f"{path}/{name}")
    for child in node.get("anyOf", []):
        yield from fields(child, path)
    if isinstance(node.get("additionalProperties"), dict):
        yield from fields(node["additionalProperties"], f"{path}/*")


def test_every_field_is_described():
    """A reader finds a sentence at every field."""
    found = dict(fields(SCHEMA))
    assert len(found) > 90
    assert [path for path, child in found.items() if len(child.get("description", "")) < 10] == []


@pytest.mark.parametrize("status", STATUSES)
def test_synthetic_records_fit(status):
    """The records that other tests use have the shape of real ones."""
    assert complaints(make(status=status, seeds=3).as_json()) == []


def test_real_run_fits(shelf):
    """A run's own record fits, and scores what the model is known to score."""
    folder, made = running.run(planning.plan(request(shelf, seeds=(0, 1))))
    assert complaints(json.loads(folder.record_path.read_text(encoding="utf-8"))) == []
    assert made.results["span_f1"]["value"] == 1.0
    assert made.results["span_f1"]["seed_sd"] == 0.0


def test_real_failure_fits(shelf):
    """The record of a run whose model raised fits, and keeps the reason."""
    with pytest.raises(RunError, match="asked to fail"):
        running.run(planning.plan(request(shelf, "toy/marker:fail=true")))
    (path,) = shelf.rglob("result.json")
    value = json.loads(path.read_text(encoding="utf-8"))
    assert complaints(value) == []
    assert (value["status"], value["error"]["message"]) == ("failed", "asked to fail")


def test_real_skip_fits(shelf):
    """The record of a pair that does not fit fits the schema."""
    folder = draft.skip(request(shelf, "toy/stranger"), "another kind")
    assert complaints(json.loads(folder.record_path.read_text(encoding="utf-8"))) == []


def test_unfinished_run_fits(shelf, monkeypatch):
    """What a killed run leaves behind fits."""
    with monkeypatch.context() as patch:
        patch.setattr(running, "carry_out", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            running.run(planning.plan(request(shelf)))
    (path,) = shelf.rglob("result.json")
    value = json.loads(path.read_text(encoding="utf-8"))
    assert value["status"] == "started"
    assert complaints(value) == []


def test_every_schema_is_one():
    """The schemas of every version, and of what lies beside records, are valid and described field by field."""
    names = sorted(path.name for path in SCHEMAS.iterdir())
    assert names == ["items-1.json", "result-1.json", "result-2.json", "result-3.json", "samples-1.json"]
    for name in names:
        schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        assert [path for path, child in fields(schema) if len(child.get("description", "")) < 10] == []


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("status", "done", "is not one of"),
        ("status", "started", "finished_at: '2026-01-01T00:00:00Z' is not of type 'null'"),
        ("schema_version", 1, "3 was expected"),
        ("schema", "other", "'harness.result' was expected"),
        ("run_id", "", "non-empty"),
        ("started_at", "yesterday", "does not match"),
        ("started_at", "2026-01-01T00:00:00+01:00", "does not match"),
        ("finished_at", None, "is not of type 'string'"),
        ("attempts", 0, "less than the minimum"),
        ("command", "harness run", "is not of type 'array'"),
        ("colour", "blue", "Additional properties are not allowed"),
        ("task/name", "cmeee", "does not match"),
        ("task/sample", "no", "is not of type 'boolean'"),
        ("task/version", 0, "less than the minimum"),
        ("data/splits/dev/digest", "12", "does not match"),
        ("data/overlap/train|dev", -1, "less than the minimum"),
        ("model/parameters", 1.5, "is not valid under any"),
        ("model/trivial", None, "is not of type 'boolean'"),
        ("protocol/sha256", "xyz", "does not match"),
        ("config/seeds", [], "non-empty"),
        ("config/seeds", [1, 1], "non-unique"),
        ("config/limit", 0, "less than the minimum"),
        ("comparability_key/sha256", "B" * 64, "does not match"),
        ("durations_s/train", -1, "less than the minimum"),
        ("training/first", {"parameters": 1}, "does not match"),
        ("results", {}, "non-empty"),
        ("results/span_f1/value", "0.6", "is not of type 'number'"),
        ("results/span_f1/value", None, "is not of type 'number'"),
        ("results/span_f1/score", 0.6, "Additional properties are not allowed"),
        ("results/span_f1/per_seed", [], "non-empty"),
        ("results/span_f1/uncertainty/standard_error", -0.1, "less than the minimum"),
        (
            "results/span_f1/uncertainty/confidence_interval/confidence_level",
            95,
            "greater than or equal to the maximum",
        ),
        ("results/span_f1/overlap_free/n", 0, "less than the minimum"),
        ("samples/path", "../elsewhere.gz", "is not valid under any"),
        ("samples", None, "is not of type 'object'"),
        ("error", {"type": "RunError", "message": "why"}, "is not of type 'null'"),
        ("revision/commit", "main", "does not match"),
    ],
)
def test_broken_records_do_not_fit(place, value, message):
    """A record with one thing wrong is refused, and the complaint says what."""
    broken = make(seeds=2).as_json()
    *way, last = place.split("/")
    node = broken
    for step in way:
        node = node[step]
    node[last] = value
    assert message in " ".join(complaints(broken))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": {"b": [1, "\\ud800"]}}', r"a/b/1: '\\ud800' is half of a character"),
        ('{"\\uDC00": 1}', "a name: .* is half of a character"),
        ('{"a": 1' + "0" * 399 + "}", "a number of 400 digits"),
        ("[" * 200_000, "nested too deep"),
        ('{"a": NaN}', "NaN is no number"),
    ],
)
def test_what_nothing_can_work_with_is_no_json(text, told):
    """Half characters, numbers beyond every float, and depth without end are told with their place."""
    with pytest.raises(ValueError, match=told):
        loads(text)
    with pytest.raises(ValueError, match=told):
        loads(text.encode())


def test_a_whole_character_of_two_escapes_is_text():
    """A pair of surrogates is one character."""
    assert loads('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}
