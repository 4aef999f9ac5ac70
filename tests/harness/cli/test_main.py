"""The command line as a whole: exit codes, errors in JSON, what stands on which stream, completion."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import __version__
from harness.cli.main import main
from harness.errors import DataError, EnvironmentFailure, HarnessError, RunError, UsageError

ROOT = Path(__file__).resolve().parents[3]
VERBS = (
    *(
        "run",
        "bench",
        "list",
        "show",
        "check",
        "score",
        "pool",
        "leaderboard",
        "sensitivity",
        "compare",
        "gate",
        "data",
    ),
    *("verify", "export", "lengths", "pretrain", "doctor", "completion"),
)


def spoken(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """``python -m harness`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, **options
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_json(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    """Each verb answers --help with exit 0, offers --json, and its module can be imported and has ``run``."""
    with pytest.raises(SystemExit) as left:
        main([verb, "--help"])
    assert left.value.code == 0
    assert "--json" in capsys.readouterr().out
    assert callable(importlib.import_module(f"harness.commands.{verb}").run)


def test_the_help_names_every_verb_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """The first page is the map: all verbs, all exit codes."""
    with pytest.raises(SystemExit):
        main(["--help"])
    page = capsys.readouterr().out
    assert all(re.search(rf"^    {verb}\b", page, re.MULTILINE) for verb in VERBS)
    assert re.search(r"0 done, 1 .*, 2 usage, 3 .*, 4 .*, 5 .*, 130", " ".join(page.split()))


def test_help_survives_any_folder_name(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A results folder with a per cent sign in its name does not break the page that names it."""
    monkeypatch.setenv("HARNESS_OUTPUT_DIR", "/tmp/100%done")
    with pytest.raises(SystemExit) as left:
        main(["run", "--help"])
    assert left.value.code == 0
    assert "100%done" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the version of the package."""
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == f"harness {__version__}"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sing"],
        ["run"],
        ["run", "--task", "cmeee"],
        ["run", "--task", "cmeee", "--suite", "fewclue", "--model", "crf"],
        ["sensitivity", "--model", "crf"],
        ["run", "--task", "cmeee", "--model", "crf", "--seeds", "0"],
        ["run", "--task", "cmeee", "--model", "crf", "--seeds", "1,1"],
        ["run", "--task", "cmeee", "--model", "crf", "--seeds", "-1"],
        ["run", "--task", "cmeee", "--model", "crf", "--limit", "0"],
        ["run", "--task", "cmeee", "--model", "crf", "--resume", "--fresh"],
        ["list", "toys"],
        ["data"],
        ["data", "add"],
        ["leaderboard", "--format", "pdf"],
        ["completion", "fish"],
        ["list", "--colour"],
    ],
)
def test_wrong_usage_exits_two(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """What the parser refuses is exit 2 with usage on stderr and nothing on stdout."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    captured = capsys.readouterr()
    assert left.value.code == 2
    assert "usage: harness" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("error", [HarnessError, RunError, UsageError, DataError, EnvironmentFailure])
def test_every_error_has_its_exit_code_and_its_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: type[HarnessError]
) -> None:
    """An error is one line on stderr and the documented exit code; with --json also an object on stdout."""
    from harness.commands import list as verb

    monkeypatch.setattr(verb, "run", lambda arguments: (_ for _ in ()).throw(error("the way out")))
    expected = {HarnessError: 1, RunError: 1, UsageError: 2, DataError: 4, EnvironmentFailure: 5}[error]
    assert main(["list"]) == expected
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "error: the way out\n")
    assert main(["list", "--json"]) == expected
    assert json.loads(capsys.readouterr().out) == {
        "error": {"type": error.__name__, "message": "the way out", "exit_code": expected}
    }


def test_an_interrupt_says_how_to_resume(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is exit 130 and prints the very command that goes on, ready for the shell."""
    from harness.commands import run as verb

    monkeypatch.setattr(verb, "run", lambda arguments: (_ for _ in ()).throw(KeyboardInterrupt()))
    assert main(["run", "--task", "cmeee", "--model", "crf", "--data", "my data"]) == 130
    said = capsys.readouterr().err
    assert "the same command resumes" in said
    assert "harness run --task cmeee --model crf --data 'my data'" in said


def test_a_reader_that_leaves_is_no_error() -> None:
    """``harness list | head -1`` ends quietly."""
    done = subprocess.run(
        f"{sys.executable} -m harness list metrics | head -1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "| name" in done.stdout
    assert done.stderr == ""


def test_unknown_names_on_every_verb(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Whatever the verb, an unknown name is exit 2, says so, and gives no more than three near names."""
    for arguments in (
        ["show", "cmeeee"],
        ["check", "cmeeee"],
        ["run", "--task", "cmeeee", "--model", "crf"],
        ["run", "--task", "cmeee", "--model", "crv"],
        ["run", "--task", "cmeee", "--model", "crf", "--protocol", "minni"],
        ["leaderboard", "--task", "cmeeee"],
        ["sensitivity", "--model", "crv", "--setting", "encoder"],
        ["score", "cmeeee"],
        ["data", "list", "cmeeee"],
    ):
        if arguments[0] != "check" and arguments[0] != "data":
            arguments = [*arguments, "--output-dir", str(tmp_path)]
        assert main(arguments) == 2, arguments
        said = capsys.readouterr().err
        assert re.search(r"no .*(cmeeee|crv|minni)", said), said
        assert len(said.partition("Did you mean ")[2].partition("?")[0].split(", ")) <= 3


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_completion_scripts_are_sound(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    """The script names the verbs, and a shell that is here finds no fault in it."""
    assert main(["completion", name]) == 0
    script = capsys.readouterr().out
    assert all(verb in script for verb in VERBS)
    path = tmp_path / f"completion.{name}"
    path.write_text(script, encoding="utf-8")
    if shutil.which(name):
        checked = subprocess.run([name, "-n", str(path)], capture_output=True, text=True, timeout=20)
        assert (checked.returncode, checked.stderr) == (0, "")
    else:
        assert script.startswith("#compdef harness") or name == "bash"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("harness lea", "leaderboard"),
        ("harness run --task cluen", "cluener"),
        ("harness run --model efficient", "efficient_globalpointer"),
        ("harness run --protocol pa", "paper"),
        ("harness run --suite few", "fewclue"),
        ("harness show span_f", "span_f1 span_f1_partial span_f1_type"),
        ("harness show fewc", "fewclue"),
        ("harness show flood", "flooding"),
        ("harness list reg", "regimes"),
        ("harness list su", "suites"),
        ("harness data check weib", "weibo"),
    ],
)
def test_bash_completes_verbs_and_names(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: str, answer: str
) -> None:
    """Sourced in bash, the script answers the beginning of a verb, a task, a model, a protocol or a metric."""
    if not shutil.which("bash"):
        pytest.skip("no bash here")
    assert main(["completion", "bash"]) == 0
    path = tmp_path / "completion.bash"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    name = re.search(r"complete .*-F (\S+) harness", path.read_text(encoding="utf-8"))
    assert name
    last = len(words.split()) - 1
    ask = (
        f"source {path}; COMP_WORDS=({words}); COMP_CWORD={last}; {name.group(1)}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=20)
    assert done.stdout.split() == answer.split()


def test_results_and_notes_keep_to_their_streams(shelf: Any) -> None:
    """JSON on stdout can be piped: notes and errors never mix into it."""
    done = spoken("data", "check", "weibo", "--json", env=dict(os.environ))
    assert done.returncode == 0
    assert "note:" in done.stderr
    assert set(json.loads(done.stdout)) == {"tasks", "across_tasks"}
