"""Standard streams that can always be written to: closed, full, or without the letters that are printed."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import Any

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EAGAIN)
"""What stdout answers when it takes nothing any more; files that are named say so themselves."""


class _Lossy(io.FileIO):
    """A descriptor for messages: what it does not take is lost."""

    def write(self, data: Any) -> int:
        with contextlib.suppress(OSError):
            return super().write(data) or len(data)
        return len(data)


def ready() -> None:
    """Make printing safe. Letters that a stream cannot encode are escaped, what is closed leads into nothing, and a
    line for stderr that cannot be written is lost: no work fails for want of a place for its messages.

    A closed descriptor is taken first, else the next file that is opened would get its number, and the messages.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        lossy = io.BufferedWriter(_Lossy(2, "w", closefd=False))
        sys.stderr = io.TextIOWrapper(lossy, encoding, line_buffering=True)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def left() -> bool:
    """Whether who read stdout has left, as ``| head`` does."""
    import select

    try:
        asked = select.poll()
        asked.register(sys.stdout.fileno(), 0)
        return any(state & (select.POLLERR | select.POLLHUP) for _, state in asked.poll(0))
    except (OSError, ValueError, AttributeError):  # no descriptor, as in a notebook
        return False


def silence() -> None:
    """Send what is still to be printed into nothing, for the interpreter writes it out when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
