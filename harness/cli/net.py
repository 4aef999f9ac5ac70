"""What is below every command: whatever it raises becomes one message and an exit code, and a traceback is shown only to
those who ask for it with ``--debug``."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from harness.cli import flags, streams
from harness.errors import EnvironmentFailure, HarnessError, UsageError, explained
from harness.machine import offline


def caught(given: Sequence[str]) -> int:
    """Run the command of these words and answer its exit code. Only ``SystemExit`` of the parser passes through."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin are five times slower on a shared machine
    streams.ready()
    wanted = {"json": "--json" in given, "debug": "--debug" in given}
    with interruptible(wanted["debug"]) as stops:
        try:
            code = _run(given)
            sys.stdout.flush()
            return code
        except BaseException as error:
            if isinstance(error, _Parsed):
                return _parsed(error)
            if wanted["debug"]:
                traceback.print_exception(error)
            if stops or isinstance(error, KeyboardInterrupt):
                return _interrupted(given)
            return _told(error, given, wanted["json"])
        finally:
            _keep_cards()


class _Parsed(Exception):  # noqa: N818 - the end of a parse, not an error
    """The parser has answered by itself: help, a version, or wrong usage."""

    def __init__(self, code: Any) -> None:
        self.code = code


def _run(given: Sequence[str]) -> int:
    """Parse the words and carry out their command."""
    if any("\0" in word for word in given):
        raise UsageError("an argument holds a NUL character, which no name and no path may hold.")
    if "" in given or any(word.startswith("--") and word.endswith("=") for word in given):
        place = given.index("") if "" in given else 0
        named = given[place - 1] if place else ""
        raise UsageError(
            f"{named if named.startswith('--') else 'an argument'} is given an empty word. Leave it out, or name something."
        )
    _require_utf8(given)
    from harness.cli.parser import parser

    try:
        arguments = parser().parse_args(given)
    except SystemExit as left:
        raise _Parsed(left.code) from None
    arguments.command = ["harness", *given]
    if hasattr(arguments, "output_dir"):
        flags.mounted(arguments.output_dir)
    offline.obey(arguments.offline)  # before anything is imported that may connect
    module = importlib.import_module(f"harness.commands.{arguments.verb}")
    return int(module.run(arguments))


def _require_utf8(given: Sequence[str]) -> None:
    """Raise ``UsageError`` for a name that no record could hold: of an argument, a variable or the current folder."""
    named = {f"argument {place}": word for place, word in enumerate(given, 1)}
    named |= {name: value for name, value in os.environ.items() if name.startswith("HARNESS_")}
    with contextlib.suppress(OSError):  # a folder that is gone is told where it is needed
        named["the current folder"] = os.getcwd()  # noqa: PTH109 - a word, not a path
    for place, word in named.items():
        try:
            word.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"{place} is {word[:80]!a}: a name that is not UTF-8 cannot be recorded. Rename the file or folder."
            ) from None


def _parsed(end: _Parsed) -> int:
    """Leave as the parser does, once what it printed has been written."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _told(error, (), as_json=False)
    raise SystemExit(end.code)


def _told(error: BaseException, given: Sequence[str], as_json: bool) -> int:
    """One message for an error, and its exit code. What is no error, as a reader that leaves, is code 0."""
    if isinstance(error, BrokenPipeError) and streams.left():
        streams.silence()
        return 0
    if isinstance(error, OSError) and error.filename is None and error.errno in streams.UNWRITABLE:
        streams.silence()
        as_json = False
        error = EnvironmentFailure(f"cannot write the output: {error.strerror}. Free some space, or send it elsewhere.")
    known = error if isinstance(error, HarnessError) else explained(error, shlex.join(["harness", *given]))
    if as_json:
        _print_json(known)
    print(f"error: {known}", file=sys.stderr)
    return known.exit_code


def _print_json(error: HarnessError) -> None:
    """The error as an object on stdout, where stdout takes it."""
    said = {"type": type(error).__name__, "message": str(error), "exit_code": error.exit_code}
    try:
        print(json.dumps({"error": said}, ensure_ascii=False), flush=True)
    except OSError:
        streams.silence()


def _interrupted(given: Sequence[str]) -> int:
    command = shlex.join(["harness", *(word for word in given if word != "--fresh")])
    print(f"\ninterrupted. What was done is kept; the same command resumes:\n  {command}", file=sys.stderr)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    return 130


def _keep_cards() -> None:
    """Write the cards that this process read into the cache; one that cannot be written costs time only."""
    cache = sys.modules.get("harness.registry.cache")
    if cache is not None:  # else no card was read
        with contextlib.suppress(Exception, KeyboardInterrupt):
            cache.keep()


@contextlib.contextmanager
def interruptible(debug: bool = False) -> Iterator[list[int]]:
    """SIGTERM, which schedulers send, ends a command like Ctrl-C. The list names the signals that came.

    Libraries turn an interrupt into errors of their own, so the list is what counts; and one that falls into a
    finalizer, where Python prints and forgets it, is given again.
    """
    came: list[int] = []

    def stop(number: int, frame: Any) -> None:
        came.append(number)
        raise KeyboardInterrupt

    def unraisable(lost: Any) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            import _thread

            _thread.interrupt_main()
        elif debug:
            sys.__unraisablehook__(lost)

    before: dict[signal.Signals, Any] = {}
    with contextlib.suppress(ValueError):  # not in the main thread: the caller handles signals
        for name in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(name) in (signal.SIG_DFL, signal.default_int_handler):
                before[name] = signal.signal(name, stop)
    hook, sys.unraisablehook = sys.unraisablehook, unraisable
    try:
        yield came
    finally:
        sys.unraisablehook = hook
        for name, handler in before.items():
            signal.signal(name, handler)
