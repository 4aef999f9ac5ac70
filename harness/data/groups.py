"""Groups and strata of examples: which items share their luck, and which parts of a test have a fixed size.

Items of one group are no independent draws: passages of one book, questions about one abstract, two copies of one
sentence. Intervals and tests count groups. Strata are parts of a test that are there by design, so many of each, such as
the lengths of a probe; a group lies in one stratum.

The kind says what a group is, by default the text that is asked about (``Kind.group``); a task file may say otherwise
with a function ``group(example) -> str``, and may have ``stratum(example) -> str`` beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from harness import kinds
from harness.errors import RunError, where
from harness.spec import Example, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray


def groups(card: Task, module: Any, examples: Sequence[Example]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The number of each example's group and of its stratum: two integer arrays (N,), from 0 in order of appearance.

    ``module`` is the task's file; every stratum is 0 where it names none. Raises ``RunError`` where a group lies in two
    strata, or where a function of the task's fails or gives no text.

    >>> from types import SimpleNamespace
    >>> from harness.spec import Question
    >>> card = Task(kind="choice", title="", source="", licence="")
    >>> asked = [Example("0", Question("a", pair="b"), 0), Example("1", Question("c"), 0), Example("2", Question("a"), 1)]
    >>> numbers, strata = groups(card, SimpleNamespace(), asked)
    >>> numbers.tolist(), strata.tolist()
    ([0, 1, 0], [0, 0, 0])
    """
    import numpy as np

    names = _named(getattr(module, "group", None) or kinds.find(card.kind).group, "group", examples)
    stratum = getattr(module, "stratum", None)
    layers = _named(stratum, "stratum", examples) if stratum else [""] * len(examples)
    home: dict[str, str] = {}
    for example, name, layer in zip(examples, names, layers, strict=True):
        if home.setdefault(name, layer) != layer:
            raise RunError(
                f"{card.title}: the group {name[:40]!r} of example {example.id!r} lies in two strata, "
                f"{home[name]!r} and {layer!r}. Correct group or stratum in the task's file: a group lies in one."
            )
    return np.array(numbered(names), np.int64), np.array(numbered(layers), np.int64)


def numbered(names: Sequence[str]) -> list[int]:
    """Names as numbers from 0, in order of their first appearance.

    >>> numbered(["b", "a", "b"])
    [0, 1, 0]
    """
    places: dict[str, int] = {}
    return [places.setdefault(name, len(places)) for name in names]


def _named(function: Callable[[Example], str], what: str, examples: Sequence[Example]) -> list[str]:
    """What a function of a task or a kind says of each example."""
    found = []
    for example in examples:
        try:
            name = function(example)
        except Exception as error:  # the task's own code, which a user may have written
            raise RunError(f"{what} of example {example.id!r} fails: {where(error)}.") from error
        if not isinstance(name, str):
            raise RunError(f"{what} of example {example.id!r} is {name!r}, not a text. Return a str.")
        found.append(name)
    return found
