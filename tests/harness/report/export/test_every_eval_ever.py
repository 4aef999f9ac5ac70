"""Exported files hold against the schemas of Every Eval Ever, say the numbers of their records, and no text or gold."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.cli.main import main
from harness.records.record import RunRecord
from harness.records.store import RunFolder

synthetic = runpy.run_path(str(Path(__file__).parents[2] / "_synthetic.py"))
SCHEMAS = Path(__file__).parent / "schemas"
WHOLE, ITEM = (
    jsonschema.Draft7Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))
    for name in ("eval", "instance_level_eval")
)
OWN = {"encoder": "bilstm", "rope": True}


def interval(middle: float, error: float) -> dict[str, Any]:
    """An interval as a record keeps it."""
    ends = {"lower": middle - 2 * error, "upper": middle + 2 * error, "standard_error": error}
    return {**ends, "degrees": 40.0, "confidence_level": 0.95, "method": "jackknife over groups of items"}


def record(**changes: Any) -> RunRecord:
    """A record whose metrics have both intervals, one of them, or none."""
    made: RunRecord = synthetic["record"](0.6, seeds=3, **changes)
    for entry in made.results.values():
        entry.pop("uncertainty", None)
    if made.results:
        made.results["span_f1"] |= {"checkpoints": interval(0.6, 0.01), "recipe": interval(0.6, 0.03)}
        made.results["span_recall"] |= {"checkpoints": interval(0.62, 0.01), "recipe": {"none": "one seed"}}
        made.results["token_f1"] |= {"checkpoints": {"none": "3 groups"}, "recipe": {"none": "3 groups"}}
    made.model["settings"] = dict(OWN)
    return made


def put(tmp_path: Path, made: RunRecord) -> Path:
    """The folder of a record."""
    folder: RunFolder = synthetic["put"](tmp_path / "results", made)
    return folder.path


def exported(tmp_path: Path, *folders: Path, flags: tuple[str, ...] = ()) -> list[Path]:
    """The files that come of records."""
    asked = ["export", *map(str, folders), "--to", "every-eval-ever", "--output", str(tmp_path / "out"), *flags]
    assert main(asked) == 0
    return sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())


def load(path: Path) -> Any:
    """A file as strict JSON."""
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(name))


def complaints(validator: Any, value: Any) -> list[str]:
    """Where a value leaves a schema."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(value)
    ]


def test_an_export_holds_against_the_schema(tmp_path: Path) -> None:
    """A record with every sort of metric comes out in the published form, at the place that a datastore wants."""
    (path,) = exported(tmp_path, put(tmp_path, record()))
    assert complaints(WHOLE, load(path)) == []
    assert path.relative_to(tmp_path / "out").parts[:4] == ("data", "harness__ner-cmeee", "harness", "ner-crf")
    assert path.stem[14] == "4"  # a UUID of version 4


def test_the_schema_is_a_judge() -> None:
    """The validator is one that refuses: an empty object, and a score that is a text."""
    assert len(complaints(WHOLE, {})) == 7
    assert complaints(ITEM, {})


def test_numbers_are_those_of_the_record(tmp_path: Path) -> None:
    """Scores, senses and ranges; the interval is that of the recipe, else of the trained models, else there is none."""
    made = record()
    (path,) = exported(tmp_path, put(tmp_path, made))
    found = {result["metric_config"]["metric_name"]: result for result in load(path)["evaluation_results"]}
    assert found.keys() == made.results.keys()
    for name, entry in made.results.items():
        result = found[name]
        config, score = result["metric_config"], result["score_details"]["score"]
        assert score == entry["value"]
        assert config["lower_is_better"] is not entry["higher_is_better"]
        assert config["min_score"] <= score <= float(config["max_score"])
    said = {name: result["score_details"].get("uncertainty") for name, result in found.items()}
    assert said["span_f1"]["standard_error"]["value"] == 0.03
    assert said["span_f1"]["confidence_interval"]["method"].startswith("this recipe")
    assert said["span_recall"]["standard_error"]["value"] == 0.01
    assert said["span_recall"]["confidence_interval"]["method"].startswith("these trained models")
    assert said["token_f1"] is said["oracle_span_f1"] is None
    details = found["span_f1"]["score_details"]["details"]
    assert json.loads(details["per_seed"]) == made.results["span_f1"]["per_seed"]
    assert json.loads(details["checkpoints"])["standard_error"] == 0.01
    assert json.loads(found["token_f1"]["score_details"]["details"]["recipe"]) == {"none": "3 groups"}


def test_a_second_export_is_the_same(tmp_path: Path) -> None:
    """Names, ids and times come from the record: exporting again writes the same bytes to the same file."""
    folder = put(tmp_path, record())
    (path,) = exported(tmp_path, folder)
    before = path.read_bytes()
    assert exported(tmp_path, folder) == [path]
    assert path.read_bytes() == before


def test_a_model_is_one_whatever_its_settings(tmp_path: Path) -> None:
    """Settings stand in the details; the id is the model's, and what tells runs apart is the evaluation's id."""
    one, two = record(), record(changed={"rope": False})
    files = exported(tmp_path, put(tmp_path, one), put(tmp_path, two))
    first, second = map(load, files)
    assert first["model_info"]["id"] == second["model_info"]["id"] == "harness/ner-crf"
    assert first["evaluation_id"] != second["evaluation_id"]
    assert json.loads(first["model_info"]["additional_details"]["settings"]) == {"rope": True}


def test_who_ran_it_is_said_by_who_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The organisation is a flag; without a folder one record goes to stdout."""
    folder = put(tmp_path, record())
    assert main(["export", str(folder), "--to", "every-eval-ever", "--organisation", "A University"]) == 0
    said = json.loads(capsys.readouterr().out)["source_metadata"]
    assert said["source_organization_name"] == "A University"
    assert said["evaluator_relationship"] == "first_party"


def test_an_encoder_of_ones_own_keeps_its_folder_to_itself(tmp_path: Path) -> None:
    """Of a local path the last name is exported, with the digest of its files."""
    made = record()
    made.model |= {"encoder": "/home/somebody/secret/bert", "encoder_files": {"config.json": "0" * 64}}
    made.model["settings"]["encoder"] = made.model["encoder"]
    (path,) = exported(tmp_path, put(tmp_path, made))
    assert "somebody" not in path.read_text(encoding="utf-8")
    assert load(path)["model_info"]["additional_details"]["encoder"].startswith("bert (")


@pytest.mark.parametrize("status", ["started", "failed", "skipped"])
@pytest.mark.parametrize("form", ["every-eval-ever", "csv"])
def test_what_has_no_results_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: str, form: str
) -> None:
    """An unfinished, failed or skipped run is an error that names it, and nothing is written, not even of others."""
    good, bad = put(tmp_path, record()), put(tmp_path, record(status=status))
    out = tmp_path / "out"
    assert main(["export", str(good), str(bad), "--to", form, "--output", str(out)]) == 4
    assert f"has status {status!r}" in capsys.readouterr().err
    assert not out.exists()


def test_slips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Items without a folder or in CSV, several files to stdout, and timings are refused with the way out."""
    one, two = put(tmp_path, record()), put(tmp_path, record())
    timed = record()
    timed.speed, timed.samples = {"session": "s", "measures": {}}, None
    for asked, said in (
        ([one, "--to", "csv", "--items"], "--items writes a second file"),
        ([one, "--to", "every-eval-ever", "--items"], "--items writes a second file"),
        ([one, two, "--to", "every-eval-ever"], "Name a folder with --output"),
        ([put(tmp_path, timed), "--to", "every-eval-ever"], "Use --to csv"),
    ):
        assert main(["export", *map(str, asked)]) == 2
        assert said in capsys.readouterr().err


def run(tmp_path: Path, *asked: str) -> Path:
    """A run on the sample."""
    assert main(["run", "--data", "sample", *asked, "--output-dir", str(tmp_path / "results")]) == 0
    (path,) = (tmp_path / "results").rglob("result.json")
    return path.parent


@pytest.mark.parametrize(
    ("asked", "metric"),
    [(("--task", "cmeee", "--model", "gazetteer"), "span_f1"), (("--task", "ocnli", "--model", "uniform", "--seeds", "2"), "accuracy")],
)  # fmt: skip
def test_items_hold_against_the_schema(tmp_path: Path, asked: tuple[str, ...], metric: str) -> None:
    """A line an item and seed, in the published form, whose scores make the record's; the aggregate names the file."""
    folder = run(tmp_path, *asked)
    (first, second) = exported(tmp_path, folder, flags=("--items",))
    aggregate, lines = load(first), [json.loads(line) for line in second.read_text(encoding="utf-8").splitlines()]
    assert complaints(WHOLE, aggregate) == [problem for line in lines for problem in complaints(ITEM, line)] == []
    detail = aggregate["detailed_evaluation_results"]
    assert tmp_path / "out" / detail["file_path"] == second
    assert detail["checksum"] == hashlib.sha256(second.read_bytes()).hexdigest()
    assert detail["total_rows"] == len(lines)
    assert {line["evaluation_id"] for line in lines} == {aggregate["evaluation_id"]}
    result = aggregate["evaluation_results"][0]
    assert {line["evaluation_result_id"] for line in lines} == {result["evaluation_result_id"]}
    assert result["metric_config"]["metric_name"] == metric
    scores = [line["evaluation"]["score"] for line in lines]
    if metric == "accuracy":
        assert sum(scores) / len(scores) == pytest.approx(result["score_details"]["score"])
    assert all(line["evaluation"]["is_correct"] is (score == 1.0) for line, score in zip(lines, scores, strict=True))


def test_items_hold_no_text(tmp_path: Path) -> None:
    """Neither the text nor the gold answer of an item is exported: inputs are empty, references too."""
    folder = run(tmp_path, "--task", "cmeee", "--model", "gazetteer")
    second = exported(tmp_path, folder, flags=("--items",))[1]
    lines = [json.loads(line) for line in second.read_text(encoding="utf-8").splitlines()]
    assert all(line["input"] == {"raw": "", "reference": []} and line["answer_attribution"] == [] for line in lines)
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in second.read_text(encoding="utf-8"))


def test_items_that_are_neither_right_nor_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bits a byte make no text right or wrong, so there is nothing to say item by item."""
    folder = run(tmp_path, "--task", "novels_en", "--model", "unigram")
    asked = ["export", str(folder), "--to", "every-eval-ever", "--items", "--output", str(tmp_path / "out")]
    assert main(asked) == 2
    assert "neither right nor wrong by bits_per_byte" in capsys.readouterr().err
