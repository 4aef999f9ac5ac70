"""Harness puts published ideas about language models on trial: one task, one model, one protocol, one record.

The front for Python; each name is loaded when it is first asked for, so that ``import harness`` costs nothing:

>>> import harness
>>> made = harness.plan(harness.Request(task="cluener", model="gazetteer", data="sample"))
>>> made.model.name, made.seeds
('trivial/gazetteer', (0,))

``harness.run(made)`` carries it out; ``frame``, ``score`` and ``compare`` read what is on record. ``harness.spec``,
``harness.errors``, ``harness.metrics`` and ``harness.readers`` are for the files of tasks and models.
"""

from typing import Any

__version__ = "0.1.0"

_FRONT = {
    "Request": "harness.trial.planning",
    "plan": "harness.trial.planning",
    "run": "harness.trial.running",
    "score": "harness.trial.rescoring",
    "compare": "harness.trial.comparing",
    "frame": "harness.records.frame",
}
"""Name -> the module that holds it; ``__init__.pyi`` says the same to type checkers."""


def __getattr__(name: str) -> Any:
    """A name of the front, imported now."""
    if name not in _FRONT:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    import importlib

    importlib.import_module("harness.machine.offline").obey()  # HARNESS_OFFLINE=1, before anything is imported
    return getattr(importlib.import_module(_FRONT[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_FRONT])
