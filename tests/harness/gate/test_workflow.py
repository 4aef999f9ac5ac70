"""The workflow that measures base and head: its steps are run here, as far as they need no network."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = ROOT / ".github" / "workflows" / "throughput.yml"
turns = runpy.run_path(str(Path(__file__).with_name("_timings.py")))["turns"]
SUITE = '''"""A suite that takes no time."""


def test_nothing(against_reference):
    """Nothing at all."""
    against_reference(lambda: sum(range(1000)), rounds=3, warmup_rounds=1)
'''


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    """The workflow as data."""
    yaml = pytest.importorskip("yaml")
    loaded: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def step(workflow: dict[str, Any], tmp_path: Path) -> Any:
    """A function that runs a step by its name in a folder, as the CI's shell does."""

    def run(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        (script,) = (item["run"] for item in workflow["jobs"]["gate"]["steps"] if item.get("name") == name)
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=tmp_path,
            env={**os.environ, **workflow["jobs"]["gate"]["env"], "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """Base and head with a Python and a harness each that write down who was called."""
    for side in ("base", "head"):
        folder = tmp_path / side / ".venv" / "bin"
        folder.mkdir(parents=True)
        for name, words in (("python", ""), ("harness", "-m harness ")):
            script = folder / name
            log = f'echo "{side}" >> "{tmp_path}/calls"\n' if name == "python" else ""
            script.write_text(f'#!/bin/bash\n{log}exec "{sys.executable}" {words}"$@"\n', encoding="utf-8")
            script.chmod(0o755)
    return tmp_path


def test_every_script_is_sound(workflow: dict[str, Any]) -> None:
    """bash finds no fault in any step, no step speaks of a host, and files that are named are here."""
    scripts = [step["run"] for step in workflow["jobs"]["gate"]["steps"] if "run" in step]
    assert len(scripts) == 4
    for script in scripts:
        assert subprocess.run(["bash", "-n", "-c", script], capture_output=True).stderr == b""
        assert "://" not in script.replace("file://", "")
        for path in re.findall(r"head/([\w./-]+\.(?:py|txt))", script):
            assert (ROOT / path).exists(), path


def test_base_and_head_are_those_of_the_pull_request(workflow: dict[str, Any]) -> None:
    """It runs for pull requests with rights to read alone; the base is checked out by its commit; files are kept."""
    events = workflow[True] if True in workflow else workflow["on"]  # YAML 1.1 reads a bare `on` as true
    assert set(events) == {"pull_request"}
    assert workflow["permissions"] == {"contents": "read"}
    places = {item["with"]["path"]: item["with"].get("ref") for item in workflow["jobs"]["gate"]["steps"][:2]}
    assert places == {"head": None, "base": "${{ github.event.pull_request.base.sha }}"}
    kept = workflow["jobs"]["gate"]["steps"][-1]
    assert kept["uses"].startswith("actions/upload-artifact")
    assert (kept["if"], kept["with"]["path"]) == ("always()", "measured")


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.long
def test_measuring_and_judging_work_together(step: Any, environments: Path) -> None:
    """One turn with the real fixture: base, head, head, base; every file has raw data and reference times; then a verdict."""
    (environments / "suite").mkdir()
    (environments / "measured").mkdir()
    shutil.copy(ROOT / "tests" / "benchmarks" / "conftest.py", environments / "suite")
    (environments / "suite" / "test_gate_speed.py").write_text(SUITE, encoding="utf-8")
    done = step("Measure in turn", TURNS="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::warning::" not in done.stdout, done.stdout
    assert (environments / "calls").read_text(encoding="utf-8").split() == ["base", "head", "head", "base"]
    for side in ("base", "head"):
        files = sorted((environments / "measured" / side).rglob("*.json"))
        assert len(files) == 2
        for path in files:
            (found,) = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
            assert len(found["stats"]["data"]) == len(found["extra_info"]["reference_seconds"]) == 3
            assert min(found["extra_info"]["reference_seconds"]) > 0
    page = environments / "page.md"
    judged = step("Judge", GITHUB_STEP_SUMMARY=str(page))
    assert judged.returncode == 0, judged.stderr  # two turns are too few: inconclusive, which is a warning
    assert "::warning::the gate is inconclusive" in judged.stdout
    assert "test_gate_speed.py::test_nothing" in page.read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(
    ("head", "allowed", "code", "words"),
    [
        ({"a": 1.0}, None, 0, "pass"),
        ({"a": 1.3}, None, 1, "slower"),
        ({"a": 1.0, "zz": 1.0}, None, 4, "not judged"),
        ({"a": 1.0, "zz": 1.0}, "# new\n\n--allow-extra=zz\n", 0, "pass"),
    ],
)
def test_the_job_fails_where_it_should(
    step: Any, environments: Path, head: dict[str, float], allowed: str | None, code: int, words: str
) -> None:
    """Slower and integrity fail the job, the list of allowed names is read, page and JUnit are written each time."""
    turns(environments / "measured", "base/machine", {"a": 1.0})
    turns(environments / "measured", "head/machine", head, seed=1)
    if allowed:
        (environments / "head" / ".github").mkdir()
        (environments / "head" / ".github" / "gate-allowed.txt").write_text(allowed, encoding="utf-8")
    page = environments / "page.md"
    done = step("Judge", GITHUB_STEP_SUMMARY=str(page))
    assert done.returncode == code, done.stdout + done.stderr
    assert words in page.read_text(encoding="utf-8")
    assert (environments / "measured" / "gate.xml").exists()


def test_the_list_that_ships_allows_nothing() -> None:
    """Every line of gate-allowed.txt is a comment, until a pull request needs one that is not."""
    lines = (ROOT / ".github" / "gate-allowed.txt").read_text(encoding="utf-8").splitlines()
    flags = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"--allow-(missing|extra)=\S+", flag) for flag in flags)
