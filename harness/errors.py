"""Every error that a user can cause or meet, with the exit code that the command line answers.

======  =====================================================
code    meaning
======  =====================================================
0       done
1       a run failed, or a check found a difference
2       wrong usage: unknown name, unfit pair, bad setting
3       a gate could not decide, or a check cannot be made here
4       data or integrity: missing, damaged or malformed files
5       environment: no device, no memory, no disk, no network
130     interrupted; the same command resumes
======  =====================================================

A message says what is wrong, where (file, row, flag), and the way out.
"""

from __future__ import annotations

import traceback


class HarnessError(Exception):
    """Base of all errors with a message for the user; any other exception that escapes is a defect."""

    exit_code = 1


class RunError(HarnessError):
    """A run could not be finished: the model raised, or its loss is not a number."""

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


def where(error: BaseException) -> str:
    """What was raised and the line that raised it, for errors in files that a user may have written."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"
