"""The net below every command: no traceback, one message, the exit code; streams and signals as they come."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.cli.parser import parser
from harness.commands import list as verb

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "harness"]
RUN = ["run", "--task", "cmeee", "--model", "gazetteer", "--data", "sample", "--output-dir"]


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``harness list`` raise."""

    def run(arguments: Any) -> int:
        raise error

    monkeypatch.setattr(verb, "run", run)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyError("metrics"), 1, "KeyError: 'metrics'"),
        (RecursionError("deep"), 1, "RecursionError: deep"),
        (SystemExit(0), 1, "called sys.exit(0)"),
        (GeneratorExit(), 1, "GeneratorExit"),
        (MemoryError(), 5, "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 5, "out of memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 5, "out of memory"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "a" * 5000), 5, "cannot be used: File name too long"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 5, "/x cannot be used: Permission denied"),
        (ValueError("embedded null byte"), 2, "NUL"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, "BrokenPipeError"),
        (ValueError("x" * 10**6), 1, "ValueError: xxx"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_whatever_is_raised_is_one_message(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    """The exit code is the documented one, the message is one short line, and the traceback is for --debug."""
    raising(error, monkeypatch)
    assert main(["list"]) == code
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert len(told) < 1200
    assert "Traceback" not in told
    assert main(["list", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == code
    assert main(["list", "--debug"]) == code
    assert "Traceback" in capsys.readouterr().err


def test_every_verb_has_debug(capsys: pytest.CaptureFixture[str]) -> None:
    """--debug stands in the help of every command."""
    for action in parser()._actions:
        for name in getattr(action, "choices", None) or ():
            with pytest.raises(SystemExit):
                main([name, "--help"])
            assert "--debug" in capsys.readouterr().out


def test_json_before_a_second_word_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """``data --json list`` is ``data list --json``."""
    assert main(["data", "--json", "list", "weibo"]) == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("words", [["list", ""], ["run", "--task", "cmeee", "--model="], ["show", "a\0b"]])
def test_words_that_name_nothing_are_refused(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """An empty word and a NUL are slips of a script, never a name."""
    assert main(words) == 2
    assert "error:" in capsys.readouterr().err


def spoken(line: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """A line of a shell, in which ``harness`` is ours."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    function = f'harness() {{ {sys.executable} -m harness "$@"; }}; '
    given = ["bash", "-c", function + line]
    return subprocess.run(given, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("harness list metrics > /dev/full", 5),
        ("harness list metrics --json > /dev/full", 5),
        ("harness --help > /dev/full", 5),
        ("harness list metrics >&-", 0),
        ("harness show nonesuch 2>&-", 2),
        ("harness show nonesuch <&- >&- 2>&-", 2),
        ("PYTHONIOENCODING=ascii harness show cmeee", 0),
    ],
)
def test_streams_that_take_nothing(tmp_path: Path, line: str, code: int) -> None:
    """A full, closed or narrow stream is answered by the documented code, without a traceback."""
    done = spoken(line, tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("end", ["2>/dev/full", "2>&-"])
def test_no_run_fails_for_want_of_stderr(tmp_path: Path, end: str) -> None:
    """Messages may be lost; the record is a success."""
    assert spoken(f"harness {' '.join(RUN)} results {end}", tmp_path).returncode == 0
    (path,) = (tmp_path / "results").rglob("result.json")
    assert json.loads(path.read_text(encoding="utf-8"))["status"] == "success"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [0.06, 0.12, 0.3, 0.7])
def test_signals_end_any_command_in_words(tmp_path: Path, number: int, after: float) -> None:
    """From the first import of ours on: 130 (or the signal itself, before and after Python is ours), no traceback of ours."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(
        [*COMMAND, "verify", str(ROOT / "results")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment, cwd=tmp_path,
    )  # fmt: skip
    time.sleep(after)
    started.send_signal(number)
    _, said = started.communicate(timeout=60)
    ours = "/harness/" in said or "interrupted" in said
    assert not ("Traceback" in said and ours), said
    assert started.returncode in (130, -number) or not ours


def test_a_results_folder_that_leads_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A link to a disk that is not mounted: every command with a results folder says so, and none waits."""
    link = tmp_path / "results"
    link.symlink_to(tmp_path / "disk")
    for words in (RUN[:-1], ["leaderboard"], ["claims"], ["score", "a"], ["records", "pack"], ["verify"]):
        assert main([*words, "--output-dir", str(link)]) == 5
        assert f"{link} is a link to {tmp_path / 'disk'}, which does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["HARNESS_CACHE", "HARNESS_DATA", "HARNESS_PATH"])
def test_a_home_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """``~nouser`` is wrong usage, and the variable is named."""
    monkeypatch.setenv(name, "~no_such_user/x")
    assert main(["data", "list", "weibo"]) == 2
    assert name in capsys.readouterr().err


def test_messages_name_flags_that_exist() -> None:
    """Every --flag in a text of the engine is one of the parser, of Python's or of another program that is named."""
    known = {"--help", "--version"}

    def gather(made: Any) -> None:
        for action in made._actions:
            known.update(action.option_strings)
            for inner in (action.choices or {}).values() if hasattr(action.choices, "values") else ():
                gather(inner)

    gather(parser())
    foreign = {
        "--force-reinstall",
        "--allow-",
        "--benchmark-save",
        "--benchmark-save-data",
        "--extra-index-url",
        "--index-url",
    }
    unknown = {
        (path.relative_to(ROOT).as_posix(), flag)
        for path in sorted((ROOT / "harness").rglob("*.py"))
        for text in re.findall(r'"[^"\n]*"|`[^`\n]*`', path.read_text(encoding="utf-8"))
        if " " in text and "git" not in text
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)
        if flag not in known | foreign
    }
    assert unknown == set()


@pytest.mark.parametrize("place", ["argument", "variable", "folder"])
def test_a_name_that_no_record_can_hold_is_refused_first(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that is not UTF-8 stops a run before it makes a folder, wherever it stands."""
    odd, words = os.fsdecode(os.fsencode(tmp_path) + b"/p\xff"), RUN[:-1]
    monkeypatch.chdir(tmp_path)
    if place == "argument":
        words = [*RUN, odd]
    elif place == "variable":
        monkeypatch.setenv("HARNESS_OUTPUT_DIR", odd)
    else:
        Path(odd).mkdir()
        monkeypatch.chdir(odd)
    assert main(words) == 2
    assert "not UTF-8" in capsys.readouterr().err
    assert not list(tmp_path.rglob("result.json"))
