"""Read by Python as it starts, where ``--offline`` put this folder on ``PYTHONPATH``: the guard of ``harness.machine.offline``.

Another ``sitecustomize`` further down the path, such as that of a distribution, is read afterwards, as it would have been.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import PathFinder
from pathlib import Path

HERE = Path(__file__).resolve().parent


def _guard() -> None:
    """The guard, read from its file: a child need not have the package on its path."""
    spec = importlib.util.spec_from_file_location("_harness_offline", HERE.parent / "offline.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"--offline: {HERE.parent / 'offline.py'} cannot be read")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.obey()


def _next() -> None:
    """The ``sitecustomize`` that this one hides."""
    rest = [folder for folder in sys.path if Path(folder).resolve() != HERE]
    spec = PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_guard()
_next()
