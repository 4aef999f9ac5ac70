"""``harness verify``: what it prints, and its exit codes."""

from __future__ import annotations

import ast
import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.cli.tending import RUNGS as OFFERED
from harness.files import file_digest
from harness.trial.draft import skip
from harness.trial.planning import Request
from harness.verify.finding import FAIL, FORM, OPEN, PARTIAL, PASS, RUNGS, Finding, not_checkable
from harness.verify.ladder import Report, exit_code

ROOT = Path(__file__).resolve().parents[3]
committed = runpy.run_path(str(ROOT / "tests" / "_committed.py"))["committed"]
OLD = "ner/resume/ner/globalpointer/20261124T163227Z-c00e3393"
RUN = "ner/cluener/ner/softmax/20261123T045905Z-ad93e2ef"
TIMED = "ner/cluener/ner/crf/20261125T165617Z-be4af896"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A results folder of two records."""
    for name in (RUN, TIMED):
        shutil.copytree(ROOT / "results" / name, tmp_path / "results" / name)
    return tmp_path / "results"


def edit(path: Path, **parts: Any) -> None:
    """Change parts of a record, and the digest of its bytes beside it."""
    value = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(value | parts), encoding="utf-8")
    beside = path.with_name("items.json")
    if beside.exists():
        held = json.loads(beside.read_text(encoding="utf-8"))
        beside.write_text(json.dumps(held | {"of": file_digest(path)}), encoding="utf-8")


def test_the_parser_offers_the_rungs() -> None:
    """--to takes the names of the rungs, in their order."""
    assert OFFERED == RUNGS


def test_a_line_a_record_and_a_summary(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Records that hold together get a line each, with what cannot be checked here, and exit 0."""
    assert main(["verify", str(results)]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.partition("  ")[0] for line in lines] == ["across in part", "across in part"]
    assert "not checkable: history" in lines[1]
    assert last == "2 records, 0 with failures. Highest rung passed: across in part 2."


def test_a_record_of_today(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that is made now passes, and one whose model block is edited afterwards does not."""
    asked = ["--task", "bustm", "--data", "sample", "--output-dir", str(tmp_path)]
    assert main(["run", "--model", "tfidf", *asked]) == 0
    assert main(["run", "--model", "uniform", "--seeds", "2", *asked]) == 0
    assert main(["verify", str(tmp_path)]) == 0
    path = next(tmp_path.rglob("tfidf/*/result.json"))
    edit(path, model=json.loads(path.read_text(encoding="utf-8"))["model"] | {"encoder": "other"})
    capsys.readouterr()
    assert main(["verify", str(tmp_path)]) == 4
    assert "FAIL integrity, fingerprint" in capsys.readouterr().out


def test_records_without_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A skipped pair has a form and a key; its numbers are not checkable, which no line calls a pass."""
    skip(Request(task="cmeee", model="tfidf", data="sample", output=tmp_path), "it does not fit")
    assert main(["verify", str(tmp_path)]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert "not checkable: protocol" in line
    assert main(["verify", "--to", "recomputation", str(tmp_path)]) == 3
    assert capsys.readouterr().out.startswith("integrity in part ")


def test_a_rung_that_was_asked_for(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check that cannot be made is exit 3 on the rung that --to names, and none of the rungs above is tried."""
    assert main(["verify", "--to", "integrity", str(results / RUN)]) == 3
    out = capsys.readouterr().out
    assert "not checkable integrity, history" in out
    assert "Highest rung passed: integrity in part 1." in out
    assert main(["verify", "--to", "recomputation", str(results / RUN)]) == 0


def test_failures_have_codes_of_their_own(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A number that cannot be true is exit 1; a digest that differs is exit 4 even beside it."""
    path = results / RUN / "result.json"
    found = json.loads(path.read_text(encoding="utf-8"))["results"]
    found["span_f1"]["value"] += 0.01
    edit(path, results=found)
    assert main(["verify", str(results / RUN)]) == 1
    assert "FAIL recomputation, seeds: span_f1: value is" in capsys.readouterr().out
    shutil.copyfile(results / RUN / "samples.json", results / "kept.json")
    edit(results / RUN / "samples.json", metrics={"span_f1": "0" * 64})
    assert main(["verify", str(results / RUN)]) == 4


def test_json_holds_every_finding(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints outcomes of rungs and every check in words."""
    assert main(["verify", "--json", str(results / RUN), str(results / RUN)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == 0
    (record,) = said["records"]
    assert list(record["rungs"]) == list(RUNGS[:5])
    assert record["rungs"] == {name: PARTIAL if name in ("integrity", "across") else PASS for name in RUNGS[:5]}
    assert (record["highest"], record["in_part"]) == ("across", True)
    assert {finding["outcome"] for finding in record["findings"]} == {PASS, OPEN}
    assert all(finding["words"] for finding in record["findings"])


@pytest.mark.parametrize("name", ["nothing-of-this-name", "."])
def test_names_of_nothing_are_wrong_usage(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of no record is exit 2."""
    monkeypatch.chdir(tmp_path)
    assert main(["verify", name]) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"schema": "harness.result", "schema_version": 2}',
        b'{"schema": "harness.result", "schema_version": 99}',
        b"[" * 100_000,
    ],
)
def test_whatever_a_file_holds_is_a_finding(content: bytes, results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record that cannot be read fails, and the others are verified all the same."""
    (results / RUN / "result.json").write_bytes(content)
    assert main(["verify", str(results)]) == 4
    *lines, last = capsys.readouterr().out.splitlines()
    place = next(number for number, line in enumerate(lines) if RUN in line)
    first, why = lines[place : place + 2]
    assert first.split("  ")[0] == "no rung"
    assert "not checkable" not in first
    assert why.startswith("  FAIL form, record: ")
    assert "result.json" in why
    assert last.endswith("Highest rung passed: across in part 1; 1 pass no rung.")


@pytest.mark.parametrize("name", ["samples.json", "items.json"])
def test_a_file_that_is_missing_beside_a_record(name: str, results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record without a file that says what others must be is exit 4, and the file is named."""
    held = shutil.copytree(ROOT / "results" / OLD, results / OLD)
    (held / name).unlink()
    assert main(["verify", str(held)]) == 4
    assert f"{name} is missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    "part", ["results", "training", "config", "data", "task", "speed", "durations_s", "comparability_key"]
)
@pytest.mark.parametrize("value", [[], {}, "text", 3, None])
def test_parts_of_another_form_are_no_traceback(part: str, value: Any, results: Path) -> None:
    """A part that is of another form than readers expect fails a rung."""
    edit(results / RUN / "result.json", **{part: value})
    assert main(["verify", str(results / RUN)]) in (0, 1, 4)


def test_not_checkable_is_no_pass() -> None:
    """A rung of which nothing can be checked is not passed."""
    report = Report("a", [Finding(FORM, "record", PASS, ""), not_checkable("integrity", "all", "why")])
    assert (report.outcome("integrity"), report.highest, exit_code([report])) == (OPEN, FORM, 0)
    assert exit_code([report], "integrity") == 3
    assert (report.label, report.in_part) == (FORM, False)
    report.findings.append(Finding("integrity", "place", PASS, ""))
    assert (report.outcome("integrity"), report.label) == (PARTIAL, "integrity in part")
    report.findings.append(Finding("integrity", "key", FAIL, "", digest=True))
    assert (report.highest, exit_code([report], "integrity")) == (FORM, 4)


@pytest.mark.long
def test_every_committed_record_holds_together(capsys: pytest.CaptureFixture[str]) -> None:
    """All records of the repository pass all rungs."""
    names = [str(path.parent) for path in committed(ROOT / "results") if path.name == "result.json"]
    assert main(["verify", *names]) == 0
    assert "Highest rung passed: across" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--weights", "w"], "--weights and --items are for --to rerun"),
        (["--items", "3", "--to", "across"], "--weights and --items are for --to rerun"),
        (["--weights", "nowhere", "--to", "rerun"], "--weights nowhere is no folder"),
    ],
)
def test_flags_of_rerun(results: Path, capsys: pytest.CaptureFixture[str], flags: list[str], said: str) -> None:
    """Flags of the last rung without it, and a folder of weights that is not there, are slips."""
    assert main(["verify", str(results), *flags]) == 2
    assert said in capsys.readouterr().err


def test_rerun_is_not_checkable_without_weights(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trained record without kept weights is no pass: exit 3, and the reason."""
    assert main(["verify", str(results / RUN), "--to", "rerun"]) == 3
    assert "not checkable rerun" in capsys.readouterr().out


def test_the_default_loads_no_models(results: Path) -> None:
    """Without --to rerun neither torch nor what plans and runs models is loaded."""
    program = "import sys; from harness.cli.main import main; main(sys.argv[1:]); print(sorted(sys.modules))"
    asked = [sys.executable, "-c", program, "verify", str(results)]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    loaded = ast.literal_eval(done.stdout.splitlines()[-1])
    assert "harness.verify.ladder" in loaded
    assert not {"torch", "transformers", "harness.verify.rerun"} & set(loaded)
