"""Where the command line begins. Next to nothing is imported at first, so that Ctrl-C is answered from then on."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; see ``harness.errors``."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        from harness.cli import net
    except KeyboardInterrupt:
        print("\ninterrupted before anything was done", file=sys.stderr)
        return 130
    return net.caught(given)


def script() -> NoReturn:
    """Entry point of the installed ``harness`` command."""
    try:
        code = main()
    except KeyboardInterrupt:
        code = 130
    if (
        code == 130
    ):  # now: Python's own end would wait for threads, and may take an interrupt inside exec() for unhandled
        import os

        os._exit(code)
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is left is the end of Python, which prints a traceback else
    raise SystemExit(code)
