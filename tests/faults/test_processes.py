"""Faults of a process: streams that are closed, full or of another encoding, little memory, a full disk, signals."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.cases import TRACEBACK, UNFORESEEN, World

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="limits and devices of Linux")]
ROOT = Path(__file__).resolve().parents[2]
RUN = ["run", "--task", "pets", "--model", "counter", "--data", "data", "--output-dir", "other"]


def _harness(
    words: list[str], *, before: Callable[[], None] | None = None, shell: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """``harness`` in a process of its own; ``shell`` redirects its streams."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command: list[str] = [sys.executable, "-m", "harness", *words]
    if shell:
        command = ["/bin/sh", "-c", f'exec "$0" "$@" {shell}', *command]
    return subprocess.run(
        command, env=environment, capture_output=True, preexec_fn=before, timeout=90, text=True, errors="replace"
    )


def _sound(done: subprocess.CompletedProcess[str], codes: tuple[int, ...], world: World) -> None:
    """No traceback, a code of the table, and no file in part."""
    told = done.stdout + done.stderr
    assert TRACEBACK not in told, told[-2000:]
    assert UNFORESEEN not in told, told[-2000:]
    assert done.returncode in codes, told[-2000:]
    assert not [path for path in world.root.rglob("*") if path.name.endswith((".part", ".lock"))]
    for path in world.root.rglob("result.json"):
        json.loads(path.read_text(encoding="utf-8"))


STREAMS = {
    "closed stdout": (">&-", (0, 5)),
    "closed stderr": ("2>&-", (0,)),
    "closed stdin": ("<&-", (0,)),
    "all closed": ("<&- >&- 2>&-", (0, 5)),
    "full stdout": (">/dev/full", (5,)),
    "full stderr": ("2>/dev/full", (0, 5)),
}


@pytest.mark.parametrize("stream", STREAMS)
def test_streams_that_take_nothing(stream: str, world: World) -> None:
    """A run with a stream that is closed or full ends with a code of the table, and its record is whole."""
    redirection, codes = STREAMS[stream]
    _sound(_harness(RUN, shell=redirection), codes, world)
    (record,) = (world.root / "other").rglob("result.json")
    assert json.loads(record.read_text(encoding="utf-8"))["status"] == "success"


@pytest.mark.parametrize("words", [["list", "tasks"], ["show", "cmeee"], ["leaderboard"], ["--help"]], ids=" ".join)
def test_a_full_stdout_is_told(words: list[str], world: World) -> None:
    """What prints and cannot is no success."""
    done = _harness(words, shell=">/dev/full")
    _sound(done, (5,), world)
    assert "cannot write the output" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
def test_streams_of_another_encoding(encoding: str, world: World) -> None:
    """Letters that a terminal cannot show are escaped."""
    _sound(_harness(["show", "cmeee"], PYTHONIOENCODING=encoding, LC_ALL="C", PYTHONUTF8="0"), (0,), world)


def test_a_reader_that_leaves(world: World) -> None:
    """As ``| head -1`` does: no word about it."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m harness list tasks | head -1"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr, done.stderr


def _limit(name: int, size: int) -> Callable[[], None]:
    def before() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(name, (size, size))

    return before


@pytest.mark.parametrize("size", [0, 200, 3_000, 20_000])
@pytest.mark.parametrize(
    "words",
    [
        RUN,
        ["leaderboard", "--task", "zoo", "--output", "board.html"],
        ["export", "RUN", "--to", "every-eval-ever", "--output", "exported"],
    ],
    ids=lambda words: words[0],
)
def test_a_disk_that_is_full(size: int, words: list[str], world: World) -> None:
    """Files that may not grow: the command says so, nothing is left in part, and the next try is whole."""
    words = [str(world.run("pets")) if word == "RUN" else word for word in words]
    _sound(_harness(words, before=_limit(resource.RLIMIT_FSIZE, size)), (0, 5), world)
    _sound(_harness(words), (0,), world)


@pytest.mark.parametrize("megabytes", [60, 150])
@pytest.mark.parametrize("words", [["list", "tasks"], RUN, ["check", "crf"]], ids=lambda words: words[0])
def test_little_memory(megabytes: int, words: list[str], world: World) -> None:
    """Too little memory is the machine's fault, told as such, where Python can tell anything at all."""
    done = _harness(words, before=_limit(resource.RLIMIT_AS, megabytes << 20))
    if done.returncode in (0, 1, 5):
        assert TRACEBACK not in done.stderr or "harness" not in done.stderr, done.stderr[-1500:]
    assert not list(world.root.rglob("*.part"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("wait", [0.02, 0.1, 0.3, 0.6])
def test_an_early_signal(number: int, wait: float, world: World) -> None:
    """Ctrl-C and SIGTERM end a command with 130 and the command that resumes it, at whatever time they come."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *RUN],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(wait)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    if wait > 0.1:  # before, Python itself may not have begun, and the answer is its own
        assert process.returncode in (0, 130, -number), errors  # a shell says 130 for the last as well
        assert TRACEBACK not in errors


def test_debug_shows_the_traceback(world: World) -> None:
    """``--debug`` shows where an error comes from; without it nobody sees more than the message."""
    words = ["run", "--task", "petts", "--model", "counter"]
    plain, debugged = _harness(words), _harness([*words, "--debug"])
    assert TRACEBACK not in plain.stderr
    assert TRACEBACK in debugged.stderr
    assert plain.returncode == debugged.returncode == 2
    assert plain.stderr.strip() in debugged.stderr
