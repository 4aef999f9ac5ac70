"""``harness pool``: runs of single seeds become the record that one run of all seeds would have left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.cli.main import main
from harness.files import file_digest
from harness.records import samples
from harness.records.record import SCHEMA_FILE
from harness.records.store import RunFolder

Made = tuple[Path, dict[str, Any]]


@pytest.fixture
def trial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Made]:
    """Run guesses on a sample with the seeds given; the folder of the run, and its record."""

    def made(*arguments: str, model: str = "uniform", task: str = "tnews") -> Made:
        given = ("--task", task, "--model", model, "--data", "sample", "--json", "--output-dir", str(tmp_path))
        assert main(["run", *given, *arguments]) == 0
        path = Path(json.loads(capsys.readouterr().out)["record"])
        return path.parent, json.loads(path.read_text())

    return made


def pool(tmp_path: Path, *runs: Path) -> int:
    """The command's exit code."""
    return main(["pool", *map(str, runs), "--output-dir", str(tmp_path), "--json"])


def test_equals_one_run_of_all_seeds(trial, tmp_path, capsys):
    """Three runs of a seed each, in any order, give every number that one run of three seeds gives."""
    _, whole = trial("--seeds", "3")
    runs = [trial("--seed", seed) for seed in "201"]
    assert pool(tmp_path, *(folder for folder, _ in runs)) == 0
    path = Path(json.loads(capsys.readouterr().out)["record"])
    found = json.loads(path.read_text())
    jsonschema.validate(found, json.loads(SCHEMA_FILE.read_text()))
    assert found["results"] == whole["results"]
    assert found["items"] == whole["items"]
    assert found["comparability_key"] == whole["comparability_key"]
    assert found["config"]["seeds"] == [0, 1, 2]
    assert main(["score", str(path.parent), "--output-dir", str(tmp_path)]) == 0
    assert {source["run"]: source["sha256"] for source in found["config"]["pooled"]} == {
        folder.name: file_digest(folder / "result.json") for folder, _ in runs
    }


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"model": "majority"}, "must be one model"),
        ({"task": "eprstmt"}, "differ in data, task"),
        ({"limit": "3"}, "differ in data, limit"),
        ({"seed": "0"}, "seed 0 in more than one run"),
    ],
)
def test_refuses_what_differs_in_more_than_seeds(trial, tmp_path, capsys, second, message):
    """Another model, another task, fewer rows or a seed twice is refused with what differs, and nothing is written."""
    first, _ = trial("--seed", "0", "--limit", "4")
    names = {"model": "uniform", "task": "tnews"} | {key: second[key] for key in second.keys() & {"model", "task"}}
    other, _ = trial("--seed", second.get("seed", "1"), "--limit", second.get("limit", "4"), "--fresh", **names)
    before = sorted(tmp_path.rglob("*"))
    assert pool(tmp_path, first, other) == 2
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_one_run_is_no_pool(trial, tmp_path, capsys):
    """A single run is refused."""
    folder, _ = trial("--seed", "0")
    assert pool(tmp_path, folder) == 2
    assert "two or more" in capsys.readouterr().err


def test_damaged_predictions(trial, tmp_path, capsys):
    """A run whose predictions are not those of its record is named."""
    first, second = trial("--seed", "0")[0], trial("--seed", "1")[0]
    packed = RunFolder(second).packed
    samples.write(packed, samples.read(packed)[1:])
    assert pool(tmp_path, first, second) == 4
    assert f"{second}: FAIL integrity, predictions" in capsys.readouterr().err
    packed.write_bytes(b"")
    assert pool(tmp_path, first, second) == 4
    assert f"the predictions in {packed} are damaged" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["renamed", "doubled", "contradicted"])
def test_one_run_is_no_second_seed(trial, tmp_path, capsys, way):
    """A run copied under another seed, and rows doubled or contradicted, are refused with the rung that tells."""
    first, second = trial("--seed", "0")[0], trial("--seed", "1")[0]
    rows = samples.read(RunFolder(first if way == "renamed" else second).packed)
    if way == "renamed":
        rows = [{**row, "seed": 1} for row in rows]
    elif way == "doubled":
        rows[1] = rows[0]
    else:
        rows[1] = {**rows[0], "prediction": rows[0]["prediction"] + 1}
    facts = samples.write(RunFolder(second).packed, rows)
    held = json.loads((second / "result.json").read_text(encoding="utf-8")) | {"samples": facts}
    if way == "renamed":
        held["results"] = json.loads((first / "result.json").read_text(encoding="utf-8"))["results"]
        held["model"]["deterministic"] = False
    (second / "result.json").write_text(json.dumps(held), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    assert pool(tmp_path, first, second) == 4
    assert ("FAIL across, copies" if way == "renamed" else "FAIL recomputation, rows") in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_killed_pool_is_taken_up(trial, tmp_path, capsys, monkeypatch):
    """A pool that a kill cut off is finished in its folder by the same command, and equals one that was not."""
    runs = [trial("--seed", seed)[0] for seed in "01"]
    before = set(tmp_path.rglob("result.json"))
    for place in ("pack", "recorded_predictions"):
        with monkeypatch.context() as there:
            held = getattr(RunFolder, place)

            def cut(folder, *given, held=held):
                if folder.path in runs:
                    return held(folder, *given)
                raise KeyboardInterrupt

            there.setattr(RunFolder, place, cut)
            assert pool(tmp_path, *runs) == 130
        (left,) = set(tmp_path.rglob("result.json")) - before
        assert json.loads(left.read_text())["status"] == "started"
    capsys.readouterr()
    assert pool(tmp_path, *runs) == 0
    assert Path(json.loads(capsys.readouterr().out)["record"]) == left
    assert set(tmp_path.rglob("result.json")) - before == {left}
    assert sorted(path.name for path in left.parent.iterdir()) == ["items.parquet", "result.json", "samples.parquet"]
    whole = trial("--seeds", "2")[1]
    found = json.loads(left.read_text())
    assert (found["results"], found["items"]) == (whole["results"], whole["items"])
    assert found["samples"]["sha256"] == whole["samples"]["sha256"]
