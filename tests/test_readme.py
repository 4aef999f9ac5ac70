"""Every command that README.md and CONTRIBUTING.md print does what they say."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKE = {"make demo": "demo", "make test": "test", "make test-long": "test-long", "make bench": "bench"}
TEXTS = ["右下腹压痛两天", "患儿发热伴咳嗽", "肺炎支原体感染", "予以青霉素治疗", "心率一百次每分"]


def commands(file: str) -> list[str]:
    """The lines after a dollar sign in the console blocks, without their comments."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / file).read_text(encoding="utf-8"), re.DOTALL)
    return [
        line[2:].partition("  #")[0].strip() for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]


def _lay_out_data(folder: Path) -> None:
    """A folder with CMeEE in its JSON form, a few rows written for this test."""
    folder.mkdir()
    for name in ("CMeEE_train.json", "CMeEE_dev.json"):
        rows = [
            {"text": text + str(i), "entities": [{"start_idx": 0, "end_idx": 2, "type": "bod", "entity": text[:3]}]}
            for i in range(8)
            for text in TEXTS
        ]
        (folder / name).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def _lay_out_documents(folder: Path) -> None:
    """A folder with documents to pretrain on, written for this test."""
    folder.mkdir()
    dice = random.Random(0)
    for source, letters in (("body", "头痛胸闷咳嗽发热"), ("sky", "日月星辰风雨雷电")):
        rows = [
            {"id": i, "licence": "CC0", "sents": ["".join(dice.choices(letters, k=12)) + "。" for _ in range(8)]}
            for i in range(60)
        ]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{source}.jsonl").write_text(text, encoding="utf-8")


def _shell(command: str, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    first, *rest = shlex.split(command)
    assert first == "harness", f"{command!r} is not a harness command: add it to this test"
    return subprocess.run(
        [sys.executable, "-m", "harness", *rest],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.long
def test_every_readme_command_works(tmp_path: Path) -> None:
    """The commands of the README, in their order, in one folder: all exit 0, but for data that nobody has."""
    _lay_out_data(tmp_path / "my-data")
    _lay_out_documents(tmp_path / "my-documents")
    for command in commands("README.md"):
        if command in MAKE:
            assert f"\n{MAKE[command]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
            continue
        expected = 4 if command == "harness data add my-data" else 0  # the test's rows are no known edition
        if command == "harness run --task cmeee --model globalpointer":
            command += " --limit 40"  # the full sample is what `make demo` trains on
        done = _shell(command, tmp_path)
        assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout or done.stderr, command
    assert (tmp_path / "results" / "README.md").exists()


@pytest.mark.long
def test_the_python_example_works(tmp_path: Path) -> None:
    """The lines of Python in the README run as they stand."""
    (source,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", source], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "trivial/gazetteer" in done.stdout


def test_the_make_targets_run_what_readme_says() -> None:
    """`make demo` runs the main job on the sample, `make test` and `make test-long` the suite in two parts: asked of make."""
    for target, words in {
        "demo": "harness run --task cmeee --model globalpointer --data sample",
        "test": '-m "not long"',
        "test-long": "-m long",
    }.items():
        said = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert words in said


def test_ci_runs_what_readme_says_in_its_order() -> None:
    """In its fresh clone CI makes the demonstration before the tests, as a reader does, and then all other checks."""
    made = re.findall(r"^make ([\w-]+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    readme = [MAKE[command] for command in commands("README.md") if command in MAKE]
    assert readme[:2] == ["demo", "test"]
    assert [target for target in made if target != "lint"] == ["demo", "test", "test-long"]


@pytest.mark.long
def test_the_contributing_example_works(tmp_path: Path) -> None:
    """The task and the models of CONTRIBUTING.md pass their contract tests and run together."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = re.findall(r"`my-folder/(\S+\.py)`:\n\n```python\n(.*?)```", text, re.DOTALL)
    names = ["tasks/ner/cities.py", "baselines/ner/capitals.py", "baselines/ner/memm.py"]
    assert [name for name, _ in files] == names
    for name, source in files:
        path = tmp_path / "my-folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    for command in commands("CONTRIBUTING.md"):
        if command.startswith("export "):
            continue
        done = _shell(command, tmp_path, HARNESS_PATH="my-folder")
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert "span_f1" in done.stdout


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "TIMING.md"])
def test_links_lead_somewhere(file: str) -> None:
    """Every relative link names a file that is here."""
    for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / file).read_text(encoding="utf-8")):
        assert (ROOT / link).exists(), link


def test_the_readme_excerpts_are_what_the_board_says() -> None:
    """Every row of every excerpt stands on a page of results/, cell for cell: as it is, or as git has it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "results").rglob("*.md")]
    tracked = ["git", "grep", "-h", "--cached", "-e", "^|", "--", "results/*.md"]
    pages.append(subprocess.run(tracked, cwd=ROOT, capture_output=True, text=True).stdout)  # one's own runs move rows
    shown = {" ".join(cell.strip() for cell in line.split("|")) for page in pages for line in page.splitlines()}
    excerpts = re.findall(r"<!-- excerpt -->(.*?)<!-- /excerpt -->", text, re.DOTALL)
    assert len(excerpts) == text.count("<!-- excerpt -->") > 1
    for excerpt in excerpts:
        rows = [line for line in excerpt.splitlines() if line.startswith("| ") and "---" not in line]
        assert len(rows) > 2
        for line in rows[1:]:
            parts = [cell.strip() for cell in line.strip("|").split("|")]
            assert any(all(part in row for part in parts) for row in shown), line
