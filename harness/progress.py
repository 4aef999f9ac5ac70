"""Progress bars on stderr: on in a terminal, off elsewhere and with ``HARNESS_PROGRESS=0``."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import Any


def bar(items: Iterable[Any] | None, title: str, **options: Any) -> Any:
    """A tqdm bar over items, or over ``total=`` steps that the caller counts."""
    from tqdm import tqdm

    shown = sys.stderr.isatty() and os.environ.get("HARNESS_PROGRESS", "1") != "0"
    return tqdm(items, desc=title, disable=not shown, leave=False, dynamic_ncols=True, **options)


def say(message: str) -> None:
    """Print a line on stderr: results alone go to stdout.

    Where stderr takes nothing the line is lost, no more.
    """
    from tqdm import tqdm

    with contextlib.suppress(OSError):
        tqdm.write(message, file=sys.stderr)
