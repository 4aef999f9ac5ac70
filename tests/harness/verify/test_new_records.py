"""Records of today's schema are tampered with; each change is caught by the rung that is named."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.files import digest
from harness.records.store import RunFolder
from harness.trial.rescoring import rescore
from harness.verify.finding import ACROSS, FAIL, FORM, INTEGRITY, RECOMPUTATION, RUNGS
from harness.verify.ladder import climb

from _forging import Forging, edit, put, rows  # isort: skip - beside this file

UNIFORM, TFIDF = "zero_shot/bustm@sample/trivial/uniform/", "zero_shot/bustm@sample/zero_shot/tfidf/"
ENTRY = "results/accuracy"
GAZETTEER, PARTIAL = "ner/msra@sample/trivial/gazetteer/", "results/span_f1_partial"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seeds of a guess, a model that draws nothing under two, and one of entities."""
    root = tmp_path_factory.mktemp("clean") / "results"
    for task, model, seeds in (("bustm", "uniform", "3"), ("bustm", "tfidf", "2"), ("msra", "gazetteer", "1")):
        asked = ["--task", task, "--model", model, "--data", "sample", "--seeds", seeds, "--output-dir", str(root)]
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(["run", *asked]) == 0
    return root


def failing(root: Path, to: str = ACROSS) -> str:
    """The lowest rung that fails of the records below; empty for none."""
    folders = sorted(path.parent for path in root.rglob("result.json"))
    rungs = {finding.rung for report in climb(folders, to) for finding in report.of(FAIL)}
    return min(rungs, key=RUNGS.index, default="")


def rekeyed(change: Callable[[dict[str, Any]], Any]) -> Forging:
    """Change the parts of the key and make the key, the run id and the folder's name anew."""

    def forge(root: Path) -> None:
        def inner(value: dict[str, Any]) -> None:
            change(value["comparability_key"]["parts"])
            value["comparability_key"]["sha256"] = digest(value["comparability_key"]["parts"])
            value["run_id"] = f"{value['run_id'][:17]}{value['comparability_key']['sha256'][:8]}"

        edit(UNIFORM, inner)(root)
        folder = next(root.glob(f"{UNIFORM}*"))
        key = json.loads((folder / "result.json").read_text(encoding="utf-8"))["comparability_key"]["sha256"]
        folder.rename(folder.with_name(f"{folder.name[:17]}{key[:8]}"))

    return forge


def without_items(root: Path) -> None:
    """The items are gone from the record and from its folder."""
    next(root.glob(f"{UNIFORM}*/items.parquet")).unlink()
    edit(UNIFORM, lambda value: value.update(items=None))(root)


def test_new_records_pass(clean: Path) -> None:
    """Records of today pass every rung; the seeds of a model that draws nothing agree, and may."""
    assert failing(clean) == ""


@pytest.mark.parametrize(
    ("rung", "forging"),
    [
        (INTEGRITY, edit(UNIFORM, lambda value: value.pop("items"))),
        (RECOMPUTATION, without_items),
        (FORM, put(UNIFORM, f"{ENTRY}/recipe", {"lower": 0.1})),
        (INTEGRITY, put(UNIFORM, "items/sha256", "0" * 64)),
        (FORM, put(UNIFORM, "model/deterministic", True)),
        (INTEGRITY, put(UNIFORM, "comparability_key/parts/arithmetic", "bf16")),
        (INTEGRITY, rekeyed(lambda parts: parts.update(arithmetic="bf16"))),
        (INTEGRITY, rekeyed(lambda parts: parts.pop("arithmetic"))),
        (INTEGRITY, put(UNIFORM, "training/0/precision", "bf16")),
        (INTEGRITY, lambda root: next(root.glob(f"{UNIFORM}*/items.parquet")).unlink()),
        (RECOMPUTATION, put(UNIFORM, "items/groups", 3)),
        (RECOMPUTATION, put(UNIFORM, f"{ENTRY}/checkpoints/lower", 0.0)),
        (RECOMPUTATION, put(UNIFORM, f"{ENTRY}/recipe/upper", 1.0)),
        (RECOMPUTATION, put(UNIFORM, f"{ENTRY}/recipe/method", "another")),
        (RECOMPUTATION, put(UNIFORM, f"{ENTRY}/recipe", {"none": "it was not asked for"})),
        (RECOMPUTATION, put(UNIFORM, f"{ENTRY}/seed_sd", 0.0)),
        (INTEGRITY, rows(UNIFORM, lambda held: held[1:], forged=False)),
        (RECOMPUTATION, put(GAZETTEER, f"{PARTIAL}/value", 0.5)),
        (RECOMPUTATION, put(GAZETTEER, f"{PARTIAL}/sufficient/0/partial", lambda value: value + 1)),
        (RECOMPUTATION, put(GAZETTEER, f"{PARTIAL}/sufficient/0/predicted", lambda value: value + 1)),
        (RECOMPUTATION, put(GAZETTEER, "results/span_f1_type/checkpoints/lower", 0.0)),
    ],
)  # fmt: skip
def test_tampering_is_caught(rung: str, forging: Forging, clean: Path, tmp_path: Path) -> None:
    """The lowest rung that fails is the one that is named."""
    root = tmp_path / "results"
    shutil.copytree(clean, root)
    forging(root)
    assert failing(root, rung) == rung


def test_a_record_from_before_a_score_of_its_kind_is_sound(clean: Path, tmp_path: Path) -> None:
    """Without the metrics that joined later `score` says the same, and items are made of those that it has."""
    root = tmp_path / "results"
    shutil.copytree(clean, root)
    path = next(root.glob(f"{GAZETTEER}*/result.json"))
    folder = RunFolder(path.parent)
    record = folder.read()
    whole = rescore(record, folder.recorded_predictions(record), None)
    assert {"span_f1_partial", "span_f1_type"} <= whole.results.keys() & whole.tables.keys()
    for name in ("span_f1_partial", "span_f1_type"):
        del record.results[name]
    again = rescore(record, folder.recorded_predictions(record), None)
    assert again.results.keys() == whole.results.keys() - {"span_f1_partial", "span_f1_type"}
    assert again.tables.keys() == whole.tables.keys() - {"span_f1_partial", "span_f1_type"}
