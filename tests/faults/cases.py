"""What a faulty input is, how it is tried in this process, and what counts as trouble."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.cli.main import main

USAGE, DATA, ENVIRONMENT = 2, 4, 5
SECONDS = 20
"""Longer than any case takes; one that takes more hangs."""
TRACEBACK = "Traceback (most recent call last)"
UNFORESEEN = "met something that harness does not foresee"
"""What the net below every command says of an error that is nobody's: as bad as a traceback."""


@dataclass(frozen=True)
class World:
    """A folder to work in, with a shelf of tasks and models, their data, and runs on record."""

    root: Path

    @property
    def shelf(self) -> Path:
        """The folder of ``HARNESS_PATH``."""
        return self.root / "shelf"

    @property
    def data(self) -> Path:
        """The files of the tasks."""
        return self.root / "data"

    @property
    def results(self) -> Path:
        """The runs."""
        return self.root / "results"

    def run(self, task: str, place: int = 0) -> Path:
        """The folder of a run on a task, in order of time."""
        found = sorted(path.parent for path in (self.results / "toy" / task).rglob("result.json"))
        return found[place]


Prepare = Callable[[World], "Mapping[str, str] | None"]
"""Makes the fault in a world; what it returns fills the braces of the command."""


@dataclass(frozen=True)
class Case:
    """One faulty input: the command, the exit codes that the table of codes allows for it, and what a message must name.

    Words in braces stand for what ``prepare`` returns, and for ``{world}``. ``code`` 0 among ``codes`` means that the
    input may be taken, if it is told: ``named`` must then be in what is printed as well.
    """

    name: str
    command: tuple[str, ...]
    codes: tuple[int, ...]
    named: tuple[str, ...] = ()
    prepare: Prepare | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    writes: bool = False  # whether files beside those of the results folder may come, as an --output does
    check: Callable[[World, Outcome], list[str]] | None = None  # more that must hold

    @property
    def verb(self) -> str:
        """The command's first word, or its first two for ``data`` and ``records``."""
        words = [word for word in self.command if not word.startswith("-")]
        return " ".join(words[:2]) if words[:1] in (["data"], ["records"], ["new"]) else "".join(words[:1])


@dataclass
class Outcome:
    """What a command did: its exit code, what it printed, and an exception that left ``main``."""

    code: int | None
    out: str
    err: str
    escaped: str = ""

    @property
    def told(self) -> str:
        """All that was printed."""
        return self.out + self.err


class Hang(BaseException):
    """The command took too long."""


@contextlib.contextmanager
def _within(seconds: int) -> Iterator[None]:
    """Raise ``Hang`` after some time, in the main thread."""

    def ring(number: int, frame: Any) -> None:
        raise Hang(f"no answer after {seconds} s")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def tried(command: Sequence[str], seconds: int = SECONDS) -> Outcome:
    """The command as ``harness`` gets it, in this process, with streams of its own."""
    out, err = io.StringIO(), io.StringIO()
    code, escaped = None, ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            with _within(seconds):
                code = main(list(command))
        except SystemExit as left:  # argparse
            code = left.code if isinstance(left.code, int) else None
        except (Exception, Hang, KeyboardInterrupt) as error:
            escaped = "".join(traceback.format_exception(error)[-2:])
    return Outcome(code, out.getvalue(), err.getvalue(), escaped)


def snapshot(root: Path) -> dict[str, bytes | str]:
    """Every path below a folder with its content."""
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_bytes() if os.access(path, os.R_OK) else "unreadable"
        elif not path.is_dir():
            found[name] = "special"
    return found


def troubles(case: Case, world: World) -> list[str]:
    """Try a case in a world: nothing for one that is refused, or taken, as it should be; else what is wrong, by kind."""
    filled = (case.prepare(world) if case.prepare else None) or {}
    words = [_fill(word, {"world": str(world.root), **filled}) for word in case.command]
    before, folder, handler = snapshot(world.root), Path.cwd(), signal.getsignal(signal.SIGTERM)
    outcome = tried(words)
    os.chdir(folder)
    found = [] if signal.getsignal(signal.SIGTERM) == handler else ["left behind: another handler of SIGTERM"]
    signal.signal(signal.SIGTERM, handler)
    found += _spoken(case, outcome, filled, str(world.root))
    found += _files(case, before, snapshot(world.root), outcome)
    if case.check is not None and not outcome.escaped:
        found += case.check(world, outcome)
    if found:
        found.append(
            f"command: harness {' '.join(map(ascii, words))}\nexit {outcome.code}\n{outcome.told[-1500:]}{outcome.escaped}"
        )
    return found


def _fill(word: str, given: Mapping[str, str]) -> str:
    for name, value in given.items():
        word = word.replace("{" + name + "}", value)
    return word


def _spoken(case: Case, outcome: Outcome, filled: Mapping[str, str], root: str) -> Iterator[str]:
    """Tracebacks, wrong codes, silent successes, and messages that do not say what they are about."""
    if outcome.escaped:
        yield f"traceback: {outcome.escaped.strip().splitlines()[-1][:300]}"
        return
    if TRACEBACK in outcome.told:
        yield "traceback: printed"
    if UNFORESEEN in outcome.told:
        yield "traceback: an error that nothing foresaw"
    if outcome.code not in case.codes:
        yield f"{'silent success' if outcome.code == 0 else 'wrong exit code'}: {outcome.code}, not {' or '.join(map(str, case.codes))}"
    if not outcome.told.strip() and outcome.code:
        yield "message: none"
    for words in case.named:
        any_of = [_fill(word, {"world": root, **filled}) for word in words.split("|")]
        if not any(word in outcome.told for word in any_of):
            yield f"message: names no {' or '.join(any_of)!r}"


def _files(case: Case, before: dict[str, Any], after: dict[str, Any], outcome: Outcome) -> Iterator[str]:
    """Half-written files, files that changed or went, and results of what failed."""
    for name, content in after.items():
        base = Path(name).name
        if name in before:
            continue
        if base.endswith((".part", ".tmp")) or base == ".lock":
            yield f"half-written: {name}"
        if base == "result.json":
            yield from _record(name, content, outcome)
        elif not case.writes and not name.startswith(("results/", "other/", "cache/")) and "__pycache__" not in name:
            yield f"half-written: {name} was made"
    for name, content in before.items():
        if name.startswith("cache/") or "__pycache__" in name:
            continue
        if after.get(name) != content and not (case.writes and outcome.code == 0):
            yield f"half-written: {name} {'has changed' if name in after else 'is gone'}"


def _record(name: str, content: bytes, outcome: Outcome) -> Iterator[str]:
    try:
        status = json.loads(content)["status"]
    except (ValueError, KeyError, TypeError):
        yield f"half-written: {name} is no record"
        return
    if outcome.code == 0 and status not in ("success", "skipped"):
        yield f"silent success: {name} has status {status}"
    if outcome.code and status == "success":
        yield f"wrong exit code: {outcome.code}, and {name} is a success"
    if (
        outcome.code not in (0, ENVIRONMENT) and status == "started"
    ):  # what the machine lacked can be mended and resumed
        yield f"half-written: {name} is left as started"
