"""The command line: the parser and nothing else. A command's own module is imported when it is chosen."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from harness import __version__
from harness.cli.boards import boards
from harness.cli.claiming import claims
from harness.cli.creating import new
from harness.cli.exporting import export
from harness.cli.flags import verb
from harness.cli.looking import looking
from harness.cli.predicting import predict
from harness.cli.running import run
from harness.cli.speed import bench, compare, gate
from harness.cli.supplies import data, pretrain
from harness.cli.tending import records, rescoring, verify

EPILOG = (
    "exit codes: 0 done, 1 a run or check failed, 2 usage, 3 inconclusive, 4 data or integrity, 5 environment, "
    "130 interrupted (the same command resumes)"
)


class Parser(argparse.ArgumentParser):
    """A parser whose help that cannot be written is an error as any other output is."""

    def _print_message(self, message: str, file: Any = None) -> None:
        (file or sys.stderr).write(message)


def parser() -> argparse.ArgumentParser:
    """The whole command line. Building it reads no task file and imports nothing heavy."""
    top = Parser(
        prog="harness",
        allow_abbrev=False,
        description="Put published ideas about language models on trial.",
        epilog=EPILOG,
    )
    top.set_defaults(json=False, debug=False, offline=False)
    top.add_argument("--version", action="version", version=f"harness {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="COMMAND", required=True)

    run(verbs)
    predict(verbs)
    bench(verbs)
    looking(verbs)
    new(verbs)
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
