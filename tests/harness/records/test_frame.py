"""Records as a pandas table."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pandas as pd

from harness.records.frame import frame

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))


def test_a_row_a_record_a_column_a_metric(tmp_path: Path) -> None:
    """Values and intervals are those of the record, and text columns are text."""
    folder = synthetic["put"](tmp_path, synthetic["record"](0.5, model="ner/crf"), "run-1")
    synthetic["put"](tmp_path, synthetic["record"](status="failed", model="ner/softmax"), "run-2")
    made = frame(tmp_path)
    record = json.loads(folder.record_path.read_text(encoding="utf-8"))
    assert made["model"].tolist() == ["ner/crf", "ner/softmax"]
    first = made.iloc[0]
    assert first["span_f1"] == record["results"]["span_f1"]["value"]
    interval = record["results"]["span_f1"]["uncertainty"]["confidence_interval"]
    assert (first["span_f1_lower"], first["span_f1_upper"]) == (interval["lower"], interval["upper"])
    assert pd.isna(made.iloc[1]["span_f1"])
    assert pd.api.types.is_string_dtype(made["task"])


def test_no_record_is_an_empty_table(tmp_path: Path) -> None:
    """A folder without records gives a table without rows that has the columns of every other one, not an error."""
    empty = frame(tmp_path)
    synthetic["put"](tmp_path, synthetic["record"](status="failed"), "run-1")
    assert len(empty) == 0
    assert list(empty.columns) == list(frame(tmp_path).columns)


def test_both_intervals_are_columns(tmp_path: Path) -> None:
    """The interval of these checkpoints and that of the recipe stand side by side; where there is none, nothing does."""
    record = synthetic["record"](0.5)
    ends = {"standard_error": 0.01, "degrees": 9.0, "confidence_level": 0.95, "method": "m"}
    entry = record.results["span_f1"]
    entry["checkpoints"], entry["recipe"] = {"lower": 0.4, "upper": 0.6, **ends}, {"lower": 0.3, "upper": 0.7, **ends}
    record.results["token_f1"] |= {"checkpoints": {"none": "3 groups"}, "recipe": {"none": "3 groups"}}
    synthetic["put"](tmp_path, record, "run-1")
    row = frame(tmp_path).iloc[0]
    assert row[["span_f1_lower", "span_f1_upper", "span_f1_recipe_lower", "span_f1_recipe_upper"]].tolist() == [
        0.4,
        0.6,
        0.3,
        0.7,
    ]
    assert "token_f1_lower" not in row
