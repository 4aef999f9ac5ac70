"""One CSV table: a row a metric and seed, and a row of all seeds with both intervals."""

from __future__ import annotations

import csv
import io
import json
import runpy
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.records.store import RunFolder
from harness.report.export.rows import COLUMNS
from harness.report.export.source import estimates

synthetic = runpy.run_path(str(Path(__file__).parents[2] / "_synthetic.py"))
CHECKPOINTS = {
    "lower": 0.5, "upper": 0.7, "standard_error": 0.05, "degrees": 99.0, "confidence_level": 0.95, "method": "jackknife",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A record of three seeds with both entries of an interval."""
    made = synthetic["record"](0.6, seeds=3)
    for entry in made.results.values():
        entry.pop("uncertainty", None)
    made.results["span_f1"] |= {"checkpoints": CHECKPOINTS, "recipe": {"none": "too few"}}
    put: RunFolder = synthetic["put"](tmp_path / "results", made)
    return put.path


def rows(text: str) -> list[dict[str, str]]:
    """A CSV text as rows."""
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_a_metric_and_seed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every value of every seed, then all together; a bound has the row of all seeds alone."""
    assert main(["export", str(folder), "--to", "csv"]) == 0
    made = rows(capsys.readouterr().out)
    record = RunFolder(folder).read()
    assert list(made[0]) == list(COLUMNS)
    for name, entry in record.results.items():
        own = [row for row in made if row["metric"] == name]
        assert [row["seed"] for row in own] == (["0", "1", "2", "all"] if "per_seed" in entry else ["all"])
        assert [float(row["value"]) for row in own] == [*entry.get("per_seed", ()), entry["value"]]


def test_both_intervals_stand_beside_the_pooled_value(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers of the interval that there is, the reason of the one that there is not, and neither beside a seed."""
    main(["export", str(folder), "--to", "csv"])
    *seeds, pooled = [row for row in rows(capsys.readouterr().out) if row["metric"] == "span_f1"]
    assert (float(pooled["checkpoints_lower"]), float(pooled["checkpoints_degrees"])) == (0.5, 99.0)
    assert (pooled["recipe_lower"], pooled["recipe_none"]) == ("", "too few")
    assert all(row["checkpoints_lower"] == row["recipe_none"] == "" for row in seeds)


def test_several_records_are_one_table(folder: Path, tmp_path: Path) -> None:
    """Records follow each other under one head, in a file where one is named; one that is named twice stands once."""
    other = synthetic["put"](tmp_path / "results", synthetic["record"](0.5, model="ner/softmax")).path
    assert (
        main(["export", str(folder), str(other), str(folder), "--to", "csv", "--output", str(tmp_path / "a.csv")]) == 0
    )
    made = rows((tmp_path / "a.csv").read_text(encoding="utf-8"))
    assert list(dict.fromkeys(row["model"] for row in made)) == ["ner/crf on bilstm", "ner/softmax on bilstm"]
    assert len({row["record_sha256"] for row in made}) == 2


def test_json_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints the same rows as JSON."""
    assert main(["export", str(folder), "--to", "csv", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made[0]["metric"] == "span_f1"
    assert made[0]["seed"] == 0


def test_a_timing_has_the_interval_of_its_blocks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Speeds are exported with the interval over blocks, which is none over items."""
    root = Path(__file__).resolve().parents[4] / "results"
    timed = root / "ner" / "cluener" / "ner" / "softmax" / "20261125T165617Z-be4af896"
    assert main(["export", str(timed), "--to", "csv"]) == 0
    row = next(row for row in rows(capsys.readouterr().out) if row["metric"] == "train_tokens_per_second")
    assert float(row["blocks_lower"]) < float(row["value"]) < float(row["blocks_upper"])
    assert row["checkpoints_lower"] == ""


def test_an_older_interval_is_of_the_trained_models() -> None:
    """A bootstrap over documents with seeds held fixed is told as what it is of."""
    entry = synthetic["metric"](0.6, seeds=2)
    entry |= {"uncertainty": {
        "standard_error": 0.01, "method": "percentile bootstrap over documents", "draws": 2000,
        "confidence_interval": {"lower": 0.58, "upper": 0.62, "confidence_level": 0.95},
    }}  # fmt: skip
    found = estimates({**entry, "checkpoints": None, "recipe": None})
    assert list(found) == ["checkpoints"]
    assert (found["checkpoints"]["lower"], found["checkpoints"]["method"][:10]) == (0.58, "percentile")
