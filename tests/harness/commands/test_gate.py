"""``harness gate``: exit codes, what it prints and writes, and what it refuses."""

from __future__ import annotations

import json
import runpy
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.cli.parser import parser
from harness.gate import selftest

make = runpy.run_path(str(Path(__file__).parents[1] / "gate" / "_timings.py"))
record, put, pytest_json, drawn, turns = (make[name] for name in ("record", "put", "pytest_json", "drawn", "turns"))
Sides = Callable[..., list[str]]


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    """Arguments of a gate over ten turns whose candidate takes ``factor`` times as long."""

    def made(factor: float = 1.0, sd: float = 0.01, **options: Any) -> list[str]:
        base = turns(tmp_path, "base", {"t.py::a": 1.0, "t.py::b": 1.0}, sd=sd, **options)
        head = turns(tmp_path, "head", {"t.py::a": factor, "t.py::b": 1.0}, sd=sd, seed=1, **options)
        return ["gate", "--baseline", *base, "--candidate", *head]

    return made


@pytest.mark.parametrize(
    ("factor", "sd", "code", "verdict"),
    [(1.0, 0.01, 0, "pass"), (1.3, 0.01, 1, "slower"), (1.0, 0.4, 3, "inconclusive")],
)
def test_three_verdicts_are_three_exit_codes(
    sides: Sides, capsys: pytest.CaptureFixture[str], factor: float, sd: float, code: int, verdict: str
) -> None:
    """0, 1 and 3; JSON and table agree; a drift of the machine by a factor of two moves nothing."""
    arguments = sides(factor, sd)
    assert main([*arguments, "--json"]) == code
    value = json.loads(capsys.readouterr().out)
    assert value["verdict"] == verdict
    assert value["benchmarks"][0]["ratio"]["value"] == pytest.approx(factor, rel=3 * sd)
    assert main(arguments) == code
    assert f"\n\n{verdict}: " in capsys.readouterr().out


def test_the_least_slowdown_and_the_level_can_be_set(sides: Sides, capsys: pytest.CaptureFixture[str]) -> None:
    """What is slower by 10 % passes where only 20 % matter; per cent and share are the same."""
    arguments = sides(1.1)
    assert main([*arguments, "--min-effect", "20%"]) == 0
    said = capsys.readouterr().out
    assert "slower by" in said
    assert "surely less than 20 %" in said
    assert main([*arguments, "--min-effect", "0.2"]) == 0
    assert main([*arguments, "--level", "0.9"]) == 1
    assert "level 90 % for all 2" in capsys.readouterr().out.rpartition("slower:")[2]


@pytest.mark.parametrize(
    "wrong",
    [["--min-effect", "5"], ["--min-effect", "0%"], ["--min-effect", "x"], ["--level", "0.2"], ["--pairs", "0"]],
)
def test_settings_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str], wrong: list[str]) -> None:
    """A bare 5, zero, a level below one half: exit 2 with the form that is meant."""
    with pytest.raises(SystemExit) as left:
        main(["gate", *wrong])
    assert left.value.code == 2
    assert wrong[1] in capsys.readouterr().err


def test_records_by_id_are_judged_in_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two records of one session under the results folder, named by their ids."""
    drift = [1 + i / 30 for i in range(30)]
    for name, factor, seed in (("base", 1.0, 0), ("head", 1.2, 1)):
        seconds = [value * slow for value, slow in zip(drawn(factor=factor, seed=seed), drift, strict=True)]
        put(tmp_path, record({"train/whole/trace": seconds}), name)
    sides = ["gate", "--baseline", "base", "--candidate", "head", "--output-dir", str(tmp_path)]
    assert main([*sides, "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["benchmarks"]
    assert found["name"] == "ner/cmeee/ner/crf/train/whole/trace"
    assert found["ratio"]["paired"] is True
    assert found["ratio"]["lower"] < 1.2 < found["ratio"]["upper"]


def test_disturbed_records_are_inconclusive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3 with the reason, however clear the times look."""
    put(tmp_path, record({"train/whole/trace": drawn()}), "base")
    put(tmp_path, record({"train/whole/trace": drawn(seed=1)}, disturbed="clocks fell"), "head")
    assert main(["gate", "--baseline", "base", "--candidate", "head", "--output-dir", str(tmp_path)]) == 3
    assert "disturbed: clocks fell" in capsys.readouterr().out


def test_a_missing_benchmark_is_exit_four(sides: Sides, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names it with the flag, page and JUnit say it too, and the flag makes it a pass."""
    arguments = sides()
    for path in (tmp_path / "head").iterdir():
        value = json.loads(path.read_text(encoding="utf-8"))
        value["benchmarks"].pop()
        path.write_text(json.dumps(value), encoding="utf-8")
    page, xml = tmp_path / "page.md", tmp_path / "gate.xml"
    assert main([*arguments, "--markdown", str(page), "--junit", str(xml)]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "--allow-missing 't.py::b'" in captured.err
    assert "missing from the candidate: t.py::b" in page.read_text(encoding="utf-8")
    assert ElementTree.parse(xml).getroot()[0].get("errors") == "1"
    assert main([*arguments, "--allow-missing", "t.py::b"]) == 0


def test_files_that_are_no_timings_are_exit_four(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern that matched nothing, and a file without raw data, are errors that say the way out."""
    assert main(["gate", "--baseline", "measured/base/*.json", "--candidate", "x.json"]) == 4
    assert "no file measured/base/*.json" in capsys.readouterr().err
    path = pytest_json(tmp_path / "a.json", {"a": [1.0]}, data=False)
    assert main(["gate", "--baseline", str(path), "--candidate", str(path)]) == 4
    assert "--benchmark-save-data" in capsys.readouterr().err


def test_sides_or_self_test_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither, half, or both are wrong usage."""
    for arguments in ([], ["--baseline", "a"], ["--candidate", "a"], ["--self-test", "--baseline", "a"]):
        assert main(["gate", *arguments]) == 2
        assert "--self-test" in capsys.readouterr().err


def test_the_page_is_written_anew_or_added_to_the_page_of_a_job(
    sides: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ordinary file holds the last gate; the file of $GITHUB_STEP_SUMMARY keeps what other steps wrote."""
    arguments, own, job = sides(), tmp_path / "own.md", tmp_path / "job.md"
    own.write_text("before\n", encoding="utf-8")
    job.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    for path in (own, own, job, job):
        main([*arguments, "--markdown", str(path)])
    assert own.read_text(encoding="utf-8").count("### Speed: ✅ pass") == 1
    assert job.read_text(encoding="utf-8").startswith("before\n### Speed")
    assert job.read_text(encoding="utf-8").count("### Speed: ✅ pass") == 2


def test_a_page_that_cannot_be_written_is_exit_five(
    sides: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The environment is to blame, and the flag is named."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert main([*sides(), "--markdown", str(tmp_path)]) == 5
    assert "--markdown" in capsys.readouterr().err


def test_the_self_test_says_whether_it_holds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 0 with a table and in JSON; exit 1 and the name of the trial when a promise breaks."""
    assert main(["gate", "--self-test", "--pairs", "60"]) == 0
    said = capsys.readouterr().out
    assert "A/A, 30 blocks" in said
    assert "All bounds hold." in said
    assert main(["gate", "--self-test", "--pairs", "60", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["holds"] is True
    assert [trial["pairs"] for trial in value["trials"]] == [60] * 6
    monkeypatch.setattr(selftest, "MIN_EFFECT", 0.3)  # a judge who lets 20 % through
    assert main(["gate", "--self-test", "--pairs", "20"]) == 1
    assert "Bounds NOT met: 5 % slower" in capsys.readouterr().out


def test_real_pairs_join_when_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """--real adds the trials that are timed here."""
    trials = list(selftest.simulated(20))
    monkeypatch.setattr(selftest, "real", lambda: iter(trials[:1]))
    assert main(["gate", "--self-test", "--pairs", "20", "--real", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["trials"]) == 7


def test_defaults_are_those_of_the_docs() -> None:
    """5 %, 0.99 and 200 pairs."""
    given = parser().parse_args(["gate", "--self-test"])
    assert (given.min_effect, given.level, given.pairs) == (0.05, 0.99, 200)
