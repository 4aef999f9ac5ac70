"""Kinds of task: one file a kind, with everything that is particular to it.

A kind is added by adding a file here that holds ``KINDS``, beside a protocol and a metric. Everywhere else code asks
the kind: ``kinds.find(card.kind).form(card, item)``. Kinds import ``harness.metrics``, ``harness.spec`` and
``harness.errors`` only.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.kinds._remarks import Answered, Read, perfect_remarks
from harness.kinds.base import Kind

__all__ = ["Answered", "Kind", "Read", "every", "find", "passage_of", "perfect_remarks", "text_of"]

SHARED = ("base", "windows")
"""Files of this folder that hold no kind."""


@functools.cache
def every() -> Mapping[str, Kind]:
    """Name -> kind, in the order of the files of this folder."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem not in SHARED)
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {kind.name: kind for module in modules for kind in module.KINDS}


def find(name: str) -> Kind:
    """The kind of a name. Raises ``UsageError`` naming the kinds there are."""
    kinds = every()
    if name not in kinds:
        raise UsageError(f"no kind of task is called {name!r}; there are {', '.join(kinds)}.")
    return kinds[name]


def text_of(item: Any) -> str:
    """The text that identifies an input, whatever its kind: equal texts are equal inputs.

    >>> from harness.spec import Question, Text
    >>> text_of(Text("北京")), text_of(Question("他累了", pair="老师", focus="他"))
    ('北京', '他累了\\n老师\\n他')
    """
    return _reader(item).identity(item)


def passage_of(item: Any) -> str:
    """The text by which an input is known again in another split: of a ``Question`` its passage alone.

    A model that has learned from a passage has seen it, also when something else is asked about it.

    >>> from harness.spec import Question
    >>> passage_of(Question("他累了", pair="老师", focus="他"))
    '他累了'
    """
    return _reader(item).passage(item)


def _reader(item: Any) -> Kind:
    """The first kind that reads inputs of this class; kinds that share a class identify it alike."""
    for kind in every().values():
        if isinstance(item, kind.reads):
            return kind
    raise TypeError(f"no kind reads a {type(item).__name__}")
