"""The front for Python: what a notebook imports, lazily, with types."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.errors import DataError, UsageError
from harness.spec import Text

ROOT = Path(__file__).resolve().parents[2]


def test_importing_the_package_imports_nothing_else() -> None:
    """``import harness`` alone loads no other module of ours, and nothing heavy."""
    code = (
        "import sys, harness; print([name for name in sys.modules if name.startswith(('harness.', 'torch', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_stub_names_what_the_package_gives() -> None:
    """Type checkers see the same names, from the same modules, as Python finds at run time."""
    stub = ast.parse((ROOT / "harness" / "__init__.pyi").read_text(encoding="utf-8"))
    typed = {name.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert typed == harness._FRONT
    assert all(callable(getattr(harness, name)) for name in typed)
    assert set(typed) <= set(dir(harness))


def test_an_unknown_name() -> None:
    """What is not there is an ``AttributeError``, as of any module."""
    with pytest.raises(AttributeError, match="no attribute 'riddle'"):
        harness.riddle  # noqa: B018


@pytest.fixture
def runs(shelf, tmp_path):
    """Two runs of the task of tests: its parrot, and the same that knows fewer words."""
    shelf()
    made = [
        harness.run(
            harness.plan(harness.Request(task="pets", model=f"parrot:words={words}", data="sample", output=tmp_path))
        )
        for words in (5, 4)
    ]
    return [folder.path for folder, _ in made]


def test_run_score_compare_frame(runs, tmp_path) -> None:
    """A run leaves a record that can be scored again, compared with another, and read as a table."""
    again = harness.score(runs[0])
    table = harness.frame(tmp_path)
    assert again["span_f1"]["value"] == table["span_f1"][0] == 1.0
    assert list(table["status"]) == ["success", "success"]
    found = harness.compare(*runs)
    assert found.metric == "span_f1"
    assert found.difference.value == 0.0


def test_mistakes_are_told(runs) -> None:
    """A folder that holds no run, a request that was not planned, and an unknown metric are errors in words."""
    with pytest.raises(DataError, match=r"holds no result\.json"):
        harness.score(runs[0].parent)
    with pytest.raises(UsageError, match=r"harness\.run\(harness\.plan\(request\)\)"):
        harness.run(harness.Request(task="pets", model="parrot"))
    with pytest.raises(UsageError, match="span_f2"):
        harness.compare(*runs, metric="span_f2")


@pytest.mark.parametrize("wrong", [{"seeds": 3}, {"seeds": "3"}, {"seeds": ()}, {"seeds": (0, 0)}, {"limit": 0}])
def test_numbers_that_the_command_line_refuses_are_refused_here(shelf, wrong) -> None:
    """Seeds and limits are checked when a run is planned, with a message that says what to write."""
    shelf()
    with pytest.raises(UsageError, match=f"^{next(iter(wrong))}="):
        harness.plan(harness.Request(task="pets", model="parrot", data="sample", **wrong))


def test_what_task_files_import_stays_where_it_is() -> None:
    """The paths that users' own files import are fixed."""
    from harness.capability import Learns
    from harness.metrics.spans import score_spans
    from harness.readers.conll import read_columns

    assert all(map(callable, (score_spans, read_columns, Learns, Text)))
