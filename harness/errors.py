"""Every error that a user can cause or meet, with the exit code that the command line answers.

======  =====================================================
code    meaning
======  =====================================================
0       done
1       a run failed, a check found a difference, or something came that nobody foresaw (``--debug`` shows it)
2       wrong usage: unknown name, unfit pair, bad setting
3       a gate could not decide, or a check cannot be made here
4       data or integrity: missing, damaged or malformed files
5       environment: no device, no memory, no disk, no network
130     interrupted; the same command resumes
======  =====================================================

A message says what is wrong, where (file, row, flag), and the way out.
"""

from __future__ import annotations

import errno
import traceback


class HarnessError(Exception):
    """Base of all errors with a message for the user; any other exception that escapes is a defect."""

    exit_code = 1


class RunError(HarnessError):
    """A run could not be finished: the model raised, or its loss is not a number."""

    exit_code = 1


class UnforeseenError(HarnessError):
    """An exception that nothing in harness expects: a fault of ours, or of a file of one's own that was imported."""

    exit_code = 1


class UsageError(HarnessError):
    """The request itself is wrong: an unknown name, a pair that does not fit, a setting that does not exist."""

    exit_code = 2


class DataError(HarnessError):
    """A data file is missing, damaged or malformed, or a record is inconsistent."""

    exit_code = 4


class EnvironmentFailure(HarnessError):  # noqa: N818 - EnvironmentError is an old name of OSError
    """The machine cannot do it: no such device, no memory, no space, no network."""

    exit_code = 5


NO_MEMORY = (
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "failed to map segment",
    "can't start new thread",
    "failed to launch worker thread",
)
"""How torch, pyarrow, the loader of libraries and the system say it; a thread needs a stack."""


MOST_SAID = 500
"""So many letters of a foreign message are told."""


def said(error: BaseException) -> str:
    """The message of an exception in one line, cut where it is very long."""
    words = " ".join(str(error).split())
    return f"{words[:MOST_SAID]}..." if len(words) > MOST_SAID else words


def where(error: BaseException) -> str:
    """What was raised and the line that raised it, for errors in files that a user may have written."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {said(error)}{place}"


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is no memory left, of the machine or of its accelerator.

    >>> out_of_memory(MemoryError()), out_of_memory(OSError(12, "Cannot allocate memory")), out_of_memory(KeyError("a"))
    (True, True, False)
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, Exception) and any(words in str(error).lower() for words in NO_MEMORY)


def explained(error: BaseException, doing: str) -> HarnessError:
    """The error with a message for the user in place of any exception, which came while a command was carried out.

    >>> print(explained(PermissionError(13, "Permission denied", "/root/a.txt"), "harness list"))
    /root/a.txt cannot be used: Permission denied. Check the path and its permissions.
    """
    if isinstance(error, HarnessError):
        return error
    if out_of_memory(error):
        return EnvironmentFailure("out of memory. Use a smaller model or fewer rows (--limit), or free some memory.")
    if isinstance(error, OSError) and error.filename is not None:
        name = ascii(error.filename)[1:-1] if not str(error.filename).isprintable() else error.filename
        shown = f"{name:.200}..." if len(str(name)) > 200 else name
        return EnvironmentFailure(f"{shown} cannot be used: {error.strerror}. Check the path and its permissions.")
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return UsageError(
            f"{error.object[:80]!a}: a name that is not UTF-8 cannot be recorded. Rename the file or folder."
        )
    if isinstance(error, ValueError) and str(error).startswith("embedded null"):
        return UsageError("a path holds a NUL character, which no path may hold.")
    if isinstance(error, SystemExit):
        return RunError(
            f"`{doing}`: a file that it loaded called sys.exit({error.code!r}); nothing after that was done."
        )
    return UnforeseenError(
        f"`{doing}` met something that harness does not foresee: {where(error)}. With --debug the same command shows the "
        "traceback; a report of the fault needs that and the command."
    )
