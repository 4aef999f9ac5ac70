"""README.md does what it says: its walk prints what is shown, its model runs, its make targets exist, and it is short."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

_ = runpy.run_path(str(Path(__file__).with_name("_walking.py")))
ROOT, blocks, commands, follow, lay_out = _["ROOT"], _["blocks"], _["commands"], _["follow"], _["lay_out"]
read, shape, shell, walk = _["read"], _["shape"], _["shell"], _["walk"]


def test_it_is_short() -> None:
    """Under 180 lines; the claims that are decided come first, and the walk's first command stands before line 70."""
    lines = read("README.md").splitlines()
    assert len(lines) < 180
    assert next(i for i, line in enumerate(lines, 1) if line.startswith("$ harness")) < 70
    headings = [line for line in lines if line.startswith("## ")]
    assert headings[:3] == ["## What it says", "## Two commands", "## A walk in five commands"]


def test_the_walk_has_five_commands() -> None:
    """As its title says."""
    section = read("README.md").split("## A walk in five commands")[1].split("\n## ")[0]
    assert section.count("\n$ harness ") == 5


@pytest.mark.long
def test_every_readme_command_works(tmp_path: Path) -> None:
    """The commands, in their order, in one folder: all exit 0, and print the lines that are shown but for the numbers."""
    lay_out(tmp_path)
    said = follow("README.md", tmp_path)
    for command, shown in walk("README.md"):
        printed = [shape(line) for line in said.get(command, "").splitlines()]
        for line in shown:
            start, dots, _rest = line.partition("...")
            known = shape(start)
            assert any(real.startswith(known) if dots else real == known for real in printed), f"{command}\n{line}"


def test_the_python_examples_are_whole(tmp_path: Path) -> None:
    """The lines of Python compile: an ellipsis or a cut line would not."""
    for source in blocks("README.md", "python"):
        compile(source, "README.md", "exec")
        assert "..." not in source


def test_the_make_targets_run_what_readme_says() -> None:
    """`make demo` runs the main job on the sample, `make test` and `make test-long` the suite in two parts: asked of make."""
    for target, words in {
        "demo": "harness run --task cmeee --model globalpointer --data sample",
        "test": '-m "not long"',
        "test-long": "-m long",
    }.items():
        assert f"make {target}" in read("README.md")
        said = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert words in said


def test_ci_runs_what_readme_says_in_its_order() -> None:
    """In its fresh clone CI makes the demonstration before the tests, as a reader does, and then all other checks."""
    made = re.findall(r"^make ([\w-]+)", read(".ci/run"), re.MULTILINE)
    assert [command for command in commands("README.md") if command.startswith("make ")] == ["make demo", "make test"]
    assert [target for target in made if target != "lint"] == ["demo", "test", "test-long"]


@pytest.mark.long
def test_the_contributing_example_works(tmp_path: Path) -> None:
    """The tasks and models of CONTRIBUTING.md pass their contract tests, and its commands work."""
    lay_out(tmp_path)
    said = follow("CONTRIBUTING.md", tmp_path)
    assert "span_f1" in list(said.values())[-1]
    names = {path.stem for shelf in ("tasks", "baselines") for path in (tmp_path / "my-folder" / shelf).rglob("*.py")}
    assert names >= {"cities", "people", "my_tagger", "memory", "memm"}
    for name in names:
        done = shell(f"harness check {name}", tmp_path, HARNESS_PATH="my-folder")
        assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_the_python_page_works(tmp_path: Path) -> None:
    """The lines of Python of docs/python.md run as they stand, and print no empty numbers."""
    (source,) = blocks("docs/python.md", "python")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", source], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "trivial/gazetteer" in done.stdout
    assert not re.search(r"\bnan\b", done.stdout, re.IGNORECASE)
