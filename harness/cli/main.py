"""The command line: the parser and nothing else. A command's own module is imported when it is chosen."""

from __future__ import annotations

import argparse
import errno
import importlib
import json
import os
import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

from harness import __version__
from harness.cli.boards import boards
from harness.cli.claiming import claims
from harness.cli.exporting import export
from harness.cli.flags import verb
from harness.cli.looking import looking
from harness.cli.predicting import predict
from harness.cli.running import run
from harness.cli.speed import bench, compare, gate
from harness.cli.supplies import data, pretrain
from harness.cli.tending import records, rescoring, verify
from harness.errors import EnvironmentFailure, HarnessError

EPILOG = (
    "exit codes: 0 done, 1 a run or check failed, 2 usage, 3 inconclusive, 4 data or integrity, 5 environment, "
    "130 interrupted (the same command resumes)"
)
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)
"""What stdout answers when it takes nothing any more; files that are named say so themselves."""


def parser() -> argparse.ArgumentParser:
    """The whole command line. Building it reads no task file and imports nothing heavy."""
    top = argparse.ArgumentParser(
        prog="harness",
        allow_abbrev=False,
        description="Put published ideas about language models on trial.",
        epilog=EPILOG,
    )
    top.add_argument("--version", action="version", version=f"harness {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="COMMAND", required=True)

    run(verbs)
    predict(verbs)
    bench(verbs)
    looking(verbs)
    rescoring(verbs)
    boards(verbs)
    compare(verbs)
    gate(verbs)
    data(verbs)
    records(verbs)
    verify(verbs)
    export(verbs)
    claims(verbs)
    pretrain(verbs)
    verb(verbs, "doctor", "check packages, devices and data: what is missing, and the command that fixes it")
    complete = verb(verbs, "completion", "print a shell completion script")
    complete.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; see ``harness.errors``."""
    given = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "passive"
    )  # threads that spin while they wait are five times slower on a shared machine
    _ready_streams()
    arguments = parser().parse_args(given)
    arguments.command = ["harness", *given]
    try:
        module = importlib.import_module(f"harness.commands.{arguments.verb}")
        code: int = module.run(arguments)
        sys.stdout.flush()
        return code
    except HarnessError as error:
        return _tell(error, arguments.json)
    except KeyboardInterrupt:
        print(
            "\ninterrupted. What was done is kept; the same command resumes:\n  "
            + shlex.join(word for word in arguments.command if word != "--fresh"),
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:  # the reader of a pipe left, as `| head` does
        _silence_stdout()
        return 0
    except MemoryError:
        return _tell(EnvironmentFailure("out of memory. Use a smaller model or fewer rows (--limit)."), arguments.json)
    except OSError as error:
        if error.filename is None and error.errno in UNWRITABLE:
            _silence_stdout()
            reason = f"cannot write the output: {error.strerror}. Free some space, or send stdout elsewhere."
            return _tell(EnvironmentFailure(reason), False)
        if error.filename is None:
            raise
        reason = f"{error.filename} cannot be used: {error.strerror}. Check the path and its permissions."
        return _tell(EnvironmentFailure(reason), arguments.json)
    finally:
        cache = sys.modules.get("harness.registry.cache")
        if cache is not None:  # no card was read
            cache.keep()


def _ready_streams() -> None:
    """Make printing safe: a closed stream is replaced by one into nothing, and letters it cannot encode are escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - it stays open
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    """Send what is still to be printed into nothing, for the interpreter writes it out when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: HarnessError, as_json: bool) -> int:
    if as_json:
        print(
            json.dumps(
                {"error": {"type": type(error).__name__, "message": str(error), "exit_code": error.exit_code}},
                ensure_ascii=False,
            )
        )
    print(f"error: {error}", file=sys.stderr)
    return error.exit_code


def script() -> NoReturn:
    """Entry point of the installed ``harness`` command."""
    raise SystemExit(main())
