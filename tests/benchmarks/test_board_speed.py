"""How long the board of ten thousand records takes: reading, choosing, writing, in one process."""

import json
import runpy
import time
from pathlib import Path

import pytest

from harness.board import runs
from harness.cli import main

make = runpy.run_path(str(Path(__file__).parents[1] / "harness" / "_synthetic.py"))
TASKS, MODELS, RUNS = 10, 10, 100


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results folder of 100 pairs of task and model with 100 runs each, files of the size of real ones."""
    root = tmp_path_factory.mktemp("results")
    for task in range(TASKS):
        for model in range(MODELS):
            name = "trivial/gazetteer" if model == 0 else f"ner/model{model}"
            for run in range(RUNS):
                at = f"2026-01-{1 + run // 24:02d}T{run % 24:02d}:00:00Z"
                made = make["record"](
                    0.5 + 0.02 * model + 0.0001 * run,
                    task=f"ner/task{task}",
                    model=name,
                    seeds=3,
                    at=at,
                    protocol=("mini", "paper")[run % 2],
                )
                make["put"](root, made, f"run{run:03d}")
    return root


@pytest.mark.parametrize("form", ["md", "csv", "json", "html"])
def test_board_of_ten_thousand_records(benchmark, results, form, capsys):
    """The whole command stays under five seconds; reading and parsing JSON alone is reported beside it as the floor."""
    begun = time.process_time()
    contents = [Path(file).read_bytes() for file in runs.record_files(str(results))]
    for content in contents:
        json.loads(content)
    floor = time.process_time() - begun
    begun = time.process_time()
    code = benchmark.pedantic(main.main, (["leaderboard", "--format", form, "--output-dir", str(results)],), rounds=1)
    cpu = time.process_time() - begun
    assert code == 0
    assert "ner/task9" in capsys.readouterr().out
    assert len(contents) == TASKS * MODELS * RUNS
    benchmark.extra_info.update(
        records=len(contents),
        megabytes=round(sum(map(len, contents)) / 1e6, 1),
        seconds=round(benchmark.stats.stats.mean, 2),
        cpu_seconds=round(cpu, 2),
        floor_cpu_seconds=round(floor, 2),
    )
